"""Open a vector file: find it whole, choose its layer, tell the encoding of its text."""

import struct
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio

from ecoredline.errors import InputError, SourceError
from ecoredline.vector.drivers import address, check_driver, check_source
from ecoredline.vector.encoding import dbf_encoding, sibling, text_bytes
from ecoredline.vector.unpack import unpack_all

TEXT_SUFFIXES = (".geojson", ".json")
SOURCE_SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".fgb", ".gdb")
ZIP_SUFFIXES = (".zip", ".shz")
GDAL_FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
)
SQLITE_MAGIC = b"SQLite format 3\x00"


def read_source(
    path: Path | str,
    notes: list[str],
    *,
    layer: str | None = None,
    encoding: str | None = None,
    hints: tuple[str, ...] = (),
) -> gpd.GeoDataFrame:
    """The features of one layer as they stand in the file, in the file's own CRS (or none).

    `hints` are layer names to prefer when the file has several and none was asked for.
    Raises `SourceError` (absent, empty, cut short, unreadable) and `InputError` (which layer?).
    """
    path = Path(path)
    if not path.exists():
        raise SourceError(f"got {path}, which does not exist; wanted a vector file: check the path")
    if path.is_file() and path.stat().st_size == 0:
        raise SourceError(f"got {path}, which has zero bytes; wanted a vector file: copy it again")
    if path.suffix.lower() in ZIP_SUFFIXES and zipfile.is_zipfile(path):
        return _read_zip(path, notes, layer=layer, encoding=encoding, hints=hints)
    if path.suffix.lower() in ZIP_SUFFIXES:
        raise SourceError(f"got {path}, which is no whole zip archive: copy it again")
    if path.is_dir() and path.suffix.lower() != ".gdb":
        path = _only_source(path, path)
    _check_whole(path)
    check_source(path)
    data = path
    if path.suffix.lower() == ".shp":
        encoding = dbf_encoding(path, encoding, notes)
    elif path.suffix.lower() in TEXT_SUFFIXES:
        data = text_bytes(path, encoding, notes) or path
        encoding = None
    data = address(path, data)
    return _read_gdal(path, data, _choose_layer(path, data, layer, hints, notes), encoding)


def _read_zip(path: Path, notes: list[str], **choices) -> gpd.GeoDataFrame:
    """Unpack under plain names (GBK names in archives break paths) and read what is inside."""
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        unpack_all(path, Path(folder))
        return read_source(_only_source(Path(folder), path), notes, **choices)


def _only_source(folder: Path, named: Path) -> Path:
    """The one vector file in a folder or archive; raises `InputError` for none or several."""
    inside = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SOURCE_SUFFIXES)
    found = [p for p in inside if not any(q.suffix.lower() == ".gdb" for q in p.parents)]
    if len(found) == 1:
        return found[0]
    names = "、".join(str(p.relative_to(folder)) for p in found) or "none"
    raise InputError(
        f"got {named} with {len(found)} vector files ({names}); wanted one: "
        "name the file itself, or pack one alone"
    )


def _check_whole(path: Path) -> None:
    """Shapefiles and GeoPackages state their length: raise `SourceError` if bytes are missing."""
    suffix = path.suffix.lower()
    if suffix == ".shp":
        if sibling(path, ".shx") is None:
            raise SourceError(f"got {path} without its .shx; wanted .shp, .shx and .dbf: copy all")
        for part in (path, sibling(path, ".shx")):
            _check_length(part, *_shape_length(part))
        table = sibling(path, ".dbf")
        if table is not None:
            _check_length(table, *_table_length(table))
    elif suffix == ".gpkg":
        _check_length(path, *_sqlite_length(path))


def _check_length(path: Path, stated: int | None, what: str) -> None:
    size = path.stat().st_size
    if stated is None:
        raise SourceError(f"got {path}, {size} bytes that are no {what}: copy it again")
    if size < stated:
        raise SourceError(
            f"got {path} with {size} bytes; its head promises {stated}: it was cut short, copy it again"
        )


def _shape_length(path: Path) -> tuple[int | None, str]:
    head = _head(path, 100)
    if len(head) < 100 or struct.unpack(">i", head[:4])[0] != 9994:
        return None, "shapefile"
    return struct.unpack(">i", head[24:28])[0] * 2, "shapefile"


def _table_length(path: Path) -> tuple[int | None, str]:
    head = _head(path, 32)
    if len(head) < 32:
        return None, "dBASE table"
    rows, head_bytes, row_bytes = struct.unpack("<IHH", head[4:12])
    return head_bytes + rows * row_bytes, "dBASE table"


def _sqlite_length(path: Path) -> tuple[int | None, str]:
    head = _head(path, 100)
    if len(head) < 100 or not head.startswith(SQLITE_MAGIC):
        return None, "GeoPackage"
    page = struct.unpack(">H", head[16:18])[0]
    return (65536 if page == 1 else page) * struct.unpack(">I", head[28:32])[0], "GeoPackage"


def _head(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault


def _choose_layer(path: Path, data, layer: str | None, hints, notes: list[str]) -> str | None:
    """Which layer to read: the one asked for, the only one, or the one a hint names."""
    try:
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(data)]
    except GDAL_FAULTS as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    names = [name for name, kind in layers if kind is not None]
    if layer is not None:
        if layer in [name for name, _ in layers]:
            return layer
        raise InputError(f"got layer {layer!r}; {path} has {', '.join(names) or 'no layers'}")
    if not names:
        raise InputError(f"got {path} without any layer that has shapes; wanted polygons or points")
    if len(names) == 1:
        return None
    hinted = [name for name in names if name.lower() in hints]
    if len(hinted) != 1:
        raise InputError(
            f"got {path} with layers {', '.join(names)}; say which with the layer option"
        )
    notes.append(f"文件含 {len(names)} 个图层，读取了“{hinted[0]}”")
    return hinted[0]


def _read_gdal(path: Path, data, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    try:
        check_driver(
            path, pyogrio.read_info(data, layer=layer, encoding=encoding or "UTF-8")["driver"]
        )
        try:
            frame = _read(data, layer, encoding)
        except UnicodeDecodeError:
            if path.suffix.lower() != ".shp" or encoding is None:
                raise
            frame = _decode(_read(data, layer, "ISO-8859-1"), encoding)
    except (UnicodeDecodeError, LookupError) as fault:
        raise InputError(
            f"got {path} whose text is not {encoding or 'UTF-8'} ({fault}): "
            "give its encoding, e.g. GB18030"
        ) from fault
    except GDAL_FAULTS as fault:
        raise SourceError(
            f"could not read {path}: {fault}; it may be cut short or damaged"
        ) from fault
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"got {path}, a table without shapes; wanted polygons or points")
    return frame


def _read(data, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(
        data, layer=layer, encoding=encoding, force_2d=True, on_invalid="fix"
    )


def _decode(frame: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """Text read byte by byte as Latin-1, decoded; half a character at a field's end is left out."""

    def decoded(value):
        if not isinstance(value, str):
            return value
        return value.encode("latin-1").decode(encoding, "ignore")

    frame = frame.rename(columns=decoded)
    for name in frame.columns.drop(frame.geometry.name):
        if frame[name].dtype.kind not in "iufbM":
            frame[name] = frame[name].map(decoded)
    return frame
