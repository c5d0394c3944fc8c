"""实地复核: rounds on site, condition by condition; and sending back what did not pass."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.cases.checks import Faults
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.photos import keep
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import Blocked
from ecoredline.web.rectification.models import Recheck, RectificationItem
from ecoredline.web.rectification.queries import due_unit, newest_plan, present_recheck

State = RectificationItem.State
REASON_LENGTH = 300


@transaction.atomic
def recheck(
    case: Case, *, by, passed: bool, found, checkers, checked_on=None, conditions: dict | None = None,
    photos=(), documents=(), no_photo: str = "", client_key: str = "", seen: int | None = None,
) -> Recheck:  # fmt: skip
    """One round on site, by the owner or a unit above. Gives the record.

    `conditions` maps item pk → {"met": bool, "note": str} for every item of the plan that is not
    cancelled; passing needs every one met, and photographs or why there are none. Met items are accepted, unmet ones are open again.
    `client_key` makes a resend harmless: the round kept under it with the same words is given back.
    Raises `BadForm` (422.4) with every fault.
    """
    row = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    sent = resent(row.rechecks, by, client_key)
    if sent and sent.found == str(found).strip():
        return sent
    require(by, "case.recheck", row)
    faults = Faults()
    items = judged_items(row)
    said = clean_conditions(conditions or {}, items, passed, faults)
    made = Recheck(
        case=case, unit=by.unit, by=by, passed=bool(passed), conditions=said,
        client_key="" if sent else client_key, round=case.rechecks.count() + 1, created_at=clock.now(),
        checked_on=faults.day(_("复核日期"), checked_on or clock.today(), past=True),
        checkers=faults.need(_("复核人员"), checkers), found=faults.need(_("复核情况"), found),
    )  # fmt: skip
    made.no_photo = why_no_photo(no_photo, photos, passed, faults)
    faults.stop()
    made.save()
    keep(case, photos, by=by, record=f"recheck:{made.pk}", kind="photo")
    keep(case, documents, by=by, record=f"recheck:{made.pk}", kind="document")
    details = {
        "record": f"recheck:{made.pk}", "round": made.round, "passed": made.passed,
        "unmet": [i.title for i in items if not said[str(i.pk)]["met"]],
    }  # fmt: skip
    move(case, "recheck", by=by, reason=made.found, seen=seen, details=details)
    for item in items:
        judge(item, said[str(item.pk)]["met"], by)
    return made


def why_no_photo(said: str, photos, passed: bool, faults: Faults) -> str:
    """The reason when nothing was photographed; a fault when a round passes without either."""
    said = str(said).strip()
    if len(said) > REASON_LENGTH:
        faults.add(_("未拍照的原因"), _("不超过 {most} 字").format(most=REASON_LENGTH))
    if passed and not photos and not said:
        faults.add(_("现场照片"), _("复核合格须附现场照片，或写明未拍照的原因"))
    return "" if photos else said


def resent(rows, by, client_key: str):
    """The record this person made under this key, when its answer was lost on the way; else None."""
    return rows.filter(by=by, client_key=client_key).first() if client_key else None


def judged_items(case: Case) -> list[RectificationItem]:
    """The items of the plan in force that a recheck goes through."""
    plan = newest_plan(case)
    return list(plan.items.exclude(state=State.CANCELLED)) if plan else []


def clean_conditions(given: dict, items, passed: bool, faults: Faults) -> dict:
    """Each item's result; every item needs one, and a passing round has them all met."""
    given = {str(key): value for key, value in given.items()}
    for key in given.keys() - {str(i.pk) for i in items}:
        faults.add(_("验收条件核对"), _("第 {key} 号措施不属于现行整改方案").format(key=key))
    found = {}
    for item in items:
        result = given.get(str(item.pk)) or {}
        met = result.get("met")
        if not isinstance(met, bool):
            faults.add(item.title, _("未核对是否符合验收条件"))
        elif passed and not met:
            faults.add(item.title, _("不符合验收条件，复核不能判为合格"))
        note = str(result.get("note") or "").strip()
        if met is False and not note:
            faults.add(item.title, _("不符合的须写明情况"))
        found[str(item.pk)] = {"title": item.title, "met": met is True, "note": note}
    return found


def judge(item: RectificationItem, met: bool, by) -> None:
    """Accept an item, or open it again."""
    item.state = State.ACCEPTED if met else State.OPEN
    item.accepted_by = by if met else None
    item.done_on = item.done_on if met else None
    item.save(update_fields=["state", "accepted_by", "done_on"])


@transaction.atomic
def send_back(case: Case, *, by, reason: str, due_on=None, seen: int | None = None) -> Case:
    """Back to the unit that puts it right, after a round that did not pass."""
    faults = Faults()
    why = faults.need(_("退回理由"), reason)
    due = faults.due(_("整改期限"), due_on) if due_on else case.due_on
    faults.stop()
    require(by, "case.send_back", case)
    last = present_recheck(case)
    if last is None:
        raise Blocked(_("尚未现场复核：退回须以复核结果为依据"))
    details = {"record": f"recheck:{last.pk}", "due_on": str(due or "")}
    move(
        case, "send_back", by=by, reason=why, seen=seen, details=details,
        holder=due_unit(case), due_on=due,
    )  # fmt: skip
    return case
