"""Every way a project's outline comes in gives one answer, by page and by command; what is wrong is told whole."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile

import admitting
import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from pyproj import Transformer
from sample_run import box
from test_admissions import GENERAL

from ecoredline.admission.command import command
from ecoredline.geodesy import area_ha, format_dms, to_gcj02
from ecoredline.web.admissions.models import Admission
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.regions.models import RedlinePolygon

pytestmark = pytest.mark.django_db
HERE = box(*GENERAL)
NAME = "某某水电站送出线路改造及配套道路工程（二期）"
DEGREES = 4490
ZONES = {  # a system of each kind: is the zone in the easting?
    "3° zone 34": (4522, None), "6° zone 17": (4495, None),
    "3° at 102°E": (4543, "EPSG:4543"), "6° at 99°E": (4506, "EPSG:4506"),
}  # fmt: skip


def corners(epsg=DEGREES):
    step = Transformer.from_crs(DEGREES, epsg, always_xy=True)
    return [step.transform(x, y) for x, y in HERE.exterior.coords[:-1]]


def layer(path, epsg=DEGREES, shape=HERE, **how):
    frame = gpd.GeoDataFrame({"name": [NAME]}, geometry=[shape], crs=DEGREES).to_crs(epsg)
    if path.suffix == ".dxf":
        frame = frame[["geometry"]]
    frame.to_file(path, engine="pyogrio", **how)
    return path


def zipped(path, **how):
    shp = layer(path.with_suffix(".shp"), **how)
    with zipfile.ZipFile(path, "w") as archive:
        for part in shp.parent.glob(f"{shp.stem}.*"):
            if part.suffix in (
                ".shp",
                ".shx",
                ".dbf",
                ".prj",
            ):  # without .cpg, as offices send them
                archive.write(part, f"项目/{part.name}")
    return path


def table(path, rows, head=("项目名称", "经度", "纬度"), encoding="utf-8"):
    rows = [head, *((NAME, x, y) for x, y in rows)]
    if path.suffix == ".xlsx":
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return path
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def dms(rows):
    return [(format_dms(x, "lon", 5), format_dms(y, "lat", 5)) for x, y in rows]


def parcels(path):
    lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "带号=34", "[地块坐标]",
             f"4,0.1,1,{NAME},面,,,,@"]  # fmt: skip
    lines += [f"J{k + 1},1,{y:.4f},{x:.4f}" for k, (x, y) in enumerate(corners(4543))]
    path.write_text("\n".join(lines), "gb18030")
    return path


MAKERS = {
    "zip, GBK without cpg": lambda d: zipped(d / "p.zip", encoding="gbk"),
    "zip, 6°": lambda d: zipped(d / "p.zip", epsg=4506),
    "geojson": lambda d: layer(d / "p.geojson"),
    "kml": lambda d: layer(d / "p.kml", epsg=4326, driver="KML"),
    "gpkg, 3°": lambda d: layer(d / "p.gpkg", epsg=4543),
    "dxf, 3° zone 34": lambda d: layer(d / "p.dxf", epsg=4522, shape=HERE.exterior),
    "csv": lambda d: table(d / "p.csv", corners()),
    "csv, GBK, DMS": lambda d: table(d / "p.csv", dms(corners()), encoding="gb18030"),
    "xlsx": lambda d: table(d / "p.xlsx", corners()),
    "xlsx, DMS": lambda d: table(d / "p.xlsx", dms(corners())),
    "txt": lambda d: parcels(d / "p.txt"),
} | {
    name: lambda d, epsg=epsg: table(d / "p.csv", corners(epsg), ("项目名称", "X坐标", "Y坐标"))
    for name, (epsg, _) in ZONES.items()
}  # fmt: skip


@pytest.fixture
def redline_file(run, tmp_path):
    """The redline the platform holds, as the command's file."""
    rows = RedlinePolygon.objects.filter(version=run.redline_version)
    frame = gpd.GeoDataFrame(
        {"code": [r.code for r in rows], "control_zone": [r.control_zone for r in rows]},
        geometry=[shapely.from_wkb(bytes(r.geom.wkb)) for r in rows], crs=DEGREES,
    )  # fmt: skip
    frame.to_file(tmp_path / "redline.gpkg", engine="pyogrio")
    return tmp_path / "redline.gpkg"


def commanded(path, redline, crs):
    """What the command answers."""
    out = path.parent / "out"
    given = [path, "--redline", redline, "-o", out, "--activity", "LHA-01",
             "--max-age", "redline=0", "--none", "protected=无", "--none", "water=无", *(["--crs", crs] if crs else [])]  # fmt: skip
    ran = CliRunner().invoke(command, [str(a) for a in given])
    assert ran.exit_code == 0, ran.output
    (told,) = json.loads((out / "result.json").read_text("utf-8"))["results"]
    return told


def sent(client, name, body, **said):
    """The page's answer to an upload."""
    told = {"path": "plain", "activity": "LHA-01", "as_of": "", "upload": SimpleUploadedFile(name, body)}  # fmt: skip
    return client.post("/admissions/new/", told | said)


@pytest.mark.parametrize("kind", MAKERS)
def test_page_and_command_say_the_same_of_every_file(
    run, cast, as_person, redline_file, tmp_path, kind
):
    admitting.ready(cast)
    path, crs = MAKERS[kind](tmp_path), ZONES.get(kind, ("", None))[1]
    told = commanded(path, redline_file, crs)
    client = as_person("city_supervisor")
    response = sent(client, path.name, path.read_bytes(), crs=crs or "")
    assert response.status_code == 302, response.content.decode()
    row = Admission.objects.get()
    assert float(row.area_ha) == pytest.approx(area_ha(HERE), abs=3e-4)
    assert (float(row.area_ha), float(row.redline_ha)) == (told["project"]["area_ha"], told["redline_ha"])  # fmt: skip
    assert row.outcome == told["outcome"] == "permitted"
    assert row.name == told["project"]["name"]
    assert row.name == NAME or kind.startswith("dxf")


BAD = {
    "empty csv": ("p.csv", b"", ["空文件"]),
    "empty geojson": ("p.geojson", b"", ["空文件"]),
    "empty workbook": ("p.xlsx", b"", ["空文件"]),
    "nothing in it": ("p.geojson", b'{"type":"FeatureCollection","features":[]}', ["没有可用的项目范围"]),
    "only a point": ("p.geojson", b'{"type":"Point","coordinates":[101.7,26.58]}', ["须填写缓冲距离"]),
    "words with a layer's name": ("p.gpkg", "不是数据库".encode(), ["无法读取", "no GeoPackage"]),
    "no zip": ("p.zip", b"PK\x03\x04 torn", ["无法读取", "no whole zip"]),
    "no coordinates": ("p.csv", "项目名称,备注\n甲,乙\n".encode(), ["经度、纬度两列"]),
    "an image": ("p.png", b"\x89PNG", ["p.png", ".dxf"]),
    "three bad cells": (
        "p.csv", "经度,纬度\n101.7,x\n181°61′,26.5\n,26.6\n".encode(),
        ["第 2 行 纬度", "第 3 行 经度", "第 4 行 经度"],
    ),
    "no zone, no word": (
        "p.csv", b"X,Y\n500000,2900000\n500100,2900000\n500100,2900100\n",
        ["坐标系无法确定", "EPSG:4543"],
    ),
    "another continent": (
        "p.csv", "经度,纬度\n2.3,48.8\n2.4,48.8\n2.4,48.9\n".encode(), ["坐标系无法确定"]
    ),
}  # fmt: skip


def refused(response) -> str:
    """The words of a refusal; nothing was kept."""
    text = response.content.decode()
    assert response.status_code == 422, text[:2000]
    found = re.findall(r'class="(?:faults|fault|errorlist).*?</(?:ul|p|span)>', text, re.S)
    assert found and not Admission.objects.exists()
    return "".join(found)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_project_is_refused_with_its_reason(run, as_person, kind):
    name, body, words = BAD[kind]
    said = refused(sent(as_person("city_supervisor"), name, body))
    assert all(w in said for w in words), said
    assert "/tmp" not in said


def test_a_file_of_60_mb_is_refused_before_it_is_read(run, as_person):
    said = refused(sent(as_person("city_supervisor"), "p.csv", bytes(60 << 20)))
    assert "50 MB" in said


def test_coordinates_of_a_commercial_map_are_moved_on_the_users_word_only(run, as_person):
    moved = shapely.transform(HERE, to_gcj02, interleaved=False)
    body = shapely.to_geojson(moved).encode()
    client = as_person("city_supervisor")
    for told in ({}, {"gcj02": "on"}):
        assert sent(client, "p.geojson", body, **told).status_code == 302
    back, plain = Admission.objects.all()  # the newest first
    apart = [shapely.symmetric_difference(shapely.from_wkb(bytes(r.geom.wkb)), HERE) for r in (back, plain)]  # fmt: skip
    assert area_ha(apart[0]) < 0.01 < area_ha(apart[1])
    assert any("GCJ-02" in n for n in back.answer["project"]["notes"])


def test_an_outline_that_crosses_itself_is_mended_and_says_so(run, as_person):
    x0, y0, x1, y1 = HERE.bounds
    bow = {"type": "Polygon", "coordinates": [[[x0, y0], [x1, y1], [x1, y0], [x0, y1], [x0, y0]]]}
    client = as_person("city_supervisor")
    assert sent(client, "p.geojson", json.dumps(bow).encode()).status_code == 302
    row = Admission.objects.get()
    assert float(row.area_ha) == pytest.approx(area_ha(HERE) / 2, rel=0.01)
    page = client.get(f"/admissions/{row.pk}/").content.decode()
    assert "自相交" in page


def test_the_answer_as_pdf_has_every_word_and_is_recorded_and_not_for_the_next_county(
    run, cast, as_person, tmp_path
):
    admitting.ready(cast)
    rows = [(NAME * 3, x, y) for x, y in corners()]
    body = "\n".join(["项目名称,经度,纬度", *(f"{n},{x},{y}" for n, x, y in rows)]).encode()
    client = as_person("miyi_officer")
    assert sent(client, "p.csv", body).status_code == 302
    row = Admission.objects.get()
    response = client.get(f"/admissions/{row.pk}/report.pdf")
    assert response["Content-Type"] == "application/pdf" and response["Cache-Control"] == "no-store"
    assert AccessRecord.objects.filter(action="admission.report", thing=row.number).exists()
    assert response.content.rstrip().endswith(b"%%EOF") and b"/Subtype /Image" in response.content
    if shutil.which("pdftotext"):
        (tmp_path / "r.pdf").write_bytes(response.content)
        told = subprocess.run(
            ["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, check=True
        )
        words = re.sub(r"\s", "", told.stdout.decode())
        assert NAME in words and f"{row.redline_ha:.4f}公顷" in words
    client = as_person("yanbian_officer")
    for address in ("", "report.pdf", "report.docx", "approval/"):
        assert client.get(f"/admissions/{row.pk}/{address}").status_code == 404


@pytest.mark.django_db
def test_a_page_names_its_field_not_the_commands_option(cast, as_person, tmp_path):
    shape = shapely.box(11_321_200, 3_069_850, 11_322_300, 3_071_100)
    path = tmp_path / "wrong.gpkg"
    gpd.GeoDataFrame({"name": [NAME]}, geometry=[shape], crs=DEGREES).to_file(path)
    said = sent(as_person("city_supervisor"), path.name, path.read_bytes()).content.decode()
    assert "Web Mercator" in said
    assert "--crs" not in said and "“坐标系”栏" in said
