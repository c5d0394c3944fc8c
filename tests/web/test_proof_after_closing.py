"""The proof after closing: later images over closed cases; a person decides what follows."""

from datetime import date

import case_story as story
import pytest
from django.contrib.gis.geos import Polygon
from django.db import IntegrityError, connection, transaction

from ecoredline.files import sha256
from ecoredline.web.board.inbox import inbox
from ecoredline.web.cases.lists import problem_rows
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import Blocked, NotAllowed
from ecoredline.web.imagery.actions import register_scene
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import Patch, Run, UnseenArea
from ecoredline.web.rectification import closing, jobs, proof
from ecoredline.web.rectification.models import Observation, WatchDate
from ecoredline.web.rectification.queries import proposed_reopenings

pytestmark = pytest.mark.django_db
AROUND = 0.7
CLOSED = story.day(200).date()  # 2026-10-18


class Images:
    """Scenes and runs of the test's own folder."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0

    def scene(self, on: str, inside: float, **options):
        self.number += 1
        path = story.write_scene(
            self.folder / f"s{self.number}.tif", on, inside=inside, around=AROUND, seed=self.number,
            **options,
        )  # fmt: skip
        return register_scene(path, sha256=sha256(path), is_demo=True)

    def run(self, before, after, *patches) -> Run:
        self.number += 1
        made = Run.objects.create(
            name=f"r{self.number}", folder="", record_sha256=f"{self.number}", record={},
            is_demo=True, before=before, after=after, before_on=before.acquired_on,
            after_on=after.acquired_on, extent=Polygon.from_bbox(after.footprint.extent),
            scope_codes=story.SCOPE, county_codes=["510422"],
        )  # fmt: skip
        for number, (place, ndvi) in enumerate(patches):
            Patch.objects.create(
                run=made, patch_id=f"{made.pk}-{number}", geom=story.outline(place),
                ndvi_before=ndvi[0], ndvi_after=ndvi[1], scope_codes=story.SCOPE, is_demo=True,
                area_ha=1, state="raised",
            )  # fmt: skip
        return made


@pytest.fixture
def images(tmp_path):
    return Images(tmp_path / "images")


@pytest.fixture
def story_of(cast, units, images):
    """A closed case with its images: whole before, dug up, and `closing` at closing."""

    def tell(closing_ndvi=0.45):
        before, dug = images.scene("2025-07-01", 0.7), images.scene("2026-03-01", 0.1)
        found = images.run(before, dug, (story.PLACE, (0.7, 0.1)))
        case = story.closed_case(cast, units)
        clue = case.clues.get()
        clue.links.create(patch=found.patches.get(), by=cast["city_supervisor"])
        case.damage_type = "forest"
        case.save(update_fields=["damage_type"])
        at_closing = images.scene("2026-09-30", closing_ndvi)
        return case, at_closing

    return tell


def later(images, at_closing, inside, *patches, on="2027-07-20", **options):
    return images.run(at_closing, images.scene(on, inside, **options), *patches)


def test_a_place_that_turns_green_recovers_and_serves_its_watch_date(story_of, images):
    case, at_closing = story_of()
    with clock.standing_at(story.day(480)):
        made = proof.observe(case, later(images, at_closing, 0.6))
    assert (made.finding, made.proposes_reopening) == ("recovering", False)
    assert made.ndvi_before == pytest.approx(0.7, abs=0.02)
    assert made.ndvi_at_closing == pytest.approx(0.45, abs=0.02)
    assert made.ndvi_inside == pytest.approx(0.6, abs=0.02)
    assert made.ndvi_ring == pytest.approx(AROUND, abs=0.02)
    assert made.watch.rule == "season_1"
    handling = problem_rows([case])[0].handling
    assert handling.endswith("2026年10月18日销号（整改完成）；2027年7月20日卫星复查：恢复中。")
    done = WatchDate.objects.exclude(done_at=None)
    assert {w.rule for w in done} == {"month_3", "season_1"}
    last = history(case).last()
    assert (last.step, last.person) == ("watch", None)
    assert [r["code"] for r in made.reasons] == ["quick_closing"]  # woodland in 200 days
    assert case.risk == made.risk == pytest.approx(5 + 15 * (1 - 200 / 270), abs=0.1)


def test_a_fall_proposes_reopening_and_a_person_decides(story_of, images, cast):
    case, at_closing = story_of(closing_ndvi=0.6)
    with clock.standing_at(story.day(480)):
        made = proof.observe(case, later(images, at_closing, 0.15))
        assert made.finding == "falling"
        assert {r["code"] for r in made.reasons} == {"fall", "faked", "quick_closing"}
        assert made.proposes_reopening and made.risk == case.risk > 60
        assert list(proposed_reopenings(cast["city_supervisor"])) == [made]
        assert not proposed_reopenings(cast["miyi_officer"]).exists()
        waiting = {w.code: w for w in inbox(cast["city_supervisor"])}
        assert waiting["reopenings"].items[0]["text"] == case.number
        assert "reopenings" not in {w.code for w in inbox(cast["yanbian_officer"])}
        with pytest.raises(NotAllowed):
            closing.keep_closed(case, by=cast["yanbian_officer"], reason="无事")
        closing.reopen(case, by=cast["city_supervisor"], reason="假绿", observation=made)
    made.refresh_from_db()
    assert (made.decided, made.decided_by) == ("reopened", cast["city_supervisor"])
    assert (case.state, case.reopened_count) == ("rectifying", 1)
    assert history(case).last().details["record"] == f"observation:{made.pk}"


def test_new_digging_is_new_change_but_greening_patches_are_not(story_of, images, cast):
    case, at_closing = story_of()
    with clock.standing_at(story.day(480)):
        dug = later(images, at_closing, 0.4, ((30, 30, 10, 3), (0.45, 0.1)))
        green = later(images, at_closing, 0.62, ((30, 30, 10, 8), (0.2, 0.6)), on="2027-08-20")
        first, second = proof.observe(case, dug), proof.observe(case, green)
        assert first.changed_share == pytest.approx(0.3, abs=0.01)
        assert (first.finding, first.proposes_reopening) == ("new_change", True)
        assert (second.finding, second.changed_share) == ("recovering", 0)
        closing.keep_closed(case, by=cast["city_supervisor"], reason="经批准的监测道路")
    first.refresh_from_db()
    assert (first.decided, case.state) == ("kept", "closed")
    with pytest.raises(Blocked), clock.standing_at(story.day(490)):
        closing.keep_closed(case, by=cast["city_supervisor"], reason="再次")


@pytest.mark.parametrize("how", ["nodata", "unseen_area"])
def test_under_cloud_nothing_is_said_and_the_date_stays_open(story_of, images, how):
    case, at_closing = story_of()
    run = later(images, at_closing, 0.1, cloud=how == "nodata")
    if how == "unseen_area":
        UnseenArea.objects.create(
            run=run, reason="cloud", date="after", geom=story.outline((25, 25, 20, 20)),
            scope_codes=story.SCOPE,
        )  # fmt: skip
    with clock.standing_at(story.day(480)):
        made = proof.observe(case, run)
    assert (made.finding, made.proposes_reopening, case.risk) == ("unseen", False, 0)
    assert made.valid_share < 0.5
    assert not WatchDate.objects.exclude(done_at=None).exists()


def test_a_run_is_judged_once_and_only_when_it_is_later(story_of, images, cast):
    case, at_closing = story_of()
    run = later(images, at_closing, 0.6)
    with clock.standing_at(story.day(480)):
        assert proof.observe(case, run) == proof.observe(case, run)
        with pytest.raises(Blocked, match="晚于"):
            proof.observe(case, images.run(at_closing, images.scene("2026-10-01", 0.6)))
        with pytest.raises(NotAllowed):
            proof.observe(case, later(images, at_closing, 0.6), by=cast["yanbian_officer"])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update rectification_observation set risk = 0")


def test_every_closed_case_of_a_run_is_looked_at_and_others_are_not(story_of, images, cast, units):
    case, at_closing = story_of()
    with clock.standing_at(story.START):
        story.handed_case(cast, units, "C-9", place=(5, 5, 3, 3))
    run = later(images, at_closing, 0.6)
    assert list(proof.closed_cases_in(run)) == [case]
    with clock.standing_at(story.day(480)):
        assert len(proof.observe_closed_cases(run)) == 1
        assert proof.observe_closed_cases(run) == []


def test_loading_a_run_starts_the_looking(cast, units, sample_folder, settings):
    case = story.closed_case(cast, units, start=-300, end=-150)
    assert case.closed_on < date(2026, 3, 5)
    analyst = cast["ministry_analyst"]
    run = load_run(sample_folder, by=analyst)
    job = BackgroundJob.objects.get(kind=jobs.KIND)
    assert job.arguments == {"run": run.pk}
    assert jobs.observe_closed(job.pk) == "done"
    assert Observation.objects.get().run == run
    assert load_run(sample_folder, by=analyst) == run
    assert BackgroundJob.objects.filter(kind=jobs.KIND).count() == 1


def test_a_run_without_closed_cases_starts_nothing(run):
    assert not BackgroundJob.objects.exists()


def test_the_same_image_in_another_run_is_not_judged_again(story_of, images, cast):
    case, at_closing = story_of()
    run = later(images, at_closing, 0.6)
    with clock.standing_at(story.day(480)):
        made = proof.observe(case, run)
        again = images.run(at_closing, run.after)
        assert not proof.closed_cases_in(again).exists()
    assert made.looks["now"]["inside"] == pytest.approx(0.6, abs=0.02)
    assert [made.looks[name]["on"] for name in ("before", "damaged", "closing", "now")] == [
        "2025-07-01", "2026-03-01", "2026-09-30", "2027-07-20",
    ]  # fmt: skip


def test_without_an_image_at_closing_the_damage_is_what_it_is_compared_with(story_of, images):
    case, at_closing = story_of()
    type(at_closing).objects.filter(pk=at_closing.pk).update(acquired_on=date(2026, 11, 1))
    with clock.standing_at(story.day(480)):
        made = proof.observe(case, later(images, at_closing, 0.4))
    assert made.ndvi_at_closing is None
    assert made.finding == "recovering"
