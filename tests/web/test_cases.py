"""Cases: opened from submitted clues, handed over, investigated; annex 4 true at every moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import case_story as story
import pytest
from django.db import IntegrityError, connection, connections, transaction

from ecoredline.documents.problems import problem_table
from ecoredline.web.cases import actions
from ecoredline.web.cases.lists import problem_rows
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import (
    BadForm,
    Blocked,
    MovedMeanwhile,
    NotAllowed,
    StepNotAllowed,
)
from ecoredline.web.files.actions import attach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def april():
    with clock.standing_at(story.START):
        yield


def test_a_case_takes_its_facts_from_the_clues_and_confirms_them(cast):
    clues = [
        story.submitted_clue(cast, "C-1"),
        story.submitted_clue(cast, "C-2", place=(50, 50, 4, 4)),
    ]
    case = actions.open_case(clues=clues, by=cast["city_supervisor"])
    assert case.number == "WT510400-2026-0001"
    assert (case.state, case.holder, case.owner) == (
        "opened",
        case.owner,
        cast["city_supervisor"].unit,
    )
    assert case.redline_area_ha == sum(Decimal(str(c.area_ha)) for c in clues)
    assert case.responsible == "某矿业公司"
    assert case.damage_type == "mine_pit"
    assert f"{case.area_ha:.4f}公顷" in case.description and "露天采场" in case.description
    assert len(case.geom) == 2
    assert {c.state for c in Clue.objects.all()} == {"confirmed"}
    assert [row.step for row in history(clues[0])] == ["raise", "confirm"]
    assert history(case).get().details["clues"] == ["C-1", "C-2"]


def test_ground_that_two_clues_share_counts_once(cast):
    clues = [
        story.submitted_clue(cast, "C-1"),
        story.submitted_clue(cast, "C-2", place=(30, 30, 10, 5)),
    ]
    case = actions.open_case(clues=clues, by=cast["city_supervisor"])
    assert case.area_ha == pytest.approx(Decimal(str(clues[0].area_ha)), abs=Decimal("0.0002"))


def test_a_case_is_opened_with_all_clues_or_not_at_all(cast):
    mine = story.submitted_clue(cast, "C-1")
    theirs = story.submitted_clue(cast, "C-2", owner="province_supervisor")
    with pytest.raises(NotAllowed):
        actions.open_case(clues=[mine, theirs], by=cast["city_supervisor"])
    with pytest.raises(NotAllowed):
        actions.open_case(clues=[mine], by=cast["yanbian_officer"])
    mine.refresh_from_db()
    assert (mine.state, Case.objects.count()) == ("submitted", 0)
    case = actions.open_case(clues=[mine], by=cast["city_supervisor"])
    with pytest.raises((StepNotAllowed, MovedMeanwhile)):  # a second click
        actions.open_case(clues=[mine], by=cast["city_supervisor"])
    assert list(Case.objects.all()) == [case]


def test_a_denied_clue_needs_a_reason_and_a_clue_still_below_waits(cast, units):
    denied = story.submitted_clue(cast, "C-1", verdict="false")
    with pytest.raises(BadForm, match="C-1"):
        actions.open_case(clues=[denied], by=cast["city_supervisor"])
    actions.open_case(clues=[denied], by=cast["city_supervisor"], reason="抽查发现属实")
    below = story.submitted_clue(cast, "C-2")
    Clue.objects.filter(pk=below.pk).update(holder=units["510422"])
    below.refresh_from_db()
    with pytest.raises(Blocked, match="C-2"):
        actions.open_case(clues=[below], by=cast["city_supervisor"])


def test_every_fault_of_the_facts_is_told(cast):
    clue = story.submitted_clue(cast)
    with pytest.raises(BadForm) as fault:
        actions.open_case(
            clues=[clue], by=cast["city_supervisor"], description="毁了", activity_type="9",
            area_ha="1", redline_area_ha="2", damage_type="forest",
        )  # fmt: skip
    assert len(fault.value.details) == 3
    assert not Case.objects.exists()


def test_a_further_clue_lets_the_case_grow_and_photos_keep_their_numbers(cast):
    case = story.opened_case(cast)
    city, before = cast["city_supervisor"], case.area_ha
    late = story.submitted_clue(cast, "C-2", place=(50, 50, 4, 4))
    attach(late, story.photo("late.jpg"), kind="photo", by=city)  # older than the case's own photo
    attach(case, story.photo("case.jpg"), kind="photo", by=city)
    actions.add_clue(case, clues=[late], by=city)
    assert case.area_ha == before + Decimal(str(late.area_ha))
    names = {p.number: p.attachment.name for p in case.photos.select_related("attachment")}
    assert names == {1: "case.jpg", 2: "late.jpg"}
    assert problem_rows([case])[0].photo_index == "P001—P002"


def test_hand_over_gives_the_case_to_the_county_of_the_place_only(cast, units):
    case = story.opened_case(cast)
    city, due = cast["city_supervisor"], clock.today() + timedelta(days=30)
    for unit in (units["510421"], units["530723"]):
        with pytest.raises(BadForm):
            actions.hand_over(case, to_unit=unit, due_on=due, by=city)
    with pytest.raises(BadForm):
        actions.hand_over(
            case, to_unit=units["510422"], due_on=clock.today() - timedelta(days=1), by=city
        )
    with pytest.raises(NotAllowed):
        actions.hand_over(case, to_unit=units["510422"], due_on=due, by=cast["yanbian_officer"])
    actions.hand_over(case, to_unit=units["510422"], due_on=due, by=city)
    assert (case.state, case.holder, case.due_on) == ("handed_over", units["510422"], due)


def test_one_letter_hands_several_cases_and_its_area_is_their_sum(cast):
    cases = [story.opened_case(cast, "C-1"), story.opened_case(cast, "C-2", place=(50, 50, 4, 4))]
    city = cast["city_supervisor"]
    letter = actions.hand_to_department(
        cases, department="forestry", due_on=clock.today() + timedelta(days=20), by=city,
        addressee="攀枝花市林业局",
    )  # fmt: skip
    assert letter.number and letter.count == 2
    assert letter.area_ha == sum(c.redline_area_ha for c in cases)
    handed = cases[0].handovers.get()
    assert (handed.letter, handed.department) == (letter, "forestry")
    actions.record_reply(handed, by=city, reply="已立案查处", reply_number="攀林函〔2026〕3号")
    with pytest.raises(BadForm):
        actions.record_reply(handed, by=city, reply="再次")
    assert "反馈：已立案查处" in problem_rows([cases[0]])[0].handling
    with pytest.raises(NotAllowed):
        actions.push(cases, by=cast["yanbian_officer"])
    assert actions.push(cases[:1], by=city).kind == "push"


def test_several_departments_investigate_and_what_they_said_never_changes(cast, units):
    case = story.handed_case(cast, units)
    county = cast["yanbian_officer"]
    with pytest.raises(BadForm) as fault:
        actions.investigate(case, by=county, department="x", findings="", penalty_kind="fine")
    assert len(fault.value.details) == 5
    actions.investigate(
        case, by=county, department="natural_resources", findings="越界开采属实", penalty_kind="fine",
        fine_yuan="52000", decided_on=clock.today(), decision_number="盐自然资罚〔2026〕4号",
    )  # fmt: skip
    actions.investigate(case, by=county, department="forestry", findings="毁林，另案处理")
    assert case.investigations.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update cases_investigation set findings = '无'")
    with pytest.raises(NotAllowed):
        actions.investigate(case, by=cast["miyi_officer"], department="forestry", findings="x")


def test_annex_4_is_true_at_every_moment(cast, units):
    case = story.closed_case(cast, units, source="petition")
    table = problem_table(problem_rows(Case.objects.all()))
    row = table.rows[0]
    assert len(row) == 13
    assert row[:5] == (case.number, "四川省", "攀枝花市", "盐边县", "红格镇")
    assert row[8] == "P001—P003"  # two of the plan, one of the recheck
    handling = row[11]
    order = [handling.index(w) for w in ("移交", "整改方案", "复核合格", "销号（整改完成）")]
    assert order == sorted(order)
    assert "2026年4月1日" in handling and "措施2项，已完成2项" in handling
    assert row[12].startswith("线索来源")


def test_rows_of_many_cases_cost_a_fixed_number_of_queries(
    cast, units, django_assert_max_num_queries
):
    for number in range(4):
        story.handed_case(cast, units, f"C-{number}", place=(10 * number, 10, 4, 4))
    with django_assert_max_num_queries(16):
        assert len(problem_rows(Case.objects.all())) == 4


def test_two_people_open_a_case_from_one_clue_at_once(committed, cast):
    clue = story.submitted_clue(cast)

    def attempt(_):
        try:
            with clock.standing_at(story.START):
                mine = Clue.objects.get(pk=clue.pk)
                return actions.open_case(clues=[mine], by=cast["city_supervisor"]).number
        except (MovedMeanwhile, StepNotAllowed) as told:
            return type(told).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(attempt, range(4)))
    assert Case.objects.count() == 1
    assert sorted(found)[-1] == Case.objects.get().number


def test_numbers_have_no_gap_and_come_once_under_threads(committed, cast):
    clues = [story.submitted_clue(cast, f"C-{n}", place=(10 * n, 10, 4, 4)) for n in range(4)]

    def attempt(clue):
        try:
            with clock.standing_at(story.START):
                return actions.open_case(clues=[clue], by=cast["city_supervisor"]).number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(attempt, clues))
    assert numbers == [f"WT510400-2026-000{n}" for n in range(1, 5)]
