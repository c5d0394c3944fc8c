"""Does the queue learn? Reviews of simulated scenes replayed in order, by the truth.

    .venv/bin/python bench/priors.py [--scenes 8] [--side 1400]

Each scene is found, then ranked by what was said of the scenes before it; then its reviews are
added. The default order is the rules' confidence. Scenes differ in seed, so in place and truth.
"""

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from accuracy import SHARE
from ecoredline.learn.features import feature_table
from ecoredline.learn.measure import average_precision
from ecoredline.learn.priors import known_places, learn_priors
from ecoredline.patches.accuracy import covered_share
from ecoredline.pipeline import FindOptions
from ecoredline.pipeline.inputs import read_inputs
from ecoredline.pipeline.priors import run_cells
from ecoredline.pipeline.steps import detect_change, make_patches
from ecoredline.record import Job, RunRecord
from ecoredline.simulate import simulate

FIRST_SEED = 4100
NO_PLACES = known_places([], [])
ROLES = ("protected_areas", "divisions", "places", "previous", "confirm")


def reviewed(folder: Path, side: int, seed: int) -> pd.DataFrame:
    """The kept patches of one scene: their cells, confidence and truth."""
    made = simulate(folder, rows=side, cols=side, seed=seed)
    paths = {r: made[r] for r in ("before", "after", "redline")} | dict.fromkeys(ROLES)
    options, record = FindOptions(margin_m=None), RunRecord("bench", {})
    record.data["parameters"] = {"detection": {"detector": options.detection.detector}}
    inputs = read_inputs(paths, options, record)
    changed = detect_change(inputs, options, record, Job())
    kept, _, _ = make_patches(changed, inputs, options, record, Job())
    features = feature_table(kept)
    table = run_cells(features, record.data)
    table["confidence"] = features["confidence"]
    truth = gpd.read_file(made["truth"], layer="activities").to_crs(inputs.grid.crs)
    shapes = kept.to_crs(inputs.grid.crs).geometry.make_valid().to_numpy()
    table["truth"] = (covered_share(shapes, truth.geometry) >= SHARE).astype(int)
    return table


def reads_until(score: np.ndarray, truth: np.ndarray, share: float = 0.9) -> int:
    """Patches looked at, from the top, until a share of the true ones is found."""
    hits = np.cumsum(truth[np.argsort(-score, kind="stable")])
    return int(np.searchsorted(hits, share * truth.sum()) + 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=int, default=8)
    arguments.add_argument("--side", type=int, default=1400)
    given = arguments.parse_args()
    had: list[pd.DataFrame] = []
    rows, pooled = [], []
    for number in range(given.scenes):
        with tempfile.TemporaryDirectory() as folder:
            scene = reviewed(Path(folder), given.side, FIRST_SEED + number)
        if had:
            priors = learn_priors(pd.concat(had, ignore_index=True), NO_PLACES, [])
            scene["probability"] = priors.rank(scene, scene["confidence"].to_numpy())["probability"]
            pooled.append(scene)
            truth = scene["truth"].to_numpy()
            rows.append([number, sum(map(len, had)), len(scene), truth.sum()] + [
                f(scene[c].to_numpy(), truth)
                for f in (average_precision, reads_until) for c in ("confidence", "probability")
            ])  # fmt: skip
            print(rows[-1], flush=True)
        had.append(scene)
    report(rows, pd.concat(pooled))


def report(rows, pooled: pd.DataFrame) -> None:
    """Print the table."""
    print(
        "| scene | verdicts before | patches | true | AP default | AP priors | reads to 90 % default | priors |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for n, had, count, true, one, two, a, b in rows:
        print(f"| {n} | {had} | {count} | {true} | {one:.3f} | {two:.3f} | {a} | {b} |")
    truth = pooled["truth"].to_numpy()
    one, two = (
        average_precision(pooled[c].to_numpy(), truth) for c in ("confidence", "probability")
    )
    means = np.mean([r[4:] for r in rows], axis=0)
    print(f"mean AP {means[0]:.3f} → {means[1]:.3f}; pooled {one:.3f} → {two:.3f}; "
          f"reads to 90 % of the true: {means[2]:.1f} → {means[3]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
