"""`ecoredline check`: is a delivery fit to be taken? Exit status 1 when a check fails."""

import json
import sys
from pathlib import Path

import click

from ecoredline.codes import code_list

EXISTING = click.Path(exists=True, path_type=Path)
FAILED = 1


def listing(context, _parameter, wanted: bool) -> None:
    """All checks, for `--list`."""
    if not wanted:
        return
    for row in code_list("quality_checks").values():
        limit = f"，限 {row['limit']} {row['unit']}" if row["limit"] else ""
        click.echo(f"  {row['code']:30} {row['zh']}（{row['severity']}{limit}；{row['source']}）")
    context.exit()


@click.command("check")
@click.argument("delivery", type=EXISTING)
@click.option(
    "--list",
    "listed",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=listing,
    help="列出全部检查项。",
)
@click.option("--json", "as_json", is_flag=True, help="结果以 JSON 写到标准输出。")
@click.option(
    "--only", multiple=True, metavar="CHECK", help="只做这些检查（标识、其前缀或对象），可重复。"
)
@click.option(
    "--role",
    type=click.Choice(["redline", "protected", "divisions", "places"]),
    help="图层种类；默认由名称判断。",
)
@click.option("--reference", type=EXISTING, help="可信的参照图层：查 GCJ-02 偏移和范围。")
@click.option("--previous", type=EXISTING, help="上期数据。")
@click.option("--codes", type=EXISTING, help="行政区划代码表（代码、名称、废止时间、新代码）。")
@click.option("--statistical", type=EXISTING, help="统计用区划代码表，用于认出开发区代码。")
@click.option(
    "--townships", type=EXISTING, multiple=True, help="乡级代码表，两份以上时互相核对，可重复。"
)
@click.option("--year", type=int, help="数据所属年份；按当年有效的代码检查。")
@click.option("--coverage", is_flag=True, help="图层应无缝覆盖：缝隙不限大小，按不通过计。")
@click.option(
    "--max-pixel",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="栅格像元上限，米。",
)
@click.option("--crs", metavar="EPSG:N", help="文件缺少坐标系时使用。")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="写 quality.html 和 quality.xlsx。",
)
@click.option(
    "--repair",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="把可修复的写成新文件，逐条记录，面积变化不超过 0.01 %。",
)
def command(delivery, as_json, only, report, repair, **given) -> None:
    """Data quality 数据质量: run the catalogue of checks over a file, folder or zip."""
    from ecoredline import quality

    options = quality.CheckOptions(
        role=given["role"] or "", crs=given["crs"], reference=given["reference"],
        previous=given["previous"], codes=given["codes"], statistical=given["statistical"],
        townships=given["townships"], max_pixel_m=given["max_pixel"], coverage=given["coverage"],
        year=given["year"],
    )  # fmt: skip
    found = quality.check_delivery(delivery, options, only=only)
    changes = []
    if repair:
        changes, _ = quality.repair_delivery(delivery, repair, role=options.role, crs=options.crs)
    if report:
        quality.write_reports(report, found, changes)
    if as_json:
        data = found.to_dict() | {"changes": [vars(c) for c in changes]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        click.echo(said(found, changes))
    if found.status == "fail":
        sys.exit(FAILED)


def said(found, changes) -> str:
    """What failed and what is doubtful, a few places each."""
    words = {code: row["zh"] for code, row in code_list("quality_verdicts").items()}
    lines = [f"{found.delivery}：{words[found.status]}"]
    for result in found.of("fail", "warn"):
        lines.append(
            f"  {words[result.status]}  {result.check.id}  {result.check.zh}（{result.item}，{result.count} 处）"
        )
        lines += [f"      {p.feature} {p.words}".rstrip() for p in result.places[:3]]
    counts = "，".join(f"{words[s]} {len(found.of(s))}" for s in words)
    lines.append(f"  {counts}")
    lines += [f"  {'修改' if c.done else '未改'}  {c.item} {c.feature} {c.what}" for c in changes]
    return "\n".join(lines)


commands = [command]  # found by entry point
