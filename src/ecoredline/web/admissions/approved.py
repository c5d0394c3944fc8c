"""Approvals of checked projects, and later patches beside them."""

from datetime import date

import geopandas as gpd
import shapely
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from ecoredline.admission import match_projects
from ecoredline.grid import STORAGE_CRS
from ecoredline.web.admissions.models import Admission, Approval
from ecoredline.web.admissions.versions import box_around
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


def matches(patches: QuerySet, day: date) -> dict[int, dict]:
    """For each patch what `match_projects` says beside the projects approved by that day, by key."""
    rows = [(pk, bytes(g.wkb)) for pk, g in patches.values_list("pk", "geom")]
    if not rows:
        return {}
    keys, shapes = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(geometry=list(shapely.from_wkb(list(shapes))), crs=STORAGE_CRS)
    box = shapely.total_bounds(frame.geometry.to_numpy())
    projects = [
        {"code": f"{pk}", "shape": shapely.from_wkb(bytes(g.wkb))}
        for pk, g in approved_on(day)
        .filter(geom__bboverlaps=box_around(box))
        .values_list("pk", "geom")
    ]
    found = match_projects(frame, projects).to_dict("records")
    return dict(zip(keys, found, strict=True))
