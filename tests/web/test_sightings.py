"""Another source's patches: handed in by a page, put beside those of the queue, taken apart again."""

import json

import pytest
import sample_run
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.record import Job
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.importing import hand_in, import_and_load
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.reviews import queries
from ecoredline.web.reviews.models import Sighting

pytestmark = pytest.mark.django_db


def layer(**columns):
    """The first sample patch as somebody else saw it, moved by a pixel; and one elsewhere."""
    shapes = [sample_run.box(11, 10, 4, 4), sample_run.box(70, 30, 4, 4)]
    features = [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(s)),
         "properties": {"HSX": "2026-02-01", "conf": 0.8} | {k: v[i] for k, v in columns.items()}}
        for i, s in enumerate(shapes)
    ]  # fmt: skip
    body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    return SimpleUploadedFile("theirs.geojson", body.encode())


@pytest.fixture
def theirs(run, cast, sample_folder, settings, tmp_path, django_capture_on_commit_callbacks):
    """A layer of a second source, handed in and brought in."""
    Patch.objects.update(found_by="EcoRedline gated", sensor="GF-2")
    settings.IMAGERY_FOLDER = sample_folder.parent / "input"
    settings.RUNS_FOLDER = tmp_path / "runs"
    files = {"redline": "redline.gpkg", "divisions": "divisions.gpkg"}
    row = hand_in(
        layer(), files=files, by=cast["ministry_analyst"], source="省中心", before_on="2025-03-01"
    )
    import_and_load(row, Job())
    return Run.objects.get(job=row)


def test_the_same_place_queues_once_with_a_second_opinion(theirs, cast):
    assert theirs.patches.count() == 2
    row = Sighting.objects.get()
    assert row.other.run == theirs
    assert row.confidence_before == 0.75
    assert row.kept.confidence == round(1 - 0.25 * 0.6, 3)
    assert "省中心" in row.kept.also_seen_by[0]
    waiting = set(queries.waiting(cast["ministry_analyst"]).values_list("pk", flat=True))
    assert row.kept_id in waiting
    assert row.other_id not in waiting
    assert theirs.patches.exclude(pk=row.other_id).get().pk in waiting
    assert AccessRecord.objects.filter(action="review.sightings").exists()


def test_the_pages_show_it_and_taking_apart_gives_both_back(theirs, cast, as_person):
    row = Sighting.objects.get()
    client = as_person("ministry_analyst")
    assert "另有 1 个来源" in client.get(reverse("review_queue")).content.decode()
    assert "也见于" in client.get(reverse("review", args=[row.kept_id])).content.decode()
    assert "已并入后者" in client.get(reverse("review", args=[row.other_id])).content.decode()
    assert row.kept.patch_id in client.get(reverse("sightings")).content.decode()
    address = reverse("sighting_separate", args=[row.pk])
    client.post(address, {"reason": " "})
    assert Sighting.objects.filter(separated_at=None).exists()
    client.post(address, {"reason": "是两处"})
    row.refresh_from_db()
    assert row.separated_at
    assert row.kept.confidence == 0.75
    assert row.kept.also_seen_by == []
    assert queries.waiting(cast["ministry_analyst"]).filter(pk=row.other_id).exists()


def test_who_may_not_separate(theirs, as_person):
    row = Sighting.objects.get()
    got = as_person("miyi_officer").post(
        reverse("sighting_separate", args=[row.pk]), {"reason": "x"}
    )
    assert got.status_code in (403, 404)
    assert Sighting.objects.filter(separated_at=None).exists()


def test_every_fault_of_a_layer_is_shown_and_nothing_starts(
    run, as_person, sample_folder, settings
):
    settings.IMAGERY_FOLDER = sample_folder.parent / "input"
    client, address = as_person("ministry_analyst"), reverse("run_import")
    assert client.get(address).status_code == 200
    told = {"source": "省中心", "redline": "redline.gpkg", "confidence_max": "1"}
    bad = layer(HSX=["昨天", "2026-02-01"], conf=[80, 0.5])
    page = client.post(address, told | {"upload": bad})
    text = page.content.decode()
    assert page.status_code == 422
    assert "row 1, after_on" in text
    assert "row 1, confidence" in text
    page = client.post(address, told | {"upload": layer(), "fields_told": "confidence"})
    assert "第 1 行" in page.content.decode()
    assert not BackgroundJob.objects.exists()


def test_files_outside_and_other_kinds_are_refused(cast, settings, tmp_path):
    settings.IMAGERY_FOLDER = tmp_path
    upload = SimpleUploadedFile("theirs.exe", b"x")
    with pytest.raises(BadForm) as fault:
        hand_in(upload, files={"redline": "../secret"}, by=cast["ministry_analyst"], source="a")
    assert len(fault.value.details) == 2


def test_verdicts_know_when_a_problem_was_closed(run, cast, django_assert_max_num_queries):
    from ecoredline.web.cases.models import Case
    from ecoredline.web.cases.verdict_facts import verdict_facts

    patches = list(run.patches.all())
    with django_assert_max_num_queries(1):
        assert verdict_facts(patches) == {}
    assert Case._meta.get_field("closed_on").null
