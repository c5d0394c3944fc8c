"""Shapes of spatial ledgers: of the kinds a book declares, kept in one form, one with lon and lat."""

from pathlib import Path

import numpy as np
import shapely

from ecoredline.errors import InputError
from ecoredline.ledger.declare import Book
from ecoredline.ledger.sheets import as_words
from ecoredline.vector.crs import to_storage
from ecoredline.vector.shapes import fault_words
from ecoredline.vector.source import read_source

KIND_OF = {
    "Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line",
    "Polygon": "polygon", "MultiPolygon": "polygon",
}  # fmt: skip
WORDS = {"point": "点", "line": "线", "polygon": "面", "": "其他图形"}
SAME_DEG = 1e-9  # a tenth of a millimetre: formats that write text round
LONLAT_DECIMALS = 6
WEST, SOUTH, EAST, NORTH = 73.0, 3.0, 136.0, 54.0
MOST_POINTS = 200_000


def kept_shape(shapes, book: Book) -> shapely.Geometry | None:
    """The shapes of one row as it keeps them (EPSG:4490); None when there are none.

    Flat and valid, one kind that the book declares; a point alone, lines and polygons as multi.
    Raises `ValueError` that says what was wanted.

    >>> from ecoredline.ledger.declare import book
    >>> kept_shape([shapely.box(101, 26, 102, 27)], book("restoration")).geom_type
    'MultiPolygon'
    """
    given = [shapely.force_2d(s) for s in shapes if s is not None and not shapely.is_empty(s)]
    if not given:
        return None
    parts = shapely.get_parts(shapely.get_parts(np.array(given, dtype=object)))
    kinds = {KIND_OF.get(p.geom_type, "") for p in parts}
    if len(kinds) != 1 or not kinds <= set(book.shapes):
        got, wanted = ("、".join(WORDS[k] for k in ks) for ks in (sorted(kinds), book.shapes))
        raise ValueError(f"图形为{got}，应为{wanted}")
    (kind,) = kinds
    found = one_of(kind, parts, len(given) > 1)
    check_place(found)
    return found


def one_of(kind: str, parts, is_several: bool) -> shapely.Geometry:
    """Parts of one kind as one shape; several features of polygons are put together."""
    if kind == "point":
        if len(parts) > 1:
            raise ValueError(f"有 {len(parts)} 个点，一行应为一个点")
        return parts[0]
    if kind == "line":
        return shapely.multilinestrings(list(parts))
    for part in parts:
        if not part.is_valid:
            raise ValueError(fault_words(shapely.is_valid_reason(part)))
    whole = shapely.union_all(parts) if is_several else shapely.multipolygons(list(parts))
    if not whole.is_valid:
        raise ValueError(fault_words(shapely.is_valid_reason(whole)))
    return whole if whole.geom_type == "MultiPolygon" else shapely.multipolygons([whole])


def check_place(shape: shapely.Geometry) -> None:
    """Raise `ValueError` for a shape outside China or with more vertices than a row should have."""
    west, south, east, north = shape.bounds
    if not (west >= WEST and east <= EAST and south >= SOUTH and north <= NORTH):
        raise ValueError(f"位于 {west:.6g}, {south:.6g} 一带，不在中国范围内，请检查坐标系")
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise ValueError(f"节点超过 {MOST_POINTS} 个")


def same_shape(one, other) -> bool:
    """Are two shapes the same ground, whatever the order of their vertices and parts?

    >>> same_shape(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1, ccw=False)), same_shape(None, None)
    (True, True)
    """
    if one is None or other is None:
        return one is other
    a, b = shapely.normalize(np.array([one, other], dtype=object))
    return bool(shapely.equals_exact(a, b, SAME_DEG))


def settle(book: Book, values: dict, shape, held: tuple | None = None):
    """Make a point and the columns lon, lat say the same: (values, shape).

    Of a row that is held as (values, shape) whichever of the two was changed counts. Raises
    `ValueError` when both are told and disagree.

    >>> from ecoredline.ledger.declare import book
    >>> settle(book("monitor_station"), {}, shapely.Point(101.5, 26.5))[0]
    {'lon': 101.5, 'lat': 26.5}
    """
    if "point" not in book.shapes or "lon" not in {c.name for c in book.columns}:
        return values, shape
    told = spot_of(values)
    if shape is None:
        return values, None if told is None else shapely.Point(told)
    if shape.geom_type != "Point":
        return values, shape
    spot = round(shape.x, LONLAT_DECIMALS), round(shape.y, LONLAT_DECIMALS)
    known = spot_of(held[0]) if held else None
    if told is None or (told == known and spot != known):
        told = spot
    elif spot not in (told, known):
        raise ValueError(
            f"经纬度 {told[0]:.6f}, {told[1]:.6f} 与图形位置 {spot[0]:.6f}, {spot[1]:.6f} 不一致"
        )
    return values | {"lon": told[0], "lat": told[1]}, shapely.Point(told)


def placed(cells: dict, shape) -> dict:
    """Cells of a row with lon and lat of its point where neither is told.

    >>> placed({"lon": "", "name": "x"}, shapely.Point(101.5, 26.5))["lat"]
    26.5
    """
    told = [as_words(cells.get(n)) for n in ("lon", "lat")]
    if shape is None or shape.geom_type != "Point" or any(told):
        return cells
    spot = {"lon": shape.x, "lat": shape.y}
    return cells | {k: round(v, LONLAT_DECIMALS) for k, v in spot.items()}


def read_shape(path: Path | str, book: Book, crs: str | None = None) -> shapely.Geometry | None:
    """All features of a vector file as the shape of one row, in EPSG:4490.

    Raises `ValueError` (not a shape of the book), `SourceError`, `UnsuitableCRS`, `InputError`.
    """
    frame = read_source(path, [])
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shapes):
        raise InputError(f"got {path} without a single shape; wanted at least one")
    return kept_shape(to_storage(shapes, frame.crs, crs, []), book)


def spot_of(values: dict) -> tuple[float, float] | None:
    """Lon and lat of a row's values; None when it has not both."""
    lon, lat = values.get("lon"), values.get("lat")
    return None if lon is None or lat is None else (lon, lat)
