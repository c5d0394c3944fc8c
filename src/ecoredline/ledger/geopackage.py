"""The spatial ledgers as one GeoPackage in EPSG:4490, a layer a ledger."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.ledger.declare import Book, books
from ecoredline.ledger.sheets import as_words
from ecoredline.ledger.values import cell_of
from ecoredline.ledger.workbook import SheetRow

TYPES = {"point": "Point", "polygon": "MultiPolygon"}


def write_geopackage(
    path: Path | str, rows: dict[str, list[SheetRow]], *, names: dict | None = None
) -> Path:  # fmt: skip
    """Write the spatial books of `rows`; columns by their names, or as `names` maps them.

    `names` is book → {our column: their field}, where only the mapped columns are written.
    Raises `InputError` when none of the books is spatial.
    """
    wanted = {n: r for n, r in rows.items() if books()[n].spatial}
    if not wanted:
        raise InputError("所选台账没有空间台账；空间台账才能导出 GeoPackage")
    with whole_file(path) as part:
        for name, found in wanted.items():
            frame = frame_of(books()[name], found, (names or {}).get(name))
            pyogrio.write_dataframe(
                frame, part, layer=name, driver="GPKG", append=part.exists(),
                geometry_type=TYPES[books()[name].spatial],
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
        if book.spatial == "polygon" and row.geometry.geom_type == "Polygon":
            return shapely.MultiPolygon([row.geometry])
        return row.geometry
    lon, lat = row.values.get("lon"), row.values.get("lat")
    if book.spatial == "point" and lon is not None and lat is not None:
        return shapely.Point(lon, lat)
    return None
