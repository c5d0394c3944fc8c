"""Does the small net beat the default and the trees? Cities that it has not seen; needs PyTorch to train.

    python bench/net.py [--work FOLDER] [--out FILE.json] [--only pixels,chain,speed] [--steps N]

Ten OSCD training cities in five groups: the net for each group is trained on the eight others. The
same pixels are scored by the default, by the pixel trees, and by the mean of all three log-odds;
then `find`'s own chain runs with thresholds from the eight others. `speed` scores one city with
each detector on one thread: read the ratio.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from accuracy import SHARED, city_dates
from ecoredline.change import DetectionParameters, detect
from ecoredline.change.detect import focused
from ecoredline.errors import InputError
from ecoredline.learn import approve_pixels
from ecoredline.learn.labelled import LabelledPair
from ecoredline.learn.net_places import NetPlace, net_place
from ecoredline.learn.net_training import (
    NetRecipe,
    build_model,
    card_of,
    fold_nets,
    held_odds,
    net_of,
    place_odds,
)
from ecoredline.learn.pixel_model import prior
from ecoredline.learn.pixel_training import (
    ANY_SENSOR,
    calibrate,
    fold_trees,
    held_figures,
    held_out,
    thresholds,
    train_pixels,
)
from ecoredline.patches.accuracy import markdown_table
from ecoredline.raster import common_grid, open_scene
from ecoredline.record import Job
from pixel_trees import SENSOR, city_found, city_place, measured, say_top

PARTS = ("pixels", "chain", "speed")
DETECTORS = ("default", "trees", "net", "mean")


def city_pair(folder: Path) -> LabelledPair:
    """A city as a labelled pair."""
    days = [d.isoformat() if d else "" for d in city_dates(folder)]
    files = [folder / n for n in ("before.tif", "after.tif", "truth.tif")]
    return LabelledPair(folder.name, *files, SENSOR, *days)


def block_order(place: NetPlace) -> np.ndarray:
    """Where each even pixel, taken row by row, stands among them when taken block by block."""
    rows, cols = place.labels.shape
    number = np.cumsum(place.even.ravel()).reshape(rows, cols) - 1
    size, parts = DetectionParameters().block_px, []
    for row in range(0, rows, size):
        for col in range(0, cols, size):
            here = np.s_[row : row + size, col : col + size]
            parts.append(number[here][place.even[here]])
    return np.concatenate(parts)


def say_pixels(places: list[NetPlace], nets: dict, trees: list) -> dict:
    """Print and give every detector's figures of the same held-out pixels."""
    by_tree = held_out(trees, fold_trees(trees))
    held = {name: {} for name in DETECTORS}
    for place, tree in zip(places, trees, strict=True):
        order, name = block_order(place), place.name
        np.testing.assert_allclose(
            place.even_default[order], tree.even_default, rtol=1e-3, atol=1e-3
        )
        default = np.empty_like(place.even_default)
        held["default"][name] = place.even_default
        default[order] = by_tree[name]
        held["trees"][name] = default
        held["net"][name] = nets[name]
        held["mean"][name] = (default + nets[name] + prior(place.even_default)) / 3
    said = {name: held_figures(places, one) for name, one in held.items()}
    print("| city | " + " | ".join(DETECTORS) + " |\n|---" * 1 + "|---" * len(DETECTORS) + "|")
    for place in places:
        aps = [said[n]["by_place"][place.name]["ap"] for n in DETECTORS]
        print(f"| {place.name} | " + " | ".join(f"{v:.3f}" for v in aps) + " |")
    for words, key in (("mean AP", "ap"), ("pooled AP", "pooled_ap"), ("pixel F1", "f1")):
        print(f"| **{words}** | " + " | ".join(f"{said[n]['held_out'][key]:.3f}" for n in DETECTORS) + " |")  # fmt: skip
    for words, key in (("gain of AP, 5–95 %", "ap_gain_interval"), ("gain of F1, 5–95 %", "f1_gain_interval")):  # fmt: skip
        cells = ("{:+.3f} to {:+.3f}".format(*said[n]["held_out"][key]) for n in DETECTORS)
        print(f"| {words} | " + " | ".join(cells) + " |")
    return said


def say_gate(places: list[NetPlace], held: dict, recipe: NetRecipe, folds) -> None:
    """Print whether `train --approve` would take a net with these held-out figures."""
    weights = folds[0][1]
    model = build_model(places, held, weights, card_of(places, held, recipe, [w for _, w in folds]))
    try:
        approve_pixels(model, "bench")
        print("\n`train --approve` takes the net.")
    except InputError as fault:
        print(f"\n`train --approve` refuses the net: {fault}")


def model_of_fold(kind: str, places: list, held: dict, fold, whole, weights):
    """The model for the held-out cities: everything in it from the others."""
    others = [p for p in places if p.name not in fold]
    if kind == "net":
        return build_model(others, held, weights, {"held_out": {}, "places": len(others)})
    curves = calibrate(others, held)
    cuts = thresholds(others, held, curves[ANY_SENSOR])
    return replace(whole, trees=weights, calibration=curves, thresholds=cuts)


def chain(name: str, folders: list[Path], side) -> dict:
    """The whole chain on every city by one detector; prints its table.

    `side` (None: the default): places, folds with weights, held-out log-odds, model of all.
    """
    table, ranks, right = {}, [], []
    for folder in folders:
        model = None
        if side:
            places, folds, held, whole = side
            fold, weights = next(f for f in folds if folder.name in f[0])
            model = model_of_fold(name, places, held, fold, whole, weights)
        table[folder.name], rank, true = measured(city_found(folder, model), folder)
        ranks.append(rank)
        right.append(true)
        print(name, folder.name, flush=True, file=sys.stderr)
    print(f"\n## {name}, after screening\n\n{markdown_table(table)}", flush=True)
    return say_top(name, ranks, right)


def say_speed(folder: Path, place: NetPlace, weights: dict, curve_of) -> dict:
    """Print processor seconds of `detect` on one city, default and net, and of the net alone."""
    scenes = [open_scene(folder / n, sensor=SENSOR) for n in ("before.tif", "after.tif")]
    grid, _ = common_grid(*scenes)
    model = replace(curve_of, approved={"by": "bench"})
    learned = model.detector(SENSOR, model.bands, grid.pixel_size_m)
    high, low = model.thresholds
    told = {"threads": 1}
    runs = {
        "default": lambda: detect(*scenes, grid, DetectionParameters(**told)),
        "net": lambda: detect(
            *scenes, grid,
            DetectionParameters(threshold=high, low_threshold=low, detector="net", **told),
            learned=learned,
        ),
        "net, only its graph": lambda: place_odds(place, net_of(weights, place)),
    }  # fmt: skip
    found = {}
    for name, run in runs.items():
        run()  # compiled and warm
        began = time.process_time()
        run()
        found[name] = round(time.process_time() - began, 2)
    pixels = place.labels.size / 1e6
    print(f"\n{folder.name}, {pixels:.2f} megapixels, processor seconds: {found}")
    print(f"the net costs {found['net'] / found['default']:.1f} times the default")
    return found | {"megapixels": pixels, "blocks": len(focused(grid, 512, None))}


def main() -> int:
    """Run it all; give 0 also when the data are absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "ecoredline-net")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--detectors", default=",".join(DETECTORS), help="of the chain")
    parser.add_argument("--steps", type=int, default=NetRecipe().steps)
    options = parser.parse_args()
    if not (SHARED / "oscd-train").is_dir():
        print("skipped: shared/data/oscd-train is not beside the checkout")
        return 0
    options.work.mkdir(parents=True, exist_ok=True)
    said, parts, wanted = {}, options.only.split(","), options.detectors.split(",")
    folders = sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir())
    places, folds, held = [], [], {}
    sides = {"default": None} if "default" in wanted else {}
    if {"net", "mean"} & {*wanted}:
        places = [net_place(city_pair(f), options.work / "places") for f in folders]
        recipe = NetRecipe(steps=options.steps)
        job = Job(report=lambda p: print(f"{p.done:.0%} {p.message}", flush=True, file=sys.stderr))
        folds = fold_nets(places, options.work, recipe, job)
        held = held_odds(places, folds)
        sides["net"] = places, folds, held, None
    if "trees" in wanted:
        trees = [city_place(f, options.work) for f in folders]
        by_tree = fold_trees(trees)
        sides["trees"] = trees, by_tree, held_out(trees, by_tree), train_pixels(trees)
    if "pixels" in parts:
        said["pixels"] = say_pixels(places, held, trees)
        say_gate(places, held, recipe, folds)
    if "chain" in parts:
        said["chain"] = {name: chain(name, folders, side) for name, side in sides.items()}
    if "speed" in parts:
        whole = build_model(places, held, folds[0][1], {"held_out": {}})
        said["speed"] = say_speed(folders[0], places[0], folds[0][1], whole)
    if options.out:
        options.out.write_text(json.dumps(said, indent=1, default=str), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
