"""`ecoredline species`, `richness`, `irreplaceability`: biodiversity from sightings, maps and tables."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job
from ecoredline.ecology_commands.uncertainty import pair
from ecoredline.files import whole_file

PATH = click.Path(path_type=Path)


@click.command("species")
@click.argument("sightings", type=PATH)
@click.option("--layer", "layers", multiple=True, required=True, metavar="NAME=MAP", help="环境变量栅格，可多次给出，须在同一网格。")  # fmt: skip
@click.option("--out", required=True, type=PATH, help="结果文件夹。")
@click.option("--background", default=10_000, show_default=True, help="背景点数。")
@click.option("--omission", default=10.0, show_default=True, help="存在阈值允许遗漏的记录，%。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def species(sightings, layers, out, background, omission, seed, quiet) -> None:
    """Species distribution 物种分布: suitability of each species of SIGHTINGS (CSV: species, lon, lat), and richness."""
    # here, not above: every start of the program loads all commands
    from ecoredline.species import species_maps

    variables = {name: Path(path) for name, path in (pair(text, "--layer") for text in layers)}
    species_maps(
        sightings, variables, out, background=background, omission=omission, seed=seed,
        job=terminal_job(quiet),
    )  # fmt: skip
    click.echo(said_of_run(out))
    click.echo((out / "species.csv").read_text("utf-8-sig").rstrip())


@click.command("richness")
@click.argument("maps", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="结果 GeoTIFF。")
@click.option("--threshold", type=float, help="从此值起算存在；不给则大于 0。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def richness(maps, out, threshold, quiet) -> None:
    """Species richness 物种丰富度: how many of MAPS (one a species) have the species in each cell."""
    # here, not above: every start of the program loads all commands
    from ecoredline.species import richness_map

    click.echo(richness_map(maps, out, threshold=threshold, job=terminal_job(quiet)))


@click.command("threatened")
@click.argument("sightings", type=PATH)
@click.argument("listed", type=PATH)
@click.argument("zones", type=PATH)
@click.option("--out", required=True, type=PATH, help="结果 CSV。")
def threatened(sightings, listed, zones, out) -> None:
    """Threatened species 受威胁物种数: how many species of SIGHTINGS in each of ZONES are on LISTED (CSV: species, category)."""
    # here, not above: every start of the program loads all commands
    from ecoredline.species import read_listed, read_sightings, threatened_table
    from ecoredline.species.threatened import NOTE
    from ecoredline.vector import read_layer

    frame = read_layer(zones).frame
    table = threatened_table(read_sightings(sightings), read_listed(listed), frame)
    own = frame.drop(columns=frame.geometry.name)
    with whole_file(out) as part:
        own.join(table, rsuffix="_seen").to_csv(part, index=False, encoding="utf-8-sig")
    click.echo(f"{out}：{len(table)} 个分区，最多 {table['threatened'].max()} 种。{NOTE}")
    if names := table.attrs["unlisted"]:
        click.echo(f"名录中没有、未计入：{'、'.join(names)}")


@click.command("irreplaceability")
@click.argument("amounts", type=PATH)
@click.argument("targets", type=PATH)
@click.option("--out", required=True, type=PATH, help="结果 CSV。")
@click.option("--runs", default=100, show_default=True, help="求解次数。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option("--seconds", default=60.0, show_default=True, help="每次求解的时限，秒。")
def irreplaceability(amounts, targets, out, runs, seed, seconds) -> None:
    """Irreplaceability 不可替代性: of each unit of AMOUNTS (CSV: unit, cost, a column a species) for TARGETS (CSV: species, target or share)."""
    # here, not above: every start of the program loads all commands
    from ecoredline.species import plan_table, read_amounts, read_targets

    table = read_amounts(amounts)
    found = plan_table(table, read_targets(targets, table), runs=runs, seed=seed, seconds=seconds)
    with whole_file(out) as part:
        found.to_csv(part, index=False, encoding="utf-8-sig")
    chosen = found[found["chosen"]]
    click.echo(
        f"{out}：{len(found)} 个单元，最省方案 {len(chosen)} 个，代价 {chosen['cost'].sum():g}"
    )
