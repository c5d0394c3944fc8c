"""Features out as files: GeoPackage, Shapefile, KML, XLSX; the rows and numbers of the interface."""

import csv
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from openpyxl import Workbook

from ecoredline.documents.annex_xlsx import FORMULA_STARTS
from ecoredline.files import whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.ogc.catalogue import Collection
from ecoredline.web.ogc.crs import CRS84, SYSTEMS
from ecoredline.web.ogc.features import features

MOST_ROWS = 50_000
SHORT_NAME = 10  # what a .dbf allows
KINDS = {
    "gpkg": "application/geopackage+sqlite3",
    "shp": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SUFFIXES = {"shp": "zip"}
FAMILY = {0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "", 6: ""}


def frame_of(rows, collection: Collection) -> gpd.GeoDataFrame:
    """The rows with the interface's properties, in EPSG:4490 (lon, lat). Raises `BadFilter` for too many."""
    if (count := rows.count()) > MOST_ROWS:
        raise BadFilter(f"{count} > {MOST_ROWS}: bbox, filter")
    found = features(rows, collection, SYSTEMS[CRS84])
    names = list(collection.paths)
    data = {"id": [f["id"] for f in found]}
    data |= {n: [f["properties"][n] for f in found] for n in names}
    shapes = [shapely.geometry.shape(f["geometry"]) if f["geometry"] else None for f in found]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_CRS)


def by_family(frame: gpd.GeoDataFrame, name: str) -> dict[str, gpd.GeoDataFrame]:
    """Layer name → rows of one kind of shape: areas (and rows without any) under the plain name.

    >>> rows = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), shapely.box(0, 0, 1, 1)], crs=4490)
    >>> {k: len(v) for k, v in by_family(rows, "clues").items()}
    {'clues': 1, 'clues_point': 1}
    """
    kinds = np.array([FAMILY.get(int(t), "") for t in shapely.get_type_id(frame.geometry)])
    found = {}
    for kind in ("", "point", "line"):
        part = frame[kinds == kind]
        if len(part) or not kind:
            found["_".join(filter(None, (name, kind)))] = part.reset_index(drop=True)
    return found


def write(path: Path, kind: str, frame: gpd.GeoDataFrame, collection: Collection) -> None:
    """Write one of `KINDS`; the file is there whole or not at all."""
    with whole_file(path) as part:
        WRITERS[kind](part, frame, collection)


def to_gpkg(path: Path, frame: gpd.GeoDataFrame, collection: Collection) -> None:
    """A layer for each kind of shape."""
    for name, rows in by_family(frame, collection.id).items():
        rows.to_file(
            path, layer=name, driver="GPKG", engine="pyogrio",
            geometry_type=None if len(rows) else "MultiPolygon",
            append=path.exists(), layer_options={"DESCRIPTION": collection.title},
        )  # fmt: skip


def short_names(names) -> dict[str, str]:
    """Names as a .dbf can hold them: at most ten ASCII letters, each its own.

    >>> short_names(["area_ha", "redline_area_ha", "redline_area_m2"])
    {'area_ha': 'area_ha', 'redline_area_ha': 'redline_ar', 'redline_area_m2': 'redline_a1'}
    """
    found: dict[str, str] = {}
    for name in names:
        short, number = name[:SHORT_NAME], 0
        while short in found.values():
            number += 1
            short = f"{name[: SHORT_NAME - len(str(number))]}{number}"
        found[name] = short
    return found


def to_shp(path: Path, frame: gpd.GeoDataFrame, collection: Collection) -> None:
    """Shapefiles with .prj and .cpg (UTF-8) in a zip, with a table of the shortened field names."""
    names = short_names([c for c in frame.columns if c != "geometry"])
    folder = path.with_suffix(".parts")
    folder.mkdir()
    try:
        for name, rows in by_family(frame, collection.id).items():
            file = folder / f"{name}.shp"
            rows.rename(columns=names).to_file(
                file, driver="ESRI Shapefile", engine="pyogrio", encoding="UTF-8",
                geometry_type=None if len(rows) else "Polygon",
            )  # fmt: skip
            file.with_suffix(".cpg").write_text("UTF-8")
        with (folder / "fields.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(["field", "name", "title"])
            table.writerows([s, n, titles(collection).get(n, "")] for n, s in names.items())
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def to_kml(path: Path, frame: gpd.GeoDataFrame, collection: Collection) -> None:
    """KML: WGS 84 by its own rule, which CGCS2000 equals to decimetres; features are named."""
    name = next(n for n in ("name", "patch_id", "number", "id") if n in frame.columns)
    shown = frame.assign(Name=frame[name].astype(str)).set_crs(4326, allow_override=True)
    shown.to_file(path, driver="KML", engine="pyogrio", layer=collection.id)


def titles(collection: Collection) -> dict[str, str]:
    """Property → its Chinese name."""
    return {n: collection.schema(n)["title"] for n in collection.paths}


def to_xlsx(path: Path, frame: gpd.GeoDataFrame, collection: Collection) -> None:
    """One sheet: names, Chinese names, rows with a point of each shape."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(collection.title[:31])
    columns = [c for c in frame.columns if c != "geometry"]
    if "is_demo" in columns and frame["is_demo"].any():
        sheet.append([DEMO_NOTICE])
    extra = [n for n in ("lon", "lat") if n not in columns]
    sheet.append([titles(collection).get(c, c) for c in columns] + extra)
    shapes = frame.geometry.to_numpy()
    spots = shapely.point_on_surface(shapes)
    for row, spot in zip(frame[columns].itertuples(index=False), spots, strict=True):
        place = {} if spot is None or spot.is_empty else {"lon": spot.x, "lat": spot.y}
        sheet.append([safe(v) for v in row] + [place.get(n) for n in extra])
    book.save(path)


def safe(value):
    """A cell that no program takes for a formula.

    >>> safe("=1+1"), safe(None), safe(2.5)
    ("'=1+1", None, 2.5)
    """
    if value is None or value != value:
        return None
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value.item() if hasattr(value, "item") else value


WRITERS = {"gpkg": to_gpkg, "shp": to_shp, "kml": to_kml, "xlsx": to_xlsx}
