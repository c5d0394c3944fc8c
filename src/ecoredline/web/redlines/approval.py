"""The approval of 厅字〔2017〕2号 (九): who may give it, what it covers, which comparison it was seen with."""

import unicodedata
from collections import defaultdict
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.boundary.difference import SMALLEST_HA
from ecoredline.codes import code_list
from ecoredline.geodesy import round_ha
from ecoredline.web.core import clock
from ecoredline.web.core.moves import lock, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.actions import attach
from ecoredline.web.files.actions import check as check_file
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.redlines.lifecycle import ACCEPTED, SUPERSEDED
from ecoredline.web.redlines.models import RedlineDelivery
from ecoredline.web.redlines.queries import division_name

APPROVAL = "approval"  # the record of a delivery its approval document hangs on
COVERED = {  # kind of reason → what of the approval covers it; totals repeat what the counties say
    "moved_out": "area", "slivers": "area", "nature_lowered": "nature", "function_changed": "function",
}  # fmt: skip
CLASSES = ("area", "nature", "function")


def approvers(day: date) -> list[dict]:
    """Whoever the clause names on a day, of the list `redline_approvers`."""
    return [
        r
        for r in code_list("redline_approvers").values()
        if r["valid_from"] <= day.isoformat() < (r["valid_to"] or "9999")
    ]


def approver(issuer: str, day: date) -> str | None:
    """The listed name of an issuer that may approve on a day; None for anybody else."""
    said = plain(issuer)
    for row in approvers(day):
        names = (row["zh"], row["en"], *filter(None, row["aliases"].split(";")))
        if said in map(plain, names):
            return row["zh"]
    return None


def plain(text: str) -> str:
    """A name or number without spaces, in one width and case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def losses(reasons: list[dict]) -> dict[str, float]:
    """Hectares moved out, of lower nature and of changed function that these reasons tell of."""
    found = dict.fromkeys(CLASSES, 0.0)
    for reason in reasons:
        if reason["kind"] in COVERED:
            found[COVERED[reason["kind"]]] += reason["area_ha"]
    return {k: round_ha(v) for k, v in found.items()}


@transaction.atomic
def approve(
    delivery: RedlineDelivery, *, by, number: str, issuer: str, dated: date, upload,
    area_ha=0, nature_ha=0, function_ha=0, seen: int | None = None,
) -> RedlineDelivery:  # fmt: skip
    """Attach the approval of 厅字〔2017〕2号 (九): number, issuer, date, document, and the hectares it allows at most.

    It counts for the comparison that the delivery carries now. Raises `BadForm` (422.4) with every fault, also
    an issuer that the clause does not name; `StepNotAllowed` (409.4) before the first comparison.
    """
    require(by, "redline.approval", delivery)
    lock(delivery, seen=seen)
    covers = {"area": area_ha, "nature": nature_ha, "function": function_ha}
    faults = faults_of(number, issuer, dated, covers, upload)
    if faults:
        raise BadForm(*faults)
    file = attach(
        delivery, upload, kind="document", by=by, record=APPROVAL, purpose=APPROVAL, room="redlines"
    )
    covers = {k: round_ha(float(v)) for k, v in covers.items()}
    move(
        delivery, "approval", by=by, seen=seen, approval_number=number.strip(),
        approval_issuer=approver(issuer, dated), approval_dated=dated, approval_by=by,
        approval_covers=covers, approval_seen=delivery.difference.get("reasons", []),
        details={"number": number, "issuer": issuer, "dated": dated.isoformat(), "file": file.sha256,
                 "covers": covers},
    )  # fmt: skip
    return delivery


def faults_of(number: str, issuer: str, dated: date, covers: dict, upload) -> list[str]:
    """Everything that is wrong with an approval as it is told."""
    faults = [] if number.strip() else [_("批准文号：未填写")]
    if not issuer.strip():
        faults.append(_("批准机关：未填写"))
    elif approver(issuer, dated) is None:
        faults.append(
            _("批准机关“%(issuer)s”不是厅字〔2017〕2号（九）写明的批准机关（%(named)s）")
            % {"issuer": issuer.strip()[:60], "named": named(dated)}
        )
    if dated > clock.today():
        faults.append(_("批准日期：%(day)s 晚于今天") % {"day": dated})
    if any(not 0 <= float(v) < float("inf") for v in covers.values()):
        faults.append(_("批准的公顷数应为 0 或正数"))
    try:
        check_file(upload, "document", "")
    except BadForm as fault:
        faults += fault.details
    return faults


def named(day: date) -> str:
    """Whom the clause names on a day, in the page's language; today's where it named nobody yet."""
    rows = approvers(day) or approvers(clock.today())
    return "、".join(r[language()] for r in rows)


def shortfalls(delivery: RedlineDelivery, reasons: list[dict]) -> list[str]:
    """Why the approval does not serve for these reasons, in words; none when it does."""
    told = delivery.approval_number and delivery.approval_issuer and delivery.approval_dated
    if not told or not attachments_of(delivery, APPROVAL).exists():
        return [
            _("按厅字〔2017〕2号（九），红线只能增加、不能减少；调整须报国务院批准：请登记批准文号、机关、日期并上传批准文件")
        ]  # fmt: skip
    if approver(delivery.approval_issuer, delivery.approval_dated) is None:
        facts = {"issuer": delivery.approval_issuer, "named": named(delivery.approval_dated)}
        return [
            _("批准机关“%(issuer)s”不是厅字〔2017〕2号（九）写明的批准机关（%(named)s）") % facts
        ]
    if delivery.approval_by_id is None:
        return [_("批准文件没有写明批准的范围和登记人：请重新登记")]
    return uncovered(delivery, reasons) + grown(delivery, reasons)


def uncovered(delivery: RedlineDelivery, reasons: list[dict]) -> list[str]:
    """Where the hectares of the version, with what the approval was used for before, pass what it allows."""
    words = {
        "area": _("批准最多调出 %(covered)s 公顷，本版本调出 %(has)s 公顷，此前已用 %(used)s 公顷"),
        "nature": _("批准最多降低性质 %(covered)s 公顷，本版本降低 %(has)s 公顷，此前已用 %(used)s 公顷"),
        "function": _("批准最多改变功能 %(covered)s 公顷，本版本改变 %(has)s 公顷，此前已用 %(used)s 公顷"),
    }  # fmt: skip
    has, used, found = losses(reasons), used_before(delivery), []
    for kind in CLASSES:
        covered = float(delivery.approval_covers.get(kind, 0.0))
        if has[kind] > SMALLEST_HA and has[kind] + used[kind] > covered + SMALLEST_HA:
            facts = {"covered": covered, "has": has[kind], "used": used[kind]}
            found.append(words[kind] % {k: f"{v:.4f}" for k, v in facts.items()})
    return found


def used_before(delivery: RedlineDelivery) -> dict[str, float]:
    """Hectares of the unit's versions that came into force with the same approval number."""
    found, number = dict.fromkeys(CLASSES, 0.0), plain(delivery.approval_number)
    rows = RedlineDelivery.objects.filter(owner=delivery.owner_id, state__in=(ACCEPTED, SUPERSEDED))
    for other in rows.exclude(pk=delivery.pk).exclude(approval_number=""):
        if plain(other.approval_number) == number:
            for kind, area in losses(other.difference.get("reasons", [])).items():
                found[kind] += area
    return found


def grown(delivery: RedlineDelivery, reasons: list[dict]) -> list[str]:
    """A loss that is larger, or in another county, than when the approval was attached."""
    seen: dict = defaultdict(float)
    for reason in delivery.approval_seen:
        seen[reason["kind"], reason["county"]] += reason["area_ha"]
    more = [r for r in reasons if r["area_ha"] > seen[r["kind"], r["county"]] + SMALLEST_HA]
    if not more:
        return []
    return [_("登记批准文件之后重新比对，减少或降低的范围变大了：请核对批准文件并重新登记")]


def is_own(person, delivery: RedlineDelivery) -> bool:
    """Did this person attach the approval? Then another one brings the version into force."""
    return delivery.approval_by_id is not None and delivery.approval_by_id == person.pk


def reason_words(reason: dict) -> str:
    """A reason in words."""
    facts = {
        "place": division_name(reason["county"]) or _("未知区划"),
        "ha": f"{reason['area_ha']:.4f}",
    }
    said = {
        "total_shrinks": _("总面积减少 %(ha)s 公顷"),
        "county_shrinks": _("%(place)s面积减少 %(ha)s 公顷"),
        "moved_out": _("%(place)s调出 %(ha)s 公顷"),
        "slivers": _("%(place)s重绘细缝合计 %(ha)s 公顷，超过上限"),
        "below_floor": _("%(place)s低于面积下限 %(ha)s 公顷"),
        "nature_lowered": _("%(place)s原地降低性质 %(ha)s 公顷（管控区由严变宽）"),
        "function_changed": _("%(place)s原地改变或降低功能 %(ha)s 公顷"),
    }
    return said[reason["kind"]] % facts
