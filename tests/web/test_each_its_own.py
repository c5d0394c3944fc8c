"""None alters what another said, nothing counts twice, nothing goes backwards: what a strict reader tried."""

from datetime import timedelta

import pytest
from case_story import (
    all_met,
    closed_case,
    day,
    finish_all,
    handed_case,
    opened_case,
    plan_case,
)
from django.db import IntegrityError, transaction
from verifying import send_down, whole_draft

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases import annex, handing
from ecoredline.web.cases.filters import CaseFilter
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import all_rules, may
from ecoredline.web.core.problems import BadForm, Blocked, NotAllowed, StepNotAllowed
from ecoredline.web.letters import actions as letters
from ecoredline.web.letters.models import Letter
from ecoredline.web.measures import actions as measures
from ecoredline.web.rectification import actions as rectification
from ecoredline.web.rectification import checking, closing
from ecoredline.web.verifications.actions import submit

pytestmark = pytest.mark.django_db
# written by hand, from the notice and from common sense: never from the declarations
MUST_NOT = {
    "officer": ("case.describe", "case.close", "case.recheck", "case.strike_off", "case.reopen", "case.measure",
                "case.refer", "case.report_up", "case.hand_to_department", "case.extend", "case.cancel_item",
                "clue.confirm", "clue.clear", "clue.dispatch", "clue.endorse", "clue.send_back",
                "patch.accept", "patch.release", "list.finalise"),
    "analyst": ("case.close", "case.open", "clue.confirm", "clue.dispatch", "clue.submit", "patch.release"),
    "auditor": ("case.close", "clue.raise", "clue.submit", "patch.accept", "case.progress"),
    "administrator": ("case.close", "clue.confirm", "patch.release", "case.describe"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_spring():
    with clock.standing_at(day(0)):
        yield


@pytest.mark.parametrize("role", MUST_NOT)
def test_what_a_role_must_never_do(role, cast):
    people = [p for p in cast.values() if p.role == role]
    for code in MUST_NOT[role]:
        assert code in all_rules()
        assert not any(may(person, code) for person in people), f"{role} {code}"


def test_the_owner_hands_over_to_somebody_else_and_to_a_department_once(cast, units):
    city, case = cast["city_supervisor"], opened_case(cast)
    with pytest.raises(BadForm, match="不同单位"):
        handing.hand_over(
            case, to_unit=city.unit, due_on=clock.today() + timedelta(days=9), by=city
        )
    facts = {"department": "forestry", "by": city, "contact": "王某"}
    handing.hand_to_department([case], **facts)
    case.refresh_from_db()
    with pytest.raises(BadForm, match="不重复移交"):
        handing.hand_to_department([case], **facts)
    assert Letter.objects.count() == 1


def test_the_supervised_county_does_not_answer_for_a_department(cast, units):
    case = handed_case(cast, units)
    handing.hand_to_department([case], department="forestry", by=cast["city_supervisor"])
    row = case.handovers.get(department="forestry")
    with pytest.raises(NotAllowed):
        handing.record_reply(row, by=cast["yanbian_officer"], reply="经查无问题")
    row.refresh_from_db()
    assert row.replied_on is None


def test_rectified_means_that_something_was_done(cast, units):
    city, case = cast["city_supervisor"], handed_case(cast, units)
    plan_case(case, cast)
    for item in case.plans.last().items.all():
        rectification.cancel_item(item, by=city, reason="不再需要")
    case.refresh_from_db()
    rectification.request_closing(case, by=cast["yanbian_officer"])
    checking.recheck(
        case, by=city, passed=True, found="无", checkers="甲", conditions={}, no_photo="夜间"
    )
    with pytest.raises(Blocked, match="没有已验收"):
        closing.close_case(case, by=city, reason="销号")


def test_a_failed_recheck_stands_before_closing_also_for_who_looked_earlier(cast, units):
    city, case = cast["city_supervisor"], handed_case(cast, units)
    plan_case(case, cast)
    finish_all(case, cast)
    rectification.request_closing(case, by=cast["yanbian_officer"])
    checking.recheck(
        case,
        by=city,
        passed=True,
        found="好",
        checkers="甲",
        conditions=all_met(case),
        no_photo="雨",
    )
    looked = type(case).objects.get(pk=case.pk)
    failed = all_met(case, met=False, note="成活率不足")
    checking.recheck(case, by=city, passed=False, found="不合格", checkers="乙", conditions=failed)
    with pytest.raises(Blocked):
        closing.close_case(looked, by=city, reason="销号")


def test_a_merged_case_counts_once_and_is_not_opened_again(cast, units):
    city = cast["city_supervisor"]
    one, other = opened_case(cast, "C-1"), opened_case(cast, "C-2", place=(60, 30, 10, 10))
    whole = one.redline_area_ha + other.redline_area_ha
    closing.strike_off(one, by=city, outcome="merged", reason="同一工程", merged_into=other)
    other.refresh_from_db()
    table = annex.table_of(city, CaseFilter())
    assert [row[0] for row in table.rows] == [other.number]
    assert table.area_ha == other.redline_area_ha == whole
    frozen = annex.freeze(city, 2026)
    assert (frozen.count, frozen.area_ha) == (1, whole)
    assert not one.clues.exists()
    one.refresh_from_db()
    with pytest.raises(Blocked, match="已并入"):
        closing.reopen(one, by=city, reason="再查")


def test_a_sent_letter_never_goes_back_to_a_draft(cast):
    city, county = cast["city_supervisor"], cast["yanbian_officer"].unit
    letter = letters.draft_letter(
        kind="admonition", by=city, addressee="盐边", to_unit=county,
        values={"facts": "x", "demands": "y", "region": "盐边县"},
    )  # fmt: skip
    assert letter.contact == city.display_name
    letters.send_letter(letter, by=city)
    letters.receive_letter(letter, by=cast["yanbian_officer"])
    for change in ({"state": "draft"}, {"state": "sent"}, {"received_at": None}, {"title": "别的"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Letter.objects.filter(pk=letter.pk).update(**change)


def test_measures_go_to_the_place_and_are_answered_by_who_took_them(cast, units):
    province, case = cast["province_supervisor"], handed_case(cast, units)
    stranger = Unit.objects.get(division_code="510421")
    facts = {"by": province, "kind": "letter", "basis": "逾期", "case": case, "with_letter": False}
    with pytest.raises(BadForm, match="不在问题所在行政区"):
        measures.take_measure(towards=stranger, **facts)
    taken = measures.take_measure(towards=cast["city_supervisor"].unit, **facts)
    with pytest.raises(BadForm, match="不重复采取"):
        measures.take_measure(towards=cast["city_supervisor"].unit, **facts)
    with pytest.raises(NotAllowed):
        measures.give_result(taken, by=cast["city_supervisor"], result="已办")
    with pytest.raises(BadForm):
        measures.give_result(
            taken, by=province, result="已办", on=clock.today() - timedelta(days=1)
        )
    referred = measures.refer(case, by=province, kind="compensation", facts="毁林")
    assert (referred.letter.state, referred.letter.count) == ("draft", 1)
    with pytest.raises(NotAllowed):
        measures.tick(referred, "preliminary", by=cast["city_supervisor"], result="不予立案")


def test_who_sits_above_has_the_date_of_the_own_hand(cast):
    chain = ("province_supervisor", "city_supervisor", "yanbian_officer")
    clue = send_down(cast, chain=chain)
    hand = clue.dispatches.get(to_unit=cast["city_supervisor"].unit)
    submit(whole_draft(clue, cast["yanbian_officer"]), by=cast["yanbian_officer"])
    clue.refresh_from_db()
    assert (clue.holder, clue.due_on) == (cast["city_supervisor"].unit, hand.due_on)


def test_records_stay_as_they_were_said(cast, units):
    case = closed_case(cast, units)
    with pytest.raises(IntegrityError), transaction.atomic():
        case.handovers.update(asked="别的")
    with pytest.raises(IntegrityError), transaction.atomic():
        case.handovers.all().delete()
    with pytest.raises(StepNotAllowed):
        rectification.request_closing(case, by=cast["city_supervisor"])
