"""Opening a case from submitted clues, adding to it, describing it, recording what was investigated."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.checks import HIGHEST_FINE, Faults
from ecoredline.web.cases.facts import DENYING, apply, facts_of, last_verification
from ecoredline.web.cases.handing import (
    extend,
    hand_over,
    hand_to_department,
    push,
    record_reply,
    remind,
)
from ecoredline.web.cases.models import Case, Investigation
from ecoredline.web.cases.photos import keep, number_photos
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked

__all__ = [
    "add_clue", "describe", "extend", "hand_over", "hand_to_department", "investigate",
    "open_case", "push", "record_reply", "remind",
]  # fmt: skip

WORDS = ("township", "responsible", "remark", "control_zone")
CODES = {
    "activity_type": ("activity_types", lazy("活动类型")),
    "problem_type": ("problem_types", lazy("问题类型")),
    "damage_type": ("damage_types", lazy("损害类型")),
}
AREA_WORDS = ("公顷", "平方米", "亩", "平方千米", "平方公里", "hectare")


@transaction.atomic
def open_case(*, clues, by, seen: dict | None = None, reason: str = "", **facts) -> Case:
    """Confirm submitted clues and open one case from them: all or nothing; gives the case.

    `facts` replace what the clues and their last verifications say (township, activity_type,
    problem_type, damage_type, description, responsible, is_serious, area_ha, redline_area_ha,
    remark). `seen` maps clue pk → version. A clue whose verification denies it needs a `reason`.
    Raises `BadForm` (422.4), `Blocked` (409.6), `NotAllowed`, `StepNotAllowed`, `MovedMeanwhile`.
    """
    clues = list(clues)
    if not clues:
        raise BadForm(_("至少选择一条线索"))
    for clue in clues:
        require(by, "case.open", clue)
    check_clues(clues, by, reason)
    case = Case(owner=by.unit, holder=by.unit, year=clock.today().year, opened_by=by)
    apply(case, facts_of(clues))
    changes = checked(facts, case)
    apply(case, changes)
    case.number = next_number(by.unit, case.year)
    begin(case, by=by, step="open", reason=reason, details=said(clues, case))
    confirm(case, clues, by=by, reason=reason, seen=seen or {})
    return case


def check_clues(clues, by, reason: str) -> None:
    """The clues fit together, it is their owner's turn, and a denial is not passed over in silence."""
    faults = Faults()
    if len({clue.owner_id for clue in clues}) > 1:
        faults.add(_("线索"), _("分属不同的立项单位，不能并为一个问题"))
    if len({clue.pk for clue in clues}) < len(clues):
        faults.add(_("线索"), _("同一线索选择了两次"))
    for clue in clues:
        verdict = getattr(last_verification(clue), "verdict", "")
        if verdict in DENYING and not reason.strip():
            faults.add(clue.number, _("核实结论为不属实或合法，仍要立案须说明理由"))
    faults.stop()
    waiting = [c for c in clues if c.state == "submitted" and c.holder_id != c.owner_id]
    if waiting:
        raise Blocked(*(_("{clue} 尚在{unit}审核").format(clue=c, unit=c.holder) for c in waiting))


def said(clues, case: Case) -> dict:
    """What the history keeps of the opening."""
    return {
        "clues": [clue.number for clue in clues], "area_ha": str(case.area_ha),
        "redline_area_ha": str(case.redline_area_ha), "description": case.description,
    }  # fmt: skip


def confirm(case: Case, clues, *, by, reason: str, seen: dict) -> None:
    """Take the clues into the case, each with its own row of history."""
    for clue in clues:
        move(
            clue, "confirm", by=by, reason=reason, seen=seen.get(clue.pk),
            details={"case": case.number}, holder=case.owner, due_on=None,
        )  # fmt: skip
    case.clues.add(*clues)
    number_photos(case)


def next_number(unit: Unit, year: int) -> str:
    """The next number of a unit's year, under the unit's lock: WT510400-2026-0001."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    head = f"WT{unit.division_code.ljust(6, '0')}-{year}-"
    last = Case.objects.filter(number__startswith=head).order_by("-number").first()
    return f"{head}{int(last.number[len(head) :]) + 1 if last else 1:04d}"


def checked(facts: dict, case: Case) -> dict:
    """The facts a person gave, clean; raises `BadForm` with every fault."""
    faults, found = Faults(), {}
    strange = facts.keys() - {
        *WORDS,
        *CODES,
        "description",
        "is_serious",
        "area_ha",
        "redline_area_ha",
    }
    if strange:
        raise TypeError(f"got {', '.join(sorted(strange))}; wanted facts of a case")
    found |= {name: str(facts[name] or "").strip() for name in WORDS if name in facts}
    for name, (codes, label) in CODES.items():
        if name in facts:
            found[name] = faults.codes(label, codes, facts[name])
    for name, label in (("area_ha", _("破坏面积")), ("redline_area_ha", _("涉及红线面积"))):
        if name in facts:
            found[name] = faults.number(label, facts[name], needed=True)
    if "is_serious" in facts:
        found["is_serious"] = bool(facts["is_serious"])
    if "description" in facts:
        found["description"] = faults.need(_("问题描述"), facts["description"])
        if found["description"] and not any(w in found["description"] for w in AREA_WORDS):
            faults.add(_("问题描述"), _("应写明破坏的面积、程度和方式"))
    area = found.get("area_ha", case.area_ha)
    inside = found.get("redline_area_ha", case.redline_area_ha)
    if area is not None and inside is not None and inside > area:
        faults.add(_("涉及红线面积"), _("{inside} 公顷大于破坏面积 {area} 公顷").format(
            inside=inside, area=area))  # fmt: skip
    faults.stop()
    return found


@transaction.atomic
def add_clue(case: Case, *, clues, by, seen: int | None = None, reason: str = "") -> Case:
    """Confirm further submitted clues into a case: outline and areas grow, the history keeps both.

    Raises as `open_case`.
    """
    clues = list(clues)
    if not clues:
        raise BadForm(_("至少选择一条线索"))
    number_photos(case)  # those it has keep their numbers before the new ones come
    for clue in clues:
        require(by, "case.open", clue)
    check_clues([*clues], by, reason)
    changes = grown(case, clues)
    details = {
        "clues": [clue.number for clue in clues],
        "area_ha": [str(case.area_ha), str(changes["area_ha"])],
    }
    move(case, "add_clue", by=by, reason=reason, seen=seen, details=details, **changes)
    confirm(case, clues, by=by, reason=reason, seen={})
    return case


def grown(case: Case, clues) -> dict:
    """What changes when these clues come into the case: outline, areas, divisions, seriousness."""
    present = list(case.clues.all())
    was, more, whole = facts_of(present), facts_of(clues), facts_of([*present, *clues])
    changes = {name: whole[name] for name in ("geom", "scope_codes", "is_demo")}
    for name in ("area_ha", "redline_area_ha"):  # what a person measured themselves only grows
        mine = getattr(case, name)
        changes[name] = whole[name] if mine == was[name] else mine + more[name]
    changes["is_serious"] = case.is_serious or more["is_serious"]
    return changes


@transaction.atomic
def describe(case: Case, *, by, seen: int | None = None, reason: str = "", **facts) -> Case:
    """Change what the case says; what it said before stays in the history."""
    found = checked(facts, case)
    changed = {name: value for name, value in found.items() if getattr(case, name) != value}
    if changed:
        details = {name: [str(getattr(case, name)), str(v)] for name, v in changed.items()}
        move(case, "describe", by=by, seen=seen, reason=reason, details=details, **changed)
    return case


@transaction.atomic
def investigate(
    case: Case, *, by, department, findings, penalty_kind="", fine_yuan=None, decided_on=None,
    decision_number="", file_number="", started_on=None, files=(), seen: int | None = None,
) -> Investigation:  # fmt: skip
    """Record what one department found and decided; a correction is a further record.

    Raises `BadForm` (422.4) with every fault.
    """
    faults = Faults()
    row = Investigation(
        case=case, by=by, created_at=clock.now(),
        department=faults.code(_("部门"), "departments", department),
        findings=faults.need(_("查处情况"), findings),
        penalty_kind=faults.code(_("处罚类型"), "penalty_kinds", penalty_kind, needed=False),
        fine_yuan=faults.number(_("罚款"), fine_yuan, highest=HIGHEST_FINE),
        started_on=faults.day(_("立案日期"), started_on, needed=False, past=True),
        decided_on=faults.day(_("决定日期"), decided_on, needed=False, past=True),
        decision_number=str(decision_number or "").strip(),
        file_number=str(file_number or "").strip(),
    )  # fmt: skip
    check_penalty(row, faults)
    faults.stop()
    row.save()
    keep(case, files, by=by, record=f"investigation:{row.pk}", kind="document")
    details = {
        "record": f"investigation:{row.pk}", "department": row.department,
        "penalty_kind": row.penalty_kind, "fine_yuan": str(row.fine_yuan or ""),
        "decision_number": row.decision_number,
    }  # fmt: skip
    move(case, "investigate", by=by, seen=seen, reason=row.findings, details=details)
    return row


def check_penalty(row: Investigation, faults: Faults) -> None:
    """Penalty, sum and decision belong together."""
    if row.penalty_kind == "fine" and not row.fine_yuan:
        faults.add(_("罚款"), _("处罚类型为罚款时必填，且大于 0"))
    if row.fine_yuan and row.penalty_kind != "fine":
        faults.add(_("处罚类型"), _("填有罚款金额，处罚类型应为罚款"))
    if row.penalty_kind not in ("", "none", "order") and not row.decision_number:
        faults.add(_("决定书文号"), _("作出行政处罚的必填"))
    if row.penalty_kind not in ("", "none", "order") and row.decided_on is None:
        faults.add(_("决定日期"), _("作出行政处罚的必填"))
    if row.started_on and row.decided_on and row.decided_on < row.started_on:
        faults.add(_("决定日期"), _("早于立案日期"))
