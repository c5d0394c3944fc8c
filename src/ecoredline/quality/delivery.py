"""A delivery as it lies there: its vector layers unmended, rasters, photos, other files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS

from ecoredline.errors import EcoredlineError, InputError, SourceError
from ecoredline.vector import source
from ecoredline.vector.crs import to_storage
from ecoredline.vector.drivers import address, check_source
from ecoredline.vector.fields import feature_names, plain_name, take_columns
from ecoredline.vector.roles import HINTS
from ecoredline.vector.unpack import unpack_all

VECTORS = (*source.SOURCE_SUFFIXES, ".topojson", ".dxf")
RASTERS = (".tif", ".tiff", ".img", ".jp2", ".vrt")
PHOTOS = (".jpg", ".jpeg")
SIDECARS = (
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".sbn",
    ".sbx",
    ".xml",
    ".qpj",
    ".ovr",
    ".aux",
    ".tfw",
    ".jgw",
)
OTHERS = (".xls", ".xlsx", ".doc", ".docx", ".pdf", ".txt", ".csv", ".md")


HEAD_BYTES = 1 << 16
MAP_WORDS = (b'"Feature', b'"Topology"', b'"coordinates"', b'"arcs"')


@dataclass
class Item:
    """One thing of a delivery; `depth` counts the folders above it."""

    name: str
    path: Path
    kind: str  # vector, raster, photo, other
    depth: int = 0
    layer: str | None = None
    role: str = ""
    fault: str = ""
    notes: list[str] = field(default_factory=list)
    frame: gpd.GeoDataFrame | None = None
    raw: np.ndarray | None = None  # shapes as the file has them
    shapes: np.ndarray | None = None  # the same in EPSG:4490; None when that cannot be
    declared: CRS | None = None
    crs_fault: str = ""
    crs_notes: list[str] = field(default_factory=list)
    geometry_type: str = ""

    @property
    def names(self) -> list[str]:
        """How to speak of each feature."""
        return feature_names(self.frame)

    @property
    def filled(self) -> np.ndarray:
        """True where a feature has a shape."""
        return ~(shapely.is_missing(self.raw) | shapely.is_empty(self.raw))


@contextmanager
def open_delivery(
    path: Path | str, *, role: str = "", crs: str | None = None
) -> Iterator[list[Item]]:
    """The items of a file, folder or zip, read; what cannot be read has its `fault`.

    Raises `SourceError` when there is no such path, `InputError` when nothing in it can be checked.
    """
    path = Path(path)
    if not path.exists():
        raise SourceError(
            f"got {path}, which does not exist; wanted a delivery: file, folder or zip"
        )
    with tempfile.TemporaryDirectory(prefix="ecoredline-check-") as folder:
        root, broken = path, ""
        if path.is_file() and path.suffix.lower() in source.ZIP_SUFFIXES:
            root, broken = Path(folder), _unpacked(path, Path(folder))
        items = [Item(path.name, path, "other", fault=broken)] if broken else []
        for file in _files(root):
            below = file.relative_to(root) if root.is_dir() else Path(file.name)
            items += _items(file, str(below), len(below.parts) - 1, role, crs)
        if not items:
            raise InputError(f"got {path} with nothing to check; wanted layers, rasters or photos")
        yield items


def _unpacked(path: Path, folder: Path) -> str:
    try:
        unpack_all(path, folder)
    except SourceError as fault:
        return f"压缩包损坏或过大：{fault}"
    return ""


def _files(root: Path) -> list[Path]:
    """Files that stand for an item: no sidecars, no insides of a file geodatabase."""
    if root.is_file() or root.suffix.lower() == ".gdb":
        return [root]
    found = [p for p in sorted(root.rglob("*")) if p.suffix.lower() == ".gdb"]
    inside = {q for p in found for q in p.rglob("*")}
    found += [
        p
        for p in sorted(root.rglob("*"))
        if p.is_file() and p not in inside and p.suffix.lower() not in SIDECARS and p.name[0] != "."
    ]
    return found


def _items(file: Path, name: str, depth: int, role: str, crs) -> list[Item]:
    suffix = file.suffix.lower()
    if suffix in RASTERS:
        return [Item(name, file, "raster", depth)]
    if suffix in PHOTOS:
        return [Item(name, file, "photo", depth)]
    if suffix not in VECTORS or (suffix == ".json" and not _is_map(file)):
        return [Item(name, file, "other", depth)]
    layers = _layers(file)
    many = len(layers) > 1
    return [
        _read(Item(f"{name}:{layer}" if many else name, file, "vector", depth, layer), role, crs)
        for layer in layers
    ]


def _is_map(file: Path) -> bool:
    """Is a .json file GeoJSON or TopoJSON, or settings and the like?"""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    return any(word in head for word in MAP_WORDS)


def _layers(file: Path) -> list[str | None]:
    """Layers with shapes; one nameless layer where GDAL cannot tell (its reading says why)."""
    try:
        check_source(file)
        given = address(file, file)
        found = [str(n) for n, kind in pyogrio.list_layers(given) if kind is not None]
    except (SourceError, *source.GDAL_FAULTS):
        return [None]
    return found if len(found) > 1 else [None]


def _read(item: Item, role: str, crs) -> Item:
    try:
        item.frame = source.read_source(item.path, item.notes, layer=item.layer)
        info = (
            pyogrio.read_info(address(item.path, item.path), layer=item.layer)
            if item.path.suffix
            else {}
        )
        item.geometry_type = str(info.get("geometry_type") or "")
    except (EcoredlineError, OSError, ValueError) as fault:
        item.fault = str(fault)
        return item
    item.role = role or guess_role(item)
    item.raw = np.array(item.frame.geometry.to_numpy(), dtype=object)
    item.declared = CRS.from_user_input(item.frame.crs) if item.frame.crs else None
    if not len(item.raw) or not item.filled.any():
        item.crs_fault = "没有图形"
        return item
    try:
        item.shapes = to_storage(item.raw.copy(), item.frame.crs, crs, item.crs_notes, look=True)
    except EcoredlineError as fault:
        item.crs_fault = str(fault)
    return item


def guess_role(item: Item) -> str:
    """The role a layer plays, from the name of layer or file; else from its fields; else none."""
    words = plain_name(f"{item.layer or ''} {item.path.stem}")
    for role, hints in HINTS.items():
        if any(plain_name(hint) in words for hint in hints):
            return role
    taken = take_columns(item.frame, "redline")
    return "redline" if "control_zone" in taken and "code" in taken else ""
