"""Projects of any file arrive at the same place; what is wrong is told cell by cell."""

import math

import geopandas as gpd
import pyproj
import pytest
import shapely
from openpyxl import Workbook
from shapely.geometry import box

from ecoredline.admission import Reading, TableFaults, read_projects
from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.geodesy import area_ha, format_dms

HERE = box(101.70, 26.58, 101.71, 26.59)
HECTARES = 110.3723
PANSHITOU_HA = 201.07  # union of the two published rings, by pyproj on GRS80


def same_place(shape, tolerance_m2=30.0):
    apart = shapely.symmetric_difference(shape, HERE)
    return area_ha(apart) * 1e4 < tolerance_m2


def vertices(path, rows, head):
    path.write_text("\n".join([head, *(",".join(map(str, r)) for r in rows)]), "utf-8")
    return path


def corners(epsg):
    step = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    return [step.transform(x, y) for x, y in HERE.exterior.coords[:-1]]


@pytest.mark.parametrize(("suffix", "driver"), [
    ("shp", None), ("geojson", "GeoJSON"), ("kml", "KML"), ("gpkg", "GPKG"), ("dxf", "DXF"),
])  # fmt: skip
def test_a_project_of_any_vector_format_is_the_same_area(tmp_path, suffix, driver):
    path = tmp_path / f"p.{suffix}"
    shape = HERE if suffix != "dxf" else HERE.exterior
    frame = gpd.GeoDataFrame(
        {"Name": ["甲"]}, geometry=[shape], crs=None if suffix == "dxf" else 4326
    )
    if suffix == "dxf":
        frame = frame[["geometry"]]
    frame.to_file(path, driver=driver, engine="pyogrio")
    (project,) = read_projects(path)
    assert same_place(project.shape)
    assert len(project.sha256) == 64 and project.source == path.name


@pytest.mark.parametrize(("epsg", "given"), [
    (4522, None), (4523, None), (4495, None), (4543, "EPSG:4543"), (4506, "EPSG:4506"),
])  # fmt: skip
@pytest.mark.parametrize("swapped", [False, True])
def test_eastings_of_every_zone_and_either_order_are_understood(tmp_path, epsg, given, swapped):
    rows = [(y, x) if swapped else (x, y) for x, y in corners(epsg)]
    path = vertices(tmp_path / "p.csv", rows, "X坐标,Y坐标")
    (project,) = read_projects(path, Reading(crs=given))
    assert same_place(project.shape)
    assert any("颠倒" in n for n in project.notes) == swapped


def test_an_easting_without_zone_or_word_is_refused_with_what_to_say(tmp_path):
    path = vertices(tmp_path / "p.csv", corners(4543), "X,Y")
    with pytest.raises(UnsuitableCRS, match="EPSG:4543"):
        read_projects(path)


def test_degrees_minutes_seconds_in_a_workbook_with_two_projects_and_a_hole(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["项目名称", "地块", "点号", "经度", "纬度"])
    inner = box(101.702, 26.582, 101.704, 26.584)
    for name, ring, shape in (("甲", 1, HERE), ("甲", 2, inner), ("乙", 1, inner)):
        for number, (x, y) in enumerate(shape.exterior.coords, 1):
            sheet.append([name, ring, number, format_dms(x, "lon", 4), format_dms(y, "lat", 4)])
    book.save(tmp_path / "p.xlsx")
    first, second = read_projects(tmp_path / "p.xlsx")
    assert area_ha(first.shape) == pytest.approx(HECTARES - area_ha(inner), abs=1e-3)
    assert any("内环" in n for n in first.notes)
    assert second.name == "乙" and area_ha(second.shape) == pytest.approx(area_ha(inner), abs=1e-3)


def test_every_bad_cell_is_told_and_nothing_is_taken(tmp_path):
    path = vertices(
        tmp_path / "p.csv",
        [(1, 101.7, 26.5), (1, "abc", 26.5), (1, 101.8, ""), (1, "101°70′0″", 26.6), (2, 101.7, 26.5),
         (2, 101.7, 26.5), (2, 101.7, 26.5)],
        "环号,经度,纬度",
    )  # fmt: skip
    with pytest.raises(TableFaults) as told:
        read_projects(path)
    places = [(f.row, f.column, f.value) for f in told.value.faults]
    assert places == [
        (3, "经度", "abc"),
        (4, "纬度", ""),
        (5, "经度", "101°70′0″"),
        (6, "环号", "2"),
    ]


def test_titles_above_the_head_do_no_harm_and_rows_keep_their_numbers(tmp_path):
    book = Workbook()
    sheet = book.active
    for row in (["某项目拐点坐标表"], [], ["点号", "经度", "纬度"]):
        sheet.append(row)
    for number, (x, y) in enumerate(HERE.exterior.coords[:-1], 1):
        sheet.append([number, x, y])
    book.save(tmp_path / "p.xlsx")
    (project,) = read_projects(tmp_path / "p.xlsx")
    assert same_place(project.shape)
    sheet["B5"] = "一百零一度"
    book.save(tmp_path / "p.xlsx")
    with pytest.raises(TableFaults) as told:
        read_projects(tmp_path / "p.xlsx")
    assert [(f.row, f.column) for f in told.value.faults] == [(5, "经度")]


def test_a_point_needs_a_buffer_and_gets_it_in_metres(tmp_path):
    path = vertices(tmp_path / "p.csv", [("井场", 101.7, 26.58)], "项目名称,lon,lat")
    with pytest.raises(InputError, match="--buffer"):
        read_projects(path)
    (project,) = read_projects(path, Reading(buffer_m=250.0))
    assert area_ha(project.shape) * 1e4 == pytest.approx(math.pi * 250**2, rel=3e-3)
    assert project.buffer_m == 250.0 and any("横轴墨卡托" in n for n in project.notes)


def test_a_buffered_line_of_60_km_keeps_its_width(tmp_path):
    line = shapely.LineString([(101.4, 26.5), (102.0, 26.5)])
    path = tmp_path / "road.geojson"
    gpd.GeoDataFrame({"name": ["路"]}, geometry=[line], crs=4326).to_file(path)
    (road,) = read_projects(path, Reading(buffer_m=20.0))
    geod = pyproj.Geod(ellps="GRS80")
    _, _, length = geod.inv(101.4, 26.5, 102.0, 26.5)
    assert area_ha(road.shape) * 1e4 == pytest.approx(length * 40 + math.pi * 400, rel=2e-3)


def test_gcj02_is_moved_only_on_the_users_word(tmp_path):
    from ecoredline.geodesy import to_gcj02

    path = tmp_path / "p.geojson"
    shifted = shapely.transform(HERE, to_gcj02, interleaved=False)
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shifted], crs=4326).to_file(path)
    (still,) = read_projects(path)
    (moved,) = read_projects(path, Reading(gcj02="convert"))
    assert not same_place(still.shape, 1e5) and same_place(moved.shape)


@pytest.mark.real
def test_the_published_water_source_rings_are_read_and_their_overlap_is_questioned(shared_data):
    path = shared_data / "cases-and-coordinates" / "water_source_vertices_panshitou.csv"
    (project,) = read_projects(path)
    assert area_ha(project.shape) == pytest.approx(PANSHITOU_HA, rel=0.01)
    assert any("取水口" in n and "未计入" in n for n in project.notes)
    assert any("部分重叠" in n for n in project.notes)


SURVEY = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
带号={zone}
[地块坐标]
5,110.4,DK1,甲地块,面,,采矿,,@
{rows}"""


@pytest.mark.parametrize("epsg", [4522, 4543])
def test_the_coordinate_text_of_a_survey_with_and_without_zone_in_the_easting(tmp_path, epsg):
    rows = "\n".join(f"J{k},1,{y:.4f},{x:.4f}" for k, (x, y) in enumerate(corners(epsg), 1))
    path = tmp_path / "p.txt"
    path.write_text(SURVEY.format(zone=34, rows=rows), "gb18030")
    (project,) = read_projects(path)
    assert same_place(project.shape) and (project.code, project.name) == ("DK1", "甲地块")
    path.write_text(SURVEY.format(zone=34, rows=rows.replace("J2,1,", "J2,1,x")), "gb18030")
    with pytest.raises(TableFaults) as told:
        read_projects(path)
    assert [(f.row, f.column) for f in told.value.faults] == [(9, "X")]
    if epsg == 4543:
        path.write_text(SURVEY.format(zone="", rows=rows), "utf-8")
        with pytest.raises(InputError, match="带号"):
            read_projects(path)


def ring(layer: str, west: float, south: float, side: float) -> str:
    corners = [
        (west, south),
        (west + side, south),
        (west + side, south + side),
        (west, south + side),
    ]
    head = f"0\nLWPOLYLINE\n8\n{layer}\n90\n4\n70\n1\n"
    return head + "".join(f"10\n{x}\n20\n{y}\n" for x, y in corners)


def test_the_default_layer_of_a_drawing_is_no_code_and_its_parts_are_numbered(tmp_path):
    path = tmp_path / "厂区.dxf"
    rings = [("0", 101.70, 26.50, 0.01), ("0", 101.702, 26.502, 0.002), ("0", 101.75, 26.50, 0.01),
             ("HOMES", 101.80, 26.50, 0.01), ("HOMES", 101.82, 26.50, 0.01)]  # fmt: skip
    body = "".join(ring(*r) for r in rings)
    path.write_text(f"0\nSECTION\n2\nENTITIES\n{body}0\nENDSEC\n0\nEOF\n", encoding="utf-8")
    found = {p.code: p for p in read_projects(path, Reading(crs="EPSG:4490"))}
    assert set(found) == {"厂区-1", "厂区-2", "HOMES"}
    assert any("默认图层" in n and "2 处" in n for n in found["HOMES"].notes)
    holes = [len(shapely.get_rings(p.shape)) - 1 for k, p in found.items() if k != "HOMES"]
    assert sorted(holes) == [0, 1], "a ring inside another is a hole"
    assert shapely.get_num_geometries(found["HOMES"].shape) == 2
    (one,) = read_projects(path, Reading(crs="EPSG:4490", together=True))
    assert one.code == "HOMES"


@pytest.mark.parametrize(("name", "first"), [("80", (2934000, 35500000)), ("54", (26.5, 101.7))])
def test_survey_text_on_an_older_datum_is_refused_though_the_numbers_look_right(
    tmp_path, name, first
):
    north, east = first
    far = 100 if north > 90 else 0.01
    rows = [(0, 0), (0, far), (far, far), (far, 0)]
    lines = [f"J{k},1,{north + a},{east + b}" for k, (a, b) in enumerate(rows)]
    head = f"[属性描述]\n坐标系={name}坐标系\n几度分带=3\n[地块坐标]\n4,0.5,A,地块,面,,,,@\n"
    path = tmp_path / "界址点.txt"
    path.write_text(head + "\n".join(lines), encoding="utf-8")
    with pytest.raises(UnsuitableCRS, match=f"{name}坐标系.*EPSG:4490"):
        read_projects(path, Reading())
