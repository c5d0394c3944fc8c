"""The QGIS project of a person: over the live interface, or over a GeoPackage to take into the field."""

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
from django.contrib.gis.db.models import Extent
from django.contrib.staticfiles import finders
from django.utils.translation import override

from ecoredline.codes import code_list
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.maps.context import demo_notice
from ecoredline.web.maps.registry import all_layers
from ecoredline.web.ogc.catalogue import redline
from ecoredline.web.ogc.export import by_family, to_gpkg
from ecoredline.web.ogc.qgis import Category, Project, Raster, Vector, written
from ecoredline.web.regions.models import Division

AUTHORITY = "EPSG:4490"
AUTHCFG = "ecoredl"  # seven letters, as QGIS wants; the person makes it with log-in and token
CHINA = (73.0, 18.0, 135.0, 54.0)
DATA, PROJECT, READ_ME, NOTES = "data.gpkg", "field.qgs", "说明.txt", "field_notes"
CHANNELS = {"suspected": "suspected", "protected": "protected-channel", "outside": "outside"}
ORDER = ("cases", "clues", "patches", "protected_areas", "redline", "divisions")  # top first
COLUMN = {"redline": "control_zone", "patches": "channel", "clues": "state", "cases": "state"}
PLAIN = {"redline": "zone-none", "protected_areas": "protected", "divisions": "divisions",
         "patches": "outside", "clues": "clues-raised", "cases": "cases-opened"}  # fmt: skip
SHEETS = ("css/ecoredline.css", "css/map.css")
VARIABLE = re.compile(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\b")
SAID = """{notice}EcoRedline 外业工程
1. 解压后用 QGIS 3.22 或更新版本打开 {project}，数据在 {data}，不需要网络。
2. 面积用属性表中的数（椭球面积，公顷），不要在投影中另行量算。
3. 现场记录写在图层 {notes}；它只在这个文件里，带回后按登记表录入平台。
4. 数据按 {unit} 的权限导出并已记录，用后删除。
"""


@cache
def colours() -> dict[str, str]:
    """The map's colours by name, from its own style sheets.

    >>> colours()["zone-core"]
    '#c22f2f'
    """
    texts = [Path(finders.find(s)).read_text(encoding="utf-8") for s in SHEETS]
    return dict(pair for text in texts for pair in VARIABLE.findall(text))


def categories(name: str) -> tuple[Category, ...]:
    """How the map tells the features of a collection apart."""
    paint = colours()
    if name == "redline":
        rows = code_list("control_zones").values()
        known = [(r["code"], r["zh"], f"zone-{r['code']}") for r in rows]
    elif name == "patches":
        words = code_list("channels")
        known = [(c, words[c]["zh"], colour) for c, colour in CHANNELS.items()]
    else:
        states = all_layers()[name].states if name in all_layers() else {}
        with override("zh-hans"):
            known = [(c, str(label), f"{name}-{c}") for c, label in states.items()]
    return tuple(Category(c, label, paint[v]) for c, label, v in known if v in paint)


def extent_of(person) -> tuple[float, float, float, float]:
    """The redline the person sees, else their division, else China."""
    box = redline(person).order_by().aggregate(box=Extent("geom"))["box"]
    if box is None and person.unit.division_code:
        mine = Division.objects.filter(code=person.unit.division_code)
        box = mine.aggregate(box=Extent("geom"))["box"]
    return tuple(box or CHINA)


def vector(collection, source: str, provider: str, authid: str, family: str = "") -> Vector:
    """A collection as a layer with the map's style."""
    name = collection.id
    return Vector(
        "_".join(filter(None, ("ecoredline", name, family))), collection.title + ("（点）" if family else ""),
        source, provider, authid, family, COLUMN.get(name, ""), categories(name),
        colours()[PLAIN[name]], abstract=demo_notice() and DEMO_NOTICE,
    )  # fmt: skip


def online(collections, scenes, *, ogc: str, wmts: str, extent) -> bytes:
    """The project over the live interface: no secret in it, the log-in is QGIS's `AUTHCFG`."""
    by_id = {c.id: c for c in collections}
    layers = [
        vector(
            by_id[n],
            f"authcfg={AUTHCFG} pagingEnabled='true' restrictToRequestBBOX='1' typename='{n}' url='{ogc}'",
            "OAPIF", "OGC:CRS84",
        )
        for n in ORDER
    ]  # fmt: skip
    address = quote(f"{wmts}?SERVICE=WMTS&REQUEST=GetCapabilities", safe="/:?")
    for scene in scenes:
        source = (
            f"authcfg={AUTHCFG}&contextualWMSLegend=0&crs=EPSG:3857&dpiMode=7&format=image/png"
            f"&layers=scene-{scene.pk}&styles=default&tileMatrixSet=WebMercatorQuad&url={address}"
        )
        title = f"{scene.image_id} {scene.acquired_on or ''}".strip()
        layers.append(Raster(f"ecoredline_scene_{scene.pk}", title, source))
    return written(Project("EcoRedline 在线", tuple(layers), extent))


def package(collections, frames: Mapping[str, gpd.GeoDataFrame], extent, unit: str) -> bytes:
    """The zip for the field: data, project, an empty layer for notes, a word on use."""
    by_id, layers = {c.id: c for c in collections}, []
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        data = Path(folder) / DATA
        notes(data)
        for name in ORDER:
            to_gpkg(data, frames[name], by_id[name])
            for layer in by_family(frames[name], name):
                family = layer.removeprefix(name).strip("_")
                source = f"./{DATA}|layername={layer}"
                layers.append(vector(by_id[name], source, "ogr", AUTHORITY, family))
        top = Vector(f"ecoredline_{NOTES}", "现场记录", f"./{DATA}|layername={NOTES}", "ogr", AUTHORITY, "point",
                     colour="#0b6aa8")  # fmt: skip
        project = written(Project("EcoRedline 外业", (top, *layers), extent))
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(data, DATA)
            archive.writestr(PROJECT, project)
            notice = f"{DEMO_NOTICE}\n" if demo_notice() else ""
            said = SAID.format(
                notice=notice, project=PROJECT, data=DATA, notes="现场记录", unit=unit
            )
            archive.writestr(READ_ME, said)
    return body.getvalue()


def notes(path: Path) -> None:
    """An empty layer of points to write in."""
    columns = {"number": "str", "note": "str", "photo": "str", "seen_on": "str", "person": "str"}
    data = {name: gpd.pd.Series(dtype=kind) for name, kind in columns.items()}
    empty = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=STORAGE_CRS))
    empty.to_file(path, layer=NOTES, driver="GPKG", engine="pyogrio", geometry_type="Point")
