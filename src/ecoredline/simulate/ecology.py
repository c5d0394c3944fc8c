"""The demo county's ecology: heights, rain, land use and NDVI of three years on the demo scene's land.

Made from the same seed as the demo images, so rivers, reservoirs and slopes lie where the images
show them. Every file says 演示合成数据.
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio.features
from scipy import ndimage

from ecoredline.files import check_writable
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster import DEMO_TAG
from ecoredline.raster.layers import write_map
from ecoredline.record import DEMO_NOTICE
from ecoredline.simulate.layout import make_layout
from ecoredline.simulate.making import DEFAULT_SEED
from ecoredline.simulate.scene import make_grid
from ecoredline.simulate.terrain import elevations, lake_distances, river_distances

YEARS = (2024, 2025, 2026)
PIXEL_M, SIDE_PX, MARGIN_PX = 15.0, 400, 8
FOREST, SHRUB, GRASS, LAKE, RIVER, FIELD, ORCHARD, VILLAGE, WORKS = (
    11,
    21,
    31,
    42,
    43,
    51,
    52,
    61,
    63,
)
COVER_TYPES = {
    11: 1,
    21: 2,
    31: 3,
    42: 8,
    43: 8,
    51: 6,
    52: 4,
    61: 9,
    63: 6,
}  # soil_cover_types; a mine is bare
GREEN = {11: 0.78, 21: 0.62, 31: 0.48, 42: -0.15, 43: -0.2, 51: 0.44, 52: 0.55, 61: 0.22, 63: 0.12}
YEAR_GREEN = {2024: 0.0, 2025: -0.015, 2026: 0.012}
TAGS = {DEMO_TAG: "1", "ECOREDLINE_NOTICE": DEMO_NOTICE}


@dataclass(frozen=True)
class Ground:
    """What does not change: the grid, heights, slope, distances to water, a slow noise."""

    grid: Grid
    height: np.ndarray
    slope: np.ndarray
    water: np.ndarray
    lake: np.ndarray
    noise: np.ndarray


def demo_ecology(
    folder: Path | str, *, seed: int = DEFAULT_SEED, works: gpd.GeoDataFrame | None = None,
    years=YEARS,
) -> dict[str, Path]:  # fmt: skip
    """Write dem, rain, erosivity, erodibility and, a year each, landuse, cover_type and ndvi.

    Parameters
    ----------
    works : lon, lat polygons that were built on in the last year (HJ 1166 class 63 from then on).
    years : which years, oldest first.

    Gives name → path (`dem`, `landuse-2026` …), GeoTIFF in EPSG:4543, 15 m. The same arguments give
    the same pixels. Land use: HJ 1166 class II codes; cover types: `soil_cover_types`.
    Raises `OutputError`.
    """
    folder, ground = check_writable(folder), make_ground(seed)
    rain = 780 + 0.16 * (ground.height - ground.height.min()) + 25 * ground.noise
    made = {
        "dem": save(folder, "dem", ground.height, ground.grid, "高程", "m"),
        "rain": save(folder, "rain", rain, ground.grid, "年降水量", "mm/a"),
        "erosivity": save(folder, "erosivity", 3.2 * rain, ground.grid, "降雨侵蚀力因子 R", "MJ·mm/(hm²·h·a)"),
        "erodibility": save(
            folder, "erodibility", 0.028 + 0.006 * ground.noise, ground.grid, "土壤可蚀性因子 K",
            "t·hm²·h/(hm²·MJ·mm)",
        ),
    }  # fmt: skip
    land = land_use(ground)
    for number, year in enumerate(years):
        if number:
            land = grown(land, ground, number)
        shown = built_on(land, ground.grid, works) if number == len(years) - 1 else land
        made |= year_maps(folder, year, shown, ground, seed)
    return made


def make_ground(seed: int) -> Ground:
    """Heights and distances on a grid that covers the demo scene with a margin."""
    scene = make_grid(3000, 3000, 2.0)
    half = scene.cols * scene.transform.a
    t = scene.transform
    margin = MARGIN_PX * PIXEL_M
    side = SIDE_PX + 2 * MARGIN_PX
    transform = rasterio.Affine(PIXEL_M, 0, t.c - margin, 0, -PIXEL_M, t.f + margin)
    grid = Grid(scene.crs, transform, side, side)
    at = (np.arange(side) + 0.5) * PIXEL_M - margin
    xs, ys = np.meshgrid(np.clip(at, 0, half), np.clip(at, 0, half))
    layout = make_layout(half, half, seed)
    height = elevations(xs, ys, layout)
    slope = np.degrees(np.arctan(np.hypot(*np.gradient(height, PIXEL_M))))
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=(side, side)), 9)
    lake = lake_distances(xs, ys, layout)
    return Ground(grid, height, slope, river_distances(xs, ys, layout), lake, noise / noise.std())


def land_use(ground: Ground) -> np.ndarray:
    """HJ 1166 class II codes from slope, water and noise."""
    land = np.full(ground.height.shape, FOREST, np.uint8)
    land[ground.noise > 0.55] = SHRUB
    land[(ground.noise < -0.75) & (ground.slope < 28)] = GRASS
    low = (ground.slope < 12) & (ground.water < 900)
    land[low & (ground.noise > -0.2)] = FIELD
    land[low & (ground.noise > 0.9)] = ORCHARD
    land[(ground.slope < 7) & (ground.water < 420) & (ground.noise < -0.9)] = VILLAGE
    land[ground.lake < 0] = LAKE
    land[ground.water < 0] = RIVER
    return land


def grown(land: np.ndarray, ground: Ground, number: int) -> np.ndarray:
    """A year later: shrub that grew up, a few fields at the rim of villages that were built on."""
    made = land.copy()
    made[(land == SHRUB) & (ground.noise < 0.55 + 0.02 * number)] = FOREST
    rim = ndimage.binary_dilation(land == VILLAGE, iterations=1) & (land == FIELD)
    made[rim & (ground.noise < -0.1)] = VILLAGE
    return made


def built_on(land: np.ndarray, grid: Grid, works: gpd.GeoDataFrame | None) -> np.ndarray:
    """Land with the works drawn on it; a cell belongs to the works that touch it."""
    if works is None or not len(works):
        return land
    shapes = works.set_crs(STORAGE_CRS, allow_override=True).to_crs(grid.crs).geometry
    drawn = rasterio.features.rasterize(
        [(g, 1) for g in shapes], land.shape, transform=grid.transform, all_touched=True
    )
    return np.where(drawn == 1, WORKS, land).astype(np.uint8)


def year_maps(
    folder: Path, year: int, land: np.ndarray, ground: Ground, seed: int
) -> dict[str, Path]:
    """Land use, cover type and NDVI of one year."""
    types, green = np.zeros(land.shape, np.uint8), np.zeros(land.shape)
    for code, kind in COVER_TYPES.items():
        types[land == code] = kind
        green[land == code] = GREEN[code]
    speckle = np.random.default_rng(seed + year).normal(0, 0.012, land.shape)
    ndvi = np.clip(green + YEAR_GREEN.get(year, 0.0) + 0.03 * ground.noise + speckle, -0.3, 0.95)
    return {
        f"landuse-{year}": save(folder, f"landuse-{year}", land, ground.grid, "生态系统类型", "code", "uint8"),
        f"cover_type-{year}": save(folder, f"cover_type-{year}", types, ground.grid, "覆盖类型", "code", "uint8"),
        f"ndvi-{year}": save(folder, f"ndvi-{year}", ndvi, ground.grid, "归一化植被指数", "1"),
    }  # fmt: skip


def save(folder: Path, name: str, values, grid: Grid, zh: str, unit: str, dtype="float32") -> Path:
    """One map of the folder."""
    return write_map(folder / f"{name}.tif", values, grid, zh=zh, unit=unit, dtype=dtype, tags=TAGS)
