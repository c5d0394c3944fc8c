"""How true the outlines are: area of patches against the simulated truth, at 2 m and at 10 m.

    .venv/bin/python bench/objects.py [--keep FOLDER]

An activity above 0.5 ha, mostly seen on both dates, is matched with the patch of the greatest
overlap (intersection over union) when each is the other's best and a quarter of both is shared.
The 10 m pair is the 2 m pair averaged.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import shapely

import accuracy
from ecoredline.simulate import read_truth, simulate

LEAST_HA = 0.5
GOOD = 0.10
SIZES_M = (2, 10)
LEAST_SEEN = 0.9  # an activity half under cloud has no area that could be compared
SEEDS = (20260101, 7)


def matched(patches, truth) -> np.ndarray:
    """(n, 3) of true area, patch's refined area and its raw area for mutual best matches."""
    one, other = patches.geometry.to_numpy(), truth.geometry.to_numpy()
    at, of = shapely.STRtree(other).query(one, predicate="intersects")
    both = shapely.area(shapely.intersection(one[at], other[of]))
    union = shapely.area(one[at]) + shapely.area(other[of]) - both
    share = both / union
    best_of_patch, best_of_true = np.zeros(len(one)), np.zeros(len(other))
    np.maximum.at(best_of_patch, at, share)
    np.maximum.at(best_of_true, of, share)
    mutual = (share == best_of_patch[at]) & (share == best_of_true[of])
    least = accuracy.SHARE * np.maximum(shapely.area(one[at]), shapely.area(other[of]))
    pairs = np.flatnonzero(mutual & (both >= least))
    raw = shapely.area(patches["geometry_raw"].to_numpy())
    return np.stack(
        [shapely.area(other[of[pairs]]), shapely.area(one[at[pairs]]), raw[at[pairs]]], axis=1
    )


def scene(folder: Path, seed: int) -> dict[str, Path]:
    """The simulated pair of 2 m, made once in `folder`."""
    place = folder / str(seed)
    if not (place / "simulation.json").exists():
        simulate(place, seed=seed)
    return {name: place / f"{name}.tif" for name in ("before", "after")}


def measure(folder: Path, seed: int, size: int) -> np.ndarray:
    """The matched areas of one scene at one pixel size."""
    paths = scene(folder, seed)
    if size > SIZES_M[0]:
        accuracy.NAIP_M = size
        target = folder / f"{seed}-{size}"
        target.mkdir(exist_ok=True)
        paths = {n: accuracy.averaged(p, target / p.name) for n, p in paths.items()}
    bands = ("blue", "green", "red", "nir")
    found = accuracy.run_chain(paths["before"], paths["after"], bands=bands)
    truth = read_truth(folder / str(seed)).to_crs(found.candidates.crs)
    whole = truth[(truth["area_ha"] >= LEAST_HA) & (truth["seen_share"] >= LEAST_SEEN)]
    rows = matched(found.kept, whole)
    return rows, len(whole)


def said(name: str, rows: np.ndarray, true: int) -> str:
    """One row of the table."""
    error = rows[:, 1] / rows[:, 0] - 1
    raw = rows[:, 2] / rows[:, 0] - 1
    return (
        f"| {name} | {true} | {len(rows)} | {np.mean(np.abs(error) <= GOOD):.2f} |"
        f" {np.median(np.abs(error)):.1%} | {np.median(error):+.1%} | {np.median(raw):+.1%} |"
    )


def main() -> int:
    """Print one row a scene and pixel size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="folder that keeps the simulated scenes")
    keep = parser.parse_args().keep
    print(
        "| scene | true above 0.5 ha | matched | within 10 % | median error | median bias | raw bias |"
    )
    print("|---" * 7 + "|")
    with tempfile.TemporaryDirectory() as spare:
        folder = keep or Path(spare)
        for size in SIZES_M:
            found = {seed: measure(folder, seed, size) for seed in SEEDS}
            for seed, (rows, true) in found.items():
                print(said(f"{size} m, seed {seed}", rows, true), flush=True)
            every = np.concatenate([rows for rows, _ in found.values()])
            print(said(f"**{size} m, all**", every, sum(t for _, t in found.values())), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
