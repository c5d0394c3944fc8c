"""Pattern and its change over files: transitions, dynamic degrees, landscape indices as tables."""

from pathlib import Path

import numpy as np
import pandas as pd

from ecoredline.ecosystem.landscape import landscape_indices
from ecoredline.ecosystem.pattern import (
    overall_dynamic_degree,
    single_dynamic_degree,
    transition_in,
    transition_out,
)
from ecoredline.errors import InputError
from ecoredline.files import check_writable, whole_file
from ecoredline.raster.layers import demo_tags, read_map
from ecoredline.record import Job, RunRecord
from ecoredline.vector import read_layer
from ecoredline.zonal.transition import as_matrix, transition_areas

DEGREES_NOTE = "类型图为经纬度坐标，未计算景观指数（需要米制网格）"


def pattern_run(
    before: Path, after: Path, zones: Path, out: Path | str, *, years: float, job: Job | None = None
) -> Path:
    """Write transition.csv, change.csv (each zone), landscape.csv (both maps) and run.json.

    Raises `GridMismatch`, `InputError` for years that are not above 0.
    """
    if not years > 0:
        raise InputError(f"got {years} years between the maps; wanted more than 0")
    layer, out = read_layer(zones), check_writable(out)
    record = RunRecord("pattern", {"years": years})
    for role, path in (("before", before), ("after", after), ("zones", zones)):
        record.add_input(role, path)
    if layer.is_demo or demo_tags([before, after]):
        record.mark_demo()
    pairs, names = transition_areas(before, after, layer.frame, job=job), zone_names(layer.frame)
    tables = {
        "transition": transition_table(names, pairs),
        "change": change_table(names, pairs, years),
        "landscape": landscape_table({"before": before, "after": after}, record),
    }
    for name, table in tables.items():
        with whole_file(out / f"{name}.csv") as part:
            table.to_csv(part, index=False, encoding="utf-8-sig", float_format="%.10g")
    return record.finish(out, [out / f"{name}.csv" for name in tables])


def zone_names(frame) -> list[str]:
    """What each zone is called: its code or name, else its number."""
    for column in ("code", "name"):
        if column in frame:
            return [str(v) for v in frame[column]]
    return [str(n) for n in range(1, len(frame) + 1)]


def transition_table(names, pairs) -> pd.DataFrame:
    """One row a zone and pair: hectares, share of the start class, share of the end class."""
    rows = []
    for name, one in zip(names, pairs, strict=True):
        classes, matrix = as_matrix(one)
        away, into = transition_out(matrix), transition_in(matrix)
        for (a, b), hectares in one.items():
            i, j = classes.index(a), classes.index(b)
            rows.append((name, a, b, hectares, away[i, j], into[i, j]))
    return pd.DataFrame(
        rows, columns=["zone", "from", "to", "area_ha", "out_percent", "in_percent"]
    )


def change_table(names, pairs, years: float) -> pd.DataFrame:
    """One row a zone and class: area before and after, yearly change; a row `all` with the overall degree."""
    rows = []
    for name, one in zip(names, pairs, strict=True):
        classes, matrix = as_matrix(one)
        start, end = matrix.sum(axis=1), matrix.sum(axis=0)
        yearly = single_dynamic_degree(start, end, years)
        rows += [(name, f"{c:g}", *v) for c, *v in zip(classes, start, end, yearly, strict=True)]
        if classes:
            rows.append((name, "all", start.sum(), end.sum(), overall_dynamic_degree(matrix)))
    return pd.DataFrame(rows, columns=["zone", "class", "before_ha", "after_ha", "change_percent"])


def landscape_table(maps: dict[str, Path], record: RunRecord) -> pd.DataFrame:
    """The indices of both whole maps; none, and a line in the record, for a grid in degrees."""
    rows = []
    for name, path in maps.items():
        values, grid = read_map(path)
        if grid.crs.is_geographic:
            record.warn(DEGREES_NOTE)
            continue
        found = landscape_indices(values, grid.transform.a, abs(grid.transform.e))
        rows.append({"map": name, **{k: float(np.round(v, 6)) for k, v in found.items()}})
    return pd.DataFrame(rows)
