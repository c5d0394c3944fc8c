"""A layer as the rest of the program knows it: features in EPSG:4490 and notes about them."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.errors import InputError
from ecoredline.geodesy import from_gcj02
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.vector.crs import to_storage
from ecoredline.vector.fields import feature_names
from ecoredline.vector.shapes import clean_points, clean_polygons
from ecoredline.vector.source import read_source

GCJ_CHOICES = ("refuse", "convert", "ignore")
CLEANERS = {"polygon": clean_polygons, "point": clean_points}


@dataclass
class Layer:
    """Features in EPSG:4490 (lon, lat), what was noted on reading them, and if they are made.

    `rows` are the features' numbers in the file, from 1: those without a shape are left out.
    """

    frame: gpd.GeoDataFrame
    notes: list[str] = field(default_factory=list)
    is_demo: bool = False
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))


def read_layer(
    path: Path | str,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    gcj02: str = "refuse",
    wanted: str = "polygon",
    hints: tuple[str, ...] = (),
    job: Job | None = None,
) -> Layer:
    """Read any GDAL vector layer: its own columns, clean shapes, EPSG:4490.

    Parameters
    ----------
    layer, encoding : which layer, which text encoding; found out when not given.
    crs : for a file without a usable CRS, e.g. "EPSG:4543".
    gcj02 : "convert" only on the user's word that the layer is GCJ-02; else nothing is moved.
    wanted : "polygon" or "point".
    job : is told how far the reading is, and may stop it.

    Raises
    ------
    SourceError (absent, cut short), UnsuitableCRS, InputError (empty, wrong kind of shapes).
    """
    if gcj02 not in GCJ_CHOICES:
        raise InputError(f"got gcj02={gcj02!r}; wanted one of {', '.join(GCJ_CHOICES)}")
    notes: list[str] = []
    frame = read_source(path, notes, layer=layer, encoding=encoding, hints=hints)
    if not len(frame):
        raise InputError(f"got {path} with no features; wanted at least one: check the layer")
    names = feature_names(frame)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    if not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        shapes = to_storage(shapes, frame.crs, crs, notes)
    if gcj02 == "convert":
        shapes = shapely.transform(shapes, from_gcj02, interleaved=False)
        notes.append("按用户说明，坐标由 GCJ-02 反算为 CGCS2000")
    shapes = CLEANERS[wanted](shapes, names, path, notes, job)
    kept = ~shapely.is_missing(shapes)
    columns = frame.drop(columns=frame.geometry.name)[kept].reset_index(drop=True)
    clean = gpd.GeoDataFrame(columns, geometry=shapes[kept], crs=STORAGE_CRS)
    return Layer(clean, notes, rows=np.flatnonzero(kept) + 1)
