"""Which type is taken for which: six activities, natural change, undetermined, on simulated truth.

    .venv/bin/python bench/activity_types.py [--scenes 4] [--side 2000] [--seed 9001]

A candidate's truth is the activity, or the natural change, that covers at least a quarter of it
(the larger share), else "none" (false alarm). What screening drops counts as said to be natural. The
seeds are none that rules or evidence were tuned on (20260101). Prints the matrix, recall,
precision and F1 by type, macro-F1, the share left undetermined, and how sure the right ones were.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from accuracy import run_chain
from ecoredline.patches.accuracy import SHARE
from ecoredline.patches.classify import ACTIVITIES
from ecoredline.simulate import read_truth, simulate

TYPES = tuple(ACTIVITIES.values())
NATURAL, OPEN, NONE = "natural", "undetermined", "none"
SAID = (*TYPES, NATURAL, OPEN)


def shares(patches, layer) -> np.ndarray:
    """Share of each patch that each shape of `layer` covers (patches, shapes)."""
    outlines = shapely.make_valid(patches.geometry.to_numpy())
    out = np.zeros((len(outlines), len(layer)))
    rows, cols = layer.sindex.query(outlines, predicate="intersects")
    both = shapely.intersection(outlines[rows], shapely.make_valid(layer.geometry.to_numpy()[cols]))
    out[rows, cols] = shapely.area(both) / shapely.area(outlines[rows])
    return out


def true_types(patches, activities, natural) -> list[str]:
    """The truth of each patch."""
    made, grown = shares(patches, activities), shares(patches, natural)
    found = []
    for one, other in zip(made, grown, strict=True):
        ours, theirs = (float(v.max(initial=0)) for v in (one, other))
        if max(ours, theirs) < SHARE:
            found.append(NONE)
        elif ours >= theirs:
            found.append(str(activities["activity_type"].iloc[int(one.argmax())]))
        else:
            found.append(NATURAL)
    return found


def scene_rows(seed: int, side: int) -> pd.DataFrame:
    """Truth, what was said, and how sure, of each candidate of one scene."""
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(Path(folder), rows=side, cols=side, seed=seed)
        found = run_chain(made["before"], made["after"])
        layers = [read_truth(Path(folder), n).to_crs(found.kept.crs) for n in ("activities", "natural")]  # fmt: skip
    dropped = found.dropped[found.dropped["reason"] != "too_small"]
    tables = []
    for patches, said in (
        (found.kept, found.kept["activity_type"].replace("", OPEN)),
        (dropped, pd.Series(NATURAL, index=dropped.index)),
    ):
        sure = patches.get("activity_confidence", np.nan)
        columns = {"true": true_types(patches, *layers), "said": said.to_numpy(), "sure": sure}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def say(rows: pd.DataFrame) -> None:
    """Print the matrix and the figures."""
    counts = Counter(zip(rows["true"], rows["said"], strict=True))
    print("| true \\ said | " + " | ".join(SAID) + " | recall |\n" + "|---" * (len(SAID) + 2) + "|")
    for true in (*TYPES, NATURAL, NONE):
        line = [counts[true, said] for said in SAID]
        recall = counts[true, true] / max(sum(line), 1)
        print(f"| {true} | " + " | ".join(map(str, line)) + f" | {recall:.2f} |")
    scores = {}
    for name in (*TYPES, NATURAL):
        right = counts[name, name]
        said = sum(v for (_, s), v in counts.items() if s == name)
        true = sum(v for (t, _), v in counts.items() if t == name)
        scores[name] = 2 * right / max(said + true, 1)
    macro = np.mean([scores[t] for t in TYPES])
    kept = rows[rows["said"] != NATURAL]
    activity = kept[kept["true"].isin(TYPES)]
    print("\nF1: " + ", ".join(f"{k} {v:.2f}" for k, v in scores.items()))
    print(
        f"macro-F1 of the six types {macro:.3f}; of {len(activity)} listed patches on true "
        f"activities {np.mean(activity['said'] == activity['true']):.1%} right, "
        f"{np.mean(activity['said'] == OPEN):.1%} undetermined"
    )
    print("\n| stated confidence | patches | right |\n|---|---|---|")
    told = activity[activity["said"] != OPEN]
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        some = told[(told["sure"] >= low) & (told["sure"] < high)]
        share = f"{np.mean(some['said'] == some['true']):.2f}" if len(some) else "–"
        print(f"| {low:.1f}–{min(high, 1):.1f} | {len(some)} | {share} |")


def main() -> int:
    """Run all scenes and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=4)
    parser.add_argument("--side", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=9001)
    given = parser.parse_args()
    tables = [scene_rows(given.seed + k, given.side) for k in range(given.scenes)]
    say(pd.concat(tables, ignore_index=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
