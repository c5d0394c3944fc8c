"""What a shift costs: AP of the ten OSCD cities as delivered, 3 px off uncorrected, and corrected.

    .venv/bin/python bench/shifts.py [--px 3]

The after image of each city is moved by whole pixels along its rows (no resampling, so that
nothing else changes); every pixel that all three scores see is ranked.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio

from accuracy import SHARED, city_dates
from detectors import average_precision
from ecoredline.change.layers import score_layers
from ecoredline.raster import common_grid, open_scene

WAYS = {"as delivered": (0, True), "uncorrected": (1, False), "corrected": (1, True)}
DETECTOR = "gated"


def moved(source: Path, target: Path, px: int) -> Path:
    """The image with its values `px` columns to the right; what is laid bare is nodata."""
    with rasterio.open(source) as data:
        values, profile, names = data.read(), data.profile, data.descriptions
    fill = profile["nodata"] or 0
    values = np.roll(values, px, axis=2)
    values[:, :, :px] = fill
    with rasterio.open(target, "w", **(profile | {"nodata": fill})) as out:
        out.write(values)
        out.descriptions = names
    return target


def measure(folder: Path, px: int) -> dict[str, float]:
    """AP of one city by way, over the pixels all of them see."""
    scores = {}
    with tempfile.TemporaryDirectory() as place:
        after = moved(folder / "after.tif", Path(place) / "after.tif", px)
        files = (folder / "after.tif", after)
        for way, (which, register) in WAYS.items():
            paths = zip((folder / "before.tif", files[which]), city_dates(folder), strict=True)
            scenes = [open_scene(path, acquired_on=day) for path, day in paths]
            grid, _ = common_grid(*scenes)
            scores[way] = score_layers(*scenes, grid, (DETECTOR,), register=register)[DETECTOR]
    with rasterio.open(folder / "truth.tif") as data:
        truth = data.read(1) > 0
    seen = np.logical_and.reduce([np.isfinite(s) for s in scores.values()])
    return {way: average_precision(s[seen], truth[seen]) for way, s in scores.items()}


def main() -> int:
    """Print one row a city and the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--px", type=int, default=3)
    px = parser.parse_args().px
    if not (SHARED / "oscd-train").is_dir():
        print("skipped: shared/data/oscd-train is not beside the checkout")
        return 0
    rows = {}
    print(f"| city | {' | '.join(WAYS)} |\n|---|---|---|---|")
    for folder in sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir()):
        rows[folder.name] = measure(folder, px)
        print(f"| {folder.name} | {' | '.join(f'{v:.3f}' for v in rows[folder.name].values())} |")
    mean = {way: float(np.mean([r[way] for r in rows.values()])) for way in WAYS}
    print(f"| **mean** | {' | '.join(f'{v:.3f}' for v in mean.values())} |")
    whole = mean["as delivered"]
    lost = {way: 1 - mean[way] / whole for way in ("uncorrected", "corrected")}
    print(
        f"\nlost by {px} px: uncorrected {lost['uncorrected']:.1%}, corrected {lost['corrected']:.1%}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
