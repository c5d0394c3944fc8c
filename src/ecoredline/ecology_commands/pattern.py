"""`ecoredline pattern`: transitions, dynamic degrees and landscape indices of two class maps."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job


@click.command("pattern")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.argument("zones", type=click.Path(path_type=Path))
@click.option("--years", type=float, required=True, help="两期相隔年数。")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(before, after, zones, years, out, quiet) -> None:
    """Pattern 格局变化: transition areas and dynamic degrees of each of ZONES, landscape indices of both maps."""
    # here, not above: every start of the program loads all commands
    from ecoredline.zonal.pattern import pattern_run

    pattern_run(before, after, zones, out, years=years, job=terminal_job(quiet))
    click.echo(said_of_run(out))
