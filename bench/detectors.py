"""Which detector is the better one: ranking and fixed thresholds, split by city.

    .venv/bin/python bench/detectors.py [--out FILE.json]

For each detector the score of every pixel of the ten OSCD training cities: average precision
(AP) by city, and pixel F1 of each city at the threshold that was best on the nine others.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import rasterio

from accuracy import SHARED, city_dates
from ecoredline.change import METHODS
from ecoredline.change.layers import score_layers
from ecoredline.raster import common_grid, open_scene


def score_map(before: Path, after: Path, detector: str, dates=(None, None)) -> np.ndarray:
    """Score of every pixel of a small pair, as `detect` sees it; NaN = unseen."""
    scenes = [open_scene(p, acquired_on=d) for p, d in zip((before, after), dates, strict=True)]
    return score_layers(*scenes, common_grid(*scenes)[0], (detector,))[detector]


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:
    """Mean precision over the true pixels, ranked by score.

    >>> average_precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True])).round(3)
    0.833
    """
    truth = truth[np.argsort(-score, kind="stable")]
    precision = np.cumsum(truth) / np.arange(1, len(truth) + 1)
    return (precision * truth).sum() / max(truth.sum(), 1)


def best_threshold(score: np.ndarray, truth: np.ndarray) -> float:
    """The threshold of the greatest F1."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(truth) + 1) + truth.sum())
    return float(score[order][f1.argmax()])


def measure(detector: str) -> dict:
    """AP by city, and F1 by city at the threshold of the others."""
    values = {}
    for folder in sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir()):
        score = score_map(folder / "before.tif", folder / "after.tif", detector, city_dates(folder))
        with rasterio.open(folder / "truth.tif") as data:
            truth = data.read(1) > 0
        seen = np.isfinite(score)
        values[folder.name] = score[seen], truth[seen]
    return {"cities": {name: of_city(name, values) for name in values}} | whole(values)


def of_city(name: str, values: dict) -> dict:
    """AP of one city, threshold of the other nine, and what it gives here."""
    others = [v for key, v in values.items() if key != name]
    threshold = best_threshold(*(np.concatenate(part) for part in zip(*others, strict=True)))
    score, truth = values[name]
    found = score >= threshold
    return {
        "ap": float(average_precision(score, truth)), "threshold": threshold,
        "both": int((found & truth).sum()), "found": int(found.sum()), "true": int(truth.sum()),
    }  # fmt: skip


def whole(values: dict) -> dict:
    """AP over the pixels of all cities together."""
    score, truth = (np.concatenate(part) for part in zip(*values.values(), strict=True))
    return {"pooled_ap": float(average_precision(score, truth))}


def say(results: dict) -> None:
    """Print the table: a row a detector, AP by city, then pooled figures."""
    cities = list(next(iter(results.values()))["cities"])
    print(f"| detector | {' | '.join(cities)} | mean AP | pooled AP | held-out F1 | thresholds |")
    print("|---" * (len(cities) + 5) + "|")
    for name, result in results.items():
        rows = [result["cities"][city] for city in cities]
        both, found, true = (sum(r[k] for r in rows) for k in ("both", "found", "true"))
        aps = " | ".join(f"{r['ap']:.3f}" for r in rows)
        chosen = [r["threshold"] for r in rows]
        print(
            f"| {name} | {aps} | "
            f"{np.mean([r['ap'] for r in rows]):.3f} | {result['pooled_ap']:.3f} | "
            f"{2 * both / (found + true):.3f} | {min(chosen):.2f}–{max(chosen):.2f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default=",".join(METHODS))
    options = parser.parse_args()
    if not (SHARED / "oscd-train").is_dir():
        print("skipped: shared/data/oscd-train is not beside the checkout")
        return 0
    results = {name: measure(name) for name in options.only.split(",")}
    say(results)
    if options.out:
        options.out.write_text(json.dumps(results, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
