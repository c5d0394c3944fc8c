"""Files out: the rows and numbers of the interface, the catalogue's conditions, each noted; QGIS projects open."""

import io
import re
import zipfile
from xml.etree import ElementTree

import openpyxl
import pyogrio
import pytest
import shapely

from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.ogc import datasets, export
from ecoredline.web.patches.queries import patches_for

pytestmark = pytest.mark.django_db
FILES = "/ogc/collections/patches/files"


def saved(response, path):
    assert response.status_code == 200, response.content
    path.write_bytes(response.content)
    return path


def ids(frame):
    return sorted(frame["patch_id"])


def test_every_kind_of_file_holds_what_the_person_sees(cast, run, as_person, tmp_path):
    client, mine = as_person("yanbian_officer"), list(patches_for(cast["yanbian_officer"]))
    wanted = sorted(p.patch_id for p in mine)
    area = {p.patch_id: float(p.area_ha) for p in mine}
    assert 0 < len(wanted) < patches_for(cast["ministry_supervisor"]).count()
    gpkg = pyogrio.read_dataframe(saved(client.get(f"{FILES}/gpkg"), tmp_path / "a.gpkg"))
    assert ids(gpkg) == wanted
    assert dict(zip(gpkg["patch_id"], gpkg["area_ha"], strict=True)) == area
    assert gpkg.crs.to_epsg() == 4490
    kept = {p.patch_id: shapely.from_wkb(bytes(p.geom.wkb)) for p in mine}
    for name, shape in zip(gpkg["patch_id"], gpkg.geometry, strict=True):
        assert shapely.hausdorff_distance(shape, kept[name]) < 1e-7
    archive = saved(client.get(f"{FILES}/shp"), tmp_path / "a.zip")
    with zipfile.ZipFile(archive) as held:
        names = held.namelist()
        assert {"patches.shp", "patches.prj", "patches.cpg", "fields.csv"} <= set(names)
        assert "redline_ar" in held.read("fields.csv").decode("utf-8-sig")
    shp = pyogrio.read_dataframe(f"/vsizip/{archive}/patches.shp")
    assert ids(shp) == wanted
    assert set(shp["county"]) == {"盐边县"}
    kml = pyogrio.read_dataframe(saved(client.get(f"{FILES}/kml"), tmp_path / "a.kml"))
    assert sorted(kml["Name"]) == wanted
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{FILES}/xlsx").content))
    rows = list(book.active.iter_rows(values_only=True))
    head = next(k for k, row in enumerate(rows) if "图斑编号" in row or "图斑面积" in row)
    column = rows[head].index("图斑面积")
    assert sorted(r[column] for r in rows[head + 1 :]) == sorted(area.values())
    notes = AccessRecord.objects.filter(action="data.export", person=cast["yanbian_officer"])
    assert [n.detail["kind"] for n in notes.order_by("pk")] == ["gpkg", "shp", "kml", "xlsx"]
    assert {n.detail["rows"] for n in notes} == {len(wanted)}


def test_filters_conditions_and_refusals(cast, run, as_person, client, monkeypatch):
    client = as_person("city_analyst")
    found = client.get(f"{FILES}/gpkg", {"filter": "channel = 'suspected'"})
    assert found.status_code == 200
    assert client.get(f"{FILES}/gpkg", {"colour": "red"}).status_code == 400
    assert client.get(f"{FILES}/dwg").status_code == 404
    assert client.get("/ogc/collections/secrets/files/gpkg").status_code == 404
    redline = "/ogc/collections/redline/files/gpkg"
    assert client.get(redline).status_code == 400, "sensitive data go out with a reason only"
    assert client.get(redline, {"reason": "查"}).status_code == 400
    assert client.get(redline, {"reason": "现场核查用"}).status_code == 200
    note = AccessRecord.objects.get(action="data.export", thing="redline")
    assert (note.detail["reason"], note.detail["level"]) == ("现场核查用", "sensitive")
    monkeypatch.setattr(export, "MOST_ROWS", 1)
    assert client.get(f"{FILES}/gpkg").status_code == 400
    client.logout()
    assert client.get(f"{FILES}/gpkg").status_code == 401


def test_the_catalogue_is_data_and_what_it_says_holds_at_the_export(cast, run, as_person):
    told = {
        "provider": "市自然资源和规划局",
        "share": "none",
        "cycle": "yearly",
        "level": "internal",
    }
    with pytest.raises(NotAllowed):
        datasets.describe(by=cast["city_supervisor"], dataset="patches", **told)
    with pytest.raises(BadForm) as fault:
        datasets.describe(by=cast["city_administrator"], dataset="x", provider=" ", share="all", cycle="", level="top")  # fmt: skip
    assert len(fault.value.details) == 5
    page = as_person("city_administrator").get("/data/").content.decode()
    assert "默认，未登记" in page
    assert as_person("city_analyst").get("/data/patches/").status_code == 403
    assert as_person("city_administrator").post("/data/patches/", told).status_code == 302
    assert as_person("city_administrator").get("/data/nothing/").status_code == 404
    analyst = as_person("city_analyst")
    assert "市自然资源和规划局" in analyst.get("/data/").content.decode()
    assert analyst.get(f"{FILES}/gpkg").status_code == 403
    listed = {d["dataset"]: d for d in analyst.get("/ogc/datasets").json()["datasets"]}
    assert listed["patches"]["share"] == "none"
    assert listed["redline"]["needs_reason"]
    described = analyst.get("/ogc/collections/patches").json()
    assert described["ecoredline:dataset"]["provider"] == "市自然资源和规划局"


def sources(text: bytes) -> dict[str, tuple[str, str]]:
    """Layer id → provider and source, as QGIS reads them; the tree must name the same layers."""
    root = ElementTree.fromstring(text)
    found = {
        layer.findtext("id"): (layer.findtext("provider"), layer.findtext("datasource"))
        for layer in root.iter("maplayer")
    }
    assert [x.get("id") for x in root.iter("layer-tree-layer")] == list(found)
    assert len(found) == len(list(root.iter("maplayer")))
    # QGIS 3.22 gives a layer with a shorter id a new one, and takes no CRS without this property
    assert min(map(len, found)) > 9
    assert root.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"
    for drawn in root.iter("renderer-v2"):
        used = {c.get("symbol") for c in drawn.iter("category")} or {"0"}
        assert used == {s.get("name") for s in drawn.iter("symbol")}
    return found


def test_the_offline_project_opens_without_the_platform(cast, run, as_person, tmp_path):
    client = as_person("yanbian_officer")
    assert client.get("/ogc/qgis/field.zip").status_code == 400
    answer = client.get("/ogc/qgis/field.zip", {"reason": "外业核查"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
        held.extractall(tmp_path)
    text = (tmp_path / "field.qgs").read_bytes()
    assert text.startswith(b"<!DOCTYPE qgis")
    counts = {}
    for name, (provider, source) in sources(text).items():
        path, _, layer = source.partition("|layername=")
        assert provider == "ogr"
        counts[name] = len(pyogrio.read_dataframe(tmp_path / path, layer=layer))
    assert counts["ecoredline_patches"] == patches_for(cast["yanbian_officer"]).count()
    assert counts["ecoredline_field_notes"] == 0
    assert counts["ecoredline_redline"] > 0
    style = ElementTree.fromstring(text).find(".//maplayer[id='ecoredline_patches']/renderer-v2")
    assert style.get("attr") == "channel"
    colours = [o.get("value") for o in style.iter("Option") if o.get("name") == "outline_color"]
    assert "212,0,26,255" in colours, "the map's own red of a suspected patch"
    assert "演示合成数据" in (tmp_path / "说明.txt").read_text("utf-8")
    assert AccessRecord.objects.get(action="data.export", thing="field").detail["rows"]["patches"]


def test_the_live_project_has_neither_data_nor_secret(cast, run, as_person):
    answer = as_person("yanbian_officer").get("/ogc/qgis/live.qgs")
    found = sources(answer.content)
    assert {"ecoredline_redline", "ecoredline_patches", "ecoredline_cases"} <= found.keys()
    assert sum(provider == "wms" for provider, _ in found.values()) == 2
    assert all("authcfg=ecoredl" in source for _, source in found.values())
    assert not re.search(rb"er_[\w-]{20,}", answer.content)
    other = sources(as_person("panzhou_officer").get("/ogc/qgis/live.qgs").content)
    assert not any(provider == "wms" for provider, _ in other.values())
