import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import Polygon, box
from vector_shelf import SQUARE, redline, said, shapefile, write

from ecoredline import geodesy
from ecoredline.errors import UnsuitableCRS
from ecoredline.vector import read_layer, read_redline
from ecoredline.vector.crs import look, to_storage, zone_meridian

ZONED, PLAIN = 4522, 4543  # 3° zone 34, CM 102E: with and without the zone number


def moved(frame, epsg, x=0.0, y=0.0, swap=False):
    """The frame in another CRS, its numbers then shifted or swapped, and the CRS forgotten."""
    shapes = shapely.transform(
        frame.to_crs(epsg).geometry.to_numpy(),
        lambda a, b: (b + y, a + x) if swap else (a + x, b + y),
        interleaved=False,
    )
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes)


def read_back(tmp_path, frame, **options):
    return read_layer(write(frame, tmp_path / "a.gpkg"), **options)


def lies_right(layer, metres=0.05):
    """Is the first polygon where it was made, to some centimetres?"""
    degrees = metres / 100_000
    return layer.frame.geometry.iloc[0].hausdorff_distance(SQUARE) < degrees


@pytest.mark.parametrize("epsg", [4490, 4326, 4522, 4543, 4495, 32647, 3857])
def test_declared_systems_are_brought_to_cgcs2000_degrees(tmp_path, epsg):
    layer = read_back(tmp_path, redline().to_crs(epsg))
    assert lies_right(layer) and layer.notes == []
    west, south, east, north = layer.frame.total_bounds
    assert 101 < west < east < 102 and 26 < south < north < 27


def test_lon_lat_without_a_crs_is_taken_for_cgcs2000_and_said(tmp_path):
    layer = read_back(tmp_path, moved(redline(), 4490))
    assert lies_right(layer) and "没有坐标系" in said(layer) and "请核对" in said(layer)


@pytest.mark.parametrize(
    ("epsg", "words"),
    [(4522, "3 度带第 34 带（EPSG:4522）"), (4495, "6 度带第 17 带（EPSG:4495）")],
)
def test_a_zone_number_in_the_easting_names_the_zone(tmp_path, epsg, words):
    layer = read_back(tmp_path, moved(redline(), epsg))
    assert lies_right(layer) and words in said(layer)


def test_a_shapefile_of_zone_34_without_prj_is_read(tmp_path):
    path = shapefile(
        redline().to_crs(ZONED), tmp_path / "a.shp", encoding="GBK", keep_cpg=False, keep_prj=False
    )
    layer = read_redline(path)
    assert lies_right(layer)
    assert "带 34 带号" in said(layer) and "GB18030" in said(layer)


def test_gauss_kruger_without_zone_or_crs_needs_the_users_word(tmp_path):
    frame = moved(redline(), PLAIN)
    with pytest.raises(UnsuitableCRS, match=r"central meridian cannot be known.*--crs"):
        read_back(tmp_path, frame)
    assert lies_right(read_back(tmp_path, frame, crs="EPSG:4543"))


def test_zone_numbers_that_may_be_web_mercator_need_the_users_word(tmp_path):
    frame = redline()
    frame["geometry"] = [box(120.0, 31.0, 120.01, 31.01), box(120.02, 31, 120.03, 31.01)]
    with pytest.raises(UnsuitableCRS, match="Web Mercator"):
        read_back(tmp_path, moved(frame, 3857))
    layer = read_back(tmp_path, moved(frame, 3857), crs="EPSG:3857")
    assert layer.frame.geometry.iloc[0].hausdorff_distance(frame.geometry.iloc[0]) < 1e-8


def test_numbers_that_fit_nothing_in_china_are_refused(tmp_path):
    with pytest.raises(UnsuitableCRS, match="neither lon, lat nor Gauss-Kruger"):
        read_back(tmp_path, moved(redline(), PLAIN, x=5e7))
    with pytest.raises(UnsuitableCRS, match="unknown to PROJ"):
        read_back(tmp_path, moved(redline(), PLAIN), crs="EPSG:999999")


def test_a_zone_number_the_prj_lacks_is_taken_off(tmp_path):
    frame = moved(redline(), ZONED).set_crs(PLAIN)
    write(frame, tmp_path / "b.gpkg")
    layer = read_layer(tmp_path / "b.gpkg")
    assert lies_right(layer)
    assert "横坐标带 34 带号" in said(layer) and "已减去带号" in said(layer)


def test_a_zone_number_the_numbers_lack_is_added(tmp_path):
    write(moved(redline(), PLAIN).set_crs(ZONED), tmp_path / "b.gpkg")
    layer = read_layer(tmp_path / "b.gpkg")
    assert lies_right(layer) and "已按 34 带补上" in said(layer)


@pytest.mark.parametrize("wrong", [4523, 4544])
def test_a_zone_number_that_contradicts_the_prj_is_refused(tmp_path, wrong):
    write(moved(redline(), ZONED).set_crs(wrong), tmp_path / "b.gpkg")
    with pytest.raises(UnsuitableCRS, match=r"zone number 34 .*central meridian 105E.*EPSG:4522"):
        read_layer(tmp_path / "b.gpkg")


@pytest.mark.parametrize("epsg", [4490, ZONED, PLAIN])
def test_swapped_axes_are_put_right_and_said(tmp_path, epsg):
    frame = moved(redline(), epsg, swap=True)
    write(frame.set_crs(epsg), tmp_path / "b.gpkg")
    layer = read_layer(tmp_path / "b.gpkg")
    assert lies_right(layer) and "坐标轴顺序颠倒" in said(layer)


@pytest.mark.parametrize("epsg", [4490, ZONED])
def test_swapped_axes_without_a_crs_are_put_right_too(tmp_path, epsg):
    layer = read_back(tmp_path, moved(redline(), epsg, swap=True))
    assert lies_right(layer) and "坐标轴顺序颠倒" in said(layer)


def test_a_file_that_says_degrees_but_holds_metres_is_judged_by_its_numbers(tmp_path):
    frame = moved(redline(), ZONED).set_crs(4326)
    path = write(frame, tmp_path / "b.geojson", driver="GeoJSON")
    layer = read_layer(path)
    assert lies_right(layer)
    assert "坐标不是经纬度" in said(layer) and "带 34 带号" in said(layer)


def test_a_file_that_says_metres_but_holds_degrees_is_refused(tmp_path):
    write(moved(redline(), 4490).set_crs(PLAIN), tmp_path / "b.gpkg")
    with pytest.raises(UnsuitableCRS, match="which are degrees"):
        read_layer(tmp_path / "b.gpkg")


def test_a_layer_over_two_zones_is_refused(tmp_path):
    frame = moved(redline(), ZONED)
    shapes = frame.geometry.to_numpy()
    shapes[1] = shapely.transform(shapes[1], lambda x, y: (x + 1e6, y), interleaved=False)
    with pytest.raises(UnsuitableCRS, match="several zones"):
        read_back(tmp_path, gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes))


def test_features_outside_china_are_said(tmp_path):
    frame = redline()
    frame.loc[1, "geometry"] = box(2.3, 48.8, 2.4, 48.9)
    layer = read_back(tmp_path, frame)
    assert "1 个要素超出中国范围（如 2.3000, 48.8000）" in said(layer)
    abroad = redline().set_geometry([box(2.3, 48.8, 2.4, 48.9)] * 2, crs=4490).to_crs(32631)
    layer = read_back(tmp_path, abroad)
    assert "2 个要素超出中国范围" in said(layer)
    assert layer.frame.total_bounds == pytest.approx([2.3, 48.8, 2.4, 48.9], abs=1e-4)


def test_a_users_crs_gives_way_to_the_files_own_and_this_is_said(tmp_path):
    layer = read_back(tmp_path, redline().to_crs(PLAIN), crs="EPSG:4544")
    assert lies_right(layer) and "未采用另行给出的" in said(layer)


@pytest.mark.parametrize(
    ("epsg", "same_plane", "words"),
    [(4214, 4490, "北京54"), (2379, PLAIN, "西安80"), (4610, 4490, "西安80")],
)
def test_old_datums_without_a_way_are_refused_unless_the_user_says_more(
    tmp_path, epsg, same_plane, words
):
    frame = moved(redline(), same_plane).set_crs(epsg)
    with pytest.raises(UnsuitableCRS, match=f"{words}.*数十米至百余米"):
        read_back(tmp_path, frame)
    layer = read_back(tmp_path, frame, crs=f"EPSG:{same_plane}")
    assert "按用户说明采用" in said(layer) and lies_right(layer)


@pytest.mark.parametrize("epsg", [4214, 2432])
def test_the_users_parameters_move_an_old_datum_as_proj_does(tmp_path, epsg):
    """The way of PROJ itself (its cs2cs, by a pipeline of Helmert) is the oracle; height 0 of WGS 84."""
    own = CRS.from_epsg(epsg).to_proj4() + " +towgs84=15.8,-154.4,-82.3,0,0,0,0 +type=crs"
    plane = CRS.from_epsg(epsg)
    frame = redline().to_crs(4490 if plane.is_geographic else 4544)
    layer = read_back(tmp_path, frame.set_crs(epsg, allow_override=True), crs=own)
    assert "用户给出的转换参数" in said(layer)
    first = frame.geometry.iloc[0].exterior.coords[0]
    step = Transformer.from_crs(plane, plane.geodetic_crs, always_xy=True)
    pipeline = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
        "+step +proj=cart +ellps=krass +step +proj=helmert +x=15.8 +y=-154.4 +z=-82.3 "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    wanted = pipeline.transform(*step.transform(*first))
    corners = shapely.get_coordinates(layer.frame.geometry.iloc[0])
    assert min(geodesy.distance_m(*wanted, *c) for c in corners) < 0.01
    assert 10 < geodesy.distance_m(*wanted, *step.transform(*first)) < 250


@pytest.mark.parametrize("wkt", [
    '+proj=longlat +ellps=krass +no_defs +type=crs',
    'GEOGCS["GCS_Krasovsky",DATUM["D_Krasovsky_1940",SPHEROID["Krasovsky_1940",6378245.0,298.3]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
])  # fmt: skip
def test_a_nameless_system_on_the_old_ellipsoid_is_no_cgcs2000(wkt):
    shapes = np.array([box(101.7, 26.5, 101.8, 26.6)], dtype=object)
    with pytest.raises(UnsuitableCRS, match="北京54"):
        to_storage(shapes, CRS.from_user_input(wkt), None, [])


def test_an_old_datum_where_proj_knows_a_way_is_transformed(tmp_path):
    frame = redline().set_geometry([box(109.0, 39.0, 109.01, 39.01)] * 2, crs=4214)
    layer = read_back(tmp_path, frame)
    west = layer.frame.total_bounds[0]
    assert "标称精度" in said(layer)
    assert 10 < geodesy.distance_m(109.0, 39.0, west, layer.frame.total_bounds[1]) < 200


def test_long_straight_sides_keep_their_course_through_a_projection(tmp_path):
    """A straight 20 km side in the plane bends in degrees; its points must still lie on it."""
    plane = Polygon([(480_000, 2_930_000), (500_000, 2_930_000), (480_000, 2_950_000)])
    frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[plane], crs=PLAIN)
    shape = read_back(tmp_path, frame).frame.geometry
    exact = shapely.segmentize(plane, 10)
    wanted = gpd.GeoSeries([exact], crs=PLAIN).to_crs(4490).iloc[0]
    assert geodesy.area_ha(shape.iloc[0]) == pytest.approx(geodesy.area_ha(wanted), abs=0.03)
    corners_only = gpd.GeoSeries([plane], crs=PLAIN).to_crs(4490).iloc[0]
    assert abs(geodesy.area_ha(corners_only) - geodesy.area_ha(wanted)) > 0.5


NOWHERE = [
    'LOCAL_CS["site grid",UNIT["metre",1]]',
    'GEOGCS["Undefined geographic SRS",DATUM["unknown",SPHEROID["unknown",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
]


@pytest.mark.parametrize("words", NOWHERE)
def test_a_crs_that_says_nothing_counts_as_none(tmp_path, words):
    path = shapefile(redline().to_crs(PLAIN), tmp_path / "a.shp")
    path.with_suffix(".prj").write_text(words)
    with pytest.raises(UnsuitableCRS, match="central meridian cannot be known"):
        read_layer(path)
    layer = read_layer(path, crs="EPSG:4543")
    assert lies_right(layer) and "没有实际含义" in said(layer)
    with pytest.raises(UnsuitableCRS, match="no map system"):
        read_layer(path, crs=NOWHERE[0])


@pytest.mark.parametrize("epsg", [ZONED, PLAIN, 4490])
def test_the_prj_of_a_shapefile_is_understood(tmp_path, epsg):
    layer = read_layer(shapefile(redline().to_crs(epsg), tmp_path / "a.shp"))
    assert lies_right(layer) and layer.notes == []
    if epsg == PLAIN:
        path = shapefile(moved(redline(), ZONED).set_crs(PLAIN), tmp_path / "b.shp")
        assert lies_right(read_layer(path)) and "已减去带号" in said(read_layer(path))


def test_heights_in_a_crs_are_no_matter(tmp_path):
    frame = redline().to_crs(PLAIN).set_crs("EPSG:4543+5737", allow_override=True)
    path = shapefile(frame, tmp_path / "a.shp")
    assert lies_right(read_layer(path))


def test_gcj02_is_undone_only_on_the_users_word(tmp_path):
    frame = redline()
    frame["geometry"] = shapely.transform(
        frame.geometry.to_numpy(), geodesy.to_gcj02, interleaved=False
    )
    for word in ("refuse", "ignore"):
        assert not lies_right(read_back(tmp_path, frame, gcj02=word), metres=50)
    layer = read_back(tmp_path, frame, gcj02="convert")
    assert lies_right(layer, metres=0.01) and "GCJ-02" in said(layer)


def test_zone_numbers_and_meridians_follow_the_standard():
    assert [zone_meridian(z) for z in (25, 34, 45, 13, 17, 23)] == [75, 102, 135, 75, 99, 135]
    for zone in (25, 34, 45):
        assert CRS.from_epsg(4488 + zone).name.endswith(f"zone {zone}")
    for zone in (13, 17, 23):
        assert CRS.from_epsg(4478 + zone).name.endswith(f"zone {zone}")
    assert look(Polygon([(3, 80), (4, 81), (3, 81)]).bounds).kind == "latlon"
    assert look((-70, -30, -60, -20)).kind == "degrees"
