"""`ecoredline zonal`: a map's numbers by county, redline polygon or control zone."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job

ROLES = ("layer", "redline", "divisions")


@click.command("zonal")
@click.argument("map_path", metavar="MAP", type=click.Path(path_type=Path))
@click.argument("zones_path", metavar="ZONES", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果文件夹。")
@click.option("--as", "role", type=click.Choice(ROLES), default="layer", help="分区图层的含义。")
@click.option("--dissolve", help="先按该字段合并分区，如 control_zone。")
@click.option("--band", default=1, show_default=True, help="波段。")
@click.option(
    "--kind", type=click.Choice(["number", "class"]), default="number", help="数值图或类型图。"
)
@click.option(
    "--total",
    default="auto",
    show_default=True,
    help="合计的算法：none、per_cell、per_ha、per_m2、per_km2、mm。",
)
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(map_path, zones_path, out, role, dissolve, band, kind, total, quiet) -> None:
    """Zonal numbers 分区统计: mean, spread, total, or class areas of MAP in each of ZONES."""
    # here, not above: every start of the program loads all commands
    from ecoredline import vector
    from ecoredline.zonal import zonal_run

    zones = getattr(vector, f"read_{role}")(zones_path)
    if dissolve:
        if dissolve not in zones.frame:
            named = ", ".join(map(str, zones.frame.columns.drop(zones.frame.geometry.name)))
            raise click.BadParameter(f"got {dissolve}; wanted one of {named}")
        zones.frame = zones.frame[[dissolve, zones.frame.geometry.name]].dissolve(dissolve)
        zones.frame = zones.frame.reset_index()
    zonal_run(
        map_path, zones, out, band=band, kind=kind, total=total, zones_path=zones_path,
        job=terminal_job(quiet),
    )  # fmt: skip
    click.echo(said_of_run(out))
