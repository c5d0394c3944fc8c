"""A synthetic run for the document tests: patches with holes, blanks and long names."""

import copy

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.grid import Grid
from ecoredline.patches.columns import DROPPED_COLUMNS, PATCH_COLUMNS
from ecoredline.patches.coverage import footprint

GRID = Grid(CRS.from_epsg(4543), Affine(2, 0, 471000, 0, -2, 2942000), 1000, 1000)
COUNTIES = (("510402", "东区"), ("510411", "仁和区"), ("510422", "盐边县"))
LONG_NAME = (
    "二滩国家森林公园及其周边生物多样性维护与水源涵养生态保护红线斑块（盐边县格萨拉彝族乡段）"
)
REASONS = [
    "归一化植被指数由 0.71 降至 0.12，降幅 0.59，超过阈值 0.25",
    "后时相亮度升高 0.18，近红外降低 0.22，呈裸土特征",
    "长宽比 1.3，面积 1.20 公顷，形状不规则，距道路 85 米",
]


def outline(index: int, hole: bool):
    """A patch outline on the grid, in lon/lat; some with a hole, some in two parts."""
    east, north = GRID.transform * (100 + 130 * (index % 6), 100 + 150 * (index // 6 % 6))
    radius = 20 + 4 * (index % 5)
    shape = shapely.Point(east, north).buffer(radius, quad_segs=4)
    if hole:
        shape = shape.difference(shapely.Point(east, north).buffer(radius / 3))
    if index % 7 == 3:
        shape = shapely.union(shape, shapely.box(east + 60, north, east + 90, north + 25))
    return to_lonlat(shape)


def to_lonlat(shape):
    """A shape of the grid's coordinates in EPSG:4490."""

    def turn(xy):
        return np.column_stack(GRID.to_lonlat.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(shape, turn)


def patch(index: int) -> dict:
    """One patch row; every third lies in a protected area, every fifth is undetermined."""
    code, county = COUNTIES[index % 3]
    shape = outline(index, hole=index % 4 == 0)
    centre = shape.representative_point()
    inside = round(0.1234 + 0.37 * index, 4)
    protected = index % 3 == 2
    return {
        "patch_id": f"{code}-202511-wm3x{index:05d}",
        "channel": "outside" if index % 10 == 9 else "protected" if protected else "suspected",
        "province": "四川省", "city": "攀枝花市", "county": county, "township": "",
        "division_code": code,
        "division_note": "跨东区、仁和区，各占 52%、48%" if index == 3 else "",
        "lon": centre.x, "lat": centre.y,
        "position": f"格萨拉彝族乡洼落村北偏东约 {index + 1}.2 千米",
        "area_ha": inside + (0.5 if index % 2 else 0.0), "redline_area_ha": inside,
        "protected_area_ha": inside if protected else 0.0,
        "activity_type": "" if index % 5 == 4 else str(index % 6 + 1),
        "activity_confidence": 0.62,
        "problem_type": "" if index % 5 == 4 else ("space", "vegetation", "function")[index % 3],
        "problem_confidence": 0.55, "reasons": REASONS, "score": 4.2 + index,
        "confidence": 0.61 + 0.01 * (index % 30),
        "redline_ids": [f"HX-{code}-{index:03d}"],
        "redline_names": [LONG_NAME if index == 0 else "金沙江干热河谷水土保持"],
        "control_zone": "core" if index % 2 else "general", "redline_version": "2023-01 演示版",
        "protected_names": ["二滩国家森林公园"] if protected else [],
        "before_image": "before", "after_image": "after",
        "before_on": "2024-11-03", "after_on": "2025-11-07",
        "ndvi_before": 0.71, "ndvi_after": 0.12, "remark": "", "is_demo": True,
        "geometry": shape,
    }  # fmt: skip


def patches(count: int = 20, *, demo: bool = True) -> gpd.GeoDataFrame:
    """A patch table in the final columns; `count` 0 gives an empty one."""
    rows = [patch(i) | {"is_demo": demo} for i in range(count)]
    names = [c.name for c in PATCH_COLUMNS]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[*names, "geometry"]), geometry="geometry", crs=4490
    )


def dropped(count: int = 6) -> gpd.GeoDataFrame:
    """Dropped patches with their reasons."""
    reasons = ("too_small", "crop", "water_level", "cloud_edge")
    rows = [
        {
            "patch_id": f"drop-{i}", "reason": reasons[i % 4], "reason_detail": "312 m²，小于 400 m²",
            "area_ha": 0.0312, "redline_area_ha": 0.01, "division_code": "510402",
            "county": "东区", "lon": 101.7, "lat": 26.6, "score": 3.0, "is_demo": True,
            "geometry": outline(i, False),
        }
        for i in range(count)
    ]  # fmt: skip
    names = [c.name for c in DROPPED_COLUMNS]
    table = pd.DataFrame(rows, columns=[*names, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=4490)


def unseen() -> gpd.GeoDataFrame:
    """A cloud of the before date and a nodata wedge of the after date."""
    east, north = GRID.transform * (700, 700)
    shapes = [
        to_lonlat(shapely.Point(east, north).buffer(180)),
        to_lonlat(shapely.Polygon([(471000, 2940000), (471000, 2940600), (471300, 2940000)])),
    ]
    return gpd.GeoDataFrame(
        {"reason": ["cloud", "nodata"], "date": ["before", "after"], "area_ha": [10.18, 9.0],
         "is_demo": True},
        geometry=shapes, crs=4490,
    )  # fmt: skip


def redline() -> gpd.GeoDataFrame:
    """Two redline polygons."""
    shapes = [
        to_lonlat(shapely.box(471050, 2940900, 472100, 2941950)),
        to_lonlat(shapely.Point(472500, 2940700).buffer(420)),
    ]
    return gpd.GeoDataFrame(
        {"code": ["HX-1", "HX-2"], "name": ["金沙江干热河谷", "二滩"], "control_zone": ["core", ""],
         "version": "2023-01 演示版", "is_demo": True},
        geometry=shapes, crs=4490,
    )  # fmt: skip


def divisions() -> gpd.GeoDataFrame:
    """Three schematic counties and their city."""
    cuts = (471000, 471700, 472400, 473000)
    shapes = [to_lonlat(shapely.box(cuts[i], 2940000, cuts[i + 1], 2942000)) for i in range(3)]
    shapes.append(to_lonlat(shapely.box(471000, 2940000, 473000, 2942000)))
    return gpd.GeoDataFrame(
        {"code": [c for c, _ in COUNTIES] + ["510400"], "name": [n for _, n in COUNTIES] + ["攀枝花市"],
         "level": ["county"] * 3 + ["city"], "is_demo": True},
        geometry=shapes, crs=4490,
    )  # fmt: skip


def images(grid: Grid, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Before and after reflectance (4, rows, cols): forest, then a bright clearing; a NaN corner."""
    random = np.random.default_rng(seed)
    forest = np.array([0.03, 0.05, 0.04, 0.35], np.float32)[:, None, None]
    texture = random.normal(1, 0.12, (1, grid.rows, grid.cols)).astype(np.float32)
    before = np.clip(forest * texture, 0.001, 1)
    after = before * 1.05
    r, c = grid.rows, grid.cols
    soil = np.array([0.16, 0.2, 0.26, 0.3], np.float32)[:, None, None]
    after[:, r // 3 : 2 * r // 3, c // 3 : 2 * c // 3] = (
        soil * texture[:, r // 3 : 2 * r // 3, c // 3 : 2 * c // 3]
    )
    after[:, : r // 12, : c // 6] = np.nan
    return before, after


RECORD = {
    "format": 1, "job": "find", "started_at": "2026-01-05T02:00:00+00:00",
    "finished_at": "2026-01-05T02:01:05+00:00", "is_demo": True, "notice": "演示合成数据",
    "inputs": {
        "before": {"path": "/somewhere/before.tif", "name": "before.tif", "bytes": 81234567,
                   "sha256": "ab" * 32, "sensor": "GF-2 PMS（演示）", "acquired_on": "2024-11-03"},
        "after": {"path": "/somewhere/after.tif", "name": "after.tif", "bytes": 81239999,
                  "sha256": "cd" * 32, "sensor": "GF-2 PMS（演示）", "acquired_on": "2025-11-07"},
        "redline": {"path": "/somewhere/redline.gpkg", "name": "redline.gpkg", "bytes": 98304,
                    "sha256": "ef" * 32, "crs": "EPSG:4490"},
    },
    "parameters": {"before_on": None, "margin_m": 500.0, "detection": {"threshold": None, "window": 5}},
    "versions": {"ecoredline": "0.1.0", "python": "3.11.2", "numpy": "2.4.0"},
    "steps": [{"name": "read", "seconds": 0.2}],
    "method": "robust change vector analysis", "threshold": 6.0, "low_threshold": 4.0,
    "registration": {"tiles": 40, "reliable": 31, "rms_before_px": 1.72, "rms_after_px": 0.31},
    "normalisation": {"pixels": 51234, "bands": {
        "red": {"gain": 1.03, "offset": 0.002, "noise": 0.004, "correlation": 0.95},
        "nir": {"gain": 0.97, "offset": 0.01, "noise": 0.011, "correlation": 0.91}}},
    "grid": {"crs": "EPSG:4543", "rows": 1000, "cols": 1000, "pixel_m": [2.0, 2.0]},
    "coverage": [
        {"code": "510402", "name": "东区", "redline_ha": 60.0, "outside_image_ha": 10.0,
         "unseen_ha": 12.5, "unseen_cloud_ha": 10.0, "unseen_nodata_ha": 4.0, "unseen_share": 0.25},
        {"code": "510411", "name": "仁和区", "redline_ha": 50.0, "outside_image_ha": 0.0,
         "unseen_ha": 0.0, "unseen_cloud_ha": 0.0, "unseen_nodata_ha": 0.0, "unseen_share": 0.0},
        {"code": "510422", "name": "盐边县", "redline_ha": 5.0, "outside_image_ha": 5.0,
         "unseen_ha": 0.0, "unseen_cloud_ha": 0.0, "unseen_nodata_ha": 0.0, "unseen_share": None}],
    "warnings": ["未提供地名数据：位置描述留空"],
    "counts": {"patches": 20}, "areas_ha": {}, "outputs": {},
}  # fmt: skip


def record(**changes) -> dict:
    """A run record, a fresh copy each time."""
    made = copy.deepcopy(RECORD) | changes
    made["grid"]["bounds_lonlat"] = list(footprint(GRID).bounds)
    return made
