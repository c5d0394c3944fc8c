"""Picture tiles: everywhere for who sees the whole run, else where the own divisions are."""

import morecantile
import pytest
import sample_run
from django.urls import reverse
from test_access import overview, tile_of

from ecoredline.web.maps.tiles import box_of
from ecoredline.web.regions.models import Division

pytestmark = pytest.mark.django_db
ZOOM = 18  # a tile of about 136 m; a county of the sample is 500 m wide
PLACES = {"510422": (20, 40), "510421": (75, 40), "530723": (110, 40)}  # column, row


def address(scene: int, code: str) -> str:
    place = sample_run.box(*PLACES[code], 1, 1).centroid
    return reverse("tile", args=[scene, *tile_of(place.x, place.y, ZOOM)])


@pytest.mark.parametrize("role", ["before", "after"])
@pytest.mark.parametrize(
    ("who", "seen"),
    [("yanbian_officer", {"510422"}), ("yanbian_analyst", {"510422"}), ("miyi_officer", {"510421"}),
     ("huaping_officer", {"530723"}), ("city_analyst", {"510422", "510421"}),
     ("province_supervisor", {"510422", "510421"}), ("ministry_supervisor", set(PLACES))],
)  # fmt: skip
def test_a_picture_is_given_only_where_the_own_divisions_are(as_person, run, who, seen, role):
    client, scene = as_person(who), getattr(run, f"{role}_id")
    for code in PLACES:
        got = client.get(address(scene, code))
        assert got.status_code == (200 if code in seen else 204), code
        assert bool(got.content) is (code in seen)
    assert client.get(reverse("tile", args=[scene, *overview(run)])).status_code == 200


def test_a_known_tag_does_not_open_a_tile_that_is_not_one_s_own(as_person, run):
    far = address(run.after_id, "530723")
    tag = as_person("ministry_supervisor").get(far).headers["ETag"]
    client = as_person("yanbian_officer")
    got = client.get(far, headers={"If-None-Match": tag})
    assert (got.status_code, "ETag" in got.headers) == (204, False)


def test_without_boundaries_nothing_is_one_s_own_but_the_whole_run_stays(as_person, run):
    Division.objects.all().delete()
    assert as_person("yanbian_officer").get(address(run.after_id, "510422")).status_code == 204
    assert as_person("ministry_supervisor").get(address(run.after_id, "510422")).status_code == 200


def test_looking_for_the_own_divisions_is_one_query(as_person, run, django_assert_num_queries):
    officer = as_person("yanbian_officer")
    officer.get(address(run.after_id, "530723"))
    with django_assert_num_queries(6):  # session, person, unit, runs, scene, divisions
        answer = officer.get(address(run.after_id, "530723"))
    assert answer.status_code == 204


@pytest.mark.parametrize("tile", [(0, 0, 0), (3, 6, 3), (18, 205224, 110543), (22, 1, 2**22 - 1)])
def test_the_box_of_a_tile_is_the_textbook_s(tile):
    z, x, y = tile
    expected = morecantile.tms.get("WebMercatorQuad").bounds(morecantile.Tile(x, y, z))
    assert box_of(*tile).extent == pytest.approx(tuple(expected), abs=1e-9)
