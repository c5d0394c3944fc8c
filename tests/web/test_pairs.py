"""The images a patch was found on, and a better pair where the server has one."""

from datetime import date

import pytest

from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.reviews import pairs

pytestmark = pytest.mark.django_db


@pytest.fixture
def patch(run):
    """A patch of the sample run."""
    return Patch.objects.filter(run=run, after_on__isnull=False).order_by("pk").first()


@pytest.fixture
def of_one_season(run, patch):
    """The same images under the dates of one season, as another run brought them."""
    made = []
    for row, day in ((run.before, date(2025, 6, 5)), (run.after, date(2026, 6, 6))):
        pk, path = row.pk, f"{row.path}"
        row = Scene.objects.get(pk=pk)
        row.pk, row.path, row.sha256, row.acquired_on = None, path, f"{pk:064d}", day
        row.save()
        made.append(row)
    other = Run.objects.get(pk=run.pk)
    other.pk, other.record_sha256, other.before, other.after = None, "9" * 64, *made
    other.save()
    return made


def test_the_used_pair_is_named_and_nothing_is_better_than_itself(run, patch, cast):
    found = pairs.pairs_of(cast["ministry_analyst"], patch)
    assert found["used"]["before"] == run.before
    assert found["best"] is None


def test_a_pair_of_one_season_is_offered_and_shown(run, patch, of_one_season, cast, as_person):
    Run.objects.filter(pk=run.pk).update(before_on=date(2025, 1, 5))
    Scene.objects.filter(pk=run.before_id).update(acquired_on=date(2025, 1, 5))
    found = pairs.pairs_of(cast["ministry_analyst"], Patch.objects.get(pk=patch.pk))
    assert found["best"]["after"] == of_one_season[1]
    assert found["best"]["score"] > found["used"]["score"] + pairs.CLEARLY
    assert "季节相差 1 天" in found["best"]["reason"]
    client = as_person("ministry_analyst")
    page = client.get(f"/reviews/{patch.pk}/pair/").content.decode()
    assert "看这一对" in page
    assert "2026-06-06" in page
    picture = client.get(f"/reviews/{patch.pk}/images/{of_one_season[1].pk}.png")
    assert picture.status_code == 200
    assert picture.content.startswith(b"\x89PNG")


def test_who_does_not_see_the_patch_sees_neither_its_images(run, patch, of_one_season, as_person):
    elsewhere = as_person("huaping_officer")
    assert elsewhere.get(f"/reviews/{patch.pk}/pair/").status_code in (403, 404)
    scene = run.before or of_one_season[0]
    assert elsewhere.get(f"/reviews/{patch.pk}/images/{scene.pk}.png").status_code in (403, 404)
    unknown = as_person("ministry_analyst").get(f"/reviews/{patch.pk}/images/999999.png")
    assert unknown.status_code == 404


def test_a_patch_under_cloud_on_an_image_is_hidden_there(run, patch):
    from ecoredline.web.patches.models import UnseenArea

    UnseenArea.objects.filter(run=run).delete()
    assert pairs.hidden_share(run.before, patch) == 0
    UnseenArea.objects.create(run=run, reason="cloud", date="before", geom=patch.geom)
    assert pairs.hidden_share(run.before, patch) == pytest.approx(1)
    assert pairs.hidden_share(run.after, patch) == 0
    other = Run.objects.get(pk=run.pk)
    other.pk, other.record_sha256 = None, "8" * 64
    other.save()
    assert pairs.hidden_share(run.before, patch) == 0  # the other run saw it there
