"""`ecoredline trend`: Mann-Kendall and Theil-Sen of yearly maps, by pixel and by polygon."""

import re
from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job
from ecoredline.errors import InputError
from ecoredline.files import whole_file

YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")


@click.command("trend")
@click.argument("maps", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--zones", type=click.Path(path_type=Path), help="再按图层的每个面统计趋势。")
@click.option("--significance", default=0.05, show_default=True, help="显著性水平。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(maps, out, zones, significance, quiet) -> None:
    """Trend 变化趋势 of yearly MAPS (a year in each name): slope, Z, p, class; by polygon with --zones."""
    # here, not above: every start of the program loads all commands
    from ecoredline.series import trend_maps, zone_trends
    from ecoredline.vector import read_layer

    yearly = by_year(maps)
    trend_maps(yearly, out, significant=significance, job=terminal_job(quiet))
    if zones:
        layer = read_layer(zones)
        table = zone_trends(yearly, layer.frame)
        own = layer.frame.drop(columns=layer.frame.geometry.name)
        with whole_file(out / "zones.csv") as part:
            own.join(table, rsuffix="_trend").to_csv(part, index=False, encoding="utf-8-sig")
    click.echo(said_of_run(out))


def by_year(maps) -> dict[int, Path]:
    """Year → map, by the one year in each name; all faults at once.

    >>> by_year([Path("fvc-2020.tif")])
    {2020: PosixPath('fvc-2020.tif')}
    """
    made, faults = {}, []
    for path in maps:
        years = {int(m.group()) for m in YEAR.finditer(path.stem)}
        year = years.pop() if len(years) == 1 else None
        if year is None:
            faults.append(f"{path.name}: wanted one year in its name")
        elif year in made:
            faults.append(f"{path.name}: {year} comes twice")
        else:
            made[year] = path
    if faults:
        raise InputError("; ".join(faults))
    return made
