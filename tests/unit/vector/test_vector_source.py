import json
import zipfile

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, Point
from vector_shelf import SECOND, SQUARE, redline, said, shapefile, write

from ecoredline.errors import InputError, SourceError
from ecoredline.vector import read_layer, read_redline

FORMATS = {
    "gpkg": "GPKG",
    "geojson": "GeoJSON",
    "shp": "ESRI Shapefile",
    "kml": "LIBKML",
    "fgb": "FlatGeobuf",
    "gdb": "OpenFileGDB",
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_common_format_gives_the_same_redline(tmp_path, suffix):
    frame = redline().to_crs(4326) if suffix in ("kml", "geojson") else redline()
    options = {"encoding": "UTF-8"} if suffix == "shp" else {}
    path = write(frame, tmp_path / f"红线.{suffix}", driver=FORMATS[suffix], **options)
    layer = read_redline(path)
    found = layer.frame.sort_values("code")
    assert found["name"].tolist() == ["白坡山", "二滩湿地"]
    assert found["control_zone"].tolist() == ["core", "general"]
    assert layer.is_demo
    assert layer.frame.crs.to_epsg() == 4490
    assert found.geometry.iloc[0].symmetric_difference(SQUARE).area < 1e-10


def test_a_zipped_shapefile_with_gbk_names_inside_is_read(tmp_path):
    path = shapefile(redline(), tmp_path / "a.shp", encoding="GBK", keep_cpg=False)
    packed = tmp_path / "红线.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("a.*"):
            info = zipfile.ZipInfo("红线/斑块".encode("gbk").decode("cp437") + part.suffix)
            archive.writestr(info, part.read_bytes())
            info.flag_bits &= ~0x800
    layer = read_redline(packed)
    assert layer.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    assert path.exists()


def test_a_zip_with_two_shapefiles_asks_which(tmp_path):
    for name in ("a", "b"):
        shapefile(redline(), tmp_path / f"{name}.shp")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for part in [*tmp_path.glob("a.*"), *tmp_path.glob("b.*")]:
            archive.write(part, part.name)
    with pytest.raises(InputError, match=r"2 vector files \(a.shp、b.shp\)"):
        read_redline(tmp_path / "both.zip")


def test_a_member_that_climbs_out_of_the_zip_stays_inside(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../outside.geojson", redline().to_crs(4326).to_json())
    assert len(read_redline(tmp_path / "evil.zip").frame) == 2
    assert not (tmp_path.parent / "outside.geojson").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.gpkg", "a.shp", "a.geojson", "a.kml"])
def test_absent_empty_and_garbage_files_are_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(SourceError, match="does not exist"):
        read_layer(path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="zero bytes"):
        read_layer(path)
    path.write_bytes(b"not a map at all " * 20)
    with pytest.raises(SourceError, match=name):
        read_layer(path)


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson"])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    frame = redline().to_crs(4326) if suffix == "geojson" else redline()
    path = write(frame, tmp_path / f"a.{suffix}", driver=FORMATS[suffix])
    path.write_bytes(path.read_bytes()[: -60 if suffix == "shp" else -200])
    with pytest.raises(SourceError, match=f"a.{suffix}"):
        read_layer(path)


def test_a_shapefile_whose_table_is_cut_short_is_refused(tmp_path):
    path = shapefile(redline(), tmp_path / "a.shp")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-50])
    with pytest.raises(SourceError, match=r"a\.dbf .* cut short"):
        read_layer(path)


def test_a_shapefile_without_index_or_table(tmp_path):
    path = shapefile(redline(), tmp_path / "a.shp")
    path.with_suffix(".dbf").unlink()
    layer = read_redline(path)
    assert "缺少 .dbf" in said(layer)
    assert layer.frame["code"].tolist() == ["R1", "R2"]
    path.with_suffix(".shx").unlink()
    with pytest.raises(SourceError, match=r"without its \.shx"):
        read_redline(path)


@pytest.mark.parametrize("language", [None, 0, 0x57])
def test_a_gbk_shapefile_without_cpg_and_prj_is_read_with_notes(tmp_path, language):
    path = shapefile(
        redline(),
        tmp_path / "a.shp",
        encoding="GBK",
        keep_cpg=False,
        keep_prj=False,
        language=language,
    )
    layer = read_redline(path)
    assert layer.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    assert layer.frame["control_zone"].tolist() == ["core", "general"]
    assert "属性表编码缺少 .cpg，按字节判定为 GB18030" in said(layer)
    assert "文件没有坐标系" in said(layer) and "EPSG:4490" in said(layer)
    assert layer.frame.geometry.iloc[0].equals(SQUARE)


def test_a_wrong_cpg_is_overruled_by_the_bytes(tmp_path):
    path = shapefile(redline(), tmp_path / "a.shp", encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")
    layer = read_redline(path)
    assert layer.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    assert "与 .cpg（utf-8）不符" in said(layer)


def test_utf8_without_cpg_and_latin_text_need_no_gbk(tmp_path):
    layer = read_redline(shapefile(redline(), tmp_path / "a.shp", keep_cpg=False))
    assert layer.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    latin = redline(name=["one", "two"], control_zone=["core", "general"])
    assert "编码" not in said(read_redline(shapefile(latin, tmp_path / "b.shp", keep_cpg=False)))


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_names_cut_in_the_middle_of_a_character_lose_only_that_one(tmp_path, encoding):
    whole, cut = ("红" * 20 + "ab").encode(encoding), ("红" * 20 + "线").encode(encoding)
    frame = redline(name=["红" * 20 + "ab", "线"])
    path = shapefile(frame, tmp_path / "a.shp", encoding=encoding, keep_cpg=False)
    table = path.with_suffix(".dbf")
    raw = table.read_bytes()
    row = raw.index(whole)
    half = cut[: len(cut) - 1]
    table.write_bytes(raw[:row] + half.ljust(len(whole)) + raw[row + len(whole) :])
    widest = table.read_bytes()
    assert len(widest) == len(raw) and widest != raw
    name = read_layer(path).frame["name"].iloc[0]
    assert name.startswith("红" * 20) and "线" not in name and len(name) <= 21


def test_a_given_encoding_is_believed_unless_it_cannot_be(tmp_path):
    path = shapefile(redline(), tmp_path / "a.shp", encoding="GBK", keep_cpg=False)
    assert read_redline(path, encoding="GB18030").frame["name"].iloc[0] == "白坡山"
    with pytest.raises(InputError, match="cannot be UTF-8"):
        read_redline(path, encoding="UTF-8")


def test_geojson_with_a_byte_order_mark_or_in_gbk_is_read(tmp_path):
    text = json.dumps(json.loads(redline().to_crs(4326).to_json()), ensure_ascii=False)
    (tmp_path / "bom.geojson").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "gbk.geojson").write_bytes(text.encode("gbk"))
    plain, shifted = read_redline(tmp_path / "bom.geojson"), read_redline(tmp_path / "gbk.geojson")
    assert plain.frame["name"].tolist() == shifted.frame["name"].tolist() == ["白坡山", "二滩湿地"]
    assert "GB18030" in said(shifted) and "GB18030" not in said(plain)


def test_a_file_with_several_layers_asks_which_unless_one_is_meant(tmp_path):
    path = write(redline(), tmp_path / "a.gpkg", layer="一")
    write(redline(), path, layer="二", append=True)
    with pytest.raises(InputError, match="layers 一, 二"):
        read_redline(path)
    assert len(read_redline(path, layer="二").frame) == 2
    with pytest.raises(InputError, match="got layer '三'"):
        read_redline(path, layer="三")
    write(redline(), path, layer="redline", append=True)
    assert "读取了“redline”" in said(read_redline(path))


def test_tables_lines_and_empty_layers_are_refused(tmp_path):
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), tmp_path / "table.gpkg", layer="t")
    with pytest.raises(InputError, match="without any layer that has shapes"):
        read_layer(tmp_path / "table.gpkg")
    lines = gpd.GeoDataFrame(
        {"name": ["x"]}, geometry=[LineString([(101, 26), (102, 27)])], crs=4490
    )
    with pytest.raises(InputError, match="with lines; wanted polygons"):
        read_redline(write(lines, tmp_path / "lines.gpkg"))
    points = gpd.GeoDataFrame({"name": ["x"]}, geometry=[Point(101, 26)], crs=4490)
    with pytest.raises(InputError, match="with points; wanted polygons"):
        read_redline(write(points, tmp_path / "points.gpkg"))
    with pytest.raises(InputError, match="no features"):
        read_redline(write(redline().iloc[:0], tmp_path / "empty.gpkg", geometry_type="Polygon"))
    hollow = gpd.GeoDataFrame({"name": ["x"]}, geometry=[None], crs=4490)
    with pytest.raises(InputError, match="without a single shape"):
        read_redline(write(hollow, tmp_path / "hollow.gpkg", geometry_type="Polygon"))


def test_lines_and_empty_shapes_among_polygons_are_left_out_and_noted(tmp_path):
    shapes = [SQUARE, LineString([(101, 26), (102, 27)]), None, SECOND]
    mixed = gpd.GeoDataFrame({"name": ["甲", "境界线", "空", "乙"]}, geometry=shapes, crs=4490)
    layer = read_redline(write(mixed, tmp_path / "mixed.gpkg", geometry_type="Unknown"))
    assert layer.frame["name"].tolist() == ["甲", "乙"]
    assert "丢弃 1 个非面图形：第2个要素境界线" in said(layer)
    assert "丢弃 1 个空图形：第3个要素空" in said(layer)


def test_an_unknown_option_for_gcj02_is_refused(tmp_path):
    with pytest.raises(InputError, match="refuse, convert, ignore"):
        read_layer(write(redline(), tmp_path / "a.gpkg"), gcj02="maybe")
