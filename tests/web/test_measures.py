"""What proposes a measure, who decides, and that nothing is proposed or decided twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin, history
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.measures import actions, queries
from ecoredline.web.measures.models import Proposal, SupervisoryMeasure

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
YANBIAN = ["51", "5104", "510422"]


@pytest.fixture(autouse=True)
def in_june():
    with clock.standing_at(datetime(2026, 6, 1, 2, tzinfo=UTC)):
        yield


def case_of(cast, state="rectifying", days_late=0, **facts) -> Case:
    """A case the city owns and Yanbian has."""
    city = cast["city_supervisor"]
    county = Unit.objects.get(division_code="510422")
    found = Case(
        number=f"C-{Case.objects.count()}", year=2026, owner=city.unit, holder=county, state=state,
        division_code="510422", scope_codes=YANBIAN, opened_by=city,
        due_on=DAY - timedelta(days=days_late), **facts,
    )  # fmt: skip
    begin(found, by=city)
    return found


def kinds(made) -> set[tuple[str, str]]:
    return {(p.rule, p.kind) for p in made}


@pytest.mark.parametrize(("days", "rules"), [(15, set()), (16, {("rectify_overdue", "letter")})])
def test_a_late_case_is_proposed_only_after_the_days_of_the_rule(cast, days, rules):
    case_of(cast, days_late=days)
    assert kinds(actions.propose(DAY)) == rules
    assert actions.propose(DAY) == []  # a second round the same morning adds nothing


def test_silence_serious_damage_and_a_fake_each_have_their_rung(cast):
    with clock.standing_at(datetime(2026, 3, 1, tzinfo=UTC)):
        case_of(cast)
    case_of(cast, state="handed_over", is_serious=True)
    case_of(cast, state="rectifying", reopened_count=1)
    assert kinds(actions.propose(DAY)) == {
        ("rectify_slow", "letter"), ("serious", "special_inspection"), ("faked", "talk"),
    }  # fmt: skip


def test_what_several_rules_find_about_one_case_is_one_proposal(cast):
    with clock.standing_at(datetime(2026, 3, 1, tzinfo=UTC)):
        case_of(cast, days_late=40, is_serious=True)
    (proposal,) = actions.propose(DAY)
    assert (proposal.rule, proposal.kind) == ("serious", "special_inspection")
    for words in ("已逾期 40 天", "没有任何整改进展", "情形严重"):
        assert words in proposal.because
    assert actions.propose(DAY) == []


def test_a_measure_without_answer_leads_to_the_next_rung(cast):
    city, case = cast["city_supervisor"], case_of(cast, days_late=60)
    first = actions.take_measure(
        by=city, kind="letter", basis="逾期", towards=case.holder, case=case, with_letter=False
    )
    assert actions.propose(DAY + timedelta(days=30)) == []
    later = actions.propose(DAY + timedelta(days=31))
    assert kinds(later) == {("measure_unanswered", "circular")}
    actions.give_result(first, by=city, result="已整改")
    with pytest.raises(StepNotAllowed):
        actions.give_result(first, by=city, result="又一次")
    assert [t.step for t in history(case)] == ["begin", "measure", "measure"]


def test_five_late_things_of_one_unit_make_a_circular_towards_it(cast):
    city, county = cast["city_supervisor"], Unit.objects.get(division_code="510422")
    for n in range(5):
        clue = Clue(
            number=f"Q-{n}", year=2026, source="media", owner=city.unit, holder=county,
            state="dispatched", due_on=DAY - timedelta(days=1), division_code="510422",
            scope_codes=YANBIAN, raised_by=city,
        )  # fmt: skip
        begin(clue, by=city)
    made = actions.propose(DAY)
    assert kinds(made) == {("many_overdue", "circular")}
    assert (made[0].unit, made[0].towards, made[0].case) == (city.unit, county, None)


def test_who_decides_and_only_once(cast):
    case_of(cast, days_late=20)
    (proposal,) = actions.propose(DAY)
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    assert list(queries.proposals_for(city)) == [proposal]
    assert not queries.proposals_for(county).exists()
    for stranger in (county, cast["city_analyst"], cast["province_supervisor"]):
        with pytest.raises(NotAllowed):
            actions.set_aside(proposal, by=stranger, reason="x")
    with pytest.raises(BadForm):
        actions.set_aside(proposal, by=city, reason=" ")
    actions.set_aside(proposal, by=city, reason="已电话督促")
    with pytest.raises(StepNotAllowed):
        actions.take(proposal, by=city)
    assert actions.propose(DAY + timedelta(days=5)) == []  # not again so soon
    assert SupervisoryMeasure.objects.count() == 0


def test_taking_a_proposal_makes_measure_history_and_a_draft_letter(cast):
    case = case_of(cast, days_late=20)
    (proposal,) = actions.propose(DAY)
    city = cast["city_supervisor"]
    measure = actions.take(proposal, by=city, due_on=date(2026, 7, 1), contact="王某 0812-0000000")
    proposal.refresh_from_db()
    assert (proposal.decided, proposal.decided_by, measure.kind) == ("taken", city, "letter")
    assert (measure.letter.state, measure.letter.to_unit) == ("draft", case.holder)
    last = history(case).last()
    assert (last.step, last.details["record"]) == ("measure", f"measure:{measure.pk}")
    assert list(queries.measures_for(cast["yanbian_officer"])) == [measure]
    assert not queries.measures_for(cast["miyi_officer"]).exists()


def test_a_measure_with_faults_tells_all_and_writes_nothing(cast):
    case = case_of(cast)
    with pytest.raises(BadForm) as fault:
        actions.take_measure(
            by=cast["city_supervisor"], kind="beating", basis="", towards=case.holder, case=case,
            due_on=date(2020, 1, 1),
        )  # fmt: skip
    assert len(fault.value.details) == 3
    assert not SupervisoryMeasure.objects.exists()
    with pytest.raises(NotAllowed):  # towards a unit above one's own, without a case
        actions.take_measure(
            by=cast["city_supervisor"],
            kind="letter",
            basis="x",
            towards=cast["province_supervisor"].unit,
        )


def test_a_criminal_referral_runs_three_clocks_one_after_the_other(cast):
    case, city = case_of(cast), cast["city_supervisor"]
    row = actions.refer(
        case, by=city, kind="criminal", facts="毁林面积较大", sent_on=date(2026, 6, 1)
    )
    assert [c["due_on"] for c in row.clocks] == ["2026-06-04", "2026-06-05", "2026-06-08"]
    actions.tick(row, "decide", by=city, on=date(2026, 6, 1))
    late = queries.clocks_due(city, date(2026, 6, 5))
    assert [(c["code"], c["due_on"]) for c in late] == [
        ("transfer", "2026-06-02"), ("answer", "2026-06-05"),
    ]  # fmt: skip
    with pytest.raises(StepNotAllowed):
        actions.tick(row, "decide", by=city)
    with pytest.raises(BadForm) as fault:
        actions.refer(case, by=city, kind="party", facts=" ", sent_on=date(2027, 1, 1))
    assert len(fault.value.details) == 3


def test_only_a_serious_case_goes_upward_and_says_to_whom(cast):
    plain, serious = case_of(cast), case_of(cast, is_serious=True)
    city = cast["city_supervisor"]
    with pytest.raises(BadForm):
        actions.report_up(plain, by=city, said="情况")
    row = actions.report_up(serious, by=city, said="情况")
    assert row.to_body == city.unit.parent.name
    top = actions.report_up(serious, by=cast["ministry_supervisor"], said="情况")
    assert top.to_body == "国务院"
    with pytest.raises(NotAllowed):
        actions.report_up(serious, by=cast["yanbian_officer"], said="情况")


def test_the_page_keeps_what_was_typed_and_refuses_strangers(cast, as_person):
    case_of(cast, days_late=20)
    (proposal,) = actions.propose(DAY)
    client = as_person("city_supervisor")
    assert "应于" in client.get("/measures/").content.decode()
    answer = client.post(
        f"/proposals/{proposal.pk}/take/",
        {"kind": "talk", "basis": "我写了很多", "due_on": "2020-01-01"},
    )
    assert answer.status_code == 422
    assert "我写了很多" in answer.content.decode()
    assert "早于今天" in answer.content.decode()
    answer = client.post(f"/proposals/{proposal.pk}/take/", {"kind": "talk", "basis": "依据"})
    assert answer.status_code == 302
    assert Proposal.objects.get().decided == "taken"
    assert as_person("yanbian_officer").get(f"/proposals/{proposal.pk}/take/").status_code == 404
