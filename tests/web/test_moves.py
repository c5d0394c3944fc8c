"""The one function that moves, and the chain that seals what it wrote."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import audit, clock, standing
from ecoredline.web.core.models import Seal, Stay, Transition
from ecoredline.web.core.moves import begin, history, move
from ecoredline.web.core.permissions import all_rules
from ecoredline.web.core.problems import MovedMeanwhile, NotAllowed, StepNotAllowed
from ecoredline.web.patches.lifecycle import PATCH_LIFECYCLE

pytestmark = pytest.mark.django_db
LIFECYCLES = (PATCH_LIFECYCLE, CLUE_LIFECYCLE, CASE_LIFECYCLE)
MARCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def clue(cast):
    """A clue of the city, raised in March."""
    city = cast["city_supervisor"]
    found = Clue(
        number="T-1", year=2026, source="petition", owner=city.unit, holder=city.unit,
        raised_by=city, division_code="510422", scope_codes=["51", "5104", "510422"],
    )  # fmt: skip
    with clock.standing_at(MARCH):
        begin(found, by=city, step="raise")
    return found


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda found: found.name)
def test_every_state_is_reached_and_left_and_every_step_has_a_rule(lifecycle):
    reached, grew = {lifecycle.first}, True
    while grew:
        more = {s.leads_to(x) for x in reached for s in lifecycle.from_state(x)}
        grew, reached = not more <= reached, reached | more
    assert reached == set(lifecycle.states)
    stuck = {
        s for s in lifecycle.states if all(x.leads_to(s) == s for x in lifecycle.from_state(s))
    }
    assert stuck <= set(lifecycle.final)
    assert {lifecycle.permission(s.action) for s in lifecycle.steps} <= all_rules().keys()
    known = set(lifecycle.states)
    assert all(set(s.start) <= known and (not s.end or s.end in known) for s in lifecycle.steps)


def test_a_step_writes_state_history_and_stay_together(clue, cast):
    city = cast["city_supervisor"]
    move(clue, "list", by=city, reason="会商同意", details={"consultation": 3})
    assert (clue.state, clue.version) == ("listed", 1)
    first, second = history(clue)
    assert (first.step, first.end, first.at) == ("raise", "raised", MARCH)
    assert (second.start, second.end, second.person, second.unit) == (
        "raised", "listed", city, city.unit,
    )  # fmt: skip
    assert second.details == {"consultation": 3}
    past, present = Stay.objects.filter(subject_kind="clue", subject_id=clue.pk)
    assert (past.state, past.entered_at, past.left_at is None) == ("raised", MARCH, False)
    assert (present.state, present.left_at) == ("listed", None)


def test_who_may_not_and_what_may_not_leave_no_trace(clue, cast):
    with pytest.raises(NotAllowed):
        move(clue, "list", by=cast["yanbian_officer"])
    with pytest.raises(StepNotAllowed):
        move(clue, "confirm", by=cast["city_supervisor"])
    clue.refresh_from_db()
    assert (clue.state, clue.version, history(clue).count()) == ("raised", 0, 1)


def test_the_second_of_two_is_told_who_was_first(clue, cast):
    mine, theirs = Clue.objects.get(pk=clue.pk), Clue.objects.get(pk=clue.pk)
    move(mine, "list", by=cast["city_supervisor"])
    with pytest.raises(MovedMeanwhile, match="city_supervisor"):
        move(theirs, "list", by=cast["city_supervisor"])
    fresh = Clue.objects.get(pk=clue.pk)
    with pytest.raises(MovedMeanwhile):
        move(fresh, "consult", by=cast["city_supervisor"], seen=0)
    assert history(clue).count() == 2


def seal_now():
    connection.check_constraints()  # what the end of a transaction does


def test_history_refuses_every_change_but_growth(clue):
    seal_now()
    for words in (
        "update core_transition set reason = 'x'", "delete from core_transition",
        "truncate core_transition", "update core_seal set hash = 'x'", "delete from core_seal",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)


@pytest.mark.parametrize(
    ("forgery", "said"),
    [
        ("update core_transition set reason = 'nothing happened' where id = {row}", "不符"),
        ("update core_transition set at = at + interval '1 microsecond' where id = {row}", "不符"),
        ("delete from core_transition where id = {row}", "已不存在"),
        ("delete from core_seal where row_id = {row} and kind = 'transition'", "缺失"),
    ],
)
def test_the_audit_finds_what_the_owner_of_the_database_forged(clue, cast, forgery, said):
    move(clue, "list", by=cast["city_supervisor"])
    move(clue, "consult", by=cast["city_supervisor"])
    seal_now()
    assert audit.verify().is_whole
    assert audit.verify().rows == Seal.objects.count() >= 3
    row = history(clue)[1].pk
    with connection.cursor() as cursor:
        for table in ("core_transition", "core_seal"):
            cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute(forgery.format(row=row))
        cursor.execute("set constraints all immediate")
        for table in ("core_transition", "core_seal"):
            cursor.execute(f"alter table {table} enable trigger user")
    result = audit.verify()
    assert not result.is_whole
    assert any(said in words for words in result.faults)


def test_a_tail_that_was_cut_off_is_found_by_the_head_kept_on_paper(clue, cast):
    move(clue, "list", by=cast["city_supervisor"])
    seal_now()
    head = audit.verify().head
    assert audit.verify(head=head).is_whole
    last = Transition.objects.order_by("-pk").first().pk
    with connection.cursor() as cursor:
        for table in ("core_transition", "core_seal"):
            cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute("delete from core_seal where number >= %s", [head[0]])
        cursor.execute("delete from core_transition where id = %s", [last])
    assert audit.verify().is_whole  # alone the chain cannot know
    assert not audit.verify(head=head).is_whole


def test_units_of_other_divisions_see_nothing(clue, cast):
    assert list(Clue.objects.visible_to(cast["yanbian_officer"])) == [clue]
    assert not Clue.objects.visible_to(cast["miyi_officer"]).exists()
    assert Unit.objects.filter(pk=clue.owner_id).exists()


def test_a_state_that_was_changed_behind_the_history_is_found(clue, cast):
    move(clue, "list", by=cast["city_supervisor"])
    assert list(standing.disagreements()) == []
    Clue.objects.filter(pk=clue.pk).update(state="confirmed")
    (words,) = standing.disagreements()
    assert "confirmed" in words
    assert "listed" in words
