"""`ecoredline admit`: projects against the redline and other layers, on files."""

from datetime import date
from pathlib import Path

import click

from ecoredline.errors import InputError
from ecoredline.record import Job

EXISTING = click.Path(exists=True, path_type=Path)
ANY_PATH = click.Path(path_type=Path)  # a layer that is not there is an answer, not an error


@click.command("admit")
@click.argument("projects", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--redline", type=ANY_PATH, required=True, help="红线斑块。缺失或不可读时结果为无法判定。"
)
@click.option("--zones", type=ANY_PATH, help="管控区（核心保护区等）；不给则用红线自带的管控区。")
@click.option("--protected", type=ANY_PATH, help="自然保护地。")
@click.option("--water", type=ANY_PATH, help="饮用水水源保护区（级别字段：一级、二级、准）。")
@click.option("--clues", type=ANY_PATH, help="已有疑似问题或案件。")
@click.option("--approved", type=ANY_PATH, help="已批准项目。")
@click.option(
    "--require",
    "required",
    multiple=True,
    metavar="ROLE",
    help="除红线、管控区、自然保护地、水源地外必须给出的图层，可重复：clues…",
)
@click.option(
    "--none",
    "nones",
    multiple=True,
    metavar="ROLE=REASON",
    help="声明本区没有该图层及理由，可重复：water=本县没有划定水源地。",
)
@click.option(
    "--covers",
    "covers",
    multiple=True,
    metavar="ROLE=CODES",
    help="图层覆盖的行政区划代码（逗号分隔），可重复；与 --province 对照。",
)
@click.option("--rules", type=EXISTING, help="规则表 CSV；默认用随软件的全国规则。")
@click.option("--examples", is_flag=True, help="采用规则表中标为“示例”的行。")
@click.option("--as-of", metavar="YYYY-MM-DD", help="判定日期；默认今天。")
@click.option(
    "--activity", default="", help="人为活动：LHA-01…LHA-10 或活动类型 1…6；文件中有则以文件为准。"
)
@click.option("--path", "way", type=click.Choice(["plain", "no_land", "major"]), default="plain",
              show_default=True, help="一般项目、不占地穿跨越、国家重大项目。")  # fmt: skip
@click.option("--opinion", default="", help="已取得的认定意见文号。")
@click.option(
    "--province", default="", metavar="CODE", help="项目所在行政区划代码，用于选地方规则。"
)
@click.option(
    "--buffer",
    "buffer_m",
    type=click.FloatRange(min=0),
    metavar="M",
    help="缓冲距离，米；点、线项目必需。",
)
@click.option("--crs", metavar="EPSG:N", help="项目文件缺少坐标系时使用。")
@click.option("--layers-crs", metavar="EPSG:N", help="图层缺少坐标系时使用。")
@click.option("--gcj02", type=click.Choice(["refuse", "convert"]), default="refuse", show_default=True,
              help="只有用户说明项目坐标是 GCJ-02 时才转换。")  # fmt: skip
@click.option("--together", is_flag=True, help="一个文件作为一个项目。")
@click.option(
    "--sliver",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="M2",
    help="碎片面积，平方米。",
)
@click.option("--redline-version", default="", help="红线版本名，写入结果。")
@click.option(
    "--layer-date", "dates", multiple=True, metavar="ROLE=DATE", help="图层日期，可重复。"
)
@click.option(
    "--max-age",
    "ages",
    multiple=True,
    metavar="ROLE=DAYS",
    help="图层最长时效，天；默认按数据目录的更新周期；0 为不判时效。",
)
@click.option(
    "--reports/--no-reports", default=None, help="每个项目一份 DOCX；默认 20 个项目以内。"
)
@click.option("--pdf", is_flag=True, help="每份 DOCX 另写一份 PDF（需要一种中文字体）。")
@click.option("-o", "--out", type=ANY_PATH, required=True, help="输出文件夹。")
def command(projects, out, reports, pdf, **given) -> None:
    """Admission check 准入核查: may these projects be where they are drawn? In doubt: no."""
    from ecoredline import admission

    as_of = _day(given["as_of"])
    table = admission.read_rules(given["rules"])
    reading = _reading(given)
    found = [p for path in projects for p in admission.read_projects(path, reading)]
    roles = ("redline", "zones", "protected", "water", "clues", "approved")
    layers = admission.load_layers({r: given[r] for r in roles}, _layer_options(given, as_of))
    options = admission.CheckOptions(as_of, given["sliver"], examples=given["examples"])
    answers = admission.admit_all(found, layers, table, options, Job())
    written = admission.write_admissions(out, answers, layers, reports=reports, pdf=pdf)
    for answer in answers[:MOST_SHOWN]:
        click.echo(_line(answer))
    if len(answers) > MOST_SHOWN:
        click.echo(f"… 共 {len(answers)} 个项目，见 summary.xlsx")
    for note in dict.fromkeys(n for s in layers.states.values() for n in s.notes):
        click.echo(f"  提示：{note}")
    click.echo(
        f"结果在 {out}/："
        + "、".join(p.name for p in [*written[:2], *written[2:-1][:3], written[-1]])
    )


MOST_SHOWN = 20


def _line(answer) -> str:
    mark = "✓" if answer.admitted else "✗"
    said = f"{mark} {answer.project.name}：{answer.outcome_zh}，红线内 {answer.redline_zh}"
    lines = [said, *(f"    原因：{r}" for r in answer.reasons)]
    lines += [f"    注意：{w}" for w in answer.warnings]
    lines += [f"    尚缺：{'、'.join(answer.missing)}"] * bool(answer.missing)
    return "\n".join(lines + [f"    提示：{n}" for n in answer.project.notes])


def _reading(given: dict):
    from ecoredline.admission import Reading

    facts = {"activity": given["activity"], "path": given["way"], "opinion": given["opinion"],
             "province": given["province"]}  # fmt: skip
    return Reading(
        buffer_m=given["buffer_m"] or None, crs=given["crs"], gcj02=given["gcj02"],
        together=given["together"], facts=facts,
    )  # fmt: skip


def _layer_options(given: dict, as_of: date):
    from ecoredline.admission import LayerOptions
    from ecoredline.admission.layers import required_roles

    dated = {role: _day(value).isoformat() for role, value in _pairs(given["dates"])}
    ages = {}
    for role, value in _pairs(given["ages"]):
        if not value.isdigit():
            raise InputError(f"got --max-age {role}={value}; wanted days")
        ages[role] = int(value)
    covers = {r: tuple(v.replace("，", ",").split(",")) for r, v in _pairs(given["covers"])}
    return LayerOptions(
        as_of=as_of, dated=dated, max_age_days=ages, none=dict(_pairs(given["nones"])), covers=covers,
        required=required_roles(as_of, given["required"]),
        redline_version=given["redline_version"], crs=given["layers_crs"],
    )  # fmt: skip


def _pairs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    from ecoredline.admission.layers import ROLES

    pairs = [text.partition("=")[::2] for text in given]
    wrong = [role for role, _ in pairs if role not in ROLES]
    if wrong:
        raise InputError(
            f"got layer {', '.join(wrong)}; wanted ROLE=VALUE, ROLE of {', '.join(ROLES)}"
        )
    return pairs


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise InputError(f"got date {text!r}; wanted YYYY-MM-DD") from None


commands = [command]  # found by entry point
