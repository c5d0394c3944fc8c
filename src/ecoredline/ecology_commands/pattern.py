"""`ecoredline pattern`: transitions, dynamic degrees and landscape indices of two class maps."""

from pathlib import Path

import click
import numpy as np
import pandas as pd

from ecoredline.ecology_commands.common import said_of_run, terminal_job
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
from ecoredline.record import RunRecord
from ecoredline.vector import read_layer
from ecoredline.zonal import as_matrix, transition_areas

DEGREES_NOTE = "类型图为经纬度坐标，未计算景观指数（需要米制网格）"


@click.command("pattern")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.argument("zones", type=click.Path(path_type=Path))
@click.option("--years", type=float, required=True, help="两期相隔年数。")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(before, after, zones, years, out, quiet) -> None:
    """Pattern 格局变化: transition areas and dynamic degrees of each of ZONES, landscape indices of both maps."""
    if not years > 0:
        raise InputError(f"got --years {years}; wanted more than 0")
    layer, out = read_layer(zones), check_writable(out)
    record = RunRecord("pattern", {"years": years})
    for role, path in (("before", before), ("after", after), ("zones", zones)):
        record.add_input(role, path)
    if layer.is_demo or demo_tags([before, after]):
        record.mark_demo()
    pairs = transition_areas(before, after, layer.frame, job=terminal_job(quiet))
    names = zone_names(layer.frame)
    tables = {
        "transition": transition_table(names, pairs),
        "change": change_table(names, pairs, years),
        "landscape": landscape_table({"before": before, "after": after}, record),
    }
    paths = []
    for name, table in tables.items():
        paths.append(out / f"{name}.csv")
        with whole_file(paths[-1]) as part:
            table.to_csv(part, index=False, encoding="utf-8-sig", float_format="%.10g")
    record.finish(out, paths)
    click.echo(said_of_run(out))


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
