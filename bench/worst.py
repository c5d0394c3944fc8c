"""The worst false alarms and misses as pictures, so that nobody reads the figures alone.

    .venv/bin/python bench/worst.py [--seed 20260101] [--data SHARED] [--rows 3000]

Simulated scenes: the patches kept that are no activity (by score), the activities not found (by
area), with the truth in blue. OSCD: image parts only (Copernicus); its labels choose the places
but are not drawn, as their licence forbids passing them on. Writes docs/images/worst-*.png.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import shapely

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


def strip_of(scenes, grid, shapes, colour, words: list[str], name: str) -> None:
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
        panels.strip(drawn, captions).save(IMAGES / f"worst-{name}.png", optimize=True)
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


def oscd(data: Path) -> None:
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
    arguments.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data" / "oscd-train"
    )
    given = arguments.parse_args()
    simulated(given.seed, given.rows)
    if given.data.is_dir():
        oscd(given.data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
