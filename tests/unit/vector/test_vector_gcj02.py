import geopandas as gpd
import numpy as np
import pytest
import shapely
from vector_shelf import said, write

from ecoredline.errors import UnsuitableCRS
from ecoredline.geodesy import to_gcj02
from ecoredline.vector import Layer, check_gcj02, read_divisions, read_protected_areas, read_redline


def blob(seed, lon, lat, size_deg, bumps=7):
    """A wavy closed outline, as a county has."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = np.full(400, size_deg)
    for k in range(2, bumps):
        radius += size_deg * 0.25 / k * np.sin(k * angle + rng.uniform(0, 6))
    return shapely.Polygon(
        np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)])
    )


def layer(shapes, **columns):
    shapes = list(shapes)
    return Layer(
        gpd.GeoDataFrame(columns or {"name": [""] * len(shapes)}, geometry=shapes, crs=4490)
    )


def shifted(given):
    shapes = shapely.transform(given.frame.geometry.to_numpy(), to_gcj02, interleaved=False)
    return Layer(given.frame.set_geometry(shapes, crs=4490))


def moved(given, east, north):
    shapes = shapely.transform(
        given.frame.geometry.to_numpy(), lambda x, y: (x + east, y + north), interleaved=False
    )
    return Layer(given.frame.set_geometry(shapes, crs=4490))


@pytest.mark.parametrize("seed", range(5))
def test_a_shifted_layer_is_found_against_its_true_outline(seed):
    true = layer([blob(seed, 101.7, 26.7, 0.2)])
    finding = check_gcj02(shifted(true), true)
    assert finding.likely
    assert finding.shift_m == pytest.approx(428, abs=10)
    assert "GCJ-02" in finding.note and f"{finding.shift_m:.0f} 米" in finding.note


@pytest.mark.parametrize("seed", range(5))
def test_true_layers_and_other_shifts_are_not_taken_for_gcj02(seed):
    true = layer([blob(seed, 101.7, 26.7, 0.2)])
    assert not check_gcj02(true, true).likely
    assert not check_gcj02(true, shifted(true)).likely
    assert not check_gcj02(moved(true, -0.00155, 0.0036), true).likely
    assert not check_gcj02(moved(true, 0.004, 0.001), true).likely
    assert not check_gcj02(moved(true, 0.02, 0.02), true).likely


def test_a_redline_that_follows_part_of_the_county_line_is_enough():
    county = blob(1, 101.7, 26.7, 0.2)
    inner = county & shapely.box(101.7, 26.6, 102, 26.9)
    finding = check_gcj02(shifted(layer([county])), layer([inner, blob(9, 101.6, 26.65, 0.03)]))
    assert finding.likely


@pytest.mark.parametrize("seed", range(20))
def test_unrelated_outlines_prove_nothing(seed):
    first = layer([blob(seed, 101.7, 26.7, 0.1)])
    second = layer([blob(100 + seed, 101.72, 26.72, 0.08), blob(200 + seed, 101.6, 26.7, 0.05)])
    assert not check_gcj02(first, second).likely


def test_points_and_far_layers_cannot_tell():
    true = layer([blob(1, 101.7, 26.7, 0.1)])
    points = layer([shapely.Point(101.7, 26.7)])
    far = layer([blob(1, 110, 30, 0.1)])
    for other in (points, far):
        finding = check_gcj02(true, other)
        assert not finding.likely and "无法判断" in finding.note
    assert "无法判断" in check_gcj02(points, true).note
    assert "无法判断" in check_gcj02(true).note


def test_a_reader_warns_refuses_or_converts_by_the_users_word(tmp_path):
    true = layer([blob(3, 101.7, 26.7, 0.2)], code=["510499"], name=["某县"])
    path = write(shifted(true).frame, tmp_path / "a.gpkg")
    for read in (read_divisions, read_redline, read_protected_areas):
        assert "疑似 GCJ-02" in said(read(path, reference=true))
        with pytest.raises(UnsuitableCRS, match=r"GCJ-02 \(4\d\d m off\)"):
            read(path, reference=true, gcj02="refuse")
        assert "疑似" not in said(read(path, reference=true, gcj02="ignore"))
        done = read(path, reference=true, gcj02="convert")
        assert "疑似" not in said(done)
        assert done.frame.geometry.iloc[0].hausdorff_distance(true.frame.geometry.iloc[0]) < 1e-7


def test_a_reader_without_a_reference_notes_nothing_of_an_unknown_county(tmp_path):
    true = layer([blob(3, 101.7, 26.7, 0.2)], code=["510499"], name=["某县"])
    assert read_divisions(write(shifted(true).frame, tmp_path / "a.gpkg")).notes == []


def test_a_known_county_off_its_place_as_gcj02_is_noted_with_the_metres(tmp_path):
    around = {"510402": (101.744, 26.597), "510421": (101.993, 26.930)}
    shapes = [shapely.Point(p).buffer(0.05) for p in around.values()]
    true = layer(shapes, code=list(around), name=["东区", "米易县"])
    assert read_divisions(write(true.frame, tmp_path / "a.gpkg")).notes == []
    path = write(shifted(true).frame, tmp_path / "b.gpkg")
    assert "2 个行政区划的中心较已知位置偏约 42" in said(read_divisions(path))
    assert read_divisions(path, gcj02="ignore").notes == []
    assert "疑似" not in said(read_divisions(path, gcj02="convert"))


def test_schematic_boundaries_of_known_counties_are_left_alone():
    schematic = layer([shapely.box(101.5, 26.5, 101.6, 26.6)], code=["510402"], name=["东区"])
    finding = check_gcj02(schematic)
    assert not finding.likely and finding.shift_m > 1000


@pytest.mark.real
def test_the_real_counties_are_judged_right_by_outline_and_by_place(shared_data):
    folder = shared_data / "admin-panzhihua"
    counties = read_divisions(folder / "panzhihua_counties_mapchina_wgs84.geojson")
    city = read_divisions(folder / "panzhihua_city_tianditu_wgs84.geojson")
    for true, other in ((counties, city), (city, counties), (counties, counties)):
        assert check_gcj02(shifted(true), other).likely
        assert not check_gcj02(true, other).likely
    for true in (counties, city):
        assert not check_gcj02(true).likely
        assert check_gcj02(shifted(true)).likely
        assert check_gcj02(shifted(true)).shift_m == pytest.approx(428, abs=150)


@pytest.mark.real
def test_cities_of_the_province_are_judged_right_against_their_counties(shared_data):
    folder = shared_data / "admin-sichuan"
    counties = read_divisions(folder / "sichuan_counties_mapchina_wgs84.geojson").frame
    cities = read_divisions(folder / "sichuan_cities_tianditu_wgs84.geojson").frame
    found = {True: [], False: []}
    for city in cities.sort_values("code").iloc[:6].itertuples():
        own = Layer(counties[counties["code"].str[:4] == city.code[:4]].reset_index(drop=True))
        outline = layer([city.geometry])
        found[True].append(check_gcj02(shifted(own), outline).likely)
        found[False].append(check_gcj02(own, outline).likely)
    assert sum(found[False]) == 0
    assert sum(found[True]) >= 5
