"""What truly happened in a scene, and what only looks as if: the tables of truth.gpkg."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from affine import Affine
from pyproj import Transformer
from rasterio import features
from shapely.geometry.base import BaseGeometry

from ecoredline.errors import SourceError
from ecoredline.grid import ELLIPSOID, STORAGE_CRS
from ecoredline.simulate.dates import AFTER, BEFORE, DATES
from ecoredline.simulate.ground import (
    CROP_BARE,
    CROP_GREEN,
    DRAWDOWN,
    LAKE_WATER,
    RIVER_WATER,
    SAND,
    SNOW,
)
from ecoredline.simulate.lattice import CLOUD, CLOUD_SHADOW, sky_lattice
from ecoredline.simulate.regions import SOURCE, numeral, where_of
from ecoredline.simulate.scene import Plan
from ecoredline.simulate.survey import bare_look, cleaned, make_survey

TRUTH_NAME = "truth.gpkg"
CLOUD_OPACITY = 0.25  # from here on the ground is not to be seen well
AREA_DECIMALS = 4
SHARE_DECIMALS = 4


def to_lonlat(frame: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """A frame in local metres as EPSG:4490 (lon, lat), vertex by vertex."""
    transformer = Transformer.from_crs(plan.grid.crs, STORAGE_CRS, always_xy=True)
    west, north = plan.grid.transform * (0, 0)

    def moved(at: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(west + at[:, 0], north - at[:, 1]))

    geometry = shapely.normalize(shapely.transform(frame.geometry.to_numpy(), moved))
    table = frame.drop(columns="geometry")
    return gpd.GeoDataFrame(table, geometry=geometry, crs=STORAGE_CRS)


def area_ha(geometry: BaseGeometry) -> float:
    """Area of a lon, lat polygon on the CGCS2000 ellipsoid in hectares, 4 decimals."""
    square_metres = sum(
        abs(ELLIPSOID.geometry_area_perimeter(shapely.geometry.polygon.orient(part))[0])
        for part in shapely.get_parts(geometry)
    )
    return round(square_metres / 1e4, AREA_DECIMALS)


def activity_table(plan: Plan, natural: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The activities exactly as painted, in local metres.

    Columns activity_id, activity_type, kind, name, size_ha (as asked for), where,
    redline_share, protected_share, seen_share (not under cloud or its shadow on either
    date), geometry.
    """
    redline = shapely.union_all(plan.redline.geometry.to_numpy())
    reserves = shapely.union_all(plan.protected_areas.geometry.to_numpy())
    veils = natural[natural["kind"].isin(["cloud", "cloud_shadow"])].geometry.to_numpy()
    veil = shapely.union_all(veils) if len(veils) else shapely.Polygon()
    rows, counts = [], {}
    for number, activity in enumerate(plan.activities, 1):
        outline, variant = activity.outline, activity.variant
        counts[variant.kind] = counts.get(variant.kind, 0) + 1
        name = f"示范{variant.kind}{numeral_of(counts[variant.kind])}"
        shares = [
            round(outline.intersection(zone).area / outline.area, SHARE_DECIMALS)
            for zone in (redline, reserves, veil)
        ]
        rows.append(
            (f"A{number:04d}", variant.activity_type, variant.kind, name, activity.size_ha,
             where_of(outline, redline, reserves), shares[0], shares[1], 1.0 - shares[2], outline)
        )  # fmt: skip
    return gpd.GeoDataFrame(
        rows,
        columns=["activity_id", "activity_type", "kind", "name", "size_ha", "where",
                 "redline_share", "protected_share", "seen_share", "geometry"],
    )  # fmt: skip


def numeral_of(number: int) -> str:
    """A number in a made-up name: in Chinese up to 99.

    >>> numeral_of(12), numeral_of(120)
    ('十二', '120')
    """
    return numeral(number) if number < 100 else str(number)


def outlines_of(mask: np.ndarray, cell: float) -> list[BaseGeometry]:
    """The polygons of a coarse mask in local metres."""
    found = features.shapes(mask.astype(np.uint8), mask, transform=Affine.scale(cell))
    return [shapely.geometry.shape(geometry) for geometry, _ in found]


def cloud_masks(plan: Plan, index: int) -> dict[str, np.ndarray]:
    """Where a date's clouds and their shadows are, on the survey's cells."""
    cell, shape = plan.survey.cell, plan.survey.kinds.shape
    look = plan.looks[index]
    masks = {"cloud": np.zeros(shape, bool), "cloud_shadow": np.zeros(shape, bool)}
    if len(look.clouds) == 0:
        return masks
    still = bare_look(look)._replace(clouds=look.clouds)
    size = plan.survey.width, plan.survey.height
    sky = sky_lattice(0, 0, shape[1] + 1, shape[0] + 1, cell, plan.pixel, *size, plan.layout, still)
    for kind, field in (("cloud", CLOUD), ("cloud_shadow", CLOUD_SHADOW)):
        nodes = sky[:, :, field]
        middles = 0.25 * (nodes[:-1, :-1] + nodes[1:, :-1] + nodes[:-1, 1:] + nodes[1:, 1:])
        masks[kind] = middles > CLOUD_OPACITY
    return masks


def natural_table(plan: Plan) -> gpd.GeoDataFrame:
    """What differs without anybody's doing, in local metres, drawn coarsely.

    Columns kind (cloud, cloud_shadow, crop, water_level, snow, landslide), date (of the
    image a cloud is on, else empty), geometry.
    """
    rows = []
    for index in (BEFORE, AFTER):
        day = DATES[index].isoformat()
        for kind, mask in cloud_masks(plan, index).items():
            rows += [(kind, day, g) for g in outlines_of(mask, plan.survey.cell)]
    before = plan.survey.kinds
    grid = plan.grid
    after = make_survey(grid.rows, grid.cols, plan.pixel, plan.layout, plan.looks[AFTER]).kinds
    water = (RIVER_WATER, LAKE_WATER)
    levels = (*water, SAND, DRAWDOWN)
    crops = (CROP_GREEN, CROP_BARE)
    changes = {
        "crop": (before != after) & np.isin(before, crops) & np.isin(after, crops),
        "water_level": (np.isin(before, water) != np.isin(after, water))
        & np.isin(before, levels) & np.isin(after, levels),
        "snow": (before == SNOW) != (after == SNOW),
    }  # fmt: skip
    for kind, mask in changes.items():
        rows += [(kind, "", g) for g in outlines_of(cleaned(mask), plan.survey.cell)]
    rows += [("landslide", DATES[AFTER].isoformat(), a.outline) for a in plan.slides]
    return gpd.GeoDataFrame(rows, columns=["kind", "date", "geometry"])


def finished(frame: gpd.GeoDataFrame, plan: Plan, *, areas: bool = False) -> gpd.GeoDataFrame:
    """A frame ready to be written: EPSG:4490, marked as demo data, with `area_ha` if wanted."""
    table = to_lonlat(frame, plan)
    if areas:
        table["area_ha"] = [area_ha(g) for g in table.geometry]
    table["is_demo"] = 1
    table["source"] = SOURCE
    return table[[*(c for c in table.columns if c != "geometry"), "geometry"]]


def truth_tables(plan: Plan) -> dict[str, gpd.GeoDataFrame]:
    """The layers of truth.gpkg, EPSG:4490: `activities` and `natural`."""
    natural = natural_table(plan)
    return {
        "activities": finished(activity_table(plan, natural), plan, areas=True),
        "natural": finished(natural, plan),
    }


def read_truth(folder: Path | str, layer: str = "activities") -> gpd.GeoDataFrame:
    """A layer of a simulated folder's truth.gpkg (`activities` or `natural`), EPSG:4490.

    Raises `SourceError` when it is not there.
    """
    path = Path(folder) / TRUTH_NAME
    try:
        return pyogrio.read_dataframe(path, layer=layer)
    except Exception as fault:
        raise SourceError(f"could not read layer {layer!r} of {path}: {fault}") from fault
