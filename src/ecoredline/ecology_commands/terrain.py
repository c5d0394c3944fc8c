"""`ecoredline terrain`: from a DEM to filled heights, flow, slope and LS."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job


@click.command("terrain")
@click.argument("dem", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--longest", default=300.0, show_default=True, help="最大坡长，米。")
@click.option(
    "--in-degrees", type=click.Choice(["reproject", "refuse"]), default="reproject",
    show_default=True, help="经纬度坐标的高程模型：重投影或拒绝。",
)  # fmt: skip
@click.option(
    "--flow", type=click.Choice(["d8", "dinf", "mfd"]), default="d8", show_default=True,
    help="汇流方法：单流向 D8、D∞、多流向（与 InVEST 同）。",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(dem, out, longest, in_degrees, flow, quiet) -> None:
    """Terrain 地形: fill pits, flow directions and accumulation, slope, LS of a DEM."""
    # here, not above: every start of the program loads all commands
    from ecoredline.terrain import derive_terrain

    derive_terrain(
        dem, out, longest_m=longest, in_degrees=in_degrees, flow=flow, job=terminal_job(quiet)
    )
    click.echo(said_of_run(out))
