"""Colour tiles finer than 2 m: what the default can do there, and what pixel trees can.

    .venv/bin/python bench/fine_tiles.py

`shared/data/vhr-samples`: five DSIFN tiles (about 2 m, land use) and those of six LEVIR tiles (0.5 m,
buildings) that have a label; 256 px, red-green-blue. The tiles of a set are laid side by side as one scene,
because the figures of one tile alone say little; each tile is judged by trees that have not seen it.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from accuracy import SHARED
from ecoredline.change import DetectionParameters
from ecoredline.learn import LabelledPair, place_of
from ecoredline.learn.measure import average_precision
from ecoredline.learn.pixel_features import DEFAULT_FEATURE, feature_names
from ecoredline.learn.pixel_model import log_odds, tree_arrays
from ecoredline.learn.pixel_training import grown

TILE = 256
SETS = {"dsifn": 2.0, "levir": 0.5}  # metres a pixel; DSIFN's is taken, not known
COLOURS = ("red", "green", "blue")


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as data:
        return data.read()


def write(path: Path, values: np.ndarray, pixel_m: float, names=None) -> Path:
    """A scene of one row of tiles as GeoTIFF, somewhere in UTM."""
    profile = {
        "driver": "GTiff", "count": len(values), "height": values.shape[1], "width": values.shape[2],
        "dtype": values.dtype, "crs": "EPSG:32650",
        "transform": Affine(pixel_m, 0, 5e5, 0, -pixel_m, 3.5e6),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as data:
        data.write(values)
        for k, name in enumerate(names or ()):
            data.set_band_description(k + 1, name)
    return path


def tile_places(folder: Path, name: str, pixel_m: float) -> list:
    """A place a tile, with the units of all tiles of the set together."""
    tiles = sorted((SHARED / "vhr-samples" / name / "label").glob("*.png"))
    sides = {d: np.concatenate([read(t.parents[1] / d / t.name) for t in tiles], axis=2) for d in "AB"}  # fmt: skip
    truth = np.concatenate([read(t) for t in tiles], axis=2)[:1] > 0
    paths = [write(folder / f"{d}.tif", np.maximum(sides[d], 1), pixel_m, COLOURS) for d in "AB"]
    parameters = DetectionParameters(register=False, mask_clouds=False, local_offset=False)
    found = []
    for k, tile in enumerate(tiles):
        labels = np.full(truth.shape, 255, np.uint8)
        here = np.s_[:, :, k * TILE : (k + 1) * TILE]
        labels[here] = truth[here]
        path = write(folder / "truth.tif", labels, pixel_m)
        one = LabelledPair(tile.stem, *paths, path, name)
        found.append(place_of(one, parameters))
    return found


def measure(places: list) -> list[list[float]]:
    """Prevalence, AP of the default and of trees that have not seen it, of each tile."""
    rows, pooled = [], [[], [], []]
    column = feature_names(places[0].bands).index(DEFAULT_FEATURE)
    for place in places:
        rest = [p for p in places if p is not place and p.chosen_truth.any()]
        trees = tree_arrays(grown(rest, place.bands))
        ours = log_odds(place.even.T, place.even[:, column], trees)
        for part, values in zip(pooled, (place.even_truth, place.even_default, ours), strict=True):
            part.append(values)
        aps = [average_precision(s, place.even_truth) for s in (place.even_default, ours)]
        rows.append([float(place.even_truth.mean()), *aps])
    truth, default, ours = (np.concatenate(p) for p in pooled)
    rows.append([float(truth.mean()), average_precision(default, truth), average_precision(ours, truth)])  # fmt: skip
    return rows


def main() -> int:
    """Print a table a set; give 0 also when the tiles are absent."""
    if not (SHARED / "vhr-samples").is_dir():
        print("skipped: shared/data/vhr-samples is not beside the checkout")
        return 0
    for name, pixel_m in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            places = tile_places(Path(folder), name, pixel_m)
        print(f"\n## {name}, {pixel_m:g} m, colours only\n")
        print("| tile | changed | AP default | AP trees |\n|---|---|---|---|")
        for label, row in zip([*(p.name for p in places), "**all pixels**"], measure(places), strict=True):  # fmt: skip
            print(f"| {label} | {row[0]:.2f} | {row[1]:.3f} | {row[2]:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
