"""Approvals of checked projects, and later patches beside them."""

from datetime import date

import geopandas as gpd
import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from ecoredline.admission import match_projects
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.admissions.models import Admission, Approval, counties_in
from ecoredline.web.admissions.versions import box_around, protected_for, redline_for
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm


def approved_on(day: date) -> QuerySet[Admission]:
    """The projects whose newest decision by that day is an approval still in force."""
    newest = Approval.objects.filter(admission=OuterRef("pk"), on__lte=day).order_by("-pk")
    held = Approval.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=day), pk=OuterRef("standing"), kind="granted"
    )
    rows = Admission.objects.annotate(standing=Subquery(newest.values("pk")[:1]))
    return rows.filter(Exists(held))


@transaction.atomic
def decide(
    admission: Admission, *, by, kind: str, document: str, authority: str, on: date,
    valid_to: date | None = None, remark: str = "",
) -> Approval:  # fmt: skip
    """Write down that a project was approved, or that its approval was taken back.

    Only what the check admits, or would with the opinion named here, can be approved; all
    faults at once. Raises `BadForm`, `NotAllowed`.
    """
    require(by, "admission.approve", admission)
    row = Admission.objects.select_for_update(of=("self",)).get(pk=admission.pk)
    last = row.approvals.last()
    faults = [
        _("%(name)s：未填写") % {"name": name}
        for name, value in ((_("批准文号"), document), (_("批准机关"), authority)) if not value.strip()
    ]  # fmt: skip
    if kind not in Approval.Kind.values:
        faults.append(
            _("类型：%(got)s 不在 %(wanted)s 之中")
            % {"got": kind, "wanted": "、".join(Approval.Kind.values)}
        )
    if on > clock.today():
        faults.append(_("日期：%(day)s 晚于今天") % {"day": on})
    if valid_to is not None and valid_to < on:
        faults.append(_("有效期至：%(day)s 早于批准日期") % {"day": valid_to})
    if kind == Approval.Kind.GRANTED and row.outcome in ("forbidden", "undetermined"):
        faults.append(_("核查结论为不予准入或无法判定，不能登记批准；请补齐图层或材料后重新核查"))
    if kind == Approval.Kind.GRANTED:
        faults += out_of_date(row, on)
    granted = last is not None and last.kind == Approval.Kind.GRANTED
    if granted == (kind == Approval.Kind.GRANTED) and kind in Approval.Kind.values:
        faults.append(_("已有批准登记") if granted else _("没有可撤销的批准"))
    if faults:
        raise BadForm(*faults)
    made = Approval.objects.create(
        admission=row, kind=kind, document=document.strip(), authority=authority.strip(), on=on,
        valid_to=valid_to, remark=remark, by=by,
    )  # fmt: skip
    note("admission.approve", row.number, by=by, kind=kind, document=made.document, on=str(on))
    return made


def out_of_date(row: Admission, on: date) -> list[str]:
    """Words where the answer stands on versions that no longer hold on the day of the approval."""
    codes, day = counties_in(row), max(on, row.as_of)
    pairs = (
        (_("红线"), redline_for(codes, day), row.redline_version_id),
        (_("自然保护地"), protected_for(codes, day), row.protected_version_id),
    )
    said = _("核查所用的%(layer)s版本在 %(day)s 已不是现行版本，请重新核查")
    return [
        said % {"layer": layer, "day": day}
        for layer, held, used in pairs
        if (held.pk if held else None) != used
    ]


def matches(patches: QuerySet, day: date | None = None) -> dict[int, dict]:
    """For each patch what `match_projects` says beside the projects approved by that day, by key.

    Without a day it is that of each patch's later image: all patches in one go, however many days.
    """
    rows = list(patches.values_list("pk", "after_on", AsWKB("geom")))
    if not rows:
        return {}
    keys, days, shapes = zip(*rows, strict=True)
    days = [day or own or clock.today() for own in days]
    frame = gpd.GeoDataFrame(geometry=list(shapely.from_wkb(shapes)), crs=STORAGE_CRS)
    box = box_around(shapely.total_bounds(frame.geometry.to_numpy()))
    ever = Admission.objects.filter(granted_ever(), geom__bboverlaps=box).order_by("pk")
    found = [(pk, shapely.from_wkb(wkb)) for pk, wkb in ever.values_list("pk", AsWKB("geom"))]
    past = decisions_of([pk for pk, _ in found])

    def holds(patch, project) -> np.ndarray:
        pairs = zip(patch, project, strict=True)
        return np.array([in_force(past[found[k][0]], days[row]) for row, k in pairs], bool)

    projects = [{"code": f"{pk}", "shape": shape} for pk, shape in found]
    told = match_projects(frame, projects, holds=holds).to_dict("records")
    return dict(zip(keys, told, strict=True))


def near_approved() -> list[int]:
    """Keys of the patches whose box touches that of a project ever approved.

    Asked from the projects' side: a few thousand looks into the index of patches, however many those are.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct p.id from admissions_admission a join patches_patch p on p.geom && a.geom "
            "where a.id in (select admission_id from admissions_approval where kind = 'granted')"
        )
        return [key for (key,) in cursor.fetchall()]


def granted_ever() -> Exists:
    """Projects with an approval, whether it still holds or not."""
    return Exists(Approval.objects.filter(admission=OuterRef("pk"), kind="granted"))


def decisions_of(admissions) -> dict[int, list[tuple]]:
    """Project → what was decided of it: kind, day, last day, in the order it was written down."""
    rows = Approval.objects.filter(admission__in=admissions).order_by("pk")
    found: dict[int, list[tuple]] = {}
    for project, *decided in rows.values_list("admission", "kind", "on", "valid_to"):
        found.setdefault(project, []).append(tuple(decided))
    return found


def in_force(decided: list[tuple], day: date) -> bool:
    """Is the newest decision by a day an approval that still holds? The rule of `approved_on`.

    >>> decided = [("granted", date(2025, 1, 1), date(2026, 1, 1)), ("withdrawn", date(2025, 6, 1), None)]
    >>> [in_force(decided, date(2025, month, 1)) for month in (3, 6)]
    [True, False]
    """
    last = next((d for d in reversed(decided) if d[1] <= day), None)
    return last is not None and last[0] == "granted" and (last[2] is None or last[2] >= day)
