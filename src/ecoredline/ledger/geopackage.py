"""Spatial ledgers as one GeoPackage in EPSG:4490, a layer a ledger; and layers read back as rows."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from ecoredline.errors import EcoredlineError, InputError
from ecoredline.files import whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.ledger.declare import Book, books, joins
from ecoredline.ledger.shapes import kept_shape, placed
from ecoredline.ledger.sheets import Fault, as_words
from ecoredline.ledger.values import cell_of, check_row
from ecoredline.ledger.workbook import (
    COUNTY_HEAD,
    FROM_HEAD,
    KEY_HEAD,
    SOURCE_HEAD,
    TO_HEAD,
    BookReading,
    SheetRow,
    read_days,
)
from ecoredline.vector.crs import to_storage
from ecoredline.vector.drivers import check_source
from ecoredline.vector.fields import plain_name
from ecoredline.vector.source import read_source

TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}
OWN = {
    "row_key": KEY_HEAD, "county_code": COUNTY_HEAD, "valid_from": FROM_HEAD, "valid_to": TO_HEAD,
    "source_doc": SOURCE_HEAD,
}  # fmt: skip
SHAPE_HEAD = "图形"
SHORT = 10  # characters of a field's name in a Shapefile


def spatial_by(book: Book) -> tuple[str, ...]:
    """The kinds of shapes a book's layer has: its own, else those of the book it is joined to."""
    if book.shapes:
        return book.shapes
    targets = (books()[j.to].shapes for j in joins() if j.ledger == book.name)
    return next((shapes for shapes in targets if shapes), ())


def write_geopackage(
    path: Path | str, rows: dict[str, list[SheetRow]], *, names: dict | None = None
) -> Path:  # fmt: skip
    """Write the books of `rows` that have shapes, own or of the book they are joined to.

    Columns by their names, or as `names` maps them: book → {our column: their field}, where only
    the mapped columns are written. Raises `InputError` when none of the books is spatial.
    """
    wanted = {n: r for n, r in rows.items() if spatial_by(books()[n])}
    if not wanted:
        raise InputError("所选台账没有空间台账；空间台账才能导出 GeoPackage")
    with whole_file(path) as part:
        for name, found in wanted.items():
            kinds = spatial_by(books()[name])
            frame = frame_of(books()[name], found, (names or {}).get(name))
            pyogrio.write_dataframe(
                frame, part, layer=name, driver="GPKG", append=part.exists(),
                geometry_type=TYPES[kinds[0]] if len(kinds) == 1 else "Unknown",
            )  # fmt: skip
    return Path(path)


def frame_of(book: Book, rows: list[SheetRow], mapped: dict | None = None) -> gpd.GeoDataFrame:
    """A book's rows as a layer: key, county, days, and every column by its name (or as mapped)."""
    shapes = [shape_of(book, row) for row in rows]
    own = {
        "row_key": [r.key for r in rows],
        "county_code": [r.county for r in rows],
        "valid_from": [as_words(r.valid_from) for r in rows],
        "valid_to": [as_words(r.valid_to) for r in rows],
        "source_doc": [r.source_doc for r in rows],
    }
    told = {c.name: [cell_of(c, r.values.get(c.name)) for r in rows] for c in book.columns}
    told = {k: [as_words(v) if hasattr(v, "year") else v for v in vs] for k, vs in told.items()}
    data = own | told
    if mapped is not None:
        data = {theirs: data[ours] for ours, theirs in mapped.items() if ours in data}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_CRS)


def shape_of(book: Book, row: SheetRow):
    """A row's geometry: its own, else the point of its lon and lat; None when it has neither."""
    if row.geometry is not None:
        if row.geometry.geom_type == "Polygon":
            return shapely.MultiPolygon([row.geometry])
        return row.geometry
    lon, lat = row.values.get("lon"), row.values.get("lat")
    if "point" in book.shapes and lon is not None and lat is not None:
        return shapely.Point(lon, lat)
    return None


def read_layers(
    path: Path | str, only: str = "", *, names: dict | None = None, crs: str | None = None
) -> BookReading:  # fmt: skip
    """The rows of a GeoPackage's layers, or of one layer of any format for the book `only`.

    Fields are known by our column's name or label, or by `names` (as `write_geopackage`). Every
    fault with layer, feature and column. Raises `InputError`, `SourceError`.
    """
    path, found = Path(path), BookReading()
    for name, layer in layers_in(path, only, found):
        frame = read_source(path, [], layer=layer)
        read_frame(books()[name], frame, found, (names or {}).get(name), crs)
    return found


def layers_in(path: Path, only: str, found: BookReading) -> list[tuple[str, str | None]]:
    """(book, layer) for what is to be read; layers of no ledger are faults."""
    if path.suffix.lower() != ".gpkg":
        if not only:
            raise InputError("一次导入多本台账应为 GeoPackage；其他格式请到该台账的页面导入")
        return [(only, None)]
    check_source(path)
    layers = [str(name) for name, _kind in pyogrio.list_layers(path)]
    known = {n: b.name for b in books().values() for n in (b.name, b.zh)}
    if only:
        mine = [n for n in layers if known.get(n) == only] or (layers if len(layers) == 1 else [])
        if len(mine) != 1:
            raise InputError(f"文件有图层 {'、'.join(layers)}；没有“{books()[only].zh}”的图层")
        return [(only, mine[0])]
    found.faults += [Fault(1, "图层", n, "没有这本台账", n) for n in layers if n not in known]
    return [(known[n], n) for n in layers if n in known]


def read_frame(book: Book, frame: gpd.GeoDataFrame, found: BookReading, mapped, crs) -> None:
    """One layer's features into the reading."""
    faults, fields = found.faults, fields_of(book, frame, mapped)
    found.rows[book.name] = []
    if not fields:
        have = "、".join(str(c) for c in frame.columns if c != frame.geometry.name)
        faults.append(Fault(1, "字段", have, "没有一个字段与台账的列对应", book.zh))
        return
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    if len(shapes) and not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        try:
            shapes = to_storage(shapes, frame.crs, crs, [])
        except EcoredlineError as fault:
            faults.append(Fault(1, SHAPE_HEAD, "", str(fault), book.zh))
            return
    columns = frozenset(fields)
    for number, (row, shape) in enumerate(
        zip(frame.drop(columns=frame.geometry.name).to_dict("records"), shapes, strict=True), 1
    ):
        cells = {ours: row[theirs] for ours, theirs in fields.items()}
        found.rows[book.name].append(read_feature(book, cells, shape, number, columns, faults))


def read_feature(book: Book, cells: dict, shape, number: int, columns, faults: list) -> SheetRow:
    """One feature; its shape only where the book itself is spatial."""
    kept = None
    if book.shapes:
        try:
            kept = kept_shape([shape], book)
        except ValueError as fault:
            if book.is_own:
                faults.append(Fault(number, SHAPE_HEAD, "", str(fault), book.zh))
    values, wrong = check_row(book, placed(cells, kept), number, book.zh, columns)
    made = SheetRow(
        as_words(cells.get("row_key")), as_words(cells.get("county_code")), values=values,
        source_doc=as_words(cells.get("source_doc")), number=number, told=columns,
        is_shaped=bool(book.shapes), geometry=kept,
    )  # fmt: skip
    read_days(made, {h: cells.get(n) for n, h in OWN.items()}, number, book.zh, faults)
    if book.is_own:
        faults.extend(wrong)
    return made


def fields_of(book: Book, frame, mapped: dict | None) -> dict[str, str]:
    """Our column → the field of the file: by the mapping, else by name or label."""
    own = {plain_name(c): c for c in frame.columns if c != frame.geometry.name}
    words = {name: (name, head) for name, head in OWN.items()}
    words |= {c.name: (c.name, c.zh, c.label(), c.en) for c in book.columns}
    if mapped is not None:
        words = {ours: (theirs,) for ours, theirs in mapped.items()} | {"row_key": words["row_key"]}
    found = {}
    for ours, names in words.items():
        spellings = [plain_name(w) for name in names for w in (name, name[:SHORT])]
        match = next((own[s] for s in spellings if s in own), None)
        if match is not None:
            found[ours] = match
    return found
