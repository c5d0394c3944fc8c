"""`ecoredline read-annex`: read annex 1, 2 or 4 from a workbook or a document, and say what is wrong."""

import json
import sys
from pathlib import Path

import click

from ecoredline.documents.readback import PatchRow, Reading, read_annex
from ecoredline.documents.readback.reading import KINDS
from ecoredline.record import DEMO_NOTICE

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
PREVIEWED = 20


@click.command("read-annex")
@click.argument("file", type=EXISTING)
@click.option("--kind", type=click.Choice(list(KINDS)), help="哪个附件；默认由标题和表头判断。")
@click.option("--json", "as_json", is_flag=True, help="全部内容以 JSON 输出。")
def command(file, kind, as_json) -> None:
    """Annex 1, 2 or 4 (XLSX, DOCX) in; rows, notes and all faults out. Exit code 1 with faults."""
    reading = read_annex(file, kind=kind or "")
    if as_json:
        click.echo(json.dumps(reading.as_mapping(), ensure_ascii=False, indent=1))
    else:
        click.echo(summary(reading))
    if reading.faults:
        sys.exit(1)


def summary(reading: Reading) -> str:
    """A reading in lines: what it is, the first rows, notes, faults.

    >>> print(summary(Reading("annex-1")))
    附件1：可读0行，有误0处
    """
    demo = f"【{DEMO_NOTICE}】" if reading.is_demo else ""
    name = KINDS.get(reading.kind, "未识别的附件")
    lines = [f"{demo}{name}：可读{len(reading.rows)}行，有误{len(reading.faults)}处"]
    lines += [reading.title] if reading.title else []
    lines += [f"  {shown(row)}" for row in reading.rows[:PREVIEWED]]
    rest = len(reading.rows) - PREVIEWED
    lines += [f"  …… 另有{rest}行"] if rest > 0 else []
    lines += ["提示"] * bool(reading.notes) + [f"  {note}" for note in reading.notes]
    lines += ["有误（改正后才能读入，现在一行也不读入）"] * bool(reading.faults)
    return "\n".join(lines + [f"  {fault}" for fault in reading.faults])


def shown(row) -> str:
    """One row in a line: number, county, place, area or type."""
    place = f"{row.lon:.6f} {row.lat:.6f}" if row.lon is not None and row.lat is not None else ""
    if isinstance(row, PatchRow):
        return f"{row.patch_id}  {row.county}  {place}  {row.area_ha}公顷"
    return f"{row.number}  {row.county}  {place}  {row.problem_type}"


commands = [command]  # found by entry point
