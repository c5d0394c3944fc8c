"""Divisions, redlines and protected areas as loads bring them, one after the other."""

import geopandas as gpd
import pytest
import sample_run
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_access import layer, overview

from ecoredline.grid import STORAGE_CRS
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.patches.actions import load_run
from ecoredline.web.regions.actions import register_redline, renew_divisions
from ecoredline.web.regions.models import Division, ProtectedArea, RedlinePolygon

pytestmark = pytest.mark.django_db


def test_divisions_that_come_with_a_later_load_show_the_officer_the_redline(as_person, tmp_path):
    inputs = sample_run.write_inputs(tmp_path / "input")
    bare = {role: path for role, path in inputs.items() if role != "divisions"}
    load_run(sample_run.write_run(tmp_path / "first", bare))
    assert set(map(tuple, RedlinePolygon.objects.values_list("scope_codes", flat=True))) == {()}
    run = load_run(sample_run.write_run(tmp_path / "second", inputs))
    drawn = layer(as_person("yanbian_officer"), "redline", overview(run), run=run.pk)
    assert [f["name"] for f in drawn] == ["二滩"]
    assert {p.name: p.scope_codes for p in RedlinePolygon.objects.all()} == {
        "二滩": ["51", "5104", "510422"],
        "白坡山": ["51", "5104", "510421"],
        "华坪": ["53", "5307", "530723"],
    }
    assert ProtectedArea.objects.get().scope_codes == ["51", "5104", "510422"]
    third = load_run(sample_run.write_run(tmp_path / "third", bare))
    assert RedlinePolygon.objects.get(name="二滩").scope_codes == ["51", "5104", "510422"]
    assert third.redline_version == run.redline_version


def frame(*rows) -> gpd.GeoDataFrame:
    data = [{"code": c, "name": n, "level": v, "geometry": g} for c, n, v, g in rows]
    return gpd.GeoDataFrame(data, geometry="geometry", crs=STORAGE_CRS)


def shape_of(code: str):
    row = Division.objects.annotate(wkb=AsWKB("geom")).get(code=code)
    return shapely.from_wkb(bytes(row.wkb))


WEST, EAST = ("510422", "盐边县", "county"), ("510421", "米易县", "county")
REDLINE = gpd.GeoDataFrame(
    {"code": ["R"], "name": ["r"]}, geometry=[shapely.box(0, 0, 2, 1)], crs=STORAGE_CRS
)


def test_loads_with_different_divisions_add_up_and_a_newer_boundary_replaces(db):
    about = {"name": "x", "sha256": "a" * 64, "is_demo": True, "notes": ()}
    for divisions, codes in (
        (frame((*WEST, shapely.box(0, 0, 1, 1))), ["510422"]),
        (frame((*EAST, shapely.box(1, 0, 2, 1))), ["510421", "510422"]),
        (None, ["510421", "510422"]),
        (frame((*EAST, shapely.box(5, 0, 6, 1))), ["510422"]),
    ):
        register_redline(REDLINE, divisions=divisions, **about)
        assert RedlinePolygon.objects.get().scope_codes == prefixes(codes)


def test_a_division_of_several_features_has_all_of_them(db):
    exclave, main = shapely.box(0, 0, 1, 1), shapely.box(3, 0, 6, 2)
    count = renew_divisions(
        frame((*WEST, exclave), (*EAST, shapely.box(1, 0, 3, 1)), (*WEST, main)),
        sha256="d" * 64,
        is_demo=True,
    )
    assert count == Division.objects.count() == 2
    assert shape_of("510422").equals(shapely.union(exclave, main))
    assert Division.objects.get(code="510422").scope_codes == ["51", "5104", "510422"]


@given(
    places=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_features_of_one_code_cover_together_what_they_covered_apart(db, places):
    boxes = [shapely.box(x, y, x + 1.5, y + 1) for x, y in places]
    Division.objects.all().delete()
    renew_divisions(frame(*((*WEST, box) for box in boxes)), sha256="e" * 64, is_demo=True)
    kept = shape_of("510422")
    assert kept.is_valid
    assert all(kept.buffer(1e-9).covers(box) for box in boxes)
    assert kept.area <= sum(box.area for box in boxes) + 1e-9


def test_a_loaded_exclave_is_kept_beside_the_rest_of_its_county(db, tmp_path):
    inputs = sample_run.write_inputs(tmp_path / "input")
    rows = gpd.read_file(inputs["divisions"])
    far = rows[rows["code"] == "510422"].copy()
    far.geometry = [sample_run.box(105, 60, 10, 10)]
    parts = [*rows.to_dict("records"), *far.to_dict("records")]
    parts.sort(key=lambda row: row["geometry"].area)
    sample_run.write_layer(inputs["divisions"], parts)
    load_run(sample_run.write_run(tmp_path / "run", inputs))
    kept = shape_of("510422")
    assert kept.contains(sample_run.box(107, 62, 4, 4))
    assert kept.contains(sample_run.box(5, 5, 20, 20))
