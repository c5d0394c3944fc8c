"""Outlines drawn by people, and shares judged blind."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from django.urls import reverse

from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.attribute import attribute
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import BadForm, Blocked, NotAllowed
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import actions, claims, queries, refining, sharing
from ecoredline.web.reviews.models import Refinement, Review

pytestmark = pytest.mark.django_db
TYPES = {"activity_type": "1", "problem_type": "vegetation"}


@pytest.fixture
def patch(run, cast):
    return queries.waiting(cast["city_analyst"]).first()


def shape_of(patch):
    return shapely.from_wkb(bytes(patch.geom.wkb))


def test_a_drawn_outline_is_measured_as_the_screening_measures_and_kept_beside_the_others(
    patch, cast
):
    drawn = shapely.buffer(shape_of(patch), 0.002)  # grows over the redline's edge
    kept = (patch.geom.wkb, patch.area_ha, patch.redline_area_ha)
    made = refining.refine(
        patch, by=cast["city_analyst"], outline=shapely.to_geojson(drawn), reason="含排土场"
    )
    polygons = patch.run.redline_version.polygons.all()
    redline = gpd.GeoDataFrame(
        {"code": [p.code for p in polygons], "name": [p.name for p in polygons],
         "control_zone": [p.control_zone for p in polygons], "version": ["1"] * len(polygons)},
        geometry=[shapely.from_wkb(bytes(p.geom.wkb)) for p in polygons], crs=STORAGE_CRS,
    )  # fmt: skip
    made.refresh_from_db()
    frame = gpd.GeoDataFrame(geometry=[shape_of(made)], crs=STORAGE_CRS)
    wanted = attribute(frame, redline=redline).iloc[0]
    assert float(made.area_ha) == pytest.approx(wanted["area_ha"], abs=1e-4)
    assert float(made.redline_area_ha) == pytest.approx(wanted["redline_area_ha"], abs=1e-4)
    assert 0 < made.redline_area_ha < made.area_ha
    simple = shapely.from_wkb(bytes(made.geom_simple.wkb))
    assert simple.is_valid
    assert shapely.get_num_coordinates(simple) < shapely.get_num_coordinates(shape_of(made))
    patch.refresh_from_db()
    assert (patch.geom.wkb, patch.area_ha, patch.redline_area_ha) == kept
    assert queries.outline_of(patch)["area_ha"] == made.area_ha
    row = history(patch).get()
    assert (row.step, row.details["record"]) == ("refine", f"refinement:{made.pk}")


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        ("", "无法读取"),
        ("[1]", "无法读取"),
        ('{"type": "Point", "coordinates": [101, 26]}', "须为面"),
        ('{"type": "Polygon", "coordinates": []}', "须为面"),
        ('{"type":"Polygon","coordinates":[[[101,26],[102,27],[102,26],[101,27],[101,26]]]}', "无效"),
        ('{"type":"Polygon","coordinates":[[[500000,26],[500001,26],[500001,27],[500000,26]]]}', "经纬度"),
        ('{"type":"Polygon","coordinates":[[[80,26],[80.1,26],[80.1,26.1],[80,26]]]}', "太远"),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused_with_its_reason(patch, cast, outline, said):
    with pytest.raises(BadForm, match=said):
        refining.refine(patch, by=cast["city_analyst"], outline=outline)
    assert not Refinement.objects.exists()


def test_the_page_keeps_the_drawing_that_was_refused(patch, as_person):
    client = as_person("city_analyst")
    bow = '{"type":"Polygon","coordinates":[[[101,26],[102,27],[102,26],[101,27],[101,26]]]}'
    url = reverse("review_outline", args=[patch.pk])
    answer = client.post(url, {"outline": bow, "outline_reason": "我的话"})
    assert answer.status_code == 422
    assert "我的话" in answer.content.decode()
    good = shapely.to_geojson(shape_of(patch))
    assert client.post(url, {"outline": good}).status_code == 302
    found = client.get(reverse("review_geojson", args=[patch.pk])).json()
    assert found["geometry"]["type"] == "MultiPolygon"
    assert np.allclose(
        shapely.geometry.shape(found["geometry"]).area, shape_of(patch).area, rtol=1e-6
    )
    assert json.dumps(found["properties"]["raw"]) != "null"
    assert as_person("yanbian_officer").post(url, {"outline": good}).status_code in (403, 404)


@pytest.fixture
def share(run, cast):
    """All of the run's patches that the city sees, given to analyst and checker."""
    people = [cast["city_analyst"], cast["city_checker"]]
    return sharing.make_share(run, share=1, seed=7, people=people, by=cast["city_supervisor"])


def test_a_share_is_drawn_by_its_seed_and_all_faults_are_told(run, cast):
    people = [cast["city_analyst"], cast["city_checker"]]
    ask = {"run": run, "by": cast["city_supervisor"]}
    with pytest.raises(BadForm) as told:
        sharing.make_share(share=0, seed=-1, people=people[:1], **ask)
    assert len(told.value.details) == 3
    with pytest.raises(NotAllowed):
        sharing.make_share(run, share=0.5, seed=3, people=people, by=cast["city_analyst"])
    made = sharing.make_share(share=0.4, seed=3, people=people, **ask)
    keys = sorted(made.patches.values_list("pk", flat=True))
    seen = queries.Patch.objects.visible_to(cast["city_analyst"]).values_list("pk", flat=True)
    assert keys == sharing.drawn(list(seen), 0.4, 3)
    assert len(keys) == 2


def test_two_judge_blind_and_the_agreement_is_open_when_both_are_done(share, cast, as_person):
    analyst, checker = cast["city_analyst"], cast["city_checker"]
    patches = list(queries.blind_for(analyst))
    assert patches == list(queries.blind_for(checker))
    assert not queries.waiting(analyst).exists()  # in nobody's ordinary queue meanwhile
    for patch in patches:
        claims.take(patch, by=analyst, purpose="blind")
        actions.judge_blind(patch, by=analyst, verdict="accept", **TYPES)
    with pytest.raises(Blocked):
        actions.judge_blind(patches[0], by=analyst, verdict="accept", **TYPES)
    assert not queries.reviews_of(checker, patches[0]).exists()  # unseen by the other
    page = as_person("city_checker").get(reverse("review", args=[patches[0].pk])).content.decode()
    assert "盲审" in page
    assert "city_analyst" not in page
    for number, patch in enumerate(patches):
        if number:
            actions.judge_blind(patch, by=checker, verdict="accept", **TYPES)
        else:
            actions.judge_blind(patch, by=checker, verdict="dismiss", reason="cloud")
    share.refresh_from_db()
    assert share.ended_at is not None
    found = sharing.agreement_of(share)
    assert (found.count, found.share) == (len(patches), 1 - 1 / len(patches))
    assert queries.reviews_of(checker, patches[0]).count() == 2
    assert set(Patch.objects.values_list("state", flat=True)) == {"screened"}  # nothing moved
    assert AccessRecord.objects.filter(action="review.blind").count() == 2 * len(patches)
    assert queries.waiting(analyst).count() == len(patches)
    text = as_person("city_supervisor").get(reverse("blind_shares")).content.decode()
    assert f"{found.share * 100:.1f}%" in text


def test_who_is_not_of_the_share_judges_nothing_and_closing_gives_the_rest_back(share, cast):
    patch = share.patches.first()
    with pytest.raises(Blocked):
        actions.judge_blind(patch, by=cast["yanbian_analyst"], verdict="accept", **TYPES)
    with pytest.raises(BadForm):
        actions.judge_blind(patch, by=cast["city_analyst"], verdict="")
    with pytest.raises(NotAllowed):
        sharing.close_share(share, by=cast["city_analyst"])
    sharing.close_share(share, by=cast["city_supervisor"])
    assert queries.waiting(cast["city_analyst"]).exists()
    assert not Review.objects.exists()
