"""`ecoredline effectiveness`: assess protection of a year by a rule set."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import said_of_run, terminal_job


@click.command("effectiveness")
@click.argument("rules")
@click.argument("numbers", required=False, type=click.Path(path_type=Path))
@click.option("--year", type=int, help="评估年份。")
@click.option("--compare", "compare_year", type=int, help="对比年份。")
@click.option("--out", type=click.Path(path_type=Path), help="结果文件夹。")
@click.option(
    "--outlines", type=click.Path(path_type=Path), help="单位范围 GeoJSON（属性 code），画入报告。"
)
@click.option("--draws", default=2000, show_default=True, help="权重扰动次数，0 为不做。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option("--demo", is_flag=True, help="数据为演示合成。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(rules, numbers, year, compare_year, out, outlines, draws, seed, demo, quiet) -> None:
    """Protection effectiveness 保护成效: score NUMBERS (CSV) by RULES, a file or demo, panzhihua-2017.

    With RULES alone only checks them.
    """
    # here, not above: every start of the program loads all commands
    from ecoredline.effectiveness import assess, read_rules, shipped_rules

    if numbers is None:
        found = shipped_rules(rules) if Path(rules).suffix == "" else read_rules(rules)
        click.echo(f"{found.zh}：{len(found.indicators)} 个指标，规则完整。{found.mark}")
        return
    if year is None or out is None:
        raise click.UsageError("got no --year or no --out; wanted both with NUMBERS")
    assess(
        rules, numbers, year, out, compare_year=compare_year, outlines=outlines, draws=draws,
        seed=seed, demo=demo, job=terminal_job(quiet),
    )  # fmt: skip
    click.echo(said_of_run(out))
