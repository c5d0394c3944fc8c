"""The simulator's front: a demo scene as files, or as arrays for tests."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np

from ecoredline.files import check_writable, remove
from ecoredline.grid import Grid
from ecoredline.record import DEMO_NOTICE, Job, versions
from ecoredline.simulate.dates import AFTER, ALL_NUISANCES, BEFORE, DATES
from ecoredline.simulate.render import render
from ecoredline.simulate.scene import Plan, make_plan
from ecoredline.simulate.truth import TRUTH_NAME, finished, truth_tables
from ecoredline.simulate.writing import write_image, write_layers, write_record

DEFAULT_SEED = 20260101
RECORD_NAME = "simulation.json"


def simulate(
    out: Path | str,
    *,
    rows: int = 3000,
    cols: int = 3000,
    pixel_m: float = 2.0,
    seed: int = DEFAULT_SEED,
    nuisances: Sequence[str] = ALL_NUISANCES,
    job: Job | None = None,
) -> dict[str, Path]:
    """Make a demo scene with its truth in the folder `out`; gives name → path of each file.

    Two uint16 images of `rows` by `cols` pixels (reflectance × 10000, nodata 0, blue,
    green, red, nir, EPSG:4543), redline, protected areas, divisions, places and truth in
    EPSG:4490, and simulation.json, written last. The same arguments give the same
    pixels; memory does not grow with the image. `nuisances` are names of
    `ALL_NUISANCES`. Raises `InputError` for arguments that cannot be, `OutputError`
    when a file cannot be written, `Cancelled` when the job is stopped.
    """
    job = job or Job()
    job.at("plan", 0.0)
    out = check_writable(out)
    plan = make_plan(rows, cols, pixel_m, seed, nuisances)
    remove(out / RECORD_NAME)
    paths = {
        "before": write_image(plan, BEFORE, out / "before.tif", job),
        "after": write_image(plan, AFTER, out / "after.tif", job),
    }
    job.at("layers", 0.0)
    for name in ("redline", "protected_areas", "divisions", "places"):
        frame = getattr(plan, name)
        if name == "redline":
            frame = frame.drop(columns="level")
        paths[name] = write_layers(out / f"{name}.gpkg", {name: finished(frame, plan)})
    truth = truth_tables(plan)
    paths["truth"] = write_layers(out / TRUTH_NAME, truth)
    paths["record"] = write_record(out / RECORD_NAME, record_of(plan, truth))
    job.at("done", 1.0)
    return paths


def record_of(plan: Plan, truth: dict[str, gpd.GeoDataFrame]) -> dict:
    """What simulation.json says: arguments, dates, counts, versions."""
    activities, natural = truth["activities"], truth["natural"]
    return {
        "notice": DEMO_NOTICE,
        "is_demo": True,
        "seed": plan.seed,
        "rows": plan.grid.rows,
        "cols": plan.grid.cols,
        "pixel_m": plan.pixel,
        "nuisances": list(plan.nuisances),
        "crs": "EPSG:4543",
        "before_on": DATES[BEFORE].isoformat(),
        "after_on": DATES[AFTER].isoformat(),
        "counts": {
            "activities": len(activities),
            "activities_by_type": dict(sorted(Counter(activities["activity_type"]).items())),
            "activities_by_where": dict(sorted(Counter(activities["where"]).items())),
            "natural": dict(sorted(Counter(natural["kind"]).items())),
            "redline": len(plan.redline),
            "protected_areas": len(plan.protected_areas),
            "divisions": len(plan.divisions),
            "places": len(plan.places),
        },
        "activities_ha": round(float(activities["area_ha"].sum()), 4),
        "versions": versions(),
    }


def simulate_arrays(
    rows: int = 400,
    cols: int = 400,
    seed: int = DEFAULT_SEED,
    nuisances: Sequence[str] = ALL_NUISANCES,
    *,
    pixel_m: float = 2.0,
) -> tuple[np.ndarray, np.ndarray, Grid, dict[str, gpd.GeoDataFrame]]:
    """The same scene without files: before and after uint16 [4, rows, cols], grid, truth.

    The truth holds the frames `activities`, `natural`, `redline`, `protected_areas`,
    `divisions` and `places`, all in EPSG:4490. Raises `InputError` as `simulate` does.
    """
    plan = make_plan(rows, cols, pixel_m, seed, nuisances)
    before, after = (render(plan.paintings[k], 0, 0, rows, cols) for k in (BEFORE, AFTER))
    truth = truth_tables(plan)
    for name in ("redline", "protected_areas", "divisions", "places"):
        truth[name] = finished(getattr(plan, name), plan)
    return before, after, plan.grid, truth
