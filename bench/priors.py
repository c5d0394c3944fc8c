"""Does the queue learn? Reviews of simulated scenes replayed in order, by the truth.

    .venv/bin/python bench/priors.py [--scenes 6] [--side 1400]
    .venv/bin/python bench/priors.py --oscd

Each scene is found, then ranked by what was said of the scenes before it; then its reviews are
added. The default order is the rules' confidence. Scenes differ in seed, so in place and truth.
`--oscd`: the ten training cities instead, each ranked by what was said of the nine others.
"""

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio

from accuracy import SHARE, SHARED
from ecoredline.learn.features import feature_table
from ecoredline.learn.measure import average_precision
from ecoredline.learn.priors import cells, known_places, learn_priors
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


def reviewed_city(folder: Path) -> pd.DataFrame:
    """The same of one OSCD city, by its truth raster."""
    from accuracy import city_dates, run_chain
    from accuracy import numbered as number_patches

    days = city_dates(folder)
    found = run_chain(folder / "before.tif", folder / "after.tif", days)
    features = feature_table(found.kept)
    days = [d.isoformat() if d else "" for d in days]
    table = cells(features, "Sentinel-2", FindOptions().detection.detector, *days)
    table["confidence"] = features["confidence"]
    with rasterio.open(folder / "truth.tif") as data:
        truth = data.read(1) > 0
    number = number_patches(found.kept, found.change.grid)
    size = np.bincount(number.ravel(), minlength=len(table) + 1)[1:]
    hit = np.bincount(number[truth], minlength=len(table) + 1)[1:]
    table["truth"] = ((size > 0) & (hit >= SHARE * size)).astype(int)
    return table


def replay_cities() -> None:
    """Each city ranked by the verdicts on the nine others."""
    folders = sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir())
    cities = {folder.name: reviewed_city(folder) for folder in folders}
    rows, pooled = [], []
    for name, scene in cities.items():
        others = pd.concat([c for n, c in cities.items() if n != name], ignore_index=True)
        rows.append(replayed(name, others, scene))
        pooled.append(scene)
    report(rows, pd.concat(pooled))


def replayed(name, had: pd.DataFrame, scene: pd.DataFrame) -> list:
    """One row of the table; adds the column `probability` to the scene."""
    priors = learn_priors(had, NO_PLACES, [])
    scene["probability"] = priors.rank(scene, scene["confidence"].to_numpy())["probability"]
    truth = scene["truth"].to_numpy()
    return [name, len(had), len(scene), int(truth.sum())] + [
        f(scene[c].to_numpy(), truth)
        for f in (average_precision, reads_until) for c in ("confidence", "probability")
    ]  # fmt: skip


def reads_until(score: np.ndarray, truth: np.ndarray, share: float = 0.9) -> int:
    """Patches looked at, from the top, until a share of the true ones is found."""
    hits = np.cumsum(truth[np.argsort(-score, kind="stable")])
    return int(np.searchsorted(hits, share * truth.sum()) + 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=int, default=6)
    arguments.add_argument("--side", type=int, default=1400)
    arguments.add_argument("--oscd", action="store_true")
    given = arguments.parse_args()
    if given.oscd:
        replay_cities()
        return
    had: list[pd.DataFrame] = []
    rows, pooled = [], []
    for number in range(given.scenes):
        with tempfile.TemporaryDirectory() as folder:
            scene = reviewed(Path(folder), given.side, FIRST_SEED + number)
        if had:
            rows.append(replayed(number, pd.concat(had, ignore_index=True), scene))
            pooled.append(scene)
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
