"""How fast a DEM of any size becomes flow, slope and LS: beside bare reading and writing, in one run.

    .venv/bin/python bench/terrain.py [--size 8000] [--folder var/bench-terrain] [--flow d8,dinf,mfd]

The DEM is made: hills of many sizes in decimetres, lakes, holes. `bare` reads it and writes the five maps as they
came out, in the same windows with the same compression. Every size is run at half the side too: the peak is to
stay. Each part is a fresh process; read the ratios, not the seconds.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from scipy import ndimage

from ecoredline.grid import Grid
from ecoredline.raster.layers import open_map
from ecoredline.terrain.run import CACHE_MB, WORDS
from ecoredline.terrain.tiles import Tiles

ROOT = Path(__file__).resolve().parents[1]
SCALES = ((3000, 600.0), (700, 150.0), (160, 40.0), (40, 10.0), (8, 2.0))  # cells, metres
LAKE_M = 900.0
SPARE = 3


def made_dem(folder: Path, size: int) -> Path:
    """The DEM, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"dem-{size}.tif"
    if path.exists():
        return path
    rng = np.random.default_rng(6)
    fields = [rng.normal(size=(size // s + 2 * SPARE, size // s + 2 * SPARE)) for s, _ in SCALES]
    grid = Grid(CRS.from_epsg(4543), Affine(30, 0, 350_000, 0, -30, 3_100_000), size, size)
    tiles = Tiles(size, size, 1024)
    with open_map(path, grid, unit="m") as made:
        for tile in range(len(tiles)):
            (top, left), (rows, cols) = tiles.corner(tile), tiles.shape(tile)
            heights = np.full((rows, cols), 1200.0)
            for field, (scale, metres) in zip(fields, SCALES, strict=True):
                places = [
                    (first + np.arange(n)) / scale + 1 for first, n in ((top, rows), (left, cols))
                ]
                heights += metres * ndimage.map_coordinates(field, np.meshgrid(*places, indexing="ij"), order=1)  # fmt: skip
            heights = np.round(np.maximum(heights, LAKE_M), 1)
            heights[(heights > 1500) & (heights * 10 % 997 < 1)] = np.nan
            made.write(heights.astype("f4"), 1, window=tiles.window(tile))
    return path


def bare(dem: Path, out: Path) -> None:
    """Read the DEM and write the maps of `out` once more."""
    names = list(WORDS)
    given = {name: rasterio.open(out / f"{name}.tif") for name in names}
    profiles = {name: file.profile for name, file in given.items()}
    tiles = Tiles(given["ls"].height, given["ls"].width)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB << 20), rasterio.open(dem) as heights:
        made = {n: rasterio.open(out / f"bare-{n}.tif", "w", **profiles[n]) for n in names}
        for tile in range(len(tiles)):
            window = tiles.window(tile)
            heights.read(1, window=window)
            for name in names:
                made[name].write(given[name].read(1, window=window), 1, window=window)
        for file in made.values():
            file.close()
    for name in names:
        (out / f"bare-{name}.tif").unlink()


def play(part: str, size: int, folder: Path) -> None:
    """One part in this process; prints seconds, processor seconds and peak MB."""
    kind, _, flow = part.partition(":")
    dem, out = made_dem(folder, size), folder / f"{flow}-{size}"
    begun = time.perf_counter()
    if kind == "bare":
        bare(dem, out)
    else:
        from ecoredline.terrain import derive_terrain

        derive_terrain(dem, out, flow=flow)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "seconds": time.perf_counter() - begun, "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }  # fmt: skip
    print(json.dumps(found))


def measure(part: str, size: int, folder: Path) -> dict:
    """Run a part in a fresh process."""
    command = [
        sys.executable,
        __file__,
        "--part",
        part,
        "--size",
        str(size),
        "--folder",
        str(folder),
    ]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return json.loads(out.splitlines()[-1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    arguments.add_argument("--size", type=int, default=8000, help="cells a side")
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-terrain")
    arguments.add_argument("--flow", default="d8")
    arguments.add_argument("--part", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part:
        play(given.part, given.size, given.folder)
        return
    print("\n| DEM to five maps | million cells | seconds | x bare | processor s | x bare | peak MB | raised cells |\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    for flow in given.flow.split(","):
        for size in (given.size // 2, given.size):
            made_dem(given.folder, size)
            ours = measure(f"terrain:{flow}", size, given.folder)
            alone = measure(f"bare:{flow}", size, given.folder)
            record = json.loads((given.folder / f"{flow}-{size}" / "run.json").read_text("utf-8"))
            raised = record["steps"][0]["raised_cells"]
            print(f"| {flow} | {size**2 / 1e6:g} | {ours['seconds']:.1f} | {ours['seconds'] / alone['seconds']:.2f} | {ours['cpu']:.1f} | {ours['cpu'] / alone['cpu']:.2f} | {ours['peak_mb']:.0f} | {raised:,} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
