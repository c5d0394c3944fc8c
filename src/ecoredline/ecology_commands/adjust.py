"""`ecoredline adjust`: what a proposal to change a redline loses and gains in function."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import terminal_job
from ecoredline.ecology_commands.uncertainty import pair
from ecoredline.files import whole_file

PATH = click.Path(path_type=Path)


@click.command("adjust")
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
@click.option("--service", "services", multiple=True, required=True, metavar="NAME=MAP", help="功能栅格，可多次给出。")  # fmt: skip
@click.option("--required", type=PATH, help="必须纳入的范围（如自然保护地）：统计被调出的面积。")
@click.option("--out", required=True, type=PATH, help="结果 CSV。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(before, after, services, required, out, quiet) -> None:
    """Adjustment 调整方案评估: function lost and gained when redline BEFORE becomes AFTER."""
    # here, not above: every start of the program loads all commands
    from ecoredline.delineation import evaluate_adjustment, unseen
    from ecoredline.vector import read_layer

    maps = {name: Path(path) for name, path in (pair(text, "--service") for text in services)}
    must = read_layer(required).frame if required else None
    table = evaluate_adjustment(
        read_layer(before).frame, read_layer(after).frame, maps, required=must,
        job=terminal_job(quiet),
    )  # fmt: skip
    with whole_file(out) as part:
        table.to_csv(part, index=False, encoding="utf-8-sig", float_format="%.10g")
    said = table.attrs
    click.echo(
        f"{out}：调出 {said['out_ha']:.4f} hm²，调入 {said['in_ha']:.4f} hm²，"
        f"其中必须纳入范围被调出 {said['required_out_ha']:.4f} hm²"
    )
    for row in table.to_dict("records"):
        click.echo(
            f"  {row['service']}（{row['unit']}）：{row['before']:.6g} → {row['after']:.6g}"
            f"（{row['change_percent']:+.2f}%），损失 {row['lost']:.6g}，增加 {row['gained']:.6g}"
        )
        if words := unseen(row):
            click.echo(f"    注意：{words}，得失不完整")
