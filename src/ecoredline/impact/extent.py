"""The area a project is judged on: its own and disturbed land, 500 m more, and sensitive targets whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from ecoredline.delineation.shapes import moved, polygons_of, stored, whole
from ecoredline.errors import InvalidGeometry
from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.terrain.heights import gauss_kruger_zone

MARGIN_M, SENSITIVE_M = 500.0, 1000.0  # HJ 1175-2021


@dataclass(frozen=True)
class Target:
    """A sensitive target near a project: kind and name, distance m (0 = overlap), overlap ha, taken in whole?"""

    kind: str
    name: str
    distance_m: float
    overlap_ha: float
    taken_whole: bool


def plane_around(shape) -> CRS:
    """The 3-degree zone of a lon, lat shape's middle."""
    return gauss_kruger_zone((shape.bounds[0] + shape.bounds[2]) / 2)


def evaluation_area(project, targets: gpd.GeoDataFrame | None = None):
    """The area of evaluation of a lon, lat polygon: 500 m around it, with the sensitive targets that
    lie between 500 and 1000 m taken in whole; a lon, lat geometry.

    >>> site = shapely.box(101.70, 26.58, 101.71, 26.59)
    >>> 300 < area_ha(evaluation_area(site)) < 400
    True
    """
    plane = plane_around(checked(project))
    here = moved(project, STORAGE_CRS, plane)
    around = here.buffer(MARGIN_M)
    if targets is not None and len(targets):
        shapes = moved(np.asarray(targets.geometry.to_numpy(), object), STORAGE_CRS, plane)
        away = shapely.distance(shapes, here)
        near = shapes[(away > MARGIN_M) & (away <= SENSITIVE_M)]
        around = whole([around, *(p for s in near for p in polygons_of(s))])
    return stored([around], plane)[0]


def checked(project):
    """The polygon as it is; raise `InvalidGeometry` when it is none."""
    if project is None or project.is_empty or not polygons_of(project):
        raise InvalidGeometry("got a project without an area; wanted a polygon in lon, lat")
    return project


def near_targets(project, targets: gpd.GeoDataFrame) -> list[Target]:
    """Sensitive targets within 1000 m, the nearest first. `targets` has the columns kind and name."""
    plane = plane_around(checked(project))
    here = moved(project, STORAGE_CRS, plane)
    found: Sequence = []
    for row in targets.itertuples():
        away = shapely.distance(moved(row.geometry, STORAGE_CRS, plane), here)
        if away > SENSITIVE_M:
            continue
        overlap = area_ha(shapely.intersection(project, row.geometry)) if away == 0 else 0.0
        found.append(Target(row.kind, row.name, round(float(away), 1), round_ha(overlap), away > MARGIN_M))  # fmt: skip
    return sorted(found, key=lambda t: (t.distance_m, t.kind, t.name))
