"""`ecoredline formula`: list the formulas, show one, compute one over rasters or numbers."""

import sys
from pathlib import Path

import click
import numpy as np

from ecoredline.errors import InputError
from ecoredline.formula import FORMULAS, NOT_CHECKED_ZH, Formula, named
from ecoredline.formula.check import check_names
from ecoredline.formula_rasters import Result, formula_value, open_spread, run_formula
from ecoredline.record import Job


@click.command("formula")
@click.argument("name", required=False)
@click.option(
    "--input", "given", multiple=True, metavar="NAME=VALUE",
    help="输入：数值、a,b,c、列表文件（.csv/.txt，每行一个数）、栅格、栅格@波段，或 @area（像元椭球面积）。",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="输出 GeoTIFF；输入全为数值时不需要。")
@click.option(
    "--clamp",
    "clamped",
    multiple=True,
    metavar="NAME",
    help="把该输入截到有效范围，并在结果中记录像元数。",
)
@click.option(
    "--scheduler", metavar="threads|processes|local|ADDRESS",
    help="用 Dask 计算各块：本机线程、进程、临时集群，或调度器地址 tcp://HOST:8786；结果字节不变。",
)  # fmt: skip
@click.option("--workers", default=2, show_default=True, help="--scheduler local 的进程数。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def command(name, given, out, clamped, scheduler, workers, quiet) -> None:
    """Ecological formulas 生态公式: alone lists them; with a NAME shows it; with inputs computes it."""
    if name is None:
        click.echo(listing())
        return
    formula = named(name)
    if not given:
        click.echo(described(formula))
        return
    values = split_inputs(given)
    check_names(formula, values)
    if out is None:
        click.echo(plain_value(formula, formula_value(name, values)))
        return
    with open_spread(scheduler, workers) as spread:
        result = run_formula(
            name, values, out, clamped=clamped, job=terminal_job(quiet), spread=spread
        )
    click.echo(summary(formula, result))


def split_inputs(given: tuple[str, ...]) -> dict[str, str]:
    """`("slope=8",)` as a dict; raise `InputError` for what has no `=` or comes twice.

    >>> split_inputs(("slope=8", "length=50"))
    {'slope': '8', 'length': '50'}
    """
    values = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not value:
            raise InputError(f"got --input {text}; wanted NAME=VALUE")
        if name in values:
            raise InputError(f"got --input {name} twice; wanted it once")
        values[name] = value
    return values


def listing() -> str:
    """All formulas, by module, with Chinese name and unit."""
    lines, module = [], ""
    for formula in FORMULAS.values():
        if formula.function.__module__ != module:
            module = formula.function.__module__
            lines.append(f"\n{module.removeprefix('ecoredline.')}")
        mark = "" if formula.source.official else "  *"
        lines.append(f"  {formula.name:34} {formula.zh}  [{formula.output.unit}]{mark}")
    return "\n".join(
        [*lines, f"\n* {NOT_CHECKED_ZH}", "ecoredline formula NAME 显示一个公式的输入与方程"]
    )


def described(formula: Formula) -> str:
    """One formula: equation, source, inputs with unit and range, example."""
    lines = [
        f"{formula.name}  {formula.zh}",
        formula.summary,
        f"\n  {formula.equation}",
        f"\n来源  {formula.source.cite}",
    ]
    lines += [f"说明  {formula.notes}"] * bool(formula.notes)
    lines.append("\n输入")
    for name, i in formula.inputs.items():
        need = "" if name in formula.required else "（可省略）"
        limits = f"codes/{i.codes}.csv" if i.codes else f"{i.low:g} … {i.high:g}"
        lines.append(f"  {name:26} {i.zh}  [{i.unit}]  {limits}{need}")
    lines.append(f"输出  {formula.output.zh}  [{formula.output.unit}]")
    return "\n".join([*lines, f"\n{formula.example}"])


def plain_value(formula: Formula, value: np.ndarray) -> str:
    """A number (or a few) with its unit and source."""
    shown = " ".join(f"{v:.10g}" for v in np.ravel(value))
    said = f"{formula.output.zh} {shown} {formula.output.unit}\n来源  {formula.source.cite}"
    return said + (f"\n说明  {formula.notes}" if formula.notes else "")


def summary(formula: Formula, result: Result) -> str:
    """What a run made, in a few lines."""
    mean = result.total / result.valid if result.valid else float("nan")
    notice = result.tags.get("ECOREDLINE_NOTICE")
    lines = [
        f"{f'【{notice}】' if notice else ''}{formula.zh}：{result.path}",
        f"  像元 {result.cells}，有值 {result.valid}；最小 {result.low:g}，平均 {mean:g}，最大 {result.high:g} {formula.output.unit}",
        f"  来源  {formula.source.cite}",
    ]
    lines += [f"  说明  {formula.notes}"] * bool(formula.notes)
    return "\n".join(lines + [f"  提示：{remark}" for remark in result.remarks])


def terminal_job(quiet: bool) -> Job:
    """A job that shows its share done on a terminal."""
    if quiet or not sys.stderr.isatty():
        return Job()
    return Job(report=lambda p: click.echo(f"\r{p.done:4.0%}", nl=False, err=True))


commands = [command]  # found by entry point
