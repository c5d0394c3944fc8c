"""Each trap of Chinese spatial data is met by its check, and a clean layer passes beside it."""

import json
import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from ecoredline.geodesy import areas_ha, distance_m, to_gcj02
from ecoredline.quality import CheckOptions, check_delivery
from ecoredline.quality.repair import repair_delivery

HERE = [box(101.70 + k / 100, 26.58, 101.709 + k / 100, 26.589) for k in range(3)]
BULGE_M = 15.53  # sagitta of the chord of 0.4° against its parallel, by pyproj
STATES = {"fail", "warn"}


def layer(shapes=HERE, crs=4490, **columns):
    count = len(shapes)
    data = {"编码": [f"R{k}" for k in range(count)], "名称": ["红线"] * count} | columns
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=crs)


def save(frame, path, **options):
    frame.to_file(path, engine="pyogrio", **options)
    return path


def found(path, check, **options):
    """Status and places of one check of a delivery."""
    report = check_delivery(path, CheckOptions(**options), only=[check])
    (result,) = report.results
    return result.status, result.places


@pytest.fixture
def clean(tmp_path):
    (tmp_path / "clean").mkdir()
    return save(layer(), tmp_path / "clean" / "redline.shp", encoding="UTF-8")


def test_a_clean_layer_passes_everything(clean, tmp_path):
    report = check_delivery(clean, CheckOptions(role="redline"))
    assert report.status == "pass", [(r.check.id, r.places) for r in report.of("warn", "fail")]
    assert len(report.of("pass")) >= 18


def test_gbk_table_without_cpg_and_prj(tmp_path):
    path = save(layer(), tmp_path / "redline.shp", encoding="GBK")
    for suffix in (".cpg", ".prj"):
        path.with_suffix(suffix).unlink()
    status, places = found(path, "file.parts")
    assert status == "warn" and [
        "缺少 .prj" in p.words or "缺少 .cpg" in p.words for p in places
    ] == [True, True]
    status, places = found(path, "file.encoding")
    assert status == "warn" and "GB18030" in places[0].words
    status, places = found(path, "crs.known")
    assert status == "warn" and "CGCS2000" in places[0].words


def test_a_byte_order_mark(tmp_path):
    path = save(layer(), tmp_path / "redline.geojson")
    assert found(path, "file.bom")[0] == "pass"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert found(path, "file.bom")[0] == "warn"
    assert found(path, "geometry.valid")[0] == "pass"


def test_swapped_axes(tmp_path, clean):
    turned = shapely.transform(np.array(HERE), lambda x, y: (y, x), interleaved=False)
    path = save(layer(turned), tmp_path / "redline.gpkg")
    assert found(path, "crs.axes")[0] == "fail"
    assert found(clean, "crs.axes")[0] == "pass"


def test_a_zone_number_the_crs_does_not_have(tmp_path):
    zoned = gpd.GeoSeries(HERE, crs=4490).to_crs(4522)
    plain = save(layer(zoned.to_numpy(), crs=4543), tmp_path / "plain.gpkg")
    status, places = found(plain, "crs.zone")
    assert status == "fail" and "34" in places[0].words
    status, places = found(
        save(layer(zoned.to_numpy(), crs=4525), tmp_path / "other.gpkg"), "crs.zone"
    )
    assert status == "fail" and "EPSG:4522" in places[0].words
    right = save(layer(zoned.to_numpy(), crs=4522), tmp_path / "right.gpkg")
    assert found(right, "crs.zone") == ("pass", ())


@pytest.mark.parametrize(("epsg", "said"), [(2412, "北京54"), (2337, "西安80"), (3857, "1.255")])
def test_old_datums_and_web_mercator(tmp_path, epsg, said):
    frame = layer().to_crs(epsg)
    status, places = found(save(frame, tmp_path / "redline.gpkg"), "crs.cgcs2000")
    assert status == "fail" and said in places[0].words


def test_areas_measured_in_web_mercator_are_recognised(tmp_path):
    hectares = layer().to_crs(3857).area / 1e4
    path = save(layer(**{"面积": hectares.to_numpy()}), tmp_path / "redline.gpkg")
    status, places = found(path, "attributes.area")
    assert status == "fail" and len(places) == 3 and "Web 墨卡托" in places[0].words
    assert "+25." in places[0].words
    for unit in (1.0, 1e4, 15.0):
        right = save(layer(**{"面积": areas_ha(HERE) * unit}), tmp_path / f"right{unit:g}.gpkg")
        assert found(right, "attributes.area")[0] == "pass"


def test_gcj02_is_measured_in_metres_against_a_reference(tmp_path):
    wavy = [
        shapely.Point(101.7 + k / 20, 26.6).buffer(0.02 + k / 300, quad_segs=12) for k in range(3)
    ]
    wavy = [shapely.segmentize(w, 0.002) for w in wavy]
    right = save(layer(wavy), tmp_path / "right.gpkg")
    moved = shapely.transform(np.array(wavy), to_gcj02, interleaved=False)
    path = save(layer(moved), tmp_path / "moved.gpkg")
    status, places = found(path, "crs.gcj02", reference=right)
    assert status == "fail" and re.search(r"偏移约 42[789] 米", places[0].words)
    assert found(right, "crs.gcj02", reference=right)[0] == "pass"
    assert found(path, "crs.gcj02")[0] == "skip"


def test_topojson_in_image_units_is_refused(tmp_path):
    arcs = [[[0, 0], [960, 0], [0, 600], [-960, 0], [0, -600]]]
    topology = {
        "type": "Topology", "transform": {"scale": [1, 1], "translate": [0, 0]}, "arcs": arcs,
        "objects": {"c": {"type": "GeometryCollection",
                          "geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {}}]}},
    }  # fmt: skip
    path = tmp_path / "map.json"
    path.write_text(json.dumps(topology))
    status, places = found(path, "file.planar")
    assert status == "fail" and "图像单位" in places[0].words
    topology["transform"] = {"scale": [1e-4, 1e-4], "translate": [101.7, 26.5]}
    path.write_text(json.dumps(topology))
    assert found(path, "file.planar")[0] == "warn"


def test_faults_of_shapes_have_their_feature_and_place(tmp_path):
    bow = Polygon([(101.80, 26.50), (101.81, 26.51), (101.81, 26.50), (101.80, 26.51)])
    double = Polygon([(101.82, 26.5), (101.83, 26.5), (101.83, 26.5), (101.83, 26.51)])
    thin = box(101.84, 26.50, 101.841, 26.500001)
    turned = Polygon(np.roll(np.array(HERE[0].exterior.coords)[:-1], 2, axis=0))
    path = save(layer([*HERE, bow, double, thin, turned, None]), tmp_path / "redline.gpkg")
    expected = {
        "geometry.valid": "R3", "geometry.duplicate_vertices": "R4", "geometry.sliver": "R5",
        "geometry.duplicate_features": "R6", "geometry.empty": "R7",
    }  # fmt: skip
    for check, row in expected.items():
        status, places = found(path, check)
        assert status in STATES and len(places) == 1, (check, places)
        assert places[0].feature.startswith(f"第{int(row[1:]) + 1}个要素")
    assert found(path, "geometry.valid")[1][0].lon == pytest.approx(101.805)


def test_overlaps_and_gaps_are_found_and_touching_is_neither(tmp_path):
    row = [box(101.70, 26.5, 101.71, 26.51), box(101.71, 26.5, 101.72, 26.51)]
    assert found(save(layer(row), tmp_path / "touch.gpkg"), "topology.overlap")[0] == "pass"
    over = [*row, box(101.719, 26.5, 101.73, 26.51)]
    status, places = found(save(layer(over), tmp_path / "over.gpkg"), "topology.overlap")
    shared = areas_ha([box(101.719, 26.5, 101.72, 26.51)])[0]
    assert status == "fail" and f"{shared:.4f} 公顷" in places[0].words
    crack = box(101.7099, 26.504, 101.71, 26.505)
    cracked = [shapely.difference(row[0], crack), row[1]]
    status, places = found(save(layer(cracked), tmp_path / "gap.gpkg"), "topology.gap")
    assert status == "warn" and places[0].lon == pytest.approx(101.70995, abs=1e-4)
    assert found(tmp_path / "gap.gpkg", "topology.gap", coverage=True)[0] == "fail"


def test_attributes_blank_doubled_unknown_and_dates(tmp_path):
    frame = layer(
        编码=["A", "A", ""], 管控区=["核心保护区", "实验区", "随便"], 批复日期=["2022-10-01", "2022.10", "20221301"]
    )  # fmt: skip
    path = save(frame, tmp_path / "redline.gpkg")
    assert len(found(path, "attributes.filled")[1]) == 1
    assert "重复" in found(path, "attributes.unique")[1][0].words
    assert [p.words for p in found(path, "attributes.domain")[1]] == ["管控区“随便”不在代码表中"]
    assert len(found(path, "attributes.dates")[1]) == 2
    bare = save(layer()[["geometry"]], tmp_path / "bare_redline.gpkg")
    status, places = found(bare, "attributes.fields", role="redline")
    assert status == "fail" and len(places) == 2


def test_the_last_edition_is_missed(tmp_path, clean):
    now = save(layer([HERE[0], HERE[1].buffer(-0.0005)]), tmp_path / "redline.gpkg")
    status, places = found(now, "period.withdrawn", previous=clean)
    assert status == "fail" and "R2" in places[0].words
    status, places = found(now, "period.area", previous=clean)
    assert status == "fail" and [p.feature for p in places] == ["R1"]


@pytest.mark.real
def test_real_code_tables_tell_abolished_and_statistical_codes_and_a_lonely_township(
    shared_data, tmp_path
):
    codes = shared_data / "admin-codes"
    history, areas = codes / "gbt2260_history_areacodes.csv", codes / "nbs2023_areas.csv"
    frame = layer([box(k, 26, k + 0.5, 26.5) for k in (100, 101, 102, 103)])
    frame["XZQDM"] = ["510402", "513425", "130171", "519999"]
    path = save(frame, tmp_path / "redline.gpkg")
    options = {"codes": history, "statistical": areas}
    status, places = found(path, "attributes.division_codes", **options)
    said = " ".join(p.words for p in places)
    assert status == "fail" and len(places) == 3
    assert "2021 年废止，后继代码 513402" in said and "统计用代码" in said and "519999" in said
    assert len(found(path, "attributes.division_codes", year=2019, **options)[1]) == 2
    frame["XZQDM"] = ["510402010", "510402001", "", ""]
    towns = (codes / "township_sichuan_pinyin_xiangyuecn.csv", codes / "nbs2023_streets.csv")
    path = save(frame, tmp_path / "redline2.gpkg")
    status, places = found(path, "attributes.township_tables", townships=towns)
    assert status == "warn" and [p.feature for p in places] == ["510402010"]
    assert "township_sichuan" in places[0].words


@pytest.mark.real
def test_the_real_counties_of_sichuan_show_their_known_faults(shared_data):
    path = shared_data / "admin-sichuan" / "sichuan_counties_mapchina_wgs84.geojson"
    history = shared_data / "admin-codes" / "gbt2260_history_areacodes.csv"
    report = check_delivery(path, CheckOptions(role="divisions", codes=history))
    failed = {r.check.id: [p.feature for p in r.places] for r in report.of("fail")}
    assert ["自流井区" in f for f in failed["geometry.valid"]] == [True]
    assert {f[-3:] for f in failed["attributes.division_codes"]} == {"会理县", "新津县"}


def test_slivers_from_densifying_one_neighbour_in_a_projection_are_told(tmp_path):
    south, north = box(101.5, 26.4, 101.9, 26.5), box(101.5, 26.5, 101.9, 26.6)
    plane = gpd.GeoSeries([south], crs=4490).to_crs(4543).segmentize(1000.0)
    assert (
        found(save(layer([south, north]), tmp_path / "same.gpkg"), "topology.overlap")[0] == "pass"
    )
    path = save(layer([plane.to_crs(4490).iloc[0], north]), tmp_path / "bent.gpkg")
    status, places = found(path, "topology.overlap")
    metres = distance_m(101.5, 26.5, 101.9, 26.5)
    assert status == "fail" and len(places) == 1
    hectares = float(re.search(r"重叠 ([\d.]+) 公顷", places[0].words)[1])
    assert hectares * 1e4 == pytest.approx(2 / 3 * metres * BULGE_M, rel=0.02)


def test_a_slit_open_at_its_ends_is_a_gap_and_a_missing_vertex_is_none(tmp_path):
    south, north = box(101.5, 26.4, 101.9, 26.5), box(101.5, 26.5, 101.9, 26.6)
    plane = gpd.GeoSeries([north], crs=4490).to_crs(4543).segmentize(1000.0)
    bent = save(layer([south, plane.to_crs(4490).iloc[0]]), tmp_path / "bent.gpkg")
    status, places = found(bent, "topology.gap", coverage=True)
    assert status == "fail" and all(p.lat == pytest.approx(26.5, abs=2e-4) for p in places)
    halves = [box(101.5, 26.5, 101.6, 26.6), box(101.6, 26.5, 101.9, 26.6)]
    path = save(layer([south, *halves]), tmp_path / "nodes.gpkg")
    assert found(path, "topology.gap", coverage=True) == ("pass", ())


def test_an_old_datum_without_a_way_is_looked_at_and_never_repaired(tmp_path):
    path = save(layer().set_crs(4610, allow_override=True), tmp_path / "redline.gpkg")
    status, places = found(path, "crs.cgcs2000")
    assert status == "fail" and "未做基准转换" in places[0].words
    changes, written = repair_delivery(path, tmp_path / "out")
    assert written == [] and [c.done for c in changes] == [False]
