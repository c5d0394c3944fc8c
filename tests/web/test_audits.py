"""Places judged blind: drawn by stratum, judged once each, counted as Olofsson's, kept beside the run."""

import io
import json
import zipfile

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from ecoredline.patches.estimate import area_estimates
from ecoredline.pipeline.audits import audited
from ecoredline.pipeline.sampling import FIGURES_NAME, figures_of, report
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.reviews import audits
from ecoredline.web.reviews.models import AuditPlan, AuditWord

pytestmark = pytest.mark.django_db
SIZE = 30


@pytest.fixture
def plan(run, cast):
    """A plan of thirty places by the ministry, which alone sees the whole run."""
    return audits.make_plan(run, size=SIZE, seed=5, by=cast["ministry_supervisor"])


def truth_of(place) -> str:
    """A judge who finds every listed place right, and one change in eight elsewhere."""
    wrong = place.stratum != "patch" and place.number % 8 == 0
    return "change" if place.stratum == "patch" or wrong else "nothing"


def judge(plan, person):
    """Answer everything that waits for a person; gives how many."""
    count = 0
    while (place := audits.waiting(plan, person).first()) is not None:
        audits.answer(place, by=person, verdict=truth_of(place))
        plan.refresh_from_db()
        count += 1
    return count


def test_the_same_seed_draws_the_same_places_of_every_stratum(run, plan, cast):
    again = audits.make_plan(run, size=SIZE, seed=5, by=cast["ministry_supervisor"])
    places = [(p.stratum, p.point.x, p.point.y) for p in plan.places.all()]
    assert places == [(p.stratum, p.point.x, p.point.y) for p in again.places.all()]
    assert {s for s, *_ in places} == {n for n, area in plan.areas_ha.items() if area}
    assert "nothing" in plan.areas_ha
    assert plan.areas_ha["patch"] > 0


def test_who_sees_only_a_county_can_neither_draw_nor_judge_nor_look(run, plan, cast, as_person):
    with pytest.raises(NotAllowed):
        audits.make_plan(run, size=SIZE, seed=1, by=cast["city_supervisor"])
    place = plan.places.first()
    for name in ("yanbian_analyst", "yanbian_officer", "city_auditor"):
        with pytest.raises(NotAllowed):
            audits.answer(place, by=cast[name], verdict="nothing")
        client = as_person(name)
        assert client.get(f"/reviews/audits/{plan.pk}/").status_code in (403, 404)
        assert client.get(f"/reviews/audits/places/{place.pk}/before.png").status_code == 404
    assert not AuditWord.objects.exists()


def test_a_wish_that_cannot_be_met_is_answered_with_all_its_faults(run, cast):
    with pytest.raises(BadForm) as problem:
        audits.make_plan(run, size=5, seed=-1, looks=3, by=cast["ministry_supervisor"])
    assert len(problem.value.details) == 3
    assert not AuditPlan.objects.exists()


def test_the_figures_are_those_of_the_estimator_and_of_the_command(
    plan, cast, as_person, sample_folder, tmp_path, django_capture_on_commit_callbacks, settings
):
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("run.json",):
        (copy / name).write_bytes((sample_folder / name).read_bytes())
    plan.run.folder = str(copy)
    plan.run.save()
    with django_capture_on_commit_callbacks(execute=True):
        assert judge(plan, cast["ministry_analyst"]) == plan.places.count()
    assert plan.ended_at is not None
    said = audits.answers_of(plan)
    strata = audits.key_of(plan)["stratum"]
    order = [n for n in ("patch", "dropped", "nothing") if plan.areas_ha.get(n)]
    matrix = [[sum(said[i] == v and strata[i] == n for i in said) for v in (1, 0)] for n in order]
    wanted = area_estimates(
        matrix, [plan.areas_ha[n] for n in order], [0 if n == "patch" else 1 for n in order]
    )
    found = audits.figures(plan)["estimates"]
    assert found.producers[0].value == pytest.approx(wanted.producers[0].value)
    assert found.users[0].value == 1.0
    assert found.producers[0].value < 1.0
    kept = figures_of(copy)
    assert kept["producers"]["value"] == found.producers[0].value
    answer = as_person("ministry_supervisor").get(f"/reviews/audits/{plan.pk}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    words = report(copy, [tmp_path / f"audit-{plan.pk}.csv"])
    assert audits.figures(plan)["lines"] == words.splitlines()[: len(audits.figures(plan)["lines"])]
    assert (copy / FIGURES_NAME).is_file()
    places = audited(copy, tmp_path / f"audit-{plan.pk}.csv")
    assert places["truth"].sum() == sum(said.values())
    missed = audits.missed(plan)
    assert len(missed) == sum(v for i, v in said.items() if strata[i] != "patch")


def test_two_judges_are_compared_and_a_slip_is_put_right_by_a_later_word(run, cast):
    who, other = cast["ministry_analyst"], cast["ministry_supervisor"]
    plan = audits.make_plan(run, size=10, seed=2, looks=2, by=other)
    first = audits.waiting(plan, who).first()
    audits.answer(first, by=who, verdict="unclear")
    audits.answer(first, by=who, verdict="nothing")
    assert AuditWord.objects.filter(place=first).count() == 2
    assert audits.answers_of(plan)[audits.sample_id(first.number)] == 0
    judge(plan, who)
    assert plan.ended_at is None
    judge(plan, other)
    assert plan.ended_at is not None
    found = audits.figures(plan)
    assert found["both"] == plan.places.count()
    same = np.mean([truth_of(p) == "nothing" or p.pk != first.pk for p in plan.places.all()])
    assert found["agreement"][0] == pytest.approx(same)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditWord.objects.all().update(verdict="change")


def test_the_page_goes_from_place_to_place_without_a_word_of_the_stratum(run, plan, as_person):
    client = as_person("ministry_analyst")
    assert "漏检抽查" in client.get("/reviews/").content.decode()
    page = client.get(f"/reviews/audits/{plan.pk}/").content.decode()
    assert "第 1 处" in page
    assert not any(word in page for word in ("清单图斑", "剔除图斑", "其余红线"))
    chip = client.get(f"/reviews/audits/places/{plan.places.get(number=1).pk}/after.png")
    assert chip.status_code in (200, 204)
    answer = client.post(
        f"/reviews/audits/{plan.pk}/", {"number": 1, "verdict": "nothing"}, follow=True
    )
    assert "第 2 处" in answer.content.decode()
    assert client.post(f"/reviews/audits/{plan.pk}/", {"number": 2}).status_code == 422
    assert client.get(f"/reviews/audits/{plan.pk}.zip").status_code == 409
    assert client.post(f"/reviews/audits/{plan.pk}/close/").status_code == 403
    assert (
        as_person("ministry_supervisor").post(f"/reviews/audits/{plan.pk}/close/").status_code
        == 302
    )
    ended = client.get(f"/reviews/audits/{plan.pk}/").content.decode()
    assert "每层至少要有两处判读清楚" in ended
    assert json.loads(audits.key_json(plan))["seed"] == 5
