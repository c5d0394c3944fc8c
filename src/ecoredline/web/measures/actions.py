"""Writes: proposals by rule, measures, referrals, reports upward. A person decides each."""

from datetime import date, timedelta

from django.db import transaction

from ecoredline.codes import code_list
from ecoredline.web.cases.lists import rows_for_letter
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import lock, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.letters import actions as letters
from ecoredline.web.measures.models import (
    Proposal,
    Referral,
    SupervisoryMeasure,
    UpwardReport,
)
from ecoredline.web.measures.rules import RULES, Finding, is_in_force

QUIET_DAYS = 30  # a proposal that was set aside is not made again so soon
STATE_COUNCIL = "国务院"
WRITTEN = ("compensation", "discipline", "organisation", "criminal", "credit")  # go by letter
DEMANDS = "查明原因，明确责任，限期完成整改，并举一反三防止反弹。"


def propose(day: date) -> list[Proposal]:
    """Make the proposals the rules find on that day; a second call on the same day adds nothing.

    What several rules find about one case is one proposal: the highest rung, with every reason.
    Called by the daily job; asks no permission, changes no case.
    """
    made = []
    for code, found, because in strongest(day):
        facts = {
            "case": found.case, "clue": found.clue, "unit": found.unit, "towards": found.towards,
        }  # fmt: skip
        known = Proposal.objects.filter(**facts)
        recent = known.filter(rule=code, decided_at__date__gt=day - timedelta(days=QUIET_DAYS))
        if recent.exists() or known.filter(decided="", kind=found.kind).exists():
            continue
        row, fresh = Proposal.objects.get_or_create(
            **facts, rule=code, decided="",
            defaults={"kind": found.kind, "because": because, "proposed_on": day},
        )  # fmt: skip
        made += [row] if fresh else []
    return made


def strongest(day: date) -> list[tuple[str, Finding, str]]:
    """Each thing the rules found once: the rule of the highest rung, its finding, all reasons."""
    rungs = list(code_list("measure_ladder"))
    found: dict[tuple, list[tuple[str, Finding]]] = {}
    for code, rule in RULES.items():
        if is_in_force(code, day):
            for one in rule(day):
                found.setdefault((one.case, one.clue, one.unit, one.towards), []).append(
                    (code, one)
                )
    chosen = []
    for several in found.values():
        code, top = max(several, key=lambda pair: rungs.index(pair[1].kind))
        chosen.append((code, top, "；".join(one.because for _, one in several)))
    return chosen


@transaction.atomic
def set_aside(proposal: Proposal, *, by, reason: str) -> Proposal:
    """Decide against a proposal, saying why. Raises `StepNotAllowed` when it is decided already."""
    require(by, "proposal.decide", proposal)
    if not reason.strip():
        raise BadForm("说明：未填写；请写明不采取措施的理由")
    return decide(proposal, "set_aside", by=by, reason=reason)


@transaction.atomic
def take(proposal: Proposal, *, by, basis: str = "", **facts) -> SupervisoryMeasure:
    """Take the proposed measure (or another `kind=`); the proposal is decided with it."""
    require(by, "proposal.decide", proposal)
    decide(proposal, "taken", by=by, reason=basis)
    kind = facts.pop("kind", "") or proposal.kind
    return take_measure(
        by=by, kind=kind, basis=basis or proposal.because, case=proposal.case, clue=proposal.clue,
        towards=proposal.towards, proposal=proposal, **facts,
    )  # fmt: skip


def decide(proposal: Proposal, how: str, *, by, reason: str) -> Proposal:
    """Write down what was decided; the second of two people is told."""
    row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if row.decided:
        raise StepNotAllowed(f"{row.decided_by} {row.decided_at:%Y-%m-%d %H:%M}")
    row.decided, row.decided_by, row.decided_at, row.reason = how, by, clock.now(), reason
    row.save()
    note("proposal.decide", f"proposal {row.pk}", by=by, decided=how, rule=row.rule)
    return row


@transaction.atomic
def take_measure(
    *, by, kind: str, basis: str, towards, case=None, clue=None, proposal=None,
    due_on: date | None = None, contact: str = "", with_letter: bool = True,
) -> SupervisoryMeasure:  # fmt: skip
    """Take a supervisory measure towards a unit, about a case, a clue or the unit itself.

    The letter of the rung is drafted with it (`with_letter`), to be read and sent by a person.
    Raises `BadForm` with every fault.
    """
    faults = []
    if kind not in SupervisoryMeasure.Kind.values:
        faults.append(
            f"措施：{kind!r} 不在 {'、'.join(map(str, SupervisoryMeasure.Kind.labels))} 之中"
        )
    if not basis.strip():
        faults.append("依据：未填写")
    if due_on is not None and due_on < clock.today():
        faults.append(f"要求完成日期：{due_on} 早于今天")
    if faults:
        raise BadForm(*faults)
    if case is None:
        require(by, "measure.take", towards)
    else:
        lock(case)
        faults = unfit(case, kind, towards)
        if faults:
            raise BadForm(*faults)
    measure = SupervisoryMeasure.objects.create(
        case=case, clue=clue, proposal=proposal, kind=kind, by_unit=by.unit, towards=towards,
        basis=basis, taken_on=clock.today(), due_on=due_on, by=by,
    )  # fmt: skip
    if with_letter:
        measure.letter = draft_for(measure, contact)
        measure.save(update_fields=["letter"])
    said = {"record": f"measure:{measure.pk}", "kind": kind, "towards": towards.name}
    label = measure.get_kind_display()
    if case is not None:
        move(case, "measure", by=by, reason=f"{label}：{basis}", details=said)
    elif clue is not None:
        move(clue, "measure", by=by, reason=f"{label}：{basis}", details=said)
    else:
        note("measure.take", f"measure {measure.pk}", by=by, **said)
    return measure


def unfit(case, kind: str, towards) -> list[str]:
    """Why this measure cannot be taken about this case now: the wrong unit, or the same one still runs."""
    faults = []
    if towards.division_code not in case.scope_codes:
        faults.append(f"对象单位：{towards.name} 不在问题所在行政区")
    running = case.measures.filter(kind=kind, towards=towards, result_on=None).first()
    if running is not None:
        faults.append(f"{running.taken_on} 已采取同一措施，尚无结果，不重复采取")
    return faults


def draft_for(measure: SupervisoryMeasure, contact: str):
    """The letter of the measure's rung; it names the case and states its area."""
    subject = measure.case or measure.clue
    kind = code_list("measure_ladder")[measure.kind]["letter_kind"]
    return letters.draft_letter(
        kind=kind, by=measure.by, addressee=measure.towards.name, to_unit=measure.towards,
        reply_by=measure.due_on, contact=contact,
        values={
            "facts": f"{subject}：{measure.basis}" if subject else measure.basis,
            "demands": DEMANDS, "region": measure.towards.name, "year": clock.today().year,
        },
        subject_kind=subject.LIFECYCLE.name if subject else "",
        subject_ids=[subject.pk] if subject else [],
        scope_codes=subject.scope_codes if subject else [measure.towards.division_code],
        is_demo=subject.is_demo if subject else measure.towards.is_demo,
    )  # fmt: skip


@transaction.atomic
def give_result(measure: SupervisoryMeasure, *, by, result: str, on: date | None = None):
    """Write down what came of a measure; once only."""
    if not result.strip():
        raise BadForm("结果：未填写")
    row = SupervisoryMeasure.objects.select_for_update(of=("self",)).get(pk=measure.pk)
    if by.unit_id != row.by_unit_id:
        raise NotAllowed(row.by_unit.name)
    day = on or clock.today()
    if not row.taken_on <= day <= clock.today():
        raise BadForm(f"结果日期：{day} 应在 {row.taken_on} 与今天之间")
    if row.result_on is not None:
        raise StepNotAllowed(f"{row.result_on} {row.result}")
    row.result, row.result_on = result, day
    if row.case is not None:
        said = {"record": f"measure:{row.pk}", "result": result}
        move(
            row.case,
            "measure",
            by=by,
            reason=f"{row.get_kind_display()}结果：{result}",
            details=said,
        )
    else:
        require(by, "measure.take", row.towards)
        note("measure.result", f"measure {row.pk}", by=by, result=result)
    row.save(update_fields=["result", "result_on"])
    return row


def clocks_of(kind: str, sent_on: date) -> list[dict]:
    """The dated clocks of a kind of referral: each begins when the one before it is due.

    >>> [c["code"] for c in clocks_of("criminal", date(2026, 3, 2))]
    ['decide', 'transfer', 'answer']
    """
    rows = [r for r in code_list("referral_clocks").values() if r["kind"] == kind]
    found, day = [], sent_on
    for row in sorted(rows, key=lambda r: int(r["order"])):
        if date.fromisoformat(row["valid_from"]) <= sent_on:
            day = day + timedelta(days=int(row["days"]))
            found.append({"code": row["code"], "due_on": day.isoformat(), "done_on": None})
    return found


@transaction.atomic
def refer(case, *, by, kind: str, facts: str, to_body: str = "", sent_on: date | None = None):
    """移送: refer a case to the body that decides on it; its clocks start."""
    kinds = code_list("referral_kinds")
    faults = [f"类型：{kind!r} 不在 {'、'.join(kinds)} 之中"] if kind not in kinds else []
    faults += ["事实与依据：未填写"] if not facts.strip() else []
    day = sent_on or clock.today()
    faults += [f"移送日期：{day} 晚于今天"] if day > clock.today() else []
    lock(case)
    running = case.referrals.filter(kind=kind, result_on=None).first()
    if running is not None:
        faults.append(f"{running.sent_on} 已移送，尚无结果，不重复移送")
    if faults:
        raise BadForm(*faults)
    row = Referral.objects.create(
        case=case, kind=kind, to_body=to_body or kinds[kind]["body_zh"], facts=facts, sent_on=day,
        clocks=clocks_of(kind, day), by=by,
    )  # fmt: skip
    if kind in WRITTEN:
        row.letter = referral_letter(row)
        row.save(update_fields=["letter"])
    said = {"record": f"referral:{row.pk}", "kind": kind, "to": row.to_body}
    move(case, "refer", by=by, reason=f"{kinds[kind]['zh']}：{row.to_body}", details=said)
    return row


def referral_letter(row: Referral):
    """The draft of the letter that refers the case, with the case as its list."""
    return letters.draft_letter(
        kind="referral", by=row.by, addressee=row.to_body, rows=rows_for_letter([row.case]),
        values={"basis": code_list("referral_kinds")[row.kind]["source"]}, subject_kind="case",
        subject_ids=[row.case_id], scope_codes=row.case.scope_codes, is_demo=row.case.is_demo,
    )  # fmt: skip


@transaction.atomic
def tick(
    referral: Referral, code: str, *, by, on: date | None = None, result: str = ""
) -> Referral:
    """Stop one of a referral's clocks; the last with its result ends the referral."""
    row = Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)
    if by.unit_id != row.by.unit_id:
        raise NotAllowed(row.by.unit.name)
    waiting = [c for c in row.clocks if c["done_on"] is None]
    if code and code not in {c["code"] for c in waiting}:
        raise StepNotAllowed(code)
    day = on or clock.today()
    if not row.sent_on <= day <= clock.today():
        raise BadForm(f"日期：{day} 应在 {row.sent_on} 与今天之间")
    row.clocks = stopped(row.clocks, code, day)
    if result.strip():
        row.result, row.result_on = result, day
    row.save(update_fields=["clocks", "result", "result_on"])
    said = {"record": f"referral:{row.pk}", "clock": code, "result": result}
    move(row.case, "refer", by=by, reason=result or f"移送时限办结：{code}", details=said)
    return row


def stopped(clocks: list[dict], code: str, day: date) -> list[dict]:
    """The clocks with one stopped; those after it run from the day it was done.

    >>> rows = clocks_of("criminal", date(2026, 6, 1))
    >>> [c["due_on"] for c in stopped(rows, "decide", date(2026, 6, 2))]
    ['2026-06-04', '2026-06-03', '2026-06-06']
    """
    found, start = [], None
    for one in clocks:
        one = dict(one)
        if one["code"] == code:
            one["done_on"], start = day.isoformat(), day
        elif start is not None and one["done_on"] is None:
            start = start + timedelta(days=int(code_list("referral_clocks")[one["code"]]["days"]))
            one["due_on"] = start.isoformat()
        found.append(one)
    return found


@transaction.atomic
def report_up(case, *, by, said: str) -> UpwardReport:
    """上报: tell the unit above of a specially serious case; the ministry tells the State Council.

    Raises `BadForm` when the case is not marked serious or nothing is said.
    """
    faults = ["内容：未填写"] if not said.strip() else []
    faults += [] if case.is_serious else ["该问题未标记为情形严重；先更新问题描述"]
    lock(case)
    if case.upward_reports.filter(from_unit=by.unit, sent_on=clock.today(), said=said).exists():
        faults.append("今天已上报同样的内容")
    if faults:
        raise BadForm(*faults)
    above = by.unit.parent
    body = above.name if above else STATE_COUNCIL if by.unit.level == "ministry" else "上级单位"
    row = UpwardReport.objects.create(
        case=case, from_unit=by.unit, to_body=body, said=said, sent_on=clock.today(), by=by
    )
    move(
        case,
        "report_up",
        by=by,
        reason=f"上报{body}：{said}",
        details={"record": f"upward:{row.pk}"},
    )
    return row
