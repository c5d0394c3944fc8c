"""Ecology layers, drawings and the impact of a case: registered, coloured, scoped, by reference only."""

import io

import geopandas as gpd
import numpy as np
import pytest
import sample_run
import shapely
from case_story import PLACE, opened_case
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from rasterio import Affine
from shapely.geometry import shape

from ecoredline.effectiveness import DEMO_MARK
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.grid import Grid
from ecoredline.impact import BY_REFERENCE
from ecoredline.raster.layers import write_map
from ecoredline.simulate import demo_ecology
from ecoredline.web.assessments import drawing, impacts, layers
from ecoredline.web.assessments.models import Drawing, EcologyLayer
from ecoredline.web.assessments.templatetags.assessments import unit_of
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.regions.models import Division

pytestmark = pytest.mark.django_db


def grid() -> Grid:
    """Wider than the sample run, so that a case lies inside."""
    step, (west, north) = sample_run.PIXEL_M, sample_run.ORIGIN
    transform = Affine(step, 0, west - 40 * step, 0, -step, north + 40 * step)
    return Grid(sample_run.CRS_3_DEGREE, transform, sample_run.ROWS + 80, sample_run.COLS + 80)


@pytest.fixture
def maps(cast, run, tmp_path):
    """Forest in 2025; in 2026 the case's place is a mine. Cover falls from 0.8 to 0.1 there."""
    city, made = cast["city_supervisor"], {}
    g = grid()
    col, row, cols, rows = (PLACE[0] + 40, PLACE[1] + 40, PLACE[2], PLACE[3])
    for year in (2025, 2026):
        land, cover = np.full((g.rows, g.cols), 11), np.full((g.rows, g.cols), 0.8)
        if year == 2026:
            land[row : row + rows, col : col + cols] = 63
            cover[row : row + rows, col : col + cols] = 0.1
        one = write_map(
            tmp_path / f"land-{year}.tif", land, g, zh="类型", unit="code", dtype="uint8"
        )
        two = write_map(tmp_path / f"fvc-{year}.tif", cover, g, zh="覆盖度", unit="1")
        made["land", year] = layers.register_layer(
            one, by=city, name="类型", year=year, kind="class", feeds="natural"
        )
        made["fvc", year] = layers.register_layer(
            two, by=city, name="覆盖度", year=year, feeds="fvc"
        )
    return made


def test_a_layer_is_registered_once_with_its_legend_and_scope(cast, maps):
    first = maps["land", 2026]
    again = layers.register_layer(first.path, by=cast["city_supervisor"], kind="class")
    assert again.pk == first.pk and [r[0] for r in first.legend] == [11.0, 63.0]
    assert "510422" in first.scope_codes
    with pytest.raises(NotAllowed):
        layers.register_layer(first.path, by=cast["yanbian_officer"])
    with pytest.raises(BadForm):
        layers.offered("../secret.tif")


def test_classes_keep_their_legend_colours(maps):
    row = maps["land", 2026]
    painted = layers.painted(row, np.array([[11.0, 63.0, np.nan]]))
    shown = ["#" + "".join(f"{c:02x}" for c in painted[:3, 0, k]) for k in range(2)]
    assert shown == [c for _v, c, _w in row.legend] and painted[3].tolist() == [[255, 255, 0]]


def test_who_sees_a_layer(as_person, maps):
    pk = maps["fvc", 2026].pk
    for who, status in (("yanbian_officer", 200), ("panzhou_officer", 404)):
        client = as_person(who)
        assert client.get(reverse("ecology_layer", args=[pk])).status_code == status
        assert client.get(reverse("ecology_picture", args=[pk])).status_code == status
    page = as_person("city_supervisor").get(reverse("ecology"))
    assert "覆盖度" in page.content.decode()


def test_a_county_gets_no_picture_of_its_neighbours_ground(as_person, maps):
    address = reverse("ecology_picture", args=[maps["fvc", 2026].pk])
    seen = {}
    for who in ("city_supervisor", "yanbian_officer"):
        picture = Image.open(io.BytesIO(as_person(who).get(address).content)).convert("RGBA")
        seen[who] = np.asarray(picture)[..., 3] > 0
    city, county = seen["city_supervisor"], seen["yanbian_officer"]
    assert county.any() and (city | ~county).all() and county.sum() < city.sum()


def test_the_impact_of_a_case_is_described_by_reference_with_its_own_hectares(
    as_person, cast, maps
):
    case = opened_case(cast)
    row = impacts.describe(case, by=cast["city_supervisor"])
    found = row.found
    assert found["notes"][0] == BY_REFERENCE
    assert found["area_ha"] == pytest.approx(float(case.area_ha), abs=1e-3)
    assert found["built_before_ha"] == 0 and found["built_after_ha"] == pytest.approx(
        found["area_ha"], rel=1e-3
    )
    assert ["11", "63"] in [t[:2] for t in found["transition"]]
    cover = found["services"]["植被覆盖度"]
    assert cover["mean_before"] == pytest.approx(0.8) and cover["mean_after"] == pytest.approx(
        0.1, abs=1e-3
    )
    page = as_person("city_supervisor").get(reverse("case", args=[case.pk])).content.decode()
    assert "生态影响描述" in page and BY_REFERENCE in page
    answer = as_person("yanbian_officer").post(reverse("case_impact", args=[case.pk]))
    assert answer.status_code == 302 and case.impacts.count() == 2
    assert (
        as_person("panzhou_officer").post(reverse("case_impact", args=[case.pk])).status_code == 404
    )


def test_without_maps_the_impact_says_what_it_cannot_say(cast, run):
    found = impacts.describe(opened_case(cast), by=cast["city_supervisor"]).found
    assert found["services"] == {} and len(found["notes"]) == 2


def package(path, cols=40, **more):
    """A package of `ecoredline delineate` with the two layers that matter."""
    west, south, east, north = sample_run.box(10, 10, cols, 40).bounds
    middle = (west + east) / 2
    shapes = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    areas = round_ha(areas_ha(np.array(shapes, dtype=object)))
    pair = gpd.GeoDataFrame(
        {"state": ["kept", "missing"], "state_zh": ["保留", "x"], "reason": ["水源涵养", "未达"], "area_ha": areas},
        geometry=shapes, crs="EPSG:4490",
    )  # fmt: skip
    one = pair.iloc[[0]][["reason", "area_ha", "geometry"]].assign(code="a", name="b", **more)
    one.to_file(path, layer="candidate", driver="GPKG")
    pair.to_file(path, layer="compared", driver="GPKG")
    return path, areas


def uploaded(path):
    return SimpleUploadedFile(path.name, path.read_bytes())


def test_a_package_becomes_a_page_with_hectares_by_reason(as_person, cast, maps, tmp_path):
    path, areas = package(tmp_path / "d.gpkg")
    row = drawing.upload_drawing(by=cast["city_supervisor"], upload=uploaded(path), name="方案")
    assert {(c["state"], c["area_ha"]) for c in row.compared} == {
        ("kept", areas[0]),
        ("missing", areas[1]),
    }
    cover = row.adjustment["rows"][0]
    assert cover["lost"] == pytest.approx(0.8 * areas[1], rel=0.2) and row.adjustment["in_ha"] == 0
    client = as_person("city_supervisor")
    page = client.get(reverse("drawing", args=[row.pk])).content.decode()
    assert "未达" in page and "不是生态保护红线" in page
    assert cover["unit"] == "hm²" and (cover["unseen"] == "") == (cover["seen_lost"] > 99.9)
    assert cover["unseen"] in page
    step = client.get(reverse("drawing_step", args=[row.pk, "compared"])).json()
    assert len(step["features"]) == 2 and "crs" not in step
    assert client.get(reverse("drawing_step", args=[row.pk, "nothing"])).status_code == 404
    assert as_person("panzhou_officer").get(reverse("drawing", args=[row.pk])).status_code == 404


def test_a_county_sees_of_a_drawing_only_what_lies_in_it(as_person, cast, maps, tmp_path):
    path, _ = package(tmp_path / "d.gpkg", cols=85)
    row = drawing.upload_drawing(by=cast["city_supervisor"], upload=uploaded(path), name="方案")
    step = reverse("drawing_step", args=[row.pk, "compared"])
    whole = shapely.union_all(
        [shape(f["geometry"]) for f in as_person("city_supervisor").get(step).json()["features"]]
    )
    assert {"510421", "510422"} <= set(row.scope_codes)
    for person, county in (("yanbian_officer", "510422"), ("miyi_officer", "510421")):
        answer = as_person(person).get(step)
        shown = shapely.union_all([shape(f["geometry"]) for f in answer.json()["features"]])
        own = shapely.from_wkb(bytes(Division.objects.get(code=county).geom.wkb))
        assert shown.difference(own.buffer(1e-4)).is_empty
        assert shown.area == pytest.approx(whole.intersection(own).area, rel=1e-2)
        assert (
            "只显示本行政区"
            in as_person(person).get(reverse("drawing", args=[row.pk])).content.decode()
        )


def test_a_package_that_is_none_is_refused_and_leaves_nothing(cast, run, tmp_path):
    city = cast["city_supervisor"]
    for upload in (SimpleUploadedFile("x.gpkg", b"no"),):
        with pytest.raises(BadForm):
            drawing.upload_drawing(by=city, upload=upload)
    assert not Drawing.objects.exists()
    assert not drawing.folder().exists() or not any(drawing.folder().iterdir())
    with pytest.raises(NotAllowed):
        drawing.upload_drawing(
            by=cast["yanbian_officer"], upload=SimpleUploadedFile("x.gpkg", b"no")
        )


def test_the_chain_ends_in_a_score_and_bears_the_mark_only_with_one(as_person, maps):
    page = as_person("city_supervisor").get(reverse("ecology_chain")).content.decode()
    assert "平均植被覆盖度" in page and DEMO_MARK not in page
    assert EcologyLayer.objects.count() == 4


def test_the_demo_county_is_the_same_from_the_same_seed(tmp_path):
    works = gpd.GeoDataFrame(
        geometry=[shapely.box(101.70, 26.575, 101.702, 26.577)], crs="EPSG:4490"
    )
    one = demo_ecology(tmp_path / "a", works=works, years=(2025, 2026))
    two = demo_ecology(tmp_path / "b", works=works, years=(2025, 2026))
    assert all(
        one[k].read_bytes() == two[k].read_bytes() for k in ("dem", "landuse-2026", "ndvi-2026")
    )
    assert one["landuse-2026"].read_bytes() != one["landuse-2025"].read_bytes()


def test_a_bare_ratio_and_a_code_have_no_unit_beside_their_number():
    assert [unit_of(u) for u in ("1", "code", "", "t/(hm²·a)")] == ["", "", "", "t/(hm²·a)"]


def test_lists_without_a_row_say_so_and_how_to_begin(as_person, cast):
    client = as_person("city_supervisor")
    for name, words in (("assessment_list", "还没有评估。"), ("drawing_list", "还没有划定方案。"), ("number_list", "还没有。")):  # fmt: skip
        answer = client.get(reverse(name))
        assert answer.status_code == 200 and words in answer.content.decode()
