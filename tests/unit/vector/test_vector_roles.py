import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, box
from vector_shelf import SECOND, SQUARE, redline, said, shapefile, write

from ecoredline.errors import InputError
from ecoredline.vector import read_divisions, read_places, read_protected_areas, read_redline
from ecoredline.vector.roles import control_zones, division_codes

BOWTIE = Polygon([(101.70, 26.58), (101.71, 26.59), (101.71, 26.58), (101.70, 26.59)])


def divisions(**columns):
    data = {
        "XZQDM": ["510402", "510403"],
        "XZQMC": ["东区", "西区"],
    } | columns
    count = len(next(iter(data.values())))
    shapes = [shapely.affinity.translate(SQUARE, 0.01 * i, 0) for i in range(count)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=4490)


def put(tmp_path, frame, name="a.gpkg", **options):
    return write(frame, tmp_path / name, **options)


def test_a_redline_has_its_standard_columns(tmp_path):
    frame = read_redline(put(tmp_path, redline()), version="2022").frame
    assert list(frame.columns) == [
        "code", "name", "control_zone", "function", "version", "is_demo", "geometry",
    ]  # fmt: skip
    assert frame["version"].tolist() == ["2022", "2022"]
    assert frame["function"].tolist() == ["", ""]
    assert frame["is_demo"].tolist() == [True, True]


@pytest.mark.parametrize(
    ("code", "name", "zone", "version"),
    [
        ("HXBM", "HXMC", "GKQ", "版本"),
        ("红线编码", "红线名称", "管控区", "批复日期"),
        ("斑块编号", "名称", "管控分区", "BBH"),
        ("BSM", "MC", "GNFQ", "Version"),
    ],
)
def test_columns_are_known_by_their_planning_names(tmp_path, code, name, zone, version):
    given = {"code": code, "name": name, "control_zone": zone}
    frame = redline().rename(columns=given).drop(columns="is_demo")
    frame[version] = "2022-09"
    layer = read_redline(put(tmp_path, frame))
    assert layer.frame["code"].tolist() == ["A1", "A2"]
    assert layer.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    assert layer.frame["control_zone"].tolist() == ["core", "general"]
    assert layer.frame["version"].tolist() == ["2022-09", "2022-09"]
    assert not layer.is_demo


def test_a_name_that_a_shapefile_cuts_to_ten_letters_is_known(tmp_path):
    layer = read_redline(shapefile(redline(), tmp_path / "a.shp"))
    assert layer.frame["control_zone"].tolist() == ["core", "general"]


def test_zones_of_older_schemes_keep_codes_of_their_own_and_strange_words_are_noted():
    notes = []
    words = {
        "核心区": "core_area", "缓冲区": "buffer", "实验区": "experimental", "一类管控区": "class_1",
        "二类": "class_2", "CORE": "core", "核心保护区 ": "core", "": "", "重点区": "", "1": "",
    }  # fmt: skip
    zones = control_zones(np.array([*words, "重点区"], dtype=object), notes)
    assert zones == [*words.values(), ""]
    assert any("重点区" in n and "2" in n for n in notes)


def test_demo_and_real_redlines_in_one_layer_are_refused(tmp_path):
    with pytest.raises(
        InputError, match="1 demo and 1 real polygons; demo and real redlines cannot be mixed"
    ):
        read_redline(put(tmp_path, redline(is_demo=[1, 0])))


def test_a_redline_without_codes_counts_its_rows(tmp_path):
    layer = read_redline(put(tmp_path, redline().drop(columns="code")))
    assert layer.frame["code"].tolist() == ["R1", "R2"]
    assert "2 个要素没有编码" in said(layer)


def test_self_intersections_are_mended_and_their_place_is_said(tmp_path):
    frame = redline().set_geometry([BOWTIE, SECOND], crs=4490)
    layer = read_redline(put(tmp_path, frame))
    assert layer.frame.geometry.is_valid.all()
    assert "修复无效图形：第1个要素白坡山（自相交，位于 101.705000, 26.585000）" in said(layer)
    assert layer.frame.geometry.iloc[0].area == pytest.approx(SQUARE.area / 2, rel=1e-9)


def test_many_faults_are_counted_and_only_some_named(tmp_path):
    count = 8
    frame = redline(
        code=list("abcdefgh"),
        name=list("甲乙丙丁戊己庚辛"),
        control_zone=[""] * count,
        is_demo=[0] * count,
    )
    frame["geometry"] = [shapely.affinity.translate(BOWTIE, 0.02 * i) for i in range(count)]
    layer = read_redline(put(tmp_path, frame))
    assert "等共 8 个" in said(layer) and "第6个" not in said(layer)


def test_a_spike_without_area_is_left_out(tmp_path):
    spike = Polygon([(101.7, 26.5), (101.71, 26.5), (101.72, 26.5), (101.7, 26.5)])
    layer = read_redline(put(tmp_path, redline().set_geometry([spike, SECOND], crs=4490)))
    assert layer.frame["code"].tolist() == ["A2"]
    assert "没有面积" in said(layer)
    with pytest.raises(InputError, match="no area"):
        read_redline(put(tmp_path, redline().set_geometry([spike, spike], crs=4490), "b.gpkg"))


def test_heights_are_taken_off(tmp_path):
    frame = redline().set_geometry(shapely.force_3d([SQUARE, SECOND], 1500.0), crs=4490)
    assert not read_redline(put(tmp_path, frame)).frame.geometry.has_z.any()


def test_protected_areas_have_their_standard_columns(tmp_path):
    frame = gpd.GeoDataFrame(
        {"BHDMC": ["攀枝花苏铁"], "JB": ["国家级"], "类型": ["自然保护区"]},
        geometry=[SQUARE],
        crs=4490,
    )
    layer = read_protected_areas(put(tmp_path, frame))
    assert list(layer.frame.columns) == ["code", "name", "level", "kind", "is_demo", "geometry"]
    assert layer.frame.iloc[0][:4].tolist() == ["P1", "攀枝花苏铁", "国家级", "自然保护区"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("XZQDM", "XZQMC"),
        ("行政区划代码", "行政区名称"),
        ("adcode", "name"),
        ("Code_County", "Name_County"),
        ("PAC", "NAME"),
    ],
)
def test_divisions_are_known_by_their_planning_names(tmp_path, code, name):
    frame = divisions().rename(columns={"XZQDM": code, "XZQMC": name})
    layer = read_divisions(put(tmp_path, frame))
    assert layer.frame["code"].tolist() == ["510402", "510403"]
    assert layer.frame["name"].tolist() == ["东区", "西区"]
    assert layer.frame["level"].tolist() == ["county", "county"]
    assert list(layer.frame.columns)[:3] == ["code", "name", "level"]


def test_levels_follow_from_codes_and_numbers_are_fine(tmp_path):
    frame = divisions(
        XZQDM=[510000, 510400, 510422, 510422203],
        XZQMC=["四川省", "攀枝花市", "盐边县", "红果彝族乡"],
    )
    layer = read_divisions(put(tmp_path, frame))
    assert layer.frame["level"].tolist() == ["province", "city", "county", "township"]
    assert layer.frame["code"].tolist() == ["510000", "510400", "510422", "510422203"]


def test_twelve_digit_codes_are_shortened_and_villages_left_out(tmp_path):
    codes = ["510422000000", "510422203000", "510422203201", ""]
    layer = read_divisions(
        put(tmp_path, divisions(XZQDM=codes, XZQMC=["盐边县", "红果彝族乡", "某村", "境界线"]))
    )
    assert layer.frame["code"].tolist() == ["510422", "510422203"]
    assert "2 个要素没有行政区划代码或为村级" in said(layer)


@pytest.mark.parametrize("code", ["51042", "5104221", "盐边县", "51O422", "5104222030"])
def test_codes_that_are_none_are_refused_by_name(code):
    with pytest.raises(InputError, match="wanted 6, 9 or 12 digits"):
        division_codes(["510402", code])


def test_full_width_digits_are_digits():
    assert division_codes(["５１０４０２"]) == ["510402"]


def test_a_layer_without_codes_says_what_it_has(tmp_path):
    frame = divisions().drop(columns="XZQDM")
    with pytest.raises(
        InputError, match="with columns XZQMC; wanted a code column named one of: code, adcode"
    ):
        read_divisions(put(tmp_path, frame))


def test_a_division_without_a_name_gets_that_of_the_list(tmp_path):
    layer = read_divisions(put(tmp_path, divisions(XZQMC=["", None])))
    assert layer.frame["name"].tolist() == ["东区", "西区"]
    assert "2 个行政区划没有名称" in said(layer)


def test_parents_names_are_kept_where_the_file_gives_them(tmp_path):
    frame = divisions(Name_Province=["四川省"] * 2, Name_Perfecture=["攀枝花市"] * 2)
    layer = read_divisions(put(tmp_path, frame))
    assert layer.frame["province"].tolist() == ["四川省"] * 2
    assert layer.frame["city"].tolist() == ["攀枝花市"] * 2


def test_places_are_points_with_names(tmp_path):
    frame = gpd.GeoDataFrame(
        {"地名": ["示范村一", "", "水库", "双点"], "类别": ["村", "村", "水体", "村"]},
        geometry=[Point(101.7, 26.5), Point(101.8, 26.5), SQUARE, MultiPolygon([SQUARE, SECOND])],
        crs=4490,
    )
    layer = read_places(put(tmp_path, frame, geometry_type="Unknown"))
    assert layer.frame["name"].tolist() == ["示范村一", "水库", "双点"]
    assert (layer.frame.geom_type == "Point").all()
    assert SQUARE.contains(layer.frame.geometry.iloc[1])
    assert "1 个地名点没有名称" in said(layer) and "2 个地名不是单点" in said(layer)
    with pytest.raises(InputError, match="no named place"):
        read_places(put(tmp_path, frame.iloc[[1]], "b.gpkg"))


def test_a_chinese_name_is_preferred_and_blank_ones_are_filled(tmp_path):
    frame = gpd.GeoDataFrame(
        {"NAME": ["Panzhihua", "Huize"], "NAME_ZH": ["攀枝花", None]},
        geometry=[Point(101.7, 26.5), Point(103.4, 26.4)],
        crs=4490,
    )
    assert read_places(put(tmp_path, frame)).frame["name"].tolist() == ["攀枝花", "Huize"]


@pytest.mark.real
def test_the_real_boundaries_are_read_without_complaint(shared_data):
    folder = shared_data / "admin-panzhihua"
    counties = read_divisions(folder / "panzhihua_counties_mapchina_wgs84.geojson")
    assert sorted(counties.frame["code"]) == ["510402", "510403", "510411", "510421", "510422"]
    assert set(counties.frame["city"]) == {"攀枝花市"}
    assert counties.frame.set_index("code").loc["510422", "name"] == "盐边县"
    city = read_divisions(folder / "panzhihua_city_tianditu_wgs84.geojson")
    assert city.frame["level"].tolist() == ["city"]
    assert counties.notes == city.notes == []
    assert box(100.5, 25.5, 102.8, 28).contains(shapely.union_all(city.frame.geometry))
