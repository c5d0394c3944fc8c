"""Do pixel trees beat the default? The whole chain on cities that the trees have not seen.

    .venv/bin/python bench/pixel_trees.py [--out FILE.json] [--cache FOLDER]

Ten OSCD training cities in five groups: trees, thresholds and calibration for each group come from the
eight others, then `find`'s own chain runs on the two. Also says whether `train --approve` would take
the model of all ten, and trains the ranker on the trees' candidates.
"""

import argparse
import json
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio

from accuracy import LEAST_TRUE_PX, SHARED, Found, city_dates, on_truth
from ecoredline.change import DetectionParameters, detect
from ecoredline.errors import InputError
from ecoredline.learn import approve, approve_pixels, feature_table, place_of, train, train_pixels
from ecoredline.learn.labelled import LabelledPair
from ecoredline.learn.measure import average_precision
from ecoredline.learn.pixel_model import ANY_SENSOR
from ecoredline.learn.pixel_training import calibrate, fold_trees, held_out, thresholds
from ecoredline.patches.accuracy import Accuracy, against_mask, markdown_table
from ecoredline.patches.classify import classify
from ecoredline.patches.extract import extract_patches
from ecoredline.patches.screen import screen
from ecoredline.pipeline.rank import DETECTORS, candidates_of
from ecoredline.raster import common_grid, open_scene

SENSOR = "Sentinel-2"
TOP = (50, 100, 200)


def city_place(folder: Path, cache: Path | None):
    """The labelled pixels of a city, kept in `cache` when there is one."""
    kept = cache / f"{folder.name}.place" if cache else None
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())
    days = [d.isoformat() if d else "" for d in city_dates(folder)]
    files = [folder / n for n in ("before.tif", "after.tif", "truth.tif")]
    place = place_of(LabelledPair(folder.name, *files, SENSOR, *days))
    if kept:
        kept.write_bytes(pickle.dumps(place))
    return place


def city_found(folder: Path, model=None) -> Found:
    """The chain on one city, by a model (trees or net) or by the default."""
    days = city_dates(folder)
    scenes = [
        open_scene(folder / n, acquired_on=d, sensor=SENSOR)
        for n, d in zip(("before.tif", "after.tif"), days, strict=True)
    ]
    grid, _ = common_grid(*scenes)
    parameters, learned = DetectionParameters(), None
    if model is not None:
        high, low = model.thresholds
        parameters = DetectionParameters(
            threshold=high, low_threshold=low, detector=DETECTORS[model.kind]
        )
        model = replace(model, approved={"by": "bench"})  # of fewer places than a person could take
        learned = model.detector(SENSOR, model.bands, grid.pixel_size_m)
    change = detect(*scenes, grid, parameters, learned=learned)
    candidates = extract_patches(change)
    kept, dropped = screen(classify(candidates), change)
    return Found(change, candidates, kept, dropped, 0.0)


def measured(found: Found, folder: Path) -> tuple[Accuracy, np.ndarray, np.ndarray]:
    """Accuracy of the kept patches, and of each its rank value and whether it is true."""
    with rasterio.open(folder / "truth.tif") as data:
        truth = data.read(1) > 0
    one = against_mask(
        found.kept, truth, found.change.grid, least_true_px=LEAST_TRUE_PX, seen=found.seen
    )
    name = "probability" if "probability" in found.kept else "confidence"
    swapped = Found(found.change, found.candidates, found.kept, found.kept, 0.0)
    return one, found.kept[name].to_numpy(float), on_truth(swapped, folder)


def say_top(name: str, ranks: list, right: list) -> dict:
    """Print and give the precision of the first patches over all cities, ranked together."""
    rank, truth = np.concatenate(ranks), np.concatenate(right)
    ordered = truth[np.argsort(-rank, kind="stable")]
    tops = {n: round(float(ordered[:n].mean()), 3) for n in TOP if n <= len(ordered)}
    ap = round(average_precision(rank, truth), 3)
    print(f"\n{name}: of {len(ordered)} patches, top {tops}, AP of the ranking {ap}")
    return {"top": tops, "ap": ap}


def main() -> int:
    """Run it all; give 0 also when the data are absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    if not (SHARED / "oscd-train").is_dir():
        print("skipped: shared/data/oscd-train is not beside the checkout")
        return 0
    folders = sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir())
    places = {f.name: city_place(f, options.cache) for f in folders}
    whole = train_pixels(list(places.values()))
    say_card(whole.card)
    try:
        approve_pixels(whole, "bench")
        print("\n`train --approve` takes it.")
    except InputError as fault:
        print(f"\n`train --approve` refuses it: {fault}")
    results = {"card": whole.card, "chain": chain(folders, places, whole)}
    if options.out:
        options.out.write_text(json.dumps(results, indent=1, default=str), encoding="utf-8")
    return 0


def say_card(card: dict) -> None:
    """Print the held-out figures of pixels, by city."""
    held = card["held_out"]
    print("| city | changed | AP default | AP trees |\n|---|---|---|---|")
    for name, row in card["by_place"].items():
        share = row["changed"] / row["pixels"]
        print(f"| {name} | {share:.2%} | {row['ap_default']:.3f} | {row['ap']:.3f} |")
    print(f"| **mean** | | {held['ap_default']:.3f} | {held['ap']:.3f} |")
    print(f"| **pooled** | | {held['pooled_ap_default']:.3f} | {held['pooled_ap']:.3f} |")
    print(f"| **pixel F1** | | {held['f1_default']:.3f} | {held['f1']:.3f} |")
    print(f"\ngain {held['ap_gain']} {held['ap_gain_interval']}")


def chain(folders: list[Path], places: dict, whole) -> dict:
    """Both detectors on every city, the trees never having seen it; prints the tables."""
    tables, ranks, right = ({"default": {}, "trees": {}} for _ in range(3))
    every, samples = list(places.values()), []
    folds = fold_trees(every)
    held = held_out(every, folds)
    for folder in folders:
        fold, trees = next(f for f in folds if folder.name in f[0])
        others = [p for p in every if p.name not in fold]
        curves = calibrate(others, held)
        cuts = thresholds(others, held, curves[ANY_SENSOR])
        model = replace(whole, trees=trees, calibration=curves, thresholds=cuts)
        for name, one in (("default", None), ("trees", model)):
            found = city_found(folder, one)
            tables[name][folder.name], ranks[name][folder.name], right[name][folder.name] = measured(found, folder)  # fmt: skip
        samples.append(candidate_rows(found, folder))
        print(folder.name, cuts, flush=True, file=sys.stderr)
    said = {}
    for name, table in tables.items():
        print(f"\n## {name}, after screening\n")
        print(markdown_table(table))
        said[name] = say_top(name, list(ranks[name].values()), list(right[name].values()))
    said["ranker"] = say_ranker(pd.concat(samples, ignore_index=True))
    return said | {f"{n}_cities": {k: v.as_dict() for k, v in t.items()} for n, t in tables.items()}


def candidate_rows(found: Found, folder: Path) -> pd.DataFrame:
    """The candidates of one city as samples of the ranker."""
    candidates = candidates_of(found.kept, found.dropped)
    rows = feature_table(candidates)
    rows["truth"] = on_truth(replace(found, dropped=candidates), folder).astype(int)
    return rows.assign(scene=folder.name, place=folder.name, sensor=SENSOR)


def say_ranker(samples: pd.DataFrame) -> dict:
    """Train the ranker on what the trees found; print its held-out figures and whether it may be used."""
    model = train(samples)
    held = model.card["held_out"]
    plain = average_precision(samples["probability"].to_numpy(float), samples["truth"].to_numpy())
    print(f"\nranker on {len(samples)} candidates of the trees: {held}; by the probability alone AP {plain:.3f}")  # fmt: skip
    try:
        approve(model, "bench")
        print("`train --approve` takes the ranker.")
    except InputError as fault:
        print(f"`train --approve` refuses the ranker: {fault}")
    return held


if __name__ == "__main__":
    sys.exit(main())
