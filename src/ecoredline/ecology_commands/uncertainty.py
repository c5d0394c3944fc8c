"""`ecoredline uncertainty`: how sure a formula's mean is in each zone, for declared errors of its inputs."""

from pathlib import Path

import click

from ecoredline.ecology_commands.common import terminal_job
from ecoredline.errors import InputError
from ecoredline.files import whole_file


@click.command("uncertainty")
@click.argument("name")
@click.argument("zones", type=click.Path(path_type=Path))
@click.option(
    "--input", "given", multiple=True, metavar="NAME=VALUE", help="输入，同 formula 命令。"
)
@click.option(
    "--error", "errors", multiple=True, metavar="NAME=SD[%][@cell]",
    help="输入误差（标准差）：10% 为相对误差，3 为绝对误差；@cell 表示各像元独立，否则全图一致。",
)  # fmt: skip
@click.option("--draws", default=200, show_default=True, help="抽样次数。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="结果 CSV。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(name, zones, given, errors, draws, seed, out, quiet) -> None:
    """Uncertainty 不确定性: Monte-Carlo mean, sd, 5 % and 95 % of formula NAME in each of ZONES."""
    # here, not above: every start of the program loads all commands
    from ecoredline.formula import named
    from ecoredline.vector import read_layer
    from ecoredline.zonal import zonal_uncertainty

    layer, formula = read_layer(zones), named(name)
    inputs = dict(pair(text, "--input") for text in given)
    drawn = {n: error_of(v) for n, v in (pair(text, "--error") for text in errors)}
    if not drawn:
        raise InputError("got no --error; wanted one or more, such as erosivity=20%")
    table = zonal_uncertainty(
        name, inputs, drawn, layer.frame, draws=draws, seed=seed, job=terminal_job(quiet)
    )
    own = layer.frame.drop(columns=layer.frame.geometry.name)
    with whole_file(out) as part:
        own.join(table, rsuffix="_formula").to_csv(part, index=False, encoding="utf-8-sig")
    click.echo(
        f"{formula.zh}：{out}（{formula.output.unit}，{draws} 次抽样）\n来源  {formula.source.cite}"
    )


def pair(text: str, option: str) -> tuple[str, str]:
    """`NAME=VALUE` in two."""
    name, sign, value = text.partition("=")
    if not sign or not value:
        raise InputError(f"got {option} {text}; wanted NAME=VALUE")
    return name, value


def error_of(text: str):
    """An error as typed.

    >>> error_of("20%@cell")
    Error(deviation=0.2, relative=True, scale='cell')
    """
    from ecoredline.zonal import Error

    number, _, scale = text.partition("@")
    relative = number.endswith("%")
    try:
        deviation = float(number.removesuffix("%")) / (100 if relative else 1)
    except ValueError as fault:
        raise InputError(
            f"got error {text!r}; wanted a number, such as 20%, 3 or 20%@cell"
        ) from fault
    return Error(deviation, relative, scale or "map")
