"""How right the patches are: the whole chain on real pairs and on a simulated scene.

    .venv/bin/python bench/accuracy.py [--out FILE.json] [--only oscd,chongqing,naip,simulated]
                                       [--method NAME] [--naip-m 5]

Prints Markdown tables. Real data lie beside the checkout in ../shared/data; without them
those parts are skipped and the reason is said. Nothing is tuned here: the shipped defaults.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio

from ecoredline.change import METHODS, ChangeMap, DetectionParameters, detect, open_aligned
from ecoredline.geodesy import areas_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.accuracy import (
    SHARE,
    Accuracy,
    against_mask,
    against_polygons,
    covered_share,
    markdown_table,
    numbered,
)
from ecoredline.patches.classify import classify
from ecoredline.patches.extract import extract_patches
from ecoredline.patches.partial import refine_wide
from ecoredline.patches.persist import later_of
from ecoredline.patches.screen import screen
from ecoredline.raster import common_grid, open_scene
from ecoredline.simulate import read_truth, simulate

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PARTS = ("oscd", "chongqing", "naip", "simulated")
NAIP_BANDS = ("red", "green", "blue", "nir")
NAIP_M = 10  # as in change-detection.md, section 5.5
LEAST_TRUE_PX = 10  # change-detection.md, section 5
LEAST_TRUE_HA = 0.1  # simulated activities that must be found: 1000 m² and seen by half
LEAST_SEEN = 0.5
SEEDS = (20260101, 7)
chosen = DetectionParameters().detector  # `--method`


@dataclass
class Found:
    """What the chain gave for one pair."""

    change: ChangeMap
    candidates: gpd.GeoDataFrame
    kept: gpd.GeoDataFrame
    dropped: gpd.GeoDataFrame
    seconds: float

    @property
    def seen(self) -> np.ndarray:
        """What could be observed on both dates, as a bool raster of the full grid."""
        grid, unseen = self.change.grid, self.change.unseen
        cells = (unseen.before == 0) & (unseen.after == 0)
        wide = np.repeat(np.repeat(cells, unseen.factor, axis=0), unseen.factor, axis=1)
        return wide[: grid.rows, : grid.cols]

    @property
    def seen_km2(self) -> float:
        """Observed area in km²."""
        return float(self.seen.sum() * self.change.grid.pixel_area_m2 / 1e6)


def run_chain(
    before: Path, after: Path, dates=(None, None), bands=None, detector: str | None = None
) -> Found:
    """open_scene → common_grid → detect → extract → classify → screen, all with their defaults."""
    begun = time.perf_counter()
    scenes = [
        open_scene(path, acquired_on=day, bands=bands)
        for path, day in zip((before, after), dates, strict=True)
    ]
    grid, _ = common_grid(*scenes)
    change = detect(*scenes, grid, DetectionParameters.of(detector or chosen))
    with open_aligned(*scenes, change, normalise=True) as read:
        candidates = refine_wide(extract_patches(change), change, read)
    kept, dropped = screen(classify(candidates), change)
    return Found(change, candidates, kept, dropped, time.perf_counter() - begun)


def city_dates(folder: Path) -> tuple[date | None, date | None]:
    """The two dates of dates.txt, in its order of time; None where they cannot be read."""
    text = (folder / "dates.txt").read_text()
    digits = [w.strip().rpartition(" ")[2].replace("-", "") for w in text.splitlines() if w.strip()]
    days = sorted(date.fromisoformat(w[:8]) for w in digits if len(w) >= 8 and w[:8].isdigit())
    return (days[0], days[-1]) if len(days) > 1 else (None, None)


def measure_city(folder: Path, screened: bool = True) -> Accuracy:
    """Accuracy on one OSCD city; `screened` False measures before the false changes are dropped."""
    found = run_chain(folder / "before.tif", folder / "after.tif", city_dates(folder))
    return city_accuracy(found, folder, screened)


def city_accuracy(found: Found, folder: Path, screened: bool) -> Accuracy:
    """Compare with truth.tif; before screening all candidates above the minimum count."""
    with rasterio.open(folder / "truth.tif") as data:
        truth = data.read(1) > 0
    everything = found.candidates[~found.candidates["too_small"]]
    patches = found.kept if screened else everything
    return against_mask(
        patches, truth, found.change.grid, least_true_px=LEAST_TRUE_PX, seen=found.seen
    )


def part_oscd() -> dict:
    """Ten training cities of OSCD: Sentinel-2, 10 m, urban change is truth."""
    kept, plain, rules = {}, {}, {}
    for folder in sorted(p for p in (SHARED / "oscd-train").iterdir() if p.is_dir()):
        found = run_chain(folder / "before.tif", folder / "after.tif", city_dates(folder))
        kept[folder.name] = city_accuracy(found, folder, True)
        plain[folder.name] = city_accuracy(found, folder, False)
        add_rules(rules, found.dropped["reason"], on_truth(found, folder))
    print("\n## OSCD, ten training cities, 10 m, before screening\n")
    print(markdown_table(plain))
    print("\n## OSCD, ten training cities, 10 m, after screening\n")
    print(markdown_table(kept))
    say_rules(rules)
    return {
        "before_screening": {k: v.as_dict() for k, v in plain.items()},
        "after_screening": {k: v.as_dict() for k, v in kept.items()},
        "rules": rules,
    }


def on_truth(found: Found, folder: Path) -> np.ndarray:
    """Which of the dropped patches lie on urban change of truth.tif."""
    with rasterio.open(folder / "truth.tif") as data:
        truth = data.read(1) > 0
    number = numbered(found.dropped, found.change.grid)
    size = np.bincount(number.ravel(), minlength=len(found.dropped) + 1)[1:]
    true = np.bincount(number[truth], minlength=len(found.dropped) + 1)[1:]
    return (size > 0) & (true >= SHARE * size)


def part_chongqing() -> dict:
    """A real pair without truth: counts, and areas that must be right on a degree grid."""
    before, after = sorted((SHARED / "s2-chongqing-pair").glob("s2_chongqing_*.tif"))
    found = run_chain(before, after)
    kept = found.kept
    on_ellipsoid = areas_ha(kept.to_crs(STORAGE_CRS).geometry.to_numpy()).sum() if len(kept) else 0
    facts = {
        "patches": len(kept), "dropped": counts(found.dropped),
        "observed_km2": round(found.seen_km2, 2),
        "patches_per_km2": round(len(kept) / found.seen_km2, 2),
        "area_ha_ellipsoid": round(float(on_ellipsoid), 4),
        "area_ha_pixels": round(float(kept["area_m2_grid"].sum()) / 1e4, 4),
        "activity_types": kept["activity_type"].replace("", "undetermined").value_counts().to_dict(),
        "seconds": round(found.seconds, 1),
    }  # fmt: skip
    print("\n## Chongqing 2017–2018, Sentinel-2 in degrees (no truth: counts only)\n")
    say_facts(facts)
    return facts


def part_naip() -> dict:
    """No construction there: every patch is a false alarm."""
    with tempfile.TemporaryDirectory() as folder:
        return naip_in(Path(folder))


def naip_in(folder: Path) -> dict:
    """The control's pairs, and its triples, each date first averaged to `NAIP_M`."""
    sources = sorted((SHARED / "naip-control").glob("*.tif"))
    days = [date.fromisoformat(p.stem.rpartition("_")[2]) for p in sources]
    paths = [averaged(path, folder / path.name) for path in sources]
    results, dropped, still = {}, {}, {}
    for i, ((one, first), (other, second)) in enumerate(
        itertools.pairwise(zip(paths, days, strict=True))
    ):
        found = run_chain(one, other, (first, second), NAIP_BANDS)
        name = f"{first.year}–{second.year}"
        results[name] = Accuracy(
            patches=len(found.kept), area=float(found.kept["pixels"].sum()), km2=found.seen_km2
        )
        dropped[name] = counts(found.dropped)
        if i + 2 < len(paths):
            third = run_chain(one, paths[i + 2], (first, days[i + 2]), NAIP_BANDS)
            later = later_of(third.change)
            kept, _ = screen(classify(found.candidates), found.change, later=later)
            still[f"{name}, {days[i + 2].year}"] = len(kept), found.seen_km2
    print(f"\n## NAIP control, {NAIP_M} m, no construction: every patch is false\n")
    print(markdown_table(results, "pair"))
    say_dropped(dropped)
    patches, km2 = (sum(v) for v in zip(*still.values(), strict=True))
    print(f"\nWith a third date: {patches} patches in {km2:.1f} km², {patches / km2:.2f} per km².")
    say_facts({name: v[0] for name, v in still.items()})
    return {
        "third_date": still,
        "pairs": {k: v.as_dict() for k, v in results.items()},
        "dropped": dropped,
    }


def averaged(source: Path, target: Path) -> Path:
    """The image with pixels of `NAIP_M` metres (means), written to `target`."""
    with rasterio.open(source) as data:
        times = round(NAIP_M / data.res[0])
        rows, cols = data.height // times, data.width // times
        window = rasterio.windows.Window(0, 0, cols * times, rows * times)
        values = data.read(window=window).reshape(data.count, rows, times, cols, times)
        profile = {**data.profile, "height": rows, "width": cols, "tiled": False,
                   "transform": data.transform * data.transform.scale(times)}  # fmt: skip
        profile = {k: v for k, v in profile.items() if not k.startswith("block")}
        profile["photometric"] = "minisblack"  # else the fourth band would be read as alpha
    with rasterio.open(target, "w", **profile) as out:
        out.write(values.mean(axis=(2, 4)).round().astype(profile["dtype"]))
    return target


def part_simulated() -> dict:
    """Simulated 2 m scenes with all nuisances (3000 × 3000 pixels each)."""
    kept, plain, rules, types = {}, {}, {}, [0, 0, 0]
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            paths = simulate(Path(folder), seed=seed)
            found = run_chain(paths["before"], paths["after"])
            truth = read_truth(Path(folder)).to_crs(found.candidates.crs)
        counted = (truth["area_ha"] >= LEAST_TRUE_HA) & (truth["seen_share"] >= LEAST_SEEN)
        everything = found.candidates[~found.candidates["too_small"]]
        for results, patches in ((kept, found.kept), (plain, everything)):
            results[str(seed)] = against_polygons(
                patches, truth, found.seen_km2, counted=counted.to_numpy()
            )
        real = covered_share(found.dropped.geometry.to_numpy(), truth.geometry.to_numpy()) >= SHARE
        add_rules(rules, found.dropped["reason"], real)
        types = [a + b for a, b in zip(types, type_counts(found.kept, truth), strict=True)]
    print("\n## Simulated, 2 m, before screening (activities ≥ 0.1 ha not under cloud)\n")
    print(markdown_table(plain, "seed"))
    print("\n## Simulated, 2 m, after screening\n")
    print(markdown_table(kept, "seed"))
    say_rules(rules)
    right, wrong, open_ = types
    print(f"\nActivity type of the right patches: {right} right, {wrong} wrong, {open_} left open.")
    return {
        "before_screening": {k: v.as_dict() for k, v in plain.items()},
        "after_screening": {k: v.as_dict() for k, v in kept.items()},
        "rules": rules, "types": {"right": right, "wrong": wrong, "open": open_},
    }  # fmt: skip


def add_rules(rules: dict, reasons, real: np.ndarray) -> None:
    """Count, for each rule, the dropped patches that lay on true change and those that did not."""
    for code in sorted(set(reasons)):
        of_rule = (reasons == code).to_numpy()
        entry = rules.setdefault(code, {"rightly": 0, "wrongly": 0})
        entry["rightly"] += int((of_rule & ~real).sum())
        entry["wrongly"] += int((of_rule & real).sum())


def type_counts(kept, truth) -> tuple[int, int, int]:
    """Right, wrong and open types among the kept patches that lie mostly on one true activity."""
    right = wrong = open_ = 0
    for patch in kept.itertuples():
        shares = truth.geometry.intersection(patch.geometry).area
        best = shares.idxmax()
        if covered_share([patch.geometry], [truth.geometry[best]])[0] < SHARE:
            continue
        if patch.activity_type == "":
            open_ += 1
        elif patch.activity_type == truth["activity_type"][best]:
            right += 1
        else:
            wrong += 1
    return right, wrong, open_


def counts(dropped: gpd.GeoDataFrame) -> dict:
    """How many patches each rule dropped."""
    return {str(k): int(v) for k, v in dropped["reason"].value_counts().items()}


def say_facts(facts: dict) -> None:
    """Print a dict as a Markdown list."""
    for name, value in facts.items():
        print(f"- {name}: {value}")


def say_dropped(dropped: dict[str, dict]) -> None:
    """Print how many patches each rule dropped, all pairs together."""
    total: dict[str, int] = {}
    for one in dropped.values():
        for code, count in one.items():
            total[code] = total.get(code, 0) + count
    print(
        "\nDropped: " + ", ".join(f"{k} {v}" for k, v in sorted(total.items(), key=lambda i: -i[1]))
    )


def say_rules(rules: dict) -> None:
    """Print what each rule dropped, rightly and wrongly."""
    print("\n| rule | rightly dropped | wrongly dropped |\n|---|---|---|")
    for code, entry in rules.items():
        print(f"| {code} | {entry['rightly']} | {entry['wrongly']} |")


def main(arguments: list[str] | None = None) -> int:
    """Run the parts asked for; give 0 also when real data are absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    parser.add_argument("--method", choices=list(METHODS), default=chosen)
    parser.add_argument("--naip-m", type=int, default=NAIP_M, help="pixel of the control in metres")
    options = parser.parse_args(arguments)
    globals()["chosen"], globals()["NAIP_M"] = options.method, options.naip_m
    folders = {"oscd": "oscd-train", "chongqing": "s2-chongqing-pair", "naip": "naip-control"}
    results = {}
    for part in options.only.split(","):
        if part not in PARTS:
            parser.error(f"got part {part!r}; wanted some of {', '.join(PARTS)}")
        folder = folders.get(part)
        if folder and not (SHARED / folder).is_dir():
            print(f"\n{part}: skipped, shared/data/{folder} is not beside the checkout")
            continue
        results[part] = globals()[f"part_{part}"]()
    if options.out:
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
