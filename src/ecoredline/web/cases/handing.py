"""移交: to the unit that puts it right, to departments by the letter of annex 5, to enforcement."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.checks import Faults
from ecoredline.web.cases.lists import rows_for_letter
from ecoredline.web.cases.models import Case, Handover
from ecoredline.web.cases.photos import keep
from ecoredline.web.core import clock
from ecoredline.web.core.moves import lock, move
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.letters import actions as letters

ENFORCEMENT = "enforcement"


@transaction.atomic
def hand_over(
    case: Case, *, to_unit: Unit, due_on, by, asked: str = "", seen: int | None = None
) -> Handover:
    """Hand the case to the unit that has it put right; it holds the case from now on.

    Raises `BadForm` (422.4): a unit elsewhere, a due date that has passed.
    """
    faults = Faults()
    due = faults.due(_("整改期限"), due_on)
    code = to_unit.division_code if to_unit else ""
    if to_unit is None:
        faults.add(_("责任单位"), _("必填"))
    elif to_unit.pk == case.owner_id:
        faults.add(_("责任单位"), _("立案单位不能移交给自己：整改与复核须由不同单位承担"))
    elif not code.startswith(case.owner.division_code) or (code and code not in case.scope_codes):
        faults.add(_("责任单位"), _("{unit} 不在问题所在行政区").format(unit=to_unit))
    faults.stop()
    row = Handover.objects.create(
        case=case, kind=Handover.Kind.UNIT, to_unit=to_unit, asked=asked.strip(), due_on=due, by=by,
        sent_on=clock.today(),
    )  # fmt: skip
    details = {"record": f"handover:{row.pk}", "to_unit": to_unit.name, "due_on": str(due)}
    move(
        case, "hand_over", by=by, reason=asked.strip(), seen=seen, details=details,
        holder=to_unit, due_on=due,
    )  # fmt: skip
    return row


@transaction.atomic
def hand_to_department(
    cases, *, department, due_on=None, by, addressee: str = "", asked: str = "", contact: str = "",
    letter: bool = True, values: dict | None = None, number: bool = True,
):  # fmt: skip
    """Hand several cases to one department by one letter of annex 5; gives the letter (or None).

    The letter's area is the sum of its list. `number` False leaves the letter a draft. Raises
    `BadForm` (422.4), `NotAllowed` and `StepNotAllowed` for any of the cases: then none is handed.
    """
    return send(
        list(cases), "hand_to_department", Handover.Kind.DEPARTMENT, "handover",
        department=department, due_on=due_on, by=by, addressee=addressee, asked=asked,
        contact=contact, letter=letter, values=values, number=number,
    )  # fmt: skip


@transaction.atomic
def push(
    cases, *, by, asked: str = "", due_on=None, addressee: str = "", contact: str = "",
    letter: bool = True, number: bool = True,
):  # fmt: skip
    """Push cases to the department of enforcement and inspection (703号 四（二）); gives the letter."""
    return send(
        [cases] if isinstance(cases, Case) else list(cases), "push", Handover.Kind.PUSH, "push",
        department=ENFORCEMENT, due_on=due_on, by=by, addressee=addressee, asked=asked,
        contact=contact, letter=letter, values=None, number=number,
    )  # fmt: skip


def send(
    cases, step, kind, letter_kind, *, department, due_on, by, addressee, asked, contact, letter,
    values, number,
):  # fmt: skip
    """One letter for all, one hand-over and one row of history each."""
    faults = Faults()
    if not cases:
        faults.add(_("问题"), _("至少选择一个"))
    code = faults.code(_("部门"), "departments", department)
    due = faults.due(_("反馈期限"), due_on) if due_on else None
    for case in sorted(cases, key=lambda case: case.pk):
        lock(case)
        waiting = case.handovers.filter(kind=kind, department=code, replied_on=None).last()
        if waiting is not None:
            day = waiting.sent_on
            faults.add(case.number, _("{day} 已移交该部门，尚未反馈，不重复移交").format(day=day))
    faults.stop()
    for case in cases:
        require(by, f"case.{step}", case)
    whom = addressee.strip() or code_list("departments")[code]["zh"]
    made = None
    if letter:
        made = letter_for(
            cases, letter_kind, by=by, addressee=whom, department=code, due=due, contact=contact,
            values=values,
        )  # fmt: skip
        if number:
            made = letters.send_letter(made, by=by) or made
    for case in cases:
        row = Handover.objects.create(
            case=case, kind=kind, letter=made, department=code, asked=asked.strip(), due_on=due,
            by=by, sent_on=clock.today(),
        )  # fmt: skip
        details = {
            "record": f"handover:{row.pk}", "department": code, "addressee": whom,
            "letter": str(made or ""), "due_on": str(due or ""),
        }  # fmt: skip
        move(case, step, by=by, reason=asked.strip(), details=details)
    return made


def letter_for(cases, kind: str, *, by, addressee, department, due: date | None, contact, values):
    """The letter with the list as it stands now."""
    scope = sorted({code for case in cases for code in case.scope_codes})
    return letters.draft_letter(
        kind=kind, by=by, addressee=addressee, department=department, reply_by=due,
        contact=contact, values=values, rows=rows_for_letter(cases), subject_kind="case",
        subject_ids=[case.pk for case in cases], scope_codes=scope,
        is_demo=any(case.is_demo for case in cases),
    )  # fmt: skip


@transaction.atomic
def record_reply(
    handover: Handover, *, by, reply, replied_on=None, reply_number: str = "", files=(),
    seen: int | None = None,
) -> Handover:  # fmt: skip
    """What came back from whom it was handed to; once, a further reply is an investigation record."""
    faults = Faults()
    said = faults.need(_("反馈结果"), reply)
    day = faults.day(_("反馈日期"), replied_on or clock.today(), past=True)
    if day and day < handover.sent_on:
        faults.add(_("反馈日期"), _("早于移交日期 {day}").format(day=handover.sent_on))
    row = Handover.objects.select_for_update(of=("self",)).get(pk=handover.pk)
    if row.replied_on is not None:
        raise BadForm(
            _("该移交已登记反馈（{day}）；补充内容请登记查处记录").format(day=row.replied_on)
        )
    faults.stop()
    case = row.case
    own = row.kind == Handover.Kind.UNIT and row.to_unit_id == by.unit_id
    if case.owner_id != by.unit_id and case.holder_id == by.unit_id and not own:
        raise NotAllowed(_("部门的反馈由移交单位登记"))
    row.reply, row.replied_on, row.reply_number = said, day, reply_number.strip()
    row.save(update_fields=["reply", "replied_on", "reply_number"])
    keep(case, files, by=by, record=f"handover:{row.pk}", kind="document")
    if row.letter is not None and row.letter.sent_at and may(by, "letter.reply", row.letter):
        letters.reply_to_letter(row.letter, by=by, said=said, dated=day, number=row.reply_number)
    details = {"record": f"handover:{row.pk}", "number": row.reply_number, "on": str(day)}
    move(case, "reply", by=by, reason=said, seen=seen, details=details)
    return row


@transaction.atomic
def extend(case: Case, *, due_on, by, reason: str, seen: int | None = None) -> Case:
    """A later due date, with the reason."""
    faults = Faults()
    due, why = faults.due(_("新期限"), due_on), faults.need(_("延期理由"), reason)
    if due and case.due_on and due <= case.due_on:
        faults.add(_("新期限"), _("应晚于原期限 {day}").format(day=case.due_on))
    faults.stop()
    details = {"due_on": [str(case.due_on or ""), str(due)]}
    move(case, "extend", by=by, reason=why, seen=seen, details=details, due_on=due)
    return case


@transaction.atomic
def remind(case: Case, *, by, said: str = "", seen: int | None = None) -> Case:
    """A reminder to the unit whose turn it is, in the history."""
    details = {"holder": case.holder.name, "due_on": str(case.due_on or "")}
    move(case, "remind", by=by, reason=said.strip(), seen=seen, details=details)
    return case
