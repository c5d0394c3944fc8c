"""Dispatch down the chain and back, wrong routing, extension, reminders, and two who act at once."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from ecoredline.web.accounts.actions import create_person
from ecoredline.web.clues import dispatching as hands
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.clues.consulting import consult
from ecoredline.web.clues.models import Clue, Consultation, Dispatch
from ecoredline.web.clues.queries import waiting_for
from ecoredline.web.clues.reminding import remind, remind_clues
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotAllowed, StepNotAllowed
from ecoredline.web.letters.models import Letter, Reminder

MARCH = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def listed(by, *, count=1, **facts):
    """Clues of this person's unit in 盐边, put on the list by a consultation."""
    where = {"division_code": "510422", "redline_area_ha": "1.25", "area_ha": "2"} | facts
    clues = [
        raise_clue(by=by, source="petition", source_detail=f"信访{n}", **where)
        for n in range(count)
    ]
    consult(by=by, participants="生态环境、自然资源", summary="同意列入",
            outcomes=[(c, "keep", "") for c in clues])  # fmt: skip
    return clues


@pytest.fixture
def march():
    with clock.standing_at(MARCH):
        yield


@pytest.fixture
def chain(db, march, cast):
    """One supervisor of each level."""
    county = create_person(
        username="yanbian_supervisor", password="correct-horse-7", role="supervisor",
        unit=cast["yanbian_officer"].unit,
    )  # fmt: skip
    above = [cast[f"{level}_supervisor"] for level in ("ministry", "province", "city")]
    return [*above, county]


def test_consultation_is_all_or_nothing_and_decides_each_clue(db, march, cast):
    by = cast["city_supervisor"]
    keep, leave = (raise_clue(by=by, source="public", division_code="510422") for _ in range(2))
    for outcomes in ([(keep, "keep", ""), (leave, "remove", "")], []):
        with pytest.raises(BadForm):
            consult(by=by, participants="甲", summary="乙", outcomes=outcomes)
    with pytest.raises(NotAllowed):
        consult(
            by=cast["city_analyst"], participants="甲", summary="乙", outcomes=[(keep, "keep", "")]
        )
    assert not Consultation.objects.exists()
    consult(by=by, participants="甲", summary="乙",
            outcomes=[(keep, "keep", ""), (leave, "remove", "已批项目")])  # fmt: skip
    assert (keep.state, leave.state) == ("listed", "raised")
    consult(by=by, participants="甲", summary="乙", outcomes=[(keep, "remove", "证据不足")])
    assert keep.state == "raised"
    assert [row.step for row in history(keep)] == ["raise", "consult", "list", "consult", "unlist"]


def test_the_whole_chain_down_and_who_may_at_each_step(chain, cast):
    ministry, province, city, county = chain
    (clue,) = listed(ministry)
    with pytest.raises(NotAllowed):
        hands.dispatch_clues(clues=[clue], to_unit=province.unit, by=province)
    with pytest.raises(BadForm, match="越级"):
        hands.dispatch_clues(clues=[clue], to_unit=city.unit, by=ministry)
    letter = hands.dispatch_clues(
        clues=[clue], to_unit=province.unit, due_on=date(2026, 5, 1), by=ministry, contact="张三"
    )
    assert (letter.state, letter.to_unit, letter.count, str(letter.area_ha)) == (
        "sent", province.unit, 1, "1.2500",
    )  # fmt: skip
    assert Letter.objects.visible_to(province).filter(pk=letter.pk).exists()
    assert not Letter.objects.visible_to(cast["huaping_officer"]).filter(pk=letter.pk).exists()
    above = ministry
    for giver, taker, due in (
        (province, city, date(2026, 4, 20)),
        (city, county, date(2026, 4, 10)),
    ):
        assert list(waiting_for(giver)) == [clue]
        assert not waiting_for(taker).exists()
        for outsider in (above, taker, cast["miyi_officer"]):
            with pytest.raises(NotAllowed):
                hands.receive(clue, by=outsider)
        hands.receive(clue, by=giver)
        assert hands.receive(clue, by=giver) is None  # a second click does no harm
        with pytest.raises(NotAllowed):
            hands.pass_down(clue, to_unit=taker.unit, by=above)
        with pytest.raises(BadForm, match="晚于上级"):
            hands.pass_down(clue, to_unit=taker.unit, by=giver, due_on=date(2026, 6, 1))
        hands.pass_down(clue, to_unit=taker.unit, by=giver, due_on=due)
        assert (clue.holder, clue.due_on, clue.state) == (taker.unit, due, "dispatched")
        above = giver
    letter.refresh_from_db()
    assert letter.state == "received"
    rows = list(clue.dispatches.values_list("kind", "from_unit", "to_unit", "ended_at"))
    assert rows == [
        ("dispatch", ministry.unit.pk, province.unit.pk, None),
        ("pass_down", province.unit.pk, city.unit.pk, None),
        ("pass_down", city.unit.pk, county.unit.pk, None),
    ]
    assert Letter.objects.filter(state__in=("sent", "received")).count() == 3
    last = hands.open_dispatch(clue)
    assert (last.from_unit, last.to_unit) == (city.unit, county.unit)


def test_back_up_the_chain_by_declining(chain):
    ministry, province, city, county = chain
    (clue,) = listed(ministry)
    hands.dispatch_clues(clues=[clue], to_unit=province.unit, by=ministry, due_on=date(2026, 5, 1))
    hands.pass_down(clue, to_unit=city.unit, by=province, due_on=date(2026, 4, 20))
    hands.pass_down(clue, to_unit=county.unit, by=city, due_on=date(2026, 4, 10))
    with pytest.raises(BadForm):
        hands.decline(clue, by=county, reason=" ")
    with pytest.raises(NotAllowed):
        hands.decline(clue, by=city, reason="不是我县")
    for holder, back, due in (
        (county, city, date(2026, 4, 20)), (city, province, date(2026, 5, 1)),
        (province, ministry, date(2026, 5, 1)),
    ):  # fmt: skip
        hands.decline(clue, by=holder, reason="位于云南省境内")
        assert (clue.holder, clue.due_on) == (back.unit, due)
    assert set(clue.dispatches.values_list("ended_how", flat=True)) == {"declined"}
    hands.reassign(clue, to_unit=province.unit, by=ministry, reason="经核仍在四川")
    assert clue.holder == province.unit


def test_a_wrong_county_is_put_right_without_losing_history(chain, cast):
    city = chain[2]
    (clue,) = listed(city)
    yanbian, miyi = cast["yanbian_officer"], cast["miyi_officer"]
    hands.dispatch_clues(clues=[clue], to_unit=yanbian.unit, by=city)
    assert clue.due_on == TODAY + timedelta(days=30)
    assert not Clue.objects.visible_to(miyi).exists()
    with pytest.raises(NotAllowed):
        hands.reassign(clue, to_unit=miyi.unit, by=cast["city_checker"], reason="实在米易")
    hands.decline(clue, by=yanbian, reason="实在米易县")
    with pytest.raises(BadForm):
        hands.reassign(clue, to_unit=miyi.unit, by=city, reason="")
    hands.reassign(clue, to_unit=miyi.unit, by=city, reason="实在米易县")
    assert (clue.holder, clue.division_code, clue.county) == (miyi.unit, "510421", "米易县")
    assert list(Clue.objects.visible_to(miyi)) == [clue]
    assert [row.step for row in history(clue)] == [
        "raise", "consult", "list", "dispatch", "decline", "reassign",
    ]  # fmt: skip
    first, second = clue.dispatches.all()
    assert (first.ended_how, first.reason, second.kind, second.ended_at) == (
        "declined", "实在米易县", "reassign", None,
    )  # fmt: skip
    with pytest.raises(BadForm, match="已在"):
        hands.reassign(clue, to_unit=miyi.unit, by=city, reason="再来")


def test_a_unit_between_extends_only_within_its_own_date(chain):
    ministry, province, city, _ = chain
    (clue,) = listed(ministry)
    hands.dispatch_clues(clues=[clue], to_unit=province.unit, by=ministry, due_on=date(2026, 5, 1))
    hands.pass_down(clue, to_unit=city.unit, by=province, due_on=date(2026, 4, 10))
    with pytest.raises(BadForm, match="2026-05-01"):
        hands.extend(clue, due_on=date(2026, 5, 2), by=province, reason="大雪封山")
    with pytest.raises(NotAllowed):
        hands.extend(clue, due_on=date(2026, 4, 20), by=city, reason="大雪封山")
    hands.extend(clue, due_on=date(2026, 4, 20), by=province, reason="大雪封山")
    assert clue.due_on == date(2026, 4, 20)
    hands.extend(clue, due_on=date(2026, 6, 1), by=ministry, reason="大雪封山")
    assert set(clue.dispatches.values_list("due_on", flat=True)) == {date(2026, 6, 1)}


def test_one_letter_for_many_clues_adds_up_and_fails_whole(chain):
    city, county = chain[2:]
    clues = listed(city, count=3)
    with pytest.raises(StepNotAllowed):
        extra = raise_clue(by=city, source="public", division_code="510422")
        hands.dispatch_clues(clues=[*clues, extra], to_unit=county.unit, by=city)
    assert not Dispatch.objects.exists() and not Letter.objects.exists()
    clues = list(Clue.objects.filter(pk__in=[c.pk for c in clues]))
    letter = hands.dispatch_clues(clues=clues, to_unit=county.unit, by=city)
    assert (letter.count, str(letter.area_ha)) == (3, "3.7500")
    assert {d.letter_id for d in Dispatch.objects.all()} == {letter.pk}


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_who_dispatch_the_same_clue_is_told(committed, cast):
    with clock.standing_at(MARCH):
        by = cast["city_supervisor"]
        (clue,) = listed(by)
        start, told = threading.Barrier(2), []

        def dispatch(county):
            mine = Clue.objects.get(pk=clue.pk)
            start.wait(timeout=20)
            try:
                with clock.standing_at(MARCH):
                    hands.dispatch_clues(clues=[mine], to_unit=cast[county].unit, by=by)
            except MovedMeanwhile as problem:
                told.append(problem.details)
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=dispatch, args=[c]) for c in ("yanbian_officer", "miyi_officer")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert len(told) == 1 and "city_supervisor" in told[0][0]
    assert Dispatch.objects.count() == 1
    assert Letter.objects.filter(number="").count() == 0 and Letter.objects.count() == 1
    assert history(clue).filter(step="dispatch").count() == 1


def test_reminders_come_before_and_after_the_date_once_each(chain):
    city, county = chain[2:]
    (clue,) = listed(city)
    hands.dispatch_clues(clues=[clue], to_unit=county.unit, by=city, due_on=date(2026, 4, 10))
    given = {}
    for day in range(1, 32):
        for row in [*remind_clues(date(2026, 3, 25) + timedelta(days=day)),
                    *remind_clues(date(2026, 3, 25) + timedelta(days=day))]:  # fmt: skip
            assert row.kind not in given and row.unit == county.unit
            given[row.kind] = (row.on - row.due_on).days
    assert given == {"before_7": -7, "before_3": -3, "on_day": 0, "overdue_1": 1, "overdue_7": 7,
                     "overdue_15": 15}  # fmt: skip
    with pytest.raises(NotAllowed):
        remind(clue, by=county, reason="请抓紧")
    remind(clue, by=city, reason="请抓紧")
    assert Reminder.objects.filter(text__contains="请抓紧", unit=county.unit).count() == 1
