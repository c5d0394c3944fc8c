"""The worst false alarms and misses as pictures, so that nobody reads the figures alone.

    .venv/bin/python bench/worst.py [--seed 20260101] [--rows 3000] [--data OSCD --out FOLDER]

Writes docs/images/worst-*.png. Simulated scenes: the patches kept that are no activity (by score), the
activities not found (by area). Control: real false alarms at 10 m (USDA NAIP, public domain). OSCD
only where --data and --out say so: the set may not be passed on, so its pictures stay with whoever
makes them; its labels choose the places and are not drawn.
"""

import argparse
import itertools
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
import shapely

import accuracy
from accuracy import Found, city_dates, run_chain
from ecoredline import raster
from ecoredline.documents import panels
from ecoredline.patches.accuracy import SHARE, component_raster, covered_share
from ecoredline.simulate import simulate
from ecoredline.simulate.truth import read_truth

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
MOST, WIDE, ROOM = 3, 200, 1.2
RGB = ("red", "green", "blue")
LEAST_PX = 48


def part_around(shape, grid):
    """A square part of the grid around a shape."""
    west, south, east, north = shape.bounds
    side = max(east - west, north - south) * (1 + ROOM)
    px = int(np.clip(side / abs(grid.transform.a), LEAST_PX, min(grid.rows, grid.cols)))
    col, row = ~grid.transform * (shape.centroid.x, shape.centroid.y)
    top, left = (
        int(np.clip(v - px / 2, 0, n - px)) for v, n in ((row, grid.rows), (col, grid.cols))
    )
    return grid.window(top, left, px, px)


def strip_of(
    scenes, grid, shapes, colour, words: list[str], name: str, folder: Path = IMAGES
) -> None:
    """Rows of before and after for each place, side by side in one strip."""
    drawn, captions = [], []
    for shape, said in zip(shapes, words, strict=True):
        part = part_around(shape, grid)
        images = [raster.read(scene, part, RGB) for scene in scenes]
        limits = panels.stretch_of(np.concatenate(images, axis=1))
        for scene, image in zip(scenes, images, strict=True):
            one = panels.picture(image, limits, WIDE)
            if colour is not None:
                panels.outlines(one, [shape], part, colour, 2)
            drawn.append(one)
            captions.append(str(scene.acquired_on or ""))
        captions[-2] = f"{said}  {captions[-2]}"[:30]
    if drawn:
        panels.strip(drawn, captions).save(folder / f"worst-{name}.png", optimize=True)
    print(f"worst-{name}.png: {len(shapes)} places")


def scenes_of(before: Path, after: Path, dates=(None, None)):
    """Both dates, opened as the chain opens them."""
    pairs = zip((before, after), dates, strict=True)
    return [raster.open_scene(path, acquired_on=day) for path, day in pairs]


def simulated(seed: int, rows: int) -> None:
    """One made scene with its truth."""
    with tempfile.TemporaryDirectory() as folder:
        paths = simulate(Path(folder), rows=rows, cols=rows, seed=seed)
        found = run_chain(paths["before"], paths["after"])
        grid = found.change.grid
        truth = read_truth(Path(folder)).to_crs(grid.crs)
        kept = found.kept.to_crs(grid.crs)
        scenes = scenes_of(paths["before"], paths["after"])
        wrong = kept[covered_share(kept.geometry.to_numpy(), truth.geometry.to_numpy()) < SHARE]
        wrong = wrong.sort_values("score", ascending=False).head(MOST)
        missed = truth[covered_share(truth.geometry.to_numpy(), kept.geometry.to_numpy()) < SHARE]
        missed = (
            missed[missed["seen_share"] >= 0.5].sort_values("area_ha", ascending=False).head(MOST)
        )
        strip_of(scenes, grid, list(wrong.geometry), panels.YELLOW,
                 [f"score {v:.1f}" for v in wrong["score"]], "simulated-false")  # fmt: skip
        strip_of(scenes, grid, list(missed.geometry), panels.BLUE,
                 [f"{v:.2f} ha" for v in missed["area_ha"]], "simulated-missed")  # fmt: skip


def control(data: Path) -> None:
    """The false alarms of the control, where nothing was built, by score."""
    sources = sorted(data.glob("*.tif"))
    days = [date.fromisoformat(p.stem.rpartition("_")[2]) for p in sources]
    with tempfile.TemporaryDirectory() as folder:
        paths = [accuracy.averaged(p, Path(folder) / p.name) for p in sources]
        rows = []
        for pair in itertools.pairwise(zip(paths, days, strict=True)):
            files, dates = zip(*pair, strict=True)
            found = run_chain(*files, dates, accuracy.NAIP_BANDS)
            rows += [
                (p.score, p.geometry, files, dates, found.change.grid)
                for p in found.kept.itertuples()
            ]
        rows.sort(key=lambda r: -r[0])
        for k, (score, shape, files, dates, grid) in enumerate(rows[:MOST], start=1):
            scenes = [
                raster.open_scene(p, acquired_on=d, bands=accuracy.NAIP_BANDS)
                for p, d in zip(files, dates, strict=True)
            ]
            strip_of(scenes, grid, [shape], panels.YELLOW, [f"score {score:.1f}"], f"control-{k}")


def oscd(data: Path, out: Path) -> None:
    """The worst of all cities: by score among the false, by area among the missed."""
    false, missed = [], []
    for folder in sorted(p for p in data.iterdir() if p.is_dir()):
        files = folder / "before.tif", folder / "after.tif", city_dates(folder)
        found = run_chain(*files)
        with rasterio.open(folder / "truth.tif") as source:
            truth = source.read(1) > 0
        false += false_of(found, truth, folder, files)
        missed += missed_of(found, truth, folder, files)
    for rows, name, colour in ((false, "oscd-false", panels.YELLOW), (missed, "oscd-missed", None)):
        rows.sort(key=lambda r: -r[0])
        drawn = []
        for worth, shape, city, files, grid in rows[:MOST]:
            strip_of(
                scenes_of(*files),
                grid,
                [shape],
                colour,
                [f"{city} {worth:.1f}"],
                f"{name}-{len(drawn) + 1}",
                out,
            )
            drawn.append(worth)


def false_of(found: Found, truth: np.ndarray, folder: Path, files) -> list:
    """Kept patches of a city that lie on no labelled change."""
    grid, rows = found.change.grid, []
    for patch in found.kept.to_crs(grid.crs).itertuples():
        inside = rasterio.features.geometry_mask(
            [patch.geometry], truth.shape, grid.transform, invert=True
        )
        if inside.any() and truth[inside].mean() < SHARE:
            rows.append((patch.score, patch.geometry, folder.name, files, grid))
    return rows


def missed_of(found: Found, truth: np.ndarray, folder: Path, files) -> list:
    """Labelled changes of a city that no patch covers; the box around each, never its outline."""
    grid = found.change.grid
    kept = list(found.kept.to_crs(grid.crs).geometry)
    mask = np.zeros(truth.shape, bool)
    if kept:
        mask = rasterio.features.geometry_mask(kept, truth.shape, grid.transform, invert=True)
    number, count = component_raster(truth & found.seen)
    sizes = np.bincount(number.ravel(), minlength=count + 1)
    hits = np.bincount(number[mask], minlength=count + 1)
    rows = []
    for k in np.flatnonzero((sizes >= 10) & (hits < SHARE * sizes)):
        if k == 0:
            continue
        r, c = np.nonzero(number == k)
        corners = [grid.transform * at for at in ((c.min(), r.min()), (c.max() + 1, r.max() + 1))]
        box = shapely.box(corners[0][0], corners[1][1], corners[1][0], corners[0][1])
        rows.append((sizes[k] * grid.pixel_area_m2 / 1e4, box, folder.name, files, grid))
    return rows


def main() -> int:
    """Draw both kinds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=20260101)
    arguments.add_argument("--rows", type=int, default=3000)
    arguments.add_argument("--data", type=Path, help="the OSCD cities; wants --out")
    arguments.add_argument("--out", type=Path, help="folder for the pictures of OSCD")
    given = arguments.parse_args()
    if bool(given.data) != bool(given.out):
        arguments.error("got one of --data and --out; wanted both or neither")
    simulated(given.seed, given.rows)
    if (accuracy.SHARED / "naip-control").is_dir():
        control(accuracy.SHARED / "naip-control")
    if given.data:
        given.out.mkdir(parents=True, exist_ok=True)
        oscd(given.data, given.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
