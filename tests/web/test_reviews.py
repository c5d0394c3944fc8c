"""The review: claims, decisions, taking back, the second person, counts, files."""

import csv
import io
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pyogrio
import pytest
from django.db import IntegrityError, connections, transaction
from django.urls import reverse

from ecoredline.learn.samples import read_verdicts
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import (
    BadForm,
    Blocked,
    ClaimedByOther,
    MovedMeanwhile,
    NotAllowed,
)
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import actions, bulk, claims, counts, queries
from ecoredline.web.reviews.models import Claim, Review
from ecoredline.web.reviews.priority import explained
from ecoredline.web.reviews.rules import reasons, rule

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
TYPES = {"activity_type": "1", "problem_type": "vegetation"}


@pytest.fixture
def analyst(cast):
    return cast["city_analyst"]


@pytest.fixture
def first(run, analyst):
    """The most urgent patch of the city's queue."""
    return queries.waiting(analyst).first()


def test_the_queue_is_ordered_by_a_priority_that_is_explained_to_the_last_point(run, analyst):
    Patch.objects.filter(patch_id__endswith="4").update(control_zone="core", confidence=0.9)
    found = list(queries.waiting(analyst))
    assert len(found) == 5  # of the city's two counties
    assert [p.priority for p in found] == sorted((p.priority for p in found), reverse=True)
    for patch in found:
        assert sum(points for _label, points in explained(patch)) == pytest.approx(patch.priority)
    assert found[0].control_zone == "core"
    miyi = queries.waiting(analyst, chosen=PatchFilter(county="510421"))
    assert {p.division_code[:6] for p in miyi} == {"510421"}


def test_a_claim_keeps_others_away_until_it_runs_out(first, analyst, cast):
    other = cast["yanbian_analyst"]
    other.unit = analyst.unit
    with clock.standing_at(NOON):
        claims.take(first, by=analyst)
        with pytest.raises(ClaimedByOther, match="city_analyst"):
            claims.take(first, by=other)
        assert claims.take_next(by=other) != first
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.create(patch=first, person=other, expires_at=NOON)
    minutes = rule("claim_minutes")
    with clock.standing_at(NOON + timedelta(minutes=minutes / 2)):
        claims.take(first, by=analyst)  # activity renews it
    with clock.standing_at(NOON + timedelta(minutes=minutes + 1)):
        assert first not in queries.free(queries.waiting(analyst))
    with clock.standing_at(NOON + timedelta(minutes=2 * minutes)):
        assert first in queries.free(queries.waiting(analyst))
        assert claims.take(first, by=other).person == other


def test_next_and_previous_walk_the_queue_and_give_back(first, analyst):
    order = list(queries.waiting(analyst))
    second = claims.take_next(by=analyst, after=first)
    assert second == order[1]
    claims.end(second, by=analyst)
    assert claims.take_next(by=analyst, after=second, back=True) == first


def test_accepting_writes_word_types_history_and_ends_the_claim(first, analyst):
    was = (first.activity_type, first.problem_type)
    seen = first.version
    with clock.standing_at(NOON):
        claims.take(first, by=analyst)
    with clock.standing_at(NOON + timedelta(seconds=42)):
        said = actions.accept(
            first, by=analyst, activity_type="6", problem_type="other", remark="新挖面", seen=seen
        )
    assert (first.state, first.activity_type, said.seconds) == ("accepted", "6", 42)
    row = history(first).get()
    assert row.details["was"] == dict(zip(("activity_type", "problem_type"), was, strict=True))
    assert (row.details["record"], row.reason) == (f"review:{said.pk}", "新挖面")
    assert queries.claim_on(first) is None
    with pytest.raises(MovedMeanwhile):
        actions.accept(Patch.objects.get(pk=first.pk), by=analyst, seen=seen, **TYPES)


def test_every_fault_of_a_judgement_is_told_and_nothing_is_written(first, analyst, cast):
    with pytest.raises(BadForm) as told:
        actions.accept(first, by=analyst, activity_type="9", problem_type="", remark="x" * 2001)
    assert len(told.value.details) == 3
    for reason, remark in (("nothing", ""), ("", ""), ("other", " ")):
        with pytest.raises(BadForm):
            actions.dismiss(first, by=analyst, reason=reason, remark=remark)
    with pytest.raises(NotAllowed):
        actions.accept(first, by=cast["yanbian_officer"], **TYPES)
    first.refresh_from_db()
    assert (first.state, Review.objects.count()) == ("screened", 0)


@pytest.mark.parametrize("verdict", ["accept", "dismiss"])
def test_the_last_word_is_taken_back_while_the_claim_lasts(first, analyst, cast, verdict):
    was = first.activity_type
    with clock.standing_at(NOON):
        if verdict == "accept":
            actions.accept(first, by=analyst, activity_type="6", problem_type="other")
        else:
            actions.dismiss(first, by=analyst, reason="cloud")
        with pytest.raises(Blocked):
            actions.undo(by=cast["yanbian_analyst"])
    late = NOON + timedelta(minutes=rule("claim_minutes") + 1)
    with clock.standing_at(late), pytest.raises(Blocked):
        actions.undo(by=analyst)
    with clock.standing_at(NOON + timedelta(minutes=1)):
        assert actions.undo(by=analyst) == first
        first.refresh_from_db()
        assert (first.state, first.activity_type) == ("screened", was)
        assert queries.claim_on(first).person == analyst
        assert [row.step for row in history(first)] == [verdict, "undo"]
        with pytest.raises(Blocked):
            actions.undo(by=analyst)  # once


def test_the_second_check_is_another_persons(first, analyst, cast):
    checker = cast["city_checker"]
    actions.accept(first, by=analyst, **TYPES)
    assert first in queries.waiting(checker, "check")
    analyst.role = "checker"  # even with the other role it stays the same person
    analyst.save()
    assert first not in queries.waiting(analyst, "check")
    for action in (actions.release, actions.send_back):
        with pytest.raises(Blocked, match="同一人"):
            action(first, by=analyst, remark="x")
    with pytest.raises(Blocked):
        actions.dismiss(first, by=analyst, reason="cloud")
    with pytest.raises(BadForm):
        actions.send_back(first, by=checker, remark=" ")
    actions.send_back(first, by=checker, remark="边界偏大")
    assert first.state == "screened"
    analyst.role = "analyst"
    actions.accept(first, by=analyst, **TYPES)
    actions.release(first, by=checker)
    assert first.state == "released"
    assert [r.verdict for r in queries.reviews_of(checker, first)] == [
        "accept", "return", "accept", "release",
    ]  # fmt: skip


def test_two_people_and_one_patch_need_no_database_to_be_told_apart():
    assert not actions.is_second_person(7, 7)
    assert actions.is_second_person(7, 8)


def test_bulk_dismissal_does_exactly_what_was_shown(run, analyst, cast):
    chosen = PatchFilter(county="510422")
    shown = bulk.selected(analyst, chosen)
    seen = bulk.digest(shown)
    ask = {"by": analyst, "chosen": chosen, "run": run, "remark": ""}
    claims.take(shown[0], by=cast["yanbian_analyst"])
    with pytest.raises(BadForm, match="变化"):
        bulk.dismiss_selected(reason="crop", seen=seen, **ask)
    left = bulk.selected(analyst, chosen)
    assert len(left) == len(shown) - 1
    with pytest.raises(NotAllowed):
        bulk.dismiss_selected(
            reason="crop", seen=bulk.digest(left), **ask | {"by": cast["city_auditor"]}
        )
    assert bulk.dismiss_selected(reason="crop", seen=bulk.digest(left), **ask) == len(left)
    assert set(Patch.objects.filter(state="dismissed")) == set(left)
    with pytest.raises(BadForm):
        bulk.dismiss_selected(reason="crop", seen=bulk.digest([]), **ask)


def test_reasons_are_counted_five_ways_and_every_reason_has_its_row(run, analyst, cast):
    patches = list(queries.waiting(analyst))
    for patch, reason in zip(patches, ("cloud", "cloud", "crop"), strict=False):
        actions.dismiss(patch, by=analyst, reason=reason)
    for by in counts.BY:
        found = counts.table(analyst, by)
        assert (found["total"], len(found["rows"])) == (3, len(reasons()))
        assert {r["code"]: r["total"] for r in found["rows"] if r["total"]} == {
            "cloud": 2, "crop": 1,
        }  # fmt: skip
    assert counts.table(analyst, "person")["columns"] == ["city_analyst"]
    assert counts.table(analyst, "run")["columns"] == [run.name]
    assert counts.table(cast["panzhou_officer"], "run")["total"] == 0
    rows = list(csv.reader(io.StringIO(counts.as_csv(analyst, "run").decode("utf-8-sig"))))
    assert rows[-1][-1] == "3"
    keys = [row["key"] for row in reasons().values()]
    assert len(set(keys)) == len(keys)


def test_the_verdicts_leave_with_their_outlines_and_it_is_noted(run, as_person, cast, tmp_path):
    analyst = cast["city_analyst"]
    one, two, *_rest = queries.waiting(analyst)
    actions.accept(one, by=analyst, **TYPES)
    actions.dismiss(two, by=analyst, reason="snow")
    client = as_person("city_analyst")
    answer = client.get(reverse("review_verdicts", args=["gpkg"]), {"run": run.pk})
    path = tmp_path / "verdicts.gpkg"
    path.write_bytes(answer.content)
    found = pyogrio.read_dataframe(path).set_index("patch_id")
    assert found.crs.to_epsg() == 4490
    assert found.loc[one.patch_id, "is_problem"] == 1
    assert found.loc[two.patch_id, ["verdict", "reason"]].tolist() == ["rejected", "snow"]
    read = read_verdicts(path)  # what `ecoredline train` makes of it
    assert read["truth"].to_dict() == {one.patch_id: 1, two.patch_id: 0}
    rows = client.get(reverse("review_verdicts", args=["csv"])).content.decode("utf-8-sig")
    assert {"closed_on", "valid_to"} <= set(rows.splitlines()[0].split(","))
    assert len(list(csv.DictReader(io.StringIO(rows)))) == 2
    assert client.get(reverse("review_verdicts", args=["exe"])).status_code == 404
    assert as_person("yanbian_officer").get(
        reverse("review_verdicts", args=["csv"])
    ).status_code == 403  # fmt: skip


def test_the_page_judges_goes_on_and_takes_back(first, as_person):
    client = as_person("city_analyst")
    second = queries.waiting(client_person(client))[1]
    assert "data-seconds" in client.get(reverse("review", args=[first.pk])).content.decode()
    form = {"verdict": "accept", "version": "0", **TYPES}
    answer = client.post(reverse("review_decide", args=[first.pk]), form)
    assert answer.headers["Location"].startswith(reverse("review", args=[second.pk]))
    answer = client.post(reverse("review_decide", args=[first.pk]), form)
    assert answer.status_code in (409, 422)  # already judged: said on the page, nothing lost
    assert Review.objects.count() == 1
    assert client.post(reverse("review_undo")).status_code == 302
    assert Patch.objects.get(pk=first.pk).state == "screened"
    answer = client.post(
        reverse("review_decide", args=[first.pk]), {"reason": "other", "remark": "", "version": "2"}
    )
    assert answer.status_code == 422
    assert "必须写明原因" in answer.content.decode()


def client_person(client):
    from ecoredline.web.accounts.models import Person

    return Person.objects.get(pk=client.session["_auth_user_id"])


def test_pages_are_closed_to_whoever_has_no_part_in_them(first, as_person):
    for name in ("review_queue", "review_bulk", "review_counts", "blind_shares"):
        assert as_person("yanbian_officer").get(reverse(name)).status_code == 403
        expected = 403 if name == "blind_shares" else 200
        assert as_person("city_analyst").get(reverse(name)).status_code == expected
    patch = Patch.objects.filter(division_code="530723").get()
    assert as_person("city_analyst").get(reverse("review", args=[patch.pk])).status_code == 404
    checker = as_person("city_checker")
    assert checker.get(reverse("review_queue"), {"purpose": "check"}).status_code == 200
    renew = reverse("review_renew", args=[first.pk])
    assert as_person("city_analyst").post(renew).json()["seconds"] > 0


def test_two_who_claim_at_once_get_two_patches(committed, sample_folder):
    from ecoredline.web.accounts.actions import create_person, create_unit
    from ecoredline.web.patches.actions import load_run

    load_run(sample_folder)
    unit = create_unit(level="city", code="5104", name="市局")
    people = [
        create_person(username=f"a{n}", password="correct-horse-7", unit=unit, role="analyst")
        for n in range(4)
    ]
    gate, taken = Barrier(len(people)), []

    def work(person):
        gate.wait()
        try:
            taken.append(claims.take_next(by=person).pk)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=[p]) for p in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == len(people)
    assert queries.open_claims().count() == len(people)
