"""A delivery and a table of markers with everything wrong at once; distances by an oracle."""

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Geod

from ecoredline.boundary import LineIndex, read_delivery, read_markers
from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS

GEOD = Geod(a=6378137.0, rf=298.257222101)


def write(path, rows):
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)
    pyogrio.write_dataframe(frame, path)
    return path


def square(number, **facts):
    west = 101.70 + number * 0.02
    return {"编码": f"R{number}", "geometry": shapely.box(west, 26.58, west + 0.01, 26.59)} | facts


def test_every_fault_of_a_delivery_is_told_at_once(tmp_path):
    rows = [
        square(0, geometry=None, 管控区="", 主导生态功能="", XZQDM=""),  # left out, but counted
        square(1, 管控区="核心保护区", 主导生态功能="水源涵养、水土保持", XZQDM="510422"),
        square(2, 编码="R1", 管控区="核心区", 主导生态功能="其他功能", XZQDM="5104"),
        square(3, 编码="", 管控区="保留区", 主导生态功能="", XZQDM=""),
        square(4, geometry=shapely.box(101.725, 26.58, 101.745, 26.59), 管控区="", 主导生态功能="", XZQDM=""),
    ]  # fmt: skip
    found = read_delivery(write(tmp_path / "redline.gpkg", rows))
    said = "\n".join(map(str, found.faults))
    for words in ("第3行“红线斑块编码”“R1”：与第2行重复", "第4行“红线斑块编码”：未填写", "“5104”：应为 6 位",
                  "第4行“管控区”“保留区”：不在代码表中", "与第5行 R4 重叠"):  # fmt: skip
        assert words in said
    assert len(found.faults) == 6  # both squares called R1 overlap the fourth
    assert list(found.frame["control_zone"]) == ["core", "core_area", "", ""]
    assert list(found.frame["zone_word"])[1] == "核心区"
    assert any("其他功能" in note for note in found.notes)


def test_a_delivery_without_codes_cannot_be_compared(tmp_path):
    rows = [{"备注": "x", "geometry": square(1)["geometry"]}]
    found = read_delivery(write(tmp_path / "redline.geojson", rows))
    assert any("没有斑块编码列" in fault.reason for fault in found.faults)


def test_distance_to_the_line_agrees_with_densified_geodesics():
    turns = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    star = 0.05 * (1 + 0.3 * np.sin(7 * turns))
    shape = shapely.Polygon(np.c_[101.8 + star * np.cos(turns), 26.6 + star * np.sin(turns)])
    index = LineIndex([shape, shapely.box(102.0, 26.5, 102.1, 26.6)])
    dense = shapely.get_coordinates(shapely.segmentize(shape.exterior, 2e-6))
    for lon, lat in ((101.8, 26.6), (101.71, 26.65), (101.84, 26.57), (101.95, 26.62)):
        least = GEOD.inv(*np.broadcast_arrays(lon, lat, dense[:, 0], dense[:, 1]))[2].min()
        if lon < 101.9:
            assert index.distance_m(lon, lat) == pytest.approx(least, abs=0.02)
    assert index.distance_m(102.05, 26.6) == pytest.approx(0, abs=1e-6)
    assert LineIndex([]).distance_m(101, 26) is None


def test_every_fault_of_a_table_of_markers(tmp_path):
    path = tmp_path / "界桩.csv"
    path.write_bytes(
        "编号,类型,经度,纬度,设立日期,状态\n"
        "J1,界桩,E101°42′00″,26.58,2024年5月1日,\n"
        "J1,石头,200,26.5,2024-02-30,好\n,标识牌,,26.5,,缺失\n".encode("gbk")
    )
    found = read_markers(path)
    assert found.rows[0] | {"erected_on": None} == {
        "number": "J1", "kind": "marker", "lon": 101.7, "lat": 26.58, "redline_code": "",
        "text": "", "erected_on": None, "state": "good",
    }  # fmt: skip
    assert {(f.row, f.column) for f in found.faults} == {
        (3, "编号"), (3, "类型"), (3, "经度"), (3, "设立日期"), (3, "状态"), (4, "编号"), (4, "经度"),
    }  # fmt: skip
    (tmp_path / "x.csv").write_text("甲,乙\n1,2\n")
    with pytest.raises(InputError, match=r"缺少列：编号、类型、经度、纬度"):
        read_markers(tmp_path / "x.csv")
