"""How fast formulas and zonal tables run over files: beside bare reading and writing, in one run.

    .venv/bin/python bench/ecology.py [--size 10000] [--folder var/bench-ecology] [--only soil,zonal] [--dask] [--workers 2]

For each formula `bare` reads the same inputs block by block and writes one of them with the same
compression and thread; `formula` is `run_formula`. `delineate` stands beside bare reading of its two maps, at
half the side and at the whole: its peak is to stay. `zonal` stands beside exactextract called raw (mean only) and
rasterstats (if installed). Each part is a fresh process; read the ratios, not the seconds. Processor seconds are of the
whole process with its imports and workers: on a loaded machine they are the ones to be trusted.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[1]
SIDE = 1024
STEPS = 200  # values of an input: as repetitive as maps are
FORMULAS = {
    "soil": ("soil_retention", {"erosivity": (500, 6000), "erodibility": (0.005, 0.06), "slope_length": (0.2, 8), "steepness": (0.03, 9.6), "cover": (0, 1)}),
    "sand": ("sand_fixation", {"weather": (1, 60), "erodible": (0.1, 0.9), "crust": (0.1, 1), "roughness": (0.5, 1), "vegetation": (0.05, 1), "distance": (50, 50)}),
    "water": ("water_retention", {"precipitation": (500, 1800), "runoff": (0, 200), "evapotranspiration": (200, 900), "cell_area": None}),
    "quality": ("quality_index", {"leaf_area": (0, 1), "cover": (0, 1), "production": (0, 1)}),
}  # fmt: skip
ZONES = 60
DUST_KM2 = 1.0


def made_inputs(folder: Path, size: int, inputs: dict) -> dict[str, str]:
    """Input rasters, each made once; a constant is a number, `cell_area` the ellipsoid's."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {}
    for name, limits in inputs.items():
        if limits is None:
            given[name] = "@area"
        elif limits[0] == limits[1]:
            given[name] = str(limits[0])
        else:
            given[name] = str(made_input(folder / f"{name}-{size}.tif", size, *limits))
    return given


def made_input(path: Path, size: int, low: float, high: float) -> Path:
    if path.exists():
        return path
    rng = np.random.default_rng(len(path.name) * 7 + ord(path.name[0]))
    part = path.with_suffix(".part.tif")
    with rasterio.open(part, "w", **profile(size)) as made:
        for window in windows(size):
            coarse = rng.integers(0, STEPS, (window.height // 8 + 1, window.width // 8 + 1))
            values = coarse.repeat(8, 0).repeat(8, 1)[: window.height, : window.width]
            made.write((low + (high - low) * values / STEPS).astype("float32"), 1, window=window)
    part.rename(path)
    return path


def profile(size: int) -> dict:
    return {
        "driver": "GTiff", "crs": "EPSG:4543", "width": size, "height": size, "count": 1,
        "transform": Affine(30, 0, 350_000, 0, -30, 3_100_000), "dtype": "float32",
        "nodata": float("nan"), "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "deflate", "predictor": 3, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip


def windows(size: int):
    for row in range(0, size, SIDE):
        for col in range(0, size, SIDE):
            yield Window(col, row, min(SIDE, size - col), min(SIDE, size - row))


def bare(result: Path, given: dict[str, str], size: int) -> None:
    """Read all inputs, write the output as it came out of the formula."""
    files = [rasterio.open(p) for p in given.values() if p.endswith(".tif")]
    with (
        rasterio.Env(GDAL_CACHEMAX=128 << 20),
        rasterio.open(result) as last,
        rasterio.open(result.with_name("bare.tif"), "w", **profile(size)) as made,
    ):
        for window in windows(size):
            for file in files:
                file.read(1, window=window)
            made.write(last.read(1, window=window), 1, window=window)


def delineation_config(size: int, folder: Path) -> Path:
    """Two maps with pieces and dust, and the configuration of a delineation of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("service", "sensitive"):
        made_input(folder / f"{name}-{size}.tif", size, 0, 10)
        smooth(folder / f"{name}-{size}.tif", folder / f"{name}-land-{size}.tif", size)
    path = folder / f"delineate-{size}.toml"
    path.write_text(
        f'[[services]]\npath = "service-land-{size}.tif"\nzh = "水源涵养"\n'
        f'[[sensitivities]]\npath = "sensitive-land-{size}.tif"\nzh = "水土流失"\nextreme = 8.0\n'
        f"[parameters]\nsmallest_km2 = {DUST_KM2}\nhole_km2 = {DUST_KM2}\nmerge_m = 60\n",
        "utf-8",
    )
    return path


def smooth(source: Path, path: Path, size: int) -> None:
    """Broad hills with the source's own values as dust upon them."""
    if path.exists():
        return
    with rasterio.open(source) as given, rasterio.open(path.with_suffix(".part.tif"), "w", **profile(size)) as made:  # fmt: skip
        for window in windows(size):
            y, x = np.mgrid[: window.height, : window.width]
            y, x = (y + window.row_off) * 9 / size, (x + window.col_off) * 9 / size
            dust = given.read(1, window=window)
            hills = 3 + 2 * np.sin(x * 1.7 + y) * np.cos(y * 1.3) + 2 * np.sin(y * 0.9)
            made.write(np.where(dust > 9.9, 9.0, hills).astype("float32"), 1, window=window)
    path.with_suffix(".part.tif").rename(path)


def zones_over(size: int, folder: Path) -> Path:
    import geopandas as gpd
    import shapely

    path = folder / f"zones-{size}.gpkg"
    if not path.exists():
        rng, span = np.random.default_rng(3), size * 30
        points = rng.random((ZONES, 2)) * span + [350_000, 3_100_000 - span]
        cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points)))
        frame = shapely.box(350_000, 3_100_000 - span, 350_000 + span, 3_100_000)
        cells = shapely.intersection(shapely.segmentize(cells, 500), frame)
        gpd.GeoDataFrame(geometry=cells, crs=4543).to_file(path, engine="pyogrio")
    return path


def play(part: str, size: int, folder: Path, workers: int = 0) -> None:
    """One part in this process; prints seconds and peak MB."""
    kind, _, name = part.partition(":")
    found: dict = {}
    if kind in ("bare", "formula", "dask"):
        formula, inputs = FORMULAS[name]
        given = made_inputs(folder, size, inputs)
        result = folder / f"{name}-{size}-out.tif"
        begun = time.perf_counter()
        if kind == "bare":
            bare(result, given, size)
        else:
            from ecoredline.formula_rasters import open_spread, run_formula

            begun, how = time.perf_counter(), "local" if workers else "threads"
            with open_spread(how if kind == "dask" else None, workers) as spread:
                run_formula(formula, given, result, spread=spread)
            found = {"sha256": hashlib.sha256(result.read_bytes()).hexdigest()}
    elif kind == "read":
        begun = time.perf_counter()
        for one in ("service", "sensitive"):
            with rasterio.open(folder / f"{one}-land-{size}.tif") as file:
                for window in windows(size):
                    file.read(1, window=window)
    elif kind == "delineate":
        from ecoredline.delineation import delineate, read_config

        begun, out = time.perf_counter(), folder / f"delineate-{size}"
        delineate(read_config(delineation_config(size, folder)), out)
        found = {"ha": json.loads((out / "run.json").read_text("utf-8"))["areas_ha"]["candidate"]}
    else:
        begun, found = zonal(name, folder, size)
    seconds = time.perf_counter() - begun
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    used, peak = sum(u.ru_utime + u.ru_stime for u in both), max(u.ru_maxrss for u in both) / 1024
    print(json.dumps({"seconds": seconds, "cpu": used, "peak_mb": peak, **found}))


def zonal(name: str, folder: Path, size: int) -> tuple[float, dict]:
    """Mean of a map in 60 zones that cover it; processor seconds without imports and zones."""
    import geopandas as gpd

    path, frame = folder / f"precipitation-{size}.tif", gpd.read_file(zones_over(size, folder))
    means = zonal_means(name, path, frame)
    begun, used = time.perf_counter(), time.process_time()
    mean = float(np.mean(means()))
    return begun, {"mean": mean, "cpu": time.process_time() - used}


def zonal_means(name: str, path: Path, frame):
    """What is timed: a function that gives the mean of every zone."""
    if name == "ours":
        from ecoredline.zonal import zonal_numbers

        lonlat = frame.to_crs(4490)
        return lambda: zonal_numbers(path, lonlat)["mean"]
    if name == "exactextract":
        from exactextract import exact_extract

        return lambda: exact_extract(str(path), frame, "mean", output="pandas")["mean"]
    from rasterstats import zonal_stats

    return lambda: [z["mean"] for z in zonal_stats(frame, str(path), stats="mean")]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    arguments.add_argument("--size", type=int, default=10_000, help="pixels a side")
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-ecology")
    arguments.add_argument("--only", default="soil,sand,water,quality,zonal,delineate")
    arguments.add_argument("--dask", action="store_true", help="also with Dask processes")
    arguments.add_argument(
        "--workers", type=int, default=0, help="processes of a Dask cluster; 0: threads"
    )
    arguments.add_argument("--part", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part:
        play(given.part, given.size, given.folder, given.workers)
        return
    wanted = given.only.split(",")
    if set(wanted) & {"water", "zonal"}:
        made_inputs(given.folder, given.size, FORMULAS["water"][1])
    print(f"\n{given.size} x {given.size} = {given.size**2 / 1e6:g} million pixels\n")  # fmt: skip
    print(f"load of this machine: {os.getloadavg()[0]:.1f}\n")
    print("| part | seconds | x bare | processor s | x bare | peak MB of a process |\n|---|---|---|---|---|---|")  # fmt: skip
    for name in (n for n in wanted if n in FORMULAS):
        made_inputs(given.folder, given.size, FORMULAS[name][1])
        formula = measure(f"formula:{name}", given)
        alone = measure(f"bare:{name}", given)
        rows = [(f"{FORMULAS[name][0]}, bare", alone), (FORMULAS[name][0], formula)]
        if given.dask or given.workers:
            spread = measure(f"dask:{name}", given)
            same = "same bytes" if spread["sha256"] == formula["sha256"] else "OTHER BYTES"
            how = f"{given.workers} workers" if given.workers else "threads"
            rows.append((f"{FORMULAS[name][0]}, Dask, {how}, {same}", spread))
        for words, one in rows:
            ratios = (f"{one[k]:.2f} | {one[k] / alone[k]:.2f}" for k in ("seconds", "cpu"))
            print(f"| {words} | {' | '.join(ratios)} | {one['peak_mb']:.0f} |", flush=True)
    if "zonal" in wanted:
        zonal_table(given)
    if "delineate" in wanted:
        delineate_table(given)


def zonal_table(given) -> None:
    """Ours beside the others."""
    print(f"\n| mean of {ZONES} zones | seconds | x exactextract | processor s | x exactextract | peak MB | mean of means |\n|---|---|---|---|---|---|---|")  # fmt: skip
    limit = None
    for name in ("exactextract", "ours", "rasterstats"):
        try:
            one = measure(f"zonal:{name}", given)
        except subprocess.CalledProcessError:
            print(f"| {name} | not installed | | | |")
            continue
        limit = limit or one
        ratios = (f"{one[k]:.2f} | {one[k] / limit[k]:.2f}" for k in ("seconds", "cpu"))
        print(f"| {name} | {' | '.join(ratios)} | {one['peak_mb']:.0f} | {one['mean']:.6f} |", flush=True)  # fmt: skip


def delineate_table(given) -> None:
    """A candidate redline of a quarter of the map and of the whole."""
    print("\n| candidate of two maps, million pixels | seconds | x bare reading | peak MB | hm² |\n|---|---|---|---|---|")  # fmt: skip
    whole = given.size
    for size in (whole // 2, whole):
        given.size = size
        delineation_config(size, given.folder)
        bare_read, one = measure("read:both", given), measure("delineate:both", given)
        print(f"| {size**2 / 1e6:g} | {one['seconds']:.2f} | {one['seconds'] / bare_read['seconds']:.2f} | {one['peak_mb']:.0f} | {one['ha']:.0f} |", flush=True)  # fmt: skip


def measure(part: str, given) -> dict:
    """Run a part in a fresh process."""
    command = [sys.executable, __file__, "--part", part, "--size", str(given.size), "--folder", str(given.folder), "--workers", str(given.workers)]  # fmt: skip
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    return json.loads(out.splitlines()[-1])


if __name__ == "__main__":
    main()
