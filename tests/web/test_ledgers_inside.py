"""Hectares inside the redline of a ledger row: one number with admission and overlay, by a dated version; blank dates."""

import io
from datetime import date

import admitting
import numpy as np
import pytest
import sample_run
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from ecoredline.geodesy import area_ha
from ecoredline.ledger import books, write_workbook
from ecoredline.ledger.workbook import SheetRow
from ecoredline.patches.overlay import inside
from ecoredline.web.admissions import actions as admissions
from ecoredline.web.admissions.asking import asked
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.actions import Told
from ecoredline.web.ledgers.importing import import_file
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.ledgers.queries import as_geos
from ecoredline.web.redlines.measuring import inside_of
from ecoredline.web.regions.models import ProtectedAreaVersion, RedlinePolygon, RedlineVersion

pytestmark = pytest.mark.django_db
YANBIAN, BOOK = "510422", "existing_right"
SPRING, SUMMER, AUTUMN = date(2025, 3, 1), date(2025, 7, 1), date(2025, 10, 1)
RIGHT = {"kind": "mining", "name": "某采石场", "exit_state": "planned"}
ROUGH = shapely.multipolygons([shapely.transform(
    sample_run.box(5, 5, 20, 20), lambda xy: xy + 0.00003 * np.sin(xy * 7e4)
)])  # fmt: skip


@pytest.fixture
def versions(run):
    """A redline of 2024 and one from summer 2025 whose polygon covers half of the row's area."""
    found = []
    for name, since, until, place in (
        ("2024", date(2024, 1, 1), SUMMER, (2, 2, 46, 50)), ("2025", SUMMER, None, (2, 2, 13, 50)),
    ):  # fmt: skip
        made = RedlineVersion.objects.create(
            name=name, sha256=name * 16, valid_from=since, valid_to=until, is_demo=True
        )
        shape = shapely.multipolygons([sample_run.box(*place)])
        RedlinePolygon.objects.create(
            version=made, code="R1", name="R1", control_zone="core", geom=as_geos(shape),
            area_ha=round(area_ha(shape), 4), scope_codes=["51", "5104", YANBIAN],
        )  # fmt: skip
        found.append(made)
    return found


def add(by, day=SPRING, shape=ROUGH, **cells):
    return actions.add_row(books()[BOOK], RIGHT | cells, Told(YANBIAN, day), by=by, shape=shape)


def test_the_number_is_that_of_admission_overlay_and_patches_and_names_its_version(cast, versions):
    by = cast["yanbian_officer"]
    rows = [add(by, SPRING), add(by, AUTUMN)]
    for row, version in zip(rows, versions, strict=True):
        line = shapely.from_wkb(bytes(version.polygons.get().geom.wkb))
        wanted = round(area_ha(shapely.intersection(ROUGH, line)), 4)
        assert row.values["area_ha"] == pytest.approx(wanted, abs=1e-4)
        assert row.values["redline_version"] == version.name
        assert inside(ROUGH, np.array([line], object))[1] == row.values["area_ha"]
        assert inside_of(row.geom, version)[0] == row.values["area_ha"]
    admitting.ready(cast, versions=(ProtectedAreaVersion,))
    now = admissions.check(
        asked(outline=shapely.to_geojson(ROUGH), name="x", path="plain", activity="LHA-01"), by=by
    ).answers.get()
    assert (float(now.redline_ha), now.redline_version.name) == (rows[1].values["area_ha"], "2025")
    assert rows[0].values["area_ha"] > 1.5 * rows[1].values["area_ha"] > 0


def test_another_number_is_refused_a_rounded_one_made_exact(cast, versions):
    by = cast["yanbian_officer"]
    made = add(by).values["area_ha"]
    assert add(by, name="乙", area_ha=f"{made:.1f}").values["area_ha"] == made
    with pytest.raises(BadForm, match=f"2024.*{made:.4f}"):
        add(by, name="丙", area_ha="1.5")
    point = add(by, name="丁", shape=ROUGH.centroid, area_ha="1.5")
    assert point.values["area_ha"] == 1.5 and "redline_version" not in point.values
    early = add(by, date(2023, 1, 1), name="戊", area_ha="1.5")
    assert (early.values["area_ha"], "redline_version" in early.values) == (1.5, False)


def test_a_row_keeps_its_version_until_it_changes(cast, versions, as_person):
    by, row = cast["yanbian_officer"], None
    row = add(by)
    key, first = str(row.key), row.values
    same = actions.change_row(books()[BOOK], key, first, Told(YANBIAN, AUTUMN), by=by)
    assert (same.pk, same.values) == (row.pk, first), "a new redline alone makes no new state"
    later = actions.change_row(books()[BOOK], key, first | {"exit_state": "gone"}, Told(YANBIAN, AUTUMN), by=by)  # fmt: skip
    assert later.values["redline_version"] == "2025" and later.values["area_ha"] < first["area_ha"]
    page = as_person("yanbian_officer").get(f"/ledgers/{BOOK}/{key}/").content.decode()
    assert page.count("红线版本：2024") == 1 == page.count("红线版本：2025")
    form = as_person("yanbian_officer").get(f"/ledgers/{BOOK}/new/").content.decode()
    assert "留空：由图形按生效日期的红线版本计算" in form and "所用红线版本" not in form


def test_a_workbook_without_dates_taken_in_again_on_another_day_changes_nothing(
    cast, versions, tmp_path, monkeypatch
):
    by = cast["yanbian_officer"]
    station = {"number": "S1", "name": "一号站", "kind": "water", "lon": 101.8, "lat": 26.93}
    rows = {"monitor_station": [SheetRow("", YANBIAN, None, None, "", station)],
            BOOK: [SheetRow("", YANBIAN, None, None, "", RIGHT)] * 2}  # fmt: skip
    path = write_workbook(tmp_path / "b.xlsx", rows)
    monkeypatch.setattr(clock, "today", lambda: SPRING)
    upload = SimpleUploadedFile("b.xlsx", path.read_bytes())
    assert import_file(upload, by=by) == {"new": 3, "changed": 0, "same": 0}
    monkeypatch.setattr(clock, "today", lambda: AUTUMN)
    before = list(LedgerRow.objects.order_by("pk").values())
    assert import_file(upload, by=by) == {"new": 0, "changed": 0, "same": 3}
    assert list(LedgerRow.objects.order_by("pk").values()) == before
    held = LedgerRow.objects.get(book="monitor_station")
    actions.change_row(books()["monitor_station"], str(held.key), station | {"name": "改名"},
                       Told(YANBIAN, AUTUMN), by=by)  # fmt: skip
    assert import_file(upload, by=by)["new"] == 0, (
        "an old file does not bring back what has changed"
    )
    book = load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book["监测点位台账"]
    sheet.cell(4, {c.value: c.column for c in sheet[3]}["生效日期"], "2025-09-01")
    book.save(path)
    counts = import_file(SimpleUploadedFile("b.xlsx", path.read_bytes()), by=by)
    assert counts["new"] == 1, "a row with a date of its own is meant"
    assert len(queries.rows_on(books()["monitor_station"], by, AUTUMN)) == 2
