"""Where a patch lies and how much of it: areas, redline, protected areas, division, position."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.codes import code_list, label
from ecoredline.errors import UnsuitableCRS
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.columns import LONLAT_DECIMALS
from ecoredline.patches.divisions import assign_divisions
from ecoredline.patches.overlay import Pieces, merged, overlay
from ecoredline.patches.position import positions

ZONES = tuple(code_list("control_zones"))  # the stricter first: it wins a tie
# 环办生态函〔2020〕703号 四（一）: annex 1 leaves out what lies in protected areas
PROTECTED_SHARE = 0.5


def attribute(
    patches: gpd.GeoDataFrame,
    *,
    redline: gpd.GeoDataFrame,
    protected_areas: gpd.GeoDataFrame | None = None,
    divisions: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """The patches with the columns that say where they lie and how much of them.

    Parameters
    ----------
    patches : polygons in EPSG:4490; other columns are kept.
    redline, protected_areas, divisions, places : frames of the layers `ecoredline.vector`
        reads; what is not given stays blank.

    Returns
    -------
    A copy with area_ha, redline_area_ha, protected_area_ha (hectares on the CGCS2000
    ellipsoid, 4 decimals; a place that several polygons cover counts once), lon, lat (a point
    inside), redline_ids, redline_names, protected_names (lists, largest piece first),
    control_zone (the larger part; both parts in control_zone_note), redline_version, channel,
    province, city, county, township, division_code, division_note and position.

    Raises `UnsuitableCRS` when a layer is not in EPSG:4490.
    """
    layers = {"patches": patches, "redline": redline, "protected_areas": protected_areas}
    _check_crs(layers | {"divisions": divisions, "places": places})
    shapes = np.array(patches.geometry.to_numpy(), dtype=object)
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    areas = areas_ha(shapes)
    lon, lat = representative_points(shapes)
    found = patches.copy()
    if bad.any():  # the shape that is stored is the one that was measured
        found = found.set_geometry(gpd.GeoSeries(shapes, index=found.index, crs=STORAGE_CRS))
    columns = {"area_ha": round_ha(areas), "lon": lon, "lat": lat}
    in_redline = overlay(shapes, areas, redline.geometry.to_numpy())
    columns |= redline_columns(in_redline, redline, len(shapes))
    columns |= protected_columns(shapes, areas, in_redline, protected_areas)
    columns |= assign_divisions(shapes, areas, divisions).to_dict("list")
    prefixes = [c + t for c, t in zip(columns["county"], columns["township"], strict=True)]
    columns["position"] = positions(lon, lat, places, prefixes)
    for name, values in columns.items():
        found[name] = pd.Series(list(values), index=found.index, dtype=_dtype(name))
    return found


def representative_points(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lon and lat of a point inside each polygon, to 6 decimals where that stays inside.

    >>> lon, lat = representative_points(np.array([shapely.box(101.7, 26.5, 101.8, 26.6)]))
    >>> float(lon[0]), float(lat[0])
    (101.75, 26.55)
    """
    points = shapely.point_on_surface(shapes)
    exact = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    rounded = np.round(exact, LONLAT_DECIMALS)
    inside = shapely.contains_xy(shapes, rounded[:, 0], rounded[:, 1])
    lon, lat = np.where(inside[:, None], rounded, exact).T
    return lon, lat


def redline_columns(pieces: Pieces, redline: gpd.GeoDataFrame, count: int) -> dict:
    """Columns about the redline: clipped area, polygons touched, control zone, version."""
    _, clipped = merged(pieces, count)
    clipped = round_ha(clipped)
    pieces = pieces.only(clipped[pieces.patch] > 0)
    zones, notes = control_zones(pieces, redline, count)
    return {
        "redline_area_ha": clipped,
        "redline_ids": _listed(pieces, redline["code"], redline, count),
        "redline_names": _listed(pieces, redline["name"], redline, count),
        "control_zone": zones,
        "control_zone_note": notes,
        "redline_version": _versions(pieces, redline, count),
    }


def control_zones(
    pieces: Pieces, redline: gpd.GeoDataFrame, count: int
) -> tuple[list[str], list[str]]:
    """The control zone that holds the larger part of each patch, and a note where both do."""
    zone_of = redline["control_zone"].to_numpy(dtype=object)[pieces.polygon]
    present = [z for z in ZONES if (zone_of == z).any()]
    if not present:
        return [""] * count, [""] * count
    areas = np.stack([round_ha(merged(pieces.only(zone_of == z), count)[1]) for z in present])
    zones = np.where(areas.sum(axis=0) == 0, "", np.array(present, object)[areas.argmax(axis=0)])
    names = [label("control_zones", z) for z in present]
    notes = []
    for column in areas.T:
        parts = [f"{n} {a:.4f} 公顷" for n, a in zip(names, column, strict=True) if a > 0]
        notes.append("跨管控区：" + "、".join(parts) if len(parts) > 1 else "")
    return zones.tolist(), notes


def protected_columns(
    shapes: np.ndarray,
    areas: np.ndarray,
    in_redline: Pieces,
    protected_areas: gpd.GeoDataFrame | None,
) -> dict:
    """Columns about protected areas, and the channel.

    outside: no redline area at 4 decimals; protected: more than half of the redline-clipped
    piece lies in protected areas; suspected: the rest.
    """
    count = len(shapes)
    clip, clip_ha = merged(in_redline, count)
    channel = np.where(round_ha(clip_ha) > 0, "suspected", "outside").astype(object)
    if protected_areas is None:
        return {
            "protected_area_ha": np.zeros(count),
            "protected_names": [[] for _ in range(count)],
            "channel": channel,
        }
    pieces = overlay(shapes, areas, protected_areas.geometry.to_numpy())
    cover, cover_ha = merged(pieces, count)
    rounded = round_ha(cover_ha)
    both = np.flatnonzero((channel == "suspected") & (rounded > 0))
    shared_ha = areas_ha(shapely.intersection(clip[both], cover[both]))
    channel[both[shared_ha > PROTECTED_SHARE * clip_ha[both]]] = "protected"
    pieces = pieces.only(rounded[pieces.patch] > 0)
    names = _listed(pieces, protected_areas["name"], protected_areas, count)
    return {"protected_area_ha": rounded, "protected_names": names, "channel": channel}


def _listed(pieces: Pieces, values, layer: gpd.GeoDataFrame, count: int) -> list[list[str]]:
    """For each patch the values of its polygons, largest piece first, each once, none blank.

    A polygon whose piece rounds to nothing is left out, unless all of the patch's do.
    """
    values = np.asarray(values, dtype=object)
    codes = np.asarray(layer["code"], dtype=str)[pieces.polygon]
    found: list[list[str]] = [[] for _ in range(count)]
    counts = round_ha(pieces.area_ha) > 0
    for row in np.lexsort((codes, -pieces.area_ha, pieces.patch)):
        patch, value = pieces.patch[row], values[pieces.polygon[row]]
        if value and value not in found[patch] and (counts[row] or not found[patch]):
            found[patch].append(value)
    return found


def _versions(pieces: Pieces, redline: gpd.GeoDataFrame, count: int) -> list[str]:
    """The redline version of the polygons a patch lies in; the layer's one version elsewhere."""
    every = sorted({v for v in redline["version"] if v})
    common = every[0] if len(every) == 1 else ""
    return ["、".join(v) or common for v in _listed(pieces, redline["version"], redline, count)]


def _dtype(name: str):
    return float if name.endswith("_ha") or name in ("lon", "lat") else object


def _check_crs(layers: dict) -> None:
    for role, frame in layers.items():
        if frame is not None and frame.crs != STORAGE_CRS:
            name = frame.crs.name if frame.crs else "no CRS"
            raise UnsuitableCRS(f"got {role} in {name}; wanted EPSG:4490: use to_crs(4490)")
