"""From a DEM file to maps of flow, slope and LS, tile by tile, with a record of what was repaired."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio

from ecoredline.ecosystem.terrain import ls_factor_desmet_govers
from ecoredline.files import check_writable
from ecoredline.grid import Grid
from ecoredline.raster.layers import demo_tags, open_map
from ecoredline.record import RECORD_NAME, Job, RunRecord
from ecoredline.terrain.fill import fill_tiles
from ecoredline.terrain.flats import direct_tiles
from ecoredline.terrain.flow import Inflow
from ecoredline.terrain.gradient import aspect_degrees, slope_of_dem
from ecoredline.terrain.heights import metric_heights
from ecoredline.terrain.spread import FLOW_ZH, check_flow, spread_tiles
from ecoredline.terrain.steps import NODATA_DIRECTION
from ecoredline.terrain.tiles import TILE_PX, Plane, Scratch, Tiles, scratch_in

STRIP_ROWS = 256  # slope and LS take some 20 arrays of a strip
CACHE_MB = 128
EXACT_IN_FLOAT32 = 2**24  # more cells than this cannot be counted in float32
WORDS = {
    "filled": ("填洼后高程", "m"),
    "slope": ("坡度", "°"),
    "flow_direction": ("流向 D8", "code"),
    "flow_accumulation": ("汇流像元数", "1"),
    "ls": ("坡长坡度因子 LS", "1"),
}
Counts = Callable[[int], np.ndarray]


def derive_terrain(
    dem: Path | str, out: Path | str, *, longest_m: float = 300.0, in_degrees: str = "reproject",
    flow: str = "d8", tile_px: int = TILE_PX, job: Job | None = None,
) -> Path:  # fmt: skip
    """Write filled.tif, slope.tif, flow_direction.tif, flow_accumulation.tif, ls.tif and run.json.

    Parameters
    ----------
    longest_m : slope length beyond which L grows no more; HJ 1173 gives none, so it is a parameter.
    in_degrees : "reproject" brings a DEM in degrees onto the Gauss-Krüger zone of its middle and
        says so in the record; "refuse" raises.
    flow : how water is counted for flow_accumulation and LS: "d8", "dinf" or "mfd" (shares as InVEST's);
        flow_direction.tif is the single way in any case.
    tile_px : side of the tiles held in memory; results are the same for every side. Heights are held as
        float32. Disk beside `out` while it runs: 12 bytes a cell (d8), 22 (dinf, mfd).

    Raises `InputError` (no heights, in degrees), `SourceError`, `OutputError` (also for too little disk).
    """
    check_flow(flow)
    dem, out, job = Path(dem), check_writable(out), job or Job()
    parameters = {"longest_m": longest_m, "in_degrees": in_degrees, "flow": flow}
    record = RunRecord("terrain", parameters)
    record.add_input("dem", dem)
    tags = demo_tags([dem])
    if tags:
        record.mark_demo()
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20), scratch_in(out) as scratch:
        (out / RECORD_NAME).unlink(missing_ok=True)
        heights, grid = metric_heights(dem, in_degrees, tile_px, scratch, record, job)
        filled = without_pits(heights, scratch, record, job)
        codes, counts = flow_of(filled, cell_size(grid), flow, scratch, job)
        paths = write_maps(out, filled, codes, counts, grid, longest_m, tags, flow, job)
    return record.finish(out, paths)


def without_pits(heights: Plane, scratch: Scratch, record: RunRecord, job: Job) -> Plane:
    """Filled heights; a step and, where cells were raised, a line in the record."""
    with record.step("pits") as step:
        filled, found = fill_tiles(heights, scratch, job)
        step.found(**found)
    heights.drop()
    if found["raised_cells"]:
        record.warn(f"填洼 {found['raised_cells']} 个像元，最多抬高 {found['most_m']:.2f} 米")
    return filled


def flow_of(filled: Plane, cell, flow: str, scratch: Scratch, job: Job) -> tuple[Plane, Counts]:
    """D8 codes, and a function from a tile to its counts by `flow`."""
    codes = direct_tiles(filled, cell, scratch, job)
    if flow == "d8":
        return codes, Inflow(codes, job).counts
    return codes, spread_tiles(filled, codes, cell, flow, scratch, job).read


def cell_size(grid: Grid) -> tuple[float, float]:
    """Width and height of a cell in the grid's metres."""
    return abs(grid.transform.a), abs(grid.transform.e)


def write_maps(
    out: Path, filled: Plane, codes: Plane, counts: Counts, grid: Grid, longest_m: float,
    tags: Mapping[str, str], flow: str, job: Job,
) -> list[Path]:  # fmt: skip
    """The five maps, tile by tile; each appears whole or not at all."""
    tiles, types = filled.tiles, stored_types(filled.tiles)
    with ExitStack() as files:
        made = {}
        for name, (zh, unit) in WORDS.items():
            more = {"ECOREDLINE_FLOW": FLOW_ZH[flow]} if name == "flow_accumulation" else {}
            opened = open_map(
                out / f"{name}.tif",
                grid,
                dtype=types[name],
                zh=zh,
                unit=unit,
                tags={**tags, **more},
            )
            made[name] = files.enter_context(opened)
        for tile in range(len(tiles)):
            job.at("write", tile / len(tiles))
            around, count = filled.read_around(tile, np.nan, "f8"), counts(tile)
            slope, ls = gradients(around, count, cell_size(grid), longest_m)
            values = {
                "filled": around[1:-1, 1:-1], "slope": slope, "ls": ls, "flow_accumulation": count,
                "flow_direction": directions_stored(codes.read(tile)),
            }  # fmt: skip
            for name, found in values.items():
                made[name].write(found.astype(types[name]), 1, window=tiles.window(tile))
    return [out / f"{name}.tif" for name in WORDS]


def stored_types(tiles: Tiles) -> dict[str, str]:
    """How each map is stored; counts are float64 where float32 could not hold them."""
    large = tiles.rows * tiles.cols > EXACT_IN_FLOAT32
    types = dict.fromkeys(WORDS, "float32")
    return types | {
        "flow_direction": "uint8", "flow_accumulation": "float64" if large else "float32"
    }  # fmt: skip


def directions_stored(directions: np.ndarray) -> np.ndarray:
    """As in a file: 255 leaves the map, 0 is nodata."""
    stored = np.where(directions == 0, 255, directions)
    return np.where(directions == NODATA_DIRECTION, 0, stored)


def gradients(around, counts, cell, longest_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope and LS of a tile, float32, by heights with one cell around them; a strip of rows at a time."""
    slope, ls = np.empty(counts.shape, "f4"), np.empty(counts.shape, "f4")
    size = float(np.sqrt(cell[0] * cell[1]))
    for top in range(0, counts.shape[0], STRIP_ROWS):
        part = around[top : top + STRIP_ROWS + 2]
        rows, inner = slice(top, top + part.shape[0] - 2), np.s_[1:-1, 1:-1]
        steep = np.ascontiguousarray(slope_of_dem(part, cell)[inner])
        aspect = np.ascontiguousarray(np.nan_to_num(aspect_degrees(part, cell)[inner]))
        slope[rows] = steep
        ls[rows] = ls_factor_desmet_govers(steep, counts[rows], aspect, size, longest_m)
    return slope, ls
