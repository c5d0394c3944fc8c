"""Which GDAL driver may open what: one per kind of file, told by its bytes before GDAL looks.

GDAL chooses a driver by content. A file named `a.geojson` that holds a virtual dataset would make
it read other files of the machine or fetch addresses; so the head of each file must be what its
name says, and what GDAL then took for it must be the driver of that name.
"""

import contextlib
import re
import sqlite3
from pathlib import Path

import pyogrio
from pyogrio._ogr import _register_drivers  # its only way to read OGR_SKIP after the first import

from ecoredline.errors import SourceError

INDIRECT = (  # drivers that read other files or addresses than the one they are given
    "OGR_VRT", "GDALG", "WFS", "OAPIF", "CSW", "OGCAPI", "HTTP", "EEDA", "PLSCENES", "NGW",
    "Elasticsearch", "Carto", "AmigoCloud", "ADBC", "PDS4", "GMLAS", "MapML", "GPSBabel", "GTFS",
)  # fmt: skip
ALLOWED = {
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".geojson": ("GeoJSON",),
    ".json": ("GeoJSON",),
    ".topojson": ("TopoJSON",),
    ".kml": ("KML", "LIBKML"),
    ".gml": ("GML",),
    ".fgb": ("FlatGeobuf",),
    ".gdb": ("OpenFileGDB",),
    ".dxf": ("DXF",),
}
PREFIXES = {".geojson": "GeoJSON:", ".json": "GeoJSON:"}
JSON_SUFFIXES = (".geojson", ".json", ".topojson")
XML_ROOTS = {".kml": (b"kml",), ".gml": ()}
TEXTS_BESIDE = {".gml": (".xsd", ".gfs"), ".kml": ()}
BINARY_HEADS = {
    ".shp": b"\x00\x00\x27\x0a",
    ".gpkg": b"SQLite format 3\x00",
    ".fgb": b"fgb\x03",
}
BOM = b"\xef\xbb\xbf"
HEAD_BYTES = 1 << 16
ROOT = re.compile(rb"\A(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
VIRTUAL_PATH = re.compile(rb"/vsi[a-z0-9_]+/", re.IGNORECASE)
POINTS_ELSEWHERE = re.compile(
    rb"<!DOCTYPE|<!ENTITY|<OGR\w*DataSource|<GDAL_|gdal_streamed_alg", re.IGNORECASE
)
TABLE_MODULES = ("rtree", "fts3", "fts4", "fts5")
VIRTUAL_TABLE = re.compile(r"create\s+virtual\s+table.*?\susing\s+\"?(\w+)", re.I | re.S)
FOREIGN_CALL = re.compile(r"\b(ogr_\w+|gdal_\w+|load_extension|readfile|hstore_\w+)\s*\(", re.I)


def drop_indirect() -> None:
    """Take the drivers that look elsewhere out of GDAL, and the fetching of a GML's schema, for this process."""
    known = pyogrio.list_drivers()
    pyogrio.set_gdal_config_options({"OGR_SKIP": ",".join(n for n in INDIRECT if n in known)})
    _register_drivers()
    pyogrio.set_gdal_config_options({"OGR_SKIP": None, "GML_DOWNLOAD_WFS_SCHEMA": "NO"})


drop_indirect()


def check_source(path: Path) -> None:
    """Raise `SourceError` when the bytes of a file are not of the format its name says.

    Also refused: paths of GDAL's own file systems, and whatever inside points elsewhere.
    """
    suffix = path.suffix.lower()
    if str(path).lower().startswith("/vsi") or suffix not in ALLOWED:
        raise SourceError(
            f"got {path}; wanted a file of the machine with one of {', '.join(ALLOWED)}"
        )
    if suffix == ".gdb":
        if not path.is_dir():
            raise SourceError(f"got {path}, a file; wanted the folder of a file geodatabase")
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES).removeprefix(BOM)
        if not _fits(suffix, head):
            raise SourceError(f"got {path}, whose content is no {ALLOWED[suffix][0]}: export again")
        for text in _texts(path, suffix):
            _check_text(text)
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault
    if suffix == ".gpkg":
        _check_package(path)


def _fits(suffix: str, head: bytes) -> bool:
    start = head.lstrip()
    if suffix in BINARY_HEADS:
        return head.startswith(BINARY_HEADS[suffix])
    if suffix in JSON_SUFFIXES:
        return start.startswith(b"{")
    if suffix in XML_ROOTS:
        root, wanted = ROOT.match(head), XML_ROOTS[suffix]
        is_gml = suffix != ".gml" or b"opengis.net/gml" in head
        return bool(root) and is_gml and (not wanted or root[1].lower() in wanted)
    return not start.startswith((b"<", b"{"))


def _texts(path: Path, suffix: str) -> list[Path]:
    """The text files GDAL will parse: the file itself and what it reads beside it."""
    if suffix in JSON_SUFFIXES:
        return [path]
    if suffix not in TEXTS_BESIDE:
        return []
    beside = [p for p in path.parent.glob(f"{path.stem}.*") if p.suffix.lower() in TEXTS_BESIDE[suffix]]  # fmt: skip
    return [path, *beside]


def _check_text(path: Path) -> None:
    """No way out of the file: neither entities nor GDAL's file systems nor another dataset."""
    kept = b""
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            if VIRTUAL_PATH.search(kept + piece) or POINTS_ELSEWHERE.search(kept + piece):
                raise SourceError(f"got {path}, which points to other files or addresses: refused")
            kept = piece[-64:]


def _check_package(path: Path) -> None:
    """A GeoPackage holds tables; a virtual table or a view may read what lies outside."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:  # fmt: skip
            told = [row[0] or "" for row in base.execute("select sql from sqlite_master")]
    except sqlite3.Error:
        return  # not a whole package: its reading says so
    for words in told:
        virtual = VIRTUAL_TABLE.search(words)
        if (virtual and virtual[1].lower() not in TABLE_MODULES) or FOREIGN_CALL.search(words):
            raise SourceError(f"got {path} with a table that reads elsewhere: {words[:80]!r}")


def address(path: Path, data):
    """What GDAL is given: the format's own prefix where it has one, so that no other is tried."""
    prefix = PREFIXES.get(path.suffix.lower())
    return f"{prefix}{path}" if prefix and data == path else data


def check_driver(path: Path, driver: str) -> None:
    """Raise `SourceError` when GDAL took the file for something else than its name says."""
    wanted = ALLOWED[path.suffix.lower()]
    if driver not in wanted:
        raise SourceError(f"got {path}, which GDAL reads as {driver}; wanted {wanted[0]}")
