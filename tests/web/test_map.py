"""One selection for map, table and files; tiles that hold what they should."""

import math

import pytest
from django.urls import reverse
from mvt import read_tile
from test_access import layer, overview, tile_of

from ecoredline.web.core.problems import BadFilter
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db

SELECTIONS = [
    ({"county": "510422"}, 3),
    ({"county": "51"}, 5),
    ({"activity": "1"}, 2),
    ({"channel": "protected"}, 1),
    ({"zone": "core"}, 7),
    ({"zone": "general"}, 0),
    ({"min_area": "0.1"}, 6),
    ({"min_area": "1000"}, 0),
    ({"q": "约4千米"}, 1),
    ({"q": "二滩"}, 7),
    ({"q": "510421-"}, 2),
    ({"problem": "space", "county": "510421"}, 1),
    ({"q": "100%_"}, 0),
]


@pytest.mark.parametrize(("query", "count"), SELECTIONS)
def test_table_geojson_and_tiles_show_one_selection(as_person, run, query, count):
    client = as_person("ministry_analyst")
    table = client.get(reverse("patch_table", args=[run.pk]), query).context
    geojson = client.get(reverse("patches_geojson", args=[run.pk]), query).json()["features"]
    drawn = layer(client, "patches", overview(run), run=run.pk, **query)
    assert table["total"]["count"] == len(geojson) == len(drawn) == count
    assert {p.pk for p in table["page"]} == {f["id"] for f in geojson} == {f["_id"] for f in drawn}


@pytest.mark.parametrize(
    "query",
    [{"activity": "9"}, {"county": "5104; drop table"}, {"min_area": "-1"}, {"min_area": "nan"},
     {"min_area": "1e99"}, {"sort": "password"}, {"q": "x" * 101}, {"channel": "'"},
     {"county": "٥١"}],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_said_and_not_guessed(as_person, run, query):
    with pytest.raises(BadFilter):
        PatchFilter.read(query)
    client = as_person("ministry_analyst")
    got = client.get(reverse("patches_geojson", args=[run.pk]), query)
    assert got.status_code == 422
    assert got.json()["code"] == "422.3"
    page = client.get(reverse("map"), query)
    assert page.status_code == 200
    assert page.context["filter_errors"]


def test_the_order_is_the_one_asked_for(as_person, run):
    client = as_person("ministry_analyst")
    rows = client.get(reverse("patch_table", args=[run.pk]), {"sort": "-patch_id"}).context["page"]
    ids = [p.patch_id for p in rows]
    assert ids == sorted(ids, reverse=True)
    rows = client.get(reverse("patch_table", args=[run.pk])).context["page"]
    areas = [p.redline_area_ha for p in rows]
    assert areas == sorted(areas, reverse=True)


def test_a_patch_lies_in_the_tile_of_its_place_and_in_no_other(as_person, run):
    client = as_person("ministry_analyst")
    patch = Patch.objects.get(patch_id="510421-202603-000000004")
    zoom, x, y = tile_of(patch.lon, patch.lat, 17)
    inside = layer(client, "patches", (zoom, x, y), run=run.pk)
    assert patch.pk in [f["_id"] for f in inside]
    assert layer(client, "patches", (zoom, x + 40, y), run=run.pk) == []
    (found,) = [f for f in inside if f["_id"] == patch.pk]
    assert found["area_ha"] == pytest.approx(float(patch.area_ha))
    assert found["_kind"] == 3


def test_a_patch_smaller_than_a_pixel_is_still_drawn(as_person, run):
    drawn = layer(as_person("ministry_analyst"), "patches", (3, 6, 3), run=run.pk)
    assert (
        len(drawn) < 7 == sum(f.get("n", 1) for f in drawn)
    )  # one dot for several, and it says so
    assert {f["_kind"] for f in drawn} == {1}


@pytest.mark.parametrize("tile", [(3, 8, 0), (3, 0, 8), (30, 0, 0)])
def test_a_tile_that_cannot_be_is_refused(as_person, run, tile):
    client = as_person("ministry_analyst")
    assert client.get(reverse("map_tile", args=["patches", *tile])).status_code == 422
    assert client.get(reverse("tile", args=[run.after_id, *tile])).status_code == 422


def test_an_unknown_layer_is_not_found(as_person, run):
    got = as_person("ministry_analyst").get(reverse("map_tile", args=["people", 3, 1, 1]))
    assert got.status_code == 404


def test_an_empty_tile_is_no_content(as_person, run):
    got = as_person("ministry_analyst").get(reverse("map_tile", args=["patches", 10, 0, 0]))
    assert (got.status_code, got.content) == (204, b"")
    assert read_tile(got.content) == {}


def test_a_picture_tile_shows_the_image_with_its_fixed_stretch(as_person, run):
    import io

    import numpy as np
    from PIL import Image

    client = as_person("yanbian_officer")
    west, south, east, north = run.after.footprint.extent
    address = reverse(
        "tile", args=[run.after_id, *tile_of((west + east) / 2, (south + north) / 2, 15)]
    )
    got = client.get(address)
    assert got.status_code == 200
    picture = np.asarray(Image.open(io.BytesIO(got.content)))
    assert picture.shape == (256, 256, 4)
    assert set(np.unique(picture[..., 3])) <= {0, 255}
    assert 30 < picture[..., :3][picture[..., 3] > 0].std() < 110
    assert got.headers["Cache-Control"].startswith("private")
    again = client.get(address, headers={"If-None-Match": got.headers["ETag"]})
    assert again.status_code == 304
    outside = client.get(reverse("tile", args=[run.after_id, 12, 0, 0]))
    assert (outside.status_code, outside.content) == (204, b"")


def test_red_green_and_blue_of_a_tile_are_those_of_the_image(as_person, run):
    import io

    import numpy as np
    import rasterio
    from PIL import Image
    from pyproj import Transformer

    west, south, east, north = run.after.footprint.extent
    zoom, x, y = tile_of((west + east) / 2, (south + north) / 2, 16)
    got = as_person("yanbian_officer").get(reverse("tile", args=[run.after_id, zoom, x, y]))
    picture = np.asarray(Image.open(io.BytesIO(got.content)))
    side = 2 * math.pi * 6378137 / 2**zoom
    east_m = -math.pi * 6378137 + (x + (np.arange(256) + 0.5) / 256) * side
    north_m = math.pi * 6378137 - (y + (np.arange(256) + 0.5) / 256) * side
    with rasterio.open(run.after.path) as source:
        move = Transformer.from_crs(3857, source.crs, always_xy=True)
        xs, ys = move.transform(*np.meshgrid(east_m, north_m))
        cols, rows = (np.floor(v).astype(int) for v in ~source.transform * (xs, ys))
        inside = (picture[..., 3] > 0) & (rows >= 0) & (cols >= 0)
        inside &= (rows < source.height) & (cols < source.width)
        truth = source.read([3, 2, 1])[:, rows[inside], cols[inside]]
    likeness = np.corrcoef(picture[..., :3][inside].T, truth)[:3, 3:]
    assert inside.mean() > 0.5
    assert likeness.diagonal().min() > 0.8
    assert np.abs(likeness - np.diag(likeness.diagonal())).max() < 0.3


def test_the_stretch_is_the_2_and_98_percent_of_the_image(run):
    import numpy as np
    import rasterio

    with rasterio.open(run.after.path) as source:
        red = source.read(3, masked=True).compressed()
    run.after.refresh_from_db()
    assert run.after.bands == [["red", 3], ["green", 2], ["blue", 1]]
    assert run.after.stretch[0] == pytest.approx(list(np.percentile(red, (2, 98))), rel=0.02)


def test_the_map_is_told_where_its_layers_are(as_person, run):
    config = as_person("yanbian_officer").get(reverse("map")).context["map_config"]
    assert config["layers"]["patches"] == f"/map/tiles/patches/{{z}}/{{x}}/{{y}}.pbf?run={run.pk}"
    assert config["scenes"]["after"]["url"] == f"/tiles/{run.after_id}/{{z}}/{{x}}/{{y}}.png"
    assert config["scenes"]["before"]["date"] == "2025-03-01"
    west, south, east, north = config["extent"]
    assert 101 < west < east < 102
    assert 26 < south < north < 28
    assert config["demo_notice"] == "演示合成数据"


def test_the_page_speaks_chinese_first_and_english_by_switch(as_person, run):
    client = as_person("yanbian_officer")
    page = client.get(reverse("run_list"), headers={"Accept-Language": "en-US,en"})
    assert page.headers["Content-Language"] == "zh-hans"
    labels = client.get(reverse("map")).context["map_config"]["labels"]
    assert labels["zone"]["core"] == "核心保护区"
    switched = client.post(reverse("set_language"), {"language": "en", "next": "/runs/"})
    assert switched.status_code == 302
    labels = client.get(reverse("map")).context["map_config"]["labels"]
    assert labels["zone"]["core"] == "Core protection zone"


def test_the_patch_page_shows_every_column(as_person, run):
    client = as_person("yanbian_officer")
    patch = Patch.objects.filter(division_code="510422").order_by("patch_id").first()
    page = client.get(reverse("patch", args=[patch.pk]))
    fields = dict(page.context["fields"])
    assert fields["涉及红线面积 (ha)"] == f"{patch.redline_area_ha:.4f}"
    assert fields["遥感解译人类活动类型"] == "矿产资源开发（含采石、采砂）"
    assert fields["判定依据"] == "植被指数由 0.70 降至 0.10；形状规则"
    assert set(page.context["evidence"]) == {"sheet", "before", "after"}
    assert page.context["neighbours"]["previous"] is None
    assert page.context["neighbours"]["next"].division_code == "510422"
    assert patch.patch_id in page.content.decode()
    assert "演示合成数据" in page.content.decode()
