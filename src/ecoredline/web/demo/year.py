"""The demo year: what five levels did with the demo's patches in 2026, all of it made up.

One transaction: a year is there whole or not at all. The second run of images shows what became
of the closed cases.
"""

from datetime import date
from pathlib import Path

from django.db import transaction

from ecoredline.record import Job
from ecoredline.web.cases import handing
from ecoredline.web.cases.models import Case
from ecoredline.web.clues import actions as clues
from ecoredline.web.clues import lists
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.demo.cast import (
    Cast,
    accept,
    at,
    consult,
    days,
    dismiss,
    raised,
    release,
    send_down,
    send_half,
)
from ecoredline.web.demo.fates import fates_of
from ecoredline.web.demo.tales import NOT_SENT, TALES, UNRAISED
from ecoredline.web.letters import actions as letters
from ecoredline.web.measures import actions as measures
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.plans import actions as plans
from ecoredline.web.plans.sites import update_sites
from ecoredline.web.rectification import closing
from ecoredline.web.rectification.proof import observe_closed_cases
from ecoredline.web.verifications import actions as verifications

YEAR = 2026
SEEDED = 20260101
SAMPLE = 2
DISMISSED_PROTECTED, DISMISSED_OUTSIDE = 6, 10


def in_order(rows):
    """Suspected patches, largest share of redline first: the order of the fates."""
    return sorted(rows, key=lambda p: (-p.redline_area_ha, p.patch_id))


@transaction.atomic
def tell(run: Run, later: Run | None, *, job: Job | None = None) -> dict[str, int]:
    """Tell the year on a demo run; gives how many clues and cases there are.

    A project that has clues already is left as it is.
    """
    job = job or Job()
    if Clue.objects.exists():
        return {"clues": Clue.objects.count(), "cases": Case.objects.count()}
    cast = Cast(Path(run.folder))
    counties = Patch.objects.filter(run=run, channel="suspected", division_code__in=cast.officers)
    suspected = in_order(counties)
    fates = fates_of(suspected)
    job.at("year", 0.0)
    number_letters(cast)
    review(cast, run, fates)
    told = raise_all(cast, fates)
    job.at("year", 0.2)
    freeze_lists(cast)
    dispatch_all(cast, told)
    done: dict[str, Case] = {}
    for number, (clue, whose, fate) in enumerate(told):
        clue.refresh_from_db()
        done[f"{fate}-{number}"] = TALES[fate](cast, clue, whose)
        job.at("year", 0.2 + 0.6 * number / len(told))
    others(cast, {key.split("-")[0]: case for key, case in done.items() if case})
    if later is not None:
        afterwards(cast, later, {key.split("-")[0]: case for key, case in done.items() if case})
    office(cast, run, later)
    with at(11, 20, 6):
        update_sites()
        measures.propose(clock.today())
    job.at("year", 1.0)
    return {"clues": Clue.objects.count(), "cases": Case.objects.count()}


def number_letters(cast: Cast) -> None:
    """How each office's letters are numbered: a word of its own, as offices have."""
    for who, word in (("ministry", "演环函"), ("province", "演川环函"), ("city", "演攀环函")):
        by = cast.people[who]
        with at(1, 5, 9):
            letters.set_number_word(unit=by.unit, word=word, valid_from=date(YEAR, 1, 1), by=by)


def review(cast: Cast, run: Run, fates) -> None:
    """April: analysts look at every patch, another checks what they accept."""
    for number, (patch, whose, fate) in enumerate(fates):
        with at(4, 3 + number // 12, 9 + number % 8, number % 60):
            if fate in ("too_small", "crop", "shadow", "duplicate"):
                dismiss(cast, patch, fate)
            elif fate != "screened":
                accept(cast, patch, whose)
    for number, (patch, whose, fate) in enumerate(fates):
        if fate not in ("screened", "accepted", "too_small", "crop", "shadow", "duplicate"):
            with at(4, 10 + number // 20, 9 + number % 8, number % 60):
                patch.refresh_from_db()
                release(cast, patch, whose)
    for channel, reason, count in (
        ("protected", "protected_channel", DISMISSED_PROTECTED),
        ("outside", "outside_redline", DISMISSED_OUTSIDE),
    ):
        for patch in Patch.objects.filter(run=run, channel=channel)[:count]:
            with at(4, 9, 15):
                dismiss(cast, patch, reason)


def raise_all(cast: Cast, fates) -> list[tuple]:
    """Released patches become clues; the two owners consult on them."""
    told = []
    for patch, whose, fate in fates:
        if fate in TALES and fate not in UNRAISED:
            with at(4, 14, 14):
                told.append((raised(cast, patch, whose), whose, fate))
    for whose in ("ministry", "city"):
        agreed = [c for c, w, f in told if w == whose and f != "raised"]
        if agreed:
            with at(4, 20, 9):
                consult(cast, agreed, whose)
    return told


def freeze_lists(cast: Cast) -> None:
    """The lists as they stood in April and in September."""
    for who in (cast.ministry, cast.city):
        with at(4, 21, 10):
            lists.finalise_list(
                unit=who.unit, kind="suspected", year=YEAR, by=who, note="会商后定稿"
            )
    with at(4, 22, 10):
        lists.finalise_list(unit=cast.city.unit, kind="activities", year=YEAR, by=cast.city)


def dispatch_all(cast: Cast, told) -> None:
    """Clues go down, one letter a county and day, most in April; one to the wrong county."""
    letters_out: dict[tuple, list] = {}
    for clue, whose, fate in told:
        if fate in NOT_SENT:
            continue
        when = (11, 10) if fate in ("received", "dispatched") else (4, 24)
        when = (10, 12) if fate in ("submitted", "resubmitted", "sent_back") else when
        to = "" if fate == "waits_at_city" else cast.county(clue)
        if fate == "wrong_route":
            to = cast.stranger(clue).unit
        letters_out.setdefault((when, whose, to), []).append(clue)
    for (when, whose, to), found in letters_out.items():
        with at(*when, 9):
            for clue in found:
                clue.refresh_from_db()
            if to:
                send_down(cast, found, whose, to)
            else:
                send_half(cast, found)


def others(cast: Cast, cases: dict) -> None:
    """Clues from elsewhere, a merged case, letters to departments, measures, referrals."""
    with at(6, 5, 10):
        clues.raise_clue(
            by=cast.analyst, source="media", source_detail="某网站2026年6月3日报道（演示）",
            division_code="510411", lon=101.74, lat=26.50, place="仁和区（演示）",
            description="报道称有人在林区倾倒弃渣。", found_on=days(-2), activity_type="6",
            problem_type="vegetation",
        )  # fmt: skip
    with at(9, 4, 10):
        clues.raise_clue(
            by=cast.city, source="instruction", source_detail="市领导批示（演示）", division_code="510403",
            lon=101.64, lat=26.60, description="核查群众反映的山体开挖。", is_major=True, activity_type="1",
        )  # fmt: skip
    if "merged_case" not in cases:
        return  # a run with few patches has a short year
    with at(9, 20, 10):
        closing.strike_off(
            cases["merged_case"], by=cast.city, outcome="merged", merged_into=cases["rectifying"],
            reason="与相邻问题为同一责任单位、同一工程，合并办理。",
        )  # fmt: skip
    with at(9, 25, 10):
        together = [cases["rectifying"], cases["overdue"], cases["partly"]]
        for case in together:
            case.refresh_from_db()
        handing.hand_to_department(
            together, department="forestry", by=cast.city, due_on=days(60), contact="王某（演示）"
        )
    with at(10, 15, 10):
        first = cases["rectifying"].handovers.exclude(department="").last()
        handing.record_reply(
            first,
            by=cast.city,
            reply="已督促补植，列入年度造林计划。",
            reply_number="攀林函〔2026〕31号（演示）",
        )
    escalate(cast, cases)


def escalate(cast: Cast, cases: dict) -> None:
    """A notice letter to the one that is late; the serious one goes upward and to compensation."""
    late, worst = cases["overdue"], cases["serious"]
    with at(9, 30, 9):
        late.refresh_from_db()
        measure = measures.take_measure(
            by=cast.city, kind="letter", case=late, towards=cast.county(late), due_on=days(20),
            basis="整改期限已过，仍未完成复绿和清场。", contact="王某（演示）",
        )  # fmt: skip
        letters.send_letter(measure.letter, by=cast.city)
    with at(7, 6, 9):
        worst.refresh_from_db()
        said = "矿山开发造成红线内大面积植被破坏，情形严重。"
        measures.report_up(worst, by=cast.ministry, said=said)
        measures.refer(worst, by=cast.ministry, kind="compensation", facts=said)
        measures.take_measure(
            by=cast.ministry, kind="special_inspection", case=worst, towards=cast.county(worst),
            basis="生态破坏严重。", with_letter=False,
        )  # fmt: skip


def afterwards(cast: Cast, later: Run, cases: dict) -> None:
    """Autumn: the later image proves some closings and contradicts one, which is opened again."""
    with at(10, 24, 10):
        observe_closed_cases(later)
    case = cases.get("faked")
    if case is None:
        return
    case.refresh_from_db()
    seen = case.observations.filter(proposes_reopening=True).last()
    if seen is not None:
        with at(10, 28, 9):
            closing.reopen(
                case, by=cast.city, observation=seen, due_on=days(90),
                reason="销号后卫星影像显示原范围再次开挖，整改不实，重新立案。",
            )  # fmt: skip
    for other in Case.objects.filter(observations__proposes_reopening=True, state="closed"):
        with at(10, 30, 15):
            reason = "经查看前后影像，为施工便道自然恢复前的残留和季节差异，无新的破坏，维持销号。"
            closing.keep_closed(other, by=cast.supervisor_of(other), reason=reason)
    with at(11, 2, 10):
        lists.finalise_list(
            unit=cast.city.unit, kind="suspected", year=YEAR, by=cast.city, note="更新"
        )


def office(cast: Cast, run: Run, later: Run | None) -> None:
    """The year's tasks, monitoring plans and a spot check."""
    with at(1, 8, 9):
        for who in (cast.ministry, cast.province, cast.city):
            plans.make_year(who.unit, YEAR - 1, by=who)
            plans.make_year(who.unit, YEAR, by=who)
        plan = plans.make_plan(
            by=cast.city, name="全市生态保护红线年度全覆盖监测", kind="full", starts_on=date(2025, 3, 31),
            ends_on=date(2027, 3, 31), basis="环办生态函〔2020〕703号 四（一）",
        )  # fmt: skip
        dense = plans.make_plan(
            by=cast.city, name="矿区加密监测", kind="half_year", starts_on=date(2026, 4, 1),
            ends_on=date(2027, 4, 1), basis="环办生态函〔2020〕703号 四（一）",
        )  # fmt: skip
    with at(4, 22, 11):
        task = cast.city.unit
        for row in plans.YearTask.objects.filter(unit=task, year=YEAR - 1):
            if row.code != "effectiveness":
                plans.finish_task(
                    row, by=cast.city, with_what=f"{YEAR}年归档材料第{row.pk}号（演示）"
                )
        plans.finish_round(plan.rounds.first(), by=cast.city, run=run)
    if later is not None:
        with at(10, 24, 11):
            plans.finish_round(dense.rounds.first(), by=cast.city, run=later)
    if Clue.objects.filter(holder=cast.city.unit, state="submitted").count() > SAMPLE:
        with at(11, 18, 10):
            verifications.draw_spot_check(
                by=cast.city, name="2026年第四季度核实抽查", size=SAMPLE, seed=SEEDED
            )
