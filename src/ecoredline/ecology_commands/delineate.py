"""`ecoredline delineate`: a candidate redline from a configuration."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job
from ecoredline.record import read_record


@click.command("delineate")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(config, out, quiet) -> None:
    """Delineation 划定: a candidate redline from function and sensitivity, a layer a step (CONFIG is TOML)."""
    # here, not above: every start of the program loads all commands
    from ecoredline.delineation import delineate, read_config

    delineate(read_config(config), out, job=terminal_job(quiet))
    click.echo(said_of_run(out))
    for name, hectares in read_record(out)["areas_ha"].items():
        click.echo(f"  {name:16} {hectares:14.4f} hm²")
