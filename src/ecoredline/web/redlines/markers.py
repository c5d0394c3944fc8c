"""Writes: markers and boards come in one by one or as a table; patrols renew their state."""

import tempfile
from pathlib import Path

import shapely
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.boundary import read_markers
from ecoredline.codes import code_list
from ecoredline.errors import EcoredlineError
from ecoredline.ledger import Fault
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, in_words
from ecoredline.web.files import store
from ecoredline.web.files.actions import attach
from ecoredline.web.redlines.measuring import measure_markers
from ecoredline.web.redlines.models import Marker, MarkerPatrol
from ecoredline.web.regions.actions import counties_of
from ecoredline.web.regions.models import STORAGE_SRID
from ecoredline.web.regions.queries import counties_frame, redline_in_use

SUFFIXES = (".csv", ".xlsx")
MOST_BYTES = 20 << 20


def read_upload(upload):
    """The rows of an uploaded table; raises `BadForm` (422.4) for what is no table."""
    suffix = Path(upload.name or "").suffix.lower()
    if suffix not in SUFFIXES or upload.size > MOST_BYTES:
        raise BadForm(_("文件“%(name)s”应为不超过 20 MB 的 CSV 或 XLSX") % {"name": upload.name})
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / f"markers{suffix}"
        upload.seek(0)
        with path.open("wb") as stream:
            store.copy(upload, stream)
        try:
            return read_markers(path)
        except EcoredlineError as fault:
            raise BadForm(in_words(fault, path, upload.name)) from fault


@transaction.atomic
def import_markers(upload, *, by) -> dict[str, int]:
    """Take a table in: new markers are made, known ones (number and county) renewed, or nothing at all.

    Raises `BadForm` (422.4) with every fault by row and column.
    """
    require(by, "marker.edit")
    found = read_upload(upload)
    faults, places = list(found.faults), []
    if not faults:
        places = counties_at(found.rows)
        today = clock.today()
        for number, row, code in zip(found.lines, found.rows, places, strict=True):
            if not code or not code.startswith(by.unit.division_code):
                where = f"{row['lon']}, {row['lat']}"
                faults.append(Fault(number, "经度", where, _("位置不在本单位辖区内")))
            if row["erected_on"] and row["erected_on"] > today:
                faults.append(Fault(number, "设立日期", str(row["erected_on"]), _("晚于今天")))
    if faults:
        raise BadForm(*map(str, faults))
    counts = {"made": 0, "renewed": 0, "same": 0}
    touched = [put(row, code, by, counts) for row, code in zip(found.rows, places, strict=True)]
    measure_markers(redline_in_use(), [m for m in touched if m is not None])
    note("marker.import", upload.name, by=by, **counts)
    return counts


def counties_at(rows: list[dict]) -> list[str]:
    """For each row the code of the county it lies in; '' outside the known ones."""
    points = [shapely.Point(r["lon"], r["lat"]) for r in rows]
    return [(codes or [""])[0] for codes in counties_of(points, counties_frame())]


def put(row: dict, code: str, by, counts: dict) -> Marker | None:
    """Make a marker or renew the known one; None when nothing differs."""
    held = Marker.objects.filter(division_code=code, number=row["number"]).first()
    if held is not None and all(getattr(held, k) == v for k, v in row.items()):
        counts["same"] += 1
        return None
    version = redline_in_use()
    made = held or Marker(
        number=row["number"], division_code=code, unit=by.unit, by=by,
        is_demo=bool(version and version.is_demo),
    )  # fmt: skip
    for name, value in row.items():
        setattr(made, name, value)
    made.point = Point(row["lon"], row["lat"], srid=STORAGE_SRID)
    made.scope_codes = prefixes([code])
    made.save()
    counts["renewed" if held else "made"] += 1
    return made


@transaction.atomic
def patrol(marker: Marker, *, by, state: str, said: str = "", on=None, photo=None) -> MarkerPatrol:
    """Write down a look at a marker, with a photograph if there is one; its state follows the newest."""
    require(by, "marker.patrol", marker)
    day, faults = on or clock.today(), []
    if state not in code_list("marker_states"):
        known = "、".join(r["zh"] for r in code_list("marker_states").values())
        faults.append(_("状态“%(got)s”应为：%(wanted)s") % {"got": state, "wanted": known})
    if day > clock.today():
        faults.append(_("日期：%(day)s 晚于今天") % {"day": day})
    if faults:
        raise BadForm(*faults)
    made = MarkerPatrol.objects.create(marker=marker, on=day, state=state, said=said, by=by)
    newest = marker.patrols.order_by("on", "pk").last()
    marker.state = newest.state
    marker.save(update_fields=["state"])
    if photo is not None:
        attach(
            marker,
            photo,
            kind="photo",
            by=by,
            record=f"patrol:{made.pk}",
            caption=said[:300],
            room="redlines",
        )
    note("marker.patrol", f"marker {marker.pk}", by=by, state=state, on=day.isoformat())
    return made
