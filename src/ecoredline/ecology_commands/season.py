"""`ecoredline season`: one composite a year from dated images and their cloud masks."""

import csv
from datetime import date
from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job
from ecoredline.errors import InputError, SourceError


@click.command("season")
@click.argument("images", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--region", type=click.Choice(["south", "north"]), default="south", show_default=True, help="生长季：南方 5—10 月，北方与青藏 6—9 月（HJ 1176）。")  # fmt: skip
@click.option(
    "--way",
    type=click.Choice(["max", "median", "mean", "percentile"]),
    default="max",
    show_default=True,
    help="合成方法。",
)
@click.option("--percentile", default=90.0, show_default=True, help="百分位数。")
@click.option("--fewest", default=1, show_default=True, help="每像元最少有效期数。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(images, out, region, way, percentile, fewest, quiet) -> None:
    """Season composites 生长季合成: IMAGES is a CSV with date, path and, if there is one, mask (0 = clear)."""
    # here, not above: every start of the program loads all commands
    from ecoredline.series import season_maps

    season_maps(
        read_list(images), out, region=region, way=way, percentile=percentile, fewest=fewest,
        job=terminal_job(quiet),
    )  # fmt: skip
    click.echo(said_of_run(out))


def read_list(path: Path) -> list:
    """The images of a list; raise `InputError` with all faults (row, column, value)."""
    from ecoredline.series import Dated

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceError(f"could not read {path} as UTF-8 CSV: {fault}") from fault
    made, faults = [], []
    for line, row in enumerate(rows, 2):
        day, files = day_of(row.get("date")), [row.get("path"), row.get("mask")]
        if day is None:
            faults.append(f"row {line}, date: got {row.get('date')!r}; wanted YYYY-MM-DD")
        found = [path.parent / f.strip() if (f or "").strip() else None for f in files]
        if found[0] is None:
            faults.append(f"row {line}, path: empty")
        faults += [f"row {line}: {f} does not exist" for f in found if f and not f.exists()]
        made.append(Dated(day, *found))
    if faults or not made:
        raise InputError(f"got {path}: {'; '.join(faults) or 'no row'}; wanted date, path, mask")
    return made


def day_of(text: str | None) -> date | None:
    """A date, or None.

    >>> day_of("2020-05-01"), day_of("May")
    (datetime.date(2020, 5, 1), None)
    """
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None
