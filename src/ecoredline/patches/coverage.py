"""How much of the redline could be seen: by county, with what hid the rest."""

import geopandas as gpd
import pandas as pd
import shapely

from ecoredline.geodesy import areas_ha
from ecoredline.grid import Grid
from ecoredline.patches.columns import AREA_DECIMALS

LEAST_REST_HA = 0.0001  # below the last decimal that is printed
EDGE_POINTS = 21  # points a side of the image outline, so that it stays right when reprojected


def footprint(grid: Grid) -> shapely.Polygon:
    """Outline of a grid as a lon/lat polygon (EPSG:4490)."""
    west, south, east, north = grid.bounds
    box = shapely.segmentize(shapely.box(west, south, east, north), (east - west) / EDGE_POINTS)
    lon, lat = grid.to_lonlat.transform(*shapely.get_coordinates(box).T)
    return shapely.Polygon(list(zip(lon, lat, strict=True)))


def redline_coverage(
    redline: gpd.GeoDataFrame,
    divisions: gpd.GeoDataFrame | None,
    image: shapely.Polygon,
    unseen: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Redline area by county, the part inside the images, and the part nobody could see.

    All layers in EPSG:4490. Returns one row a county (code, name; one row with blanks when no
    divisions are given): `redline_ha`, `outside_image_ha`, `unseen_ha`, one column
    `unseen_<reason>_ha` for each reason, and `unseen_share` of the redline inside the images
    (NaN where none lies inside). A place hidden on both dates counts once in `unseen_ha`.
    """
    whole = shapely.union_all(redline.geometry.to_numpy())
    reasons = sorted(set(unseen["reason"])) if len(unseen) else []
    hidden = {
        r: shapely.union_all(unseen.geometry[unseen["reason"] == r].to_numpy()) for r in reasons
    }
    every = shapely.union_all(list(hidden.values())) if hidden else shapely.Polygon()
    rows = []
    for code, name, shape in _counties(divisions, whole):
        part = whole if shape is None else shapely.intersection(whole, shape)
        if shapely.is_empty(part):
            continue
        inside = shapely.intersection(part, image)
        row = {
            "code": code,
            "name": name,
            "redline_ha": part,
            "outside_image_ha": shapely.difference(part, image),
            "seen_or_hidden_ha": inside,
            "unseen_ha": shapely.intersection(inside, every),
        } | {f"unseen_{r}_ha": shapely.intersection(inside, h) for r, h in hidden.items()}
        rows.append(row)
    return _measured(rows)


def _counties(divisions, whole: shapely.Geometry) -> list[tuple]:
    """Code, name and shape of each county, and of what of the redline lies in none of them."""
    if divisions is None or not (divisions["level"] == "county").any():
        return [("", "", None)]
    counties = divisions[divisions["level"] == "county"]
    rows = list(zip(counties["code"], counties["name"], counties.geometry, strict=True))
    rest = shapely.difference(whole, shapely.union_all(counties.geometry.to_numpy()))
    if areas_ha([rest])[0] >= LEAST_REST_HA:
        rows.append(("", "县级行政区划之外", rest))
    return rows


def _measured(rows: list[dict]) -> pd.DataFrame:
    """Turn the shapes of each row into hectares and add the share that was hidden."""
    table = pd.DataFrame(rows)
    for column in table.columns.difference(["code", "name"]):
        table[column] = areas_ha(table[column].to_numpy()).round(AREA_DECIMALS)
    if len(table):
        inside = table.pop("seen_or_hidden_ha")
        table["unseen_share"] = (table["unseen_ha"] / inside.where(inside > 0)).round(4)
    return table


def observed_area_km2(grid: Grid, unseen: gpd.GeoDataFrame, focus=None) -> float:
    """Area that was looked at and could be seen on both dates, km² on the ellipsoid.

    `focus` (in the grid's coordinates) is what was looked at; None means the whole image.

    >>> from affine import Affine; from pyproj import CRS
    >>> STORAGE_CRS = CRS.from_epsg(4490)
    >>> g = Grid(CRS.from_epsg(4543), Affine(10, 0, 5e5, 0, -10, 2.94e6), 100, 100)
    >>> nothing = gpd.GeoDataFrame({"reason": []}, geometry=[], crs=STORAGE_CRS)
    >>> round(observed_area_km2(g, nothing), 3)
    1.0
    """
    hidden = shapely.union_all(unseen.geometry.to_numpy()) if len(unseen) else shapely.Polygon()
    looked = footprint(grid)
    if focus is not None:
        looked = shapely.transform(focus, grid.to_lonlat.transform, interleaved=False)
    seen = shapely.difference(looked, hidden)
    return float(areas_ha([seen])[0]) / 100.0
