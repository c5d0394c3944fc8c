"""The command line: files in, files out, no database and no server.

The web half adds its commands (`load`, `serve`, `demo`) by entry point, so this
module never imports it.
"""

import sys
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path

import click

from ecoredline import __version__
from ecoredline.console import console_job
from ecoredline.errors import Cancelled, EcoredlineError, InputError
from ecoredline.files import hash_ahead
from ecoredline.intake_commands import commands as intake_commands
from ecoredline.learn_commands import commands as learn_commands
from ecoredline.record import RECORD_NAME, read_record

COMMAND_GROUP = "ecoredline.commands"


class EcoredlineGroup(click.Group):
    """A group whose commands fail in words: one line, exit code 2 for input, 3 for output.

    Commands of other halves are looked up by entry point, and only when they are asked for.
    """

    def list_commands(self, context):
        """Own commands first, then the registered ones."""
        return [*super().list_commands(context), *registered_commands()]

    def get_command(self, context, name):
        """One command; the web half is imported only when one of its commands is wanted."""
        return super().get_command(context, name) or registered_commands().get(name)

    def invoke(self, context):
        """Run the command; turn errors raised on purpose into a message."""
        try:
            return super().invoke(context)
        except Cancelled as stop:
            click.secho(f"\n已取消：{stop}", fg="yellow", err=True)
            sys.exit(130)
        except EcoredlineError as fault:
            click.secho(f"\n错误 {type(fault).__name__}: {fault}", fg="red", err=True)
            sys.exit(3 if isinstance(fault, OSError) else 2)


@click.group(cls=EcoredlineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ecoredline")
def main() -> None:
    """EcoRedline 生态保护红线监管平台: imagery → patch → clue → case → closing."""


def name_list(_context, _parameter, value: str | None) -> tuple[str, ...] | None:
    """`blue,green,red,nir` as a tuple; None stays None."""
    return tuple(name.strip() for name in value.split(",")) if value else None


def iso_date(_context, parameter, value: str | None) -> str | None:
    """A date as YYYY-MM-DD; anything else is refused in words."""
    if not value:
        return value
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"got {value!r}; wanted a date as YYYY-MM-DD") from None


def our_name(given: dict) -> str:
    """What the sender calls itself in a letter, from the last character of its name.

    >>> our_name({"sender": "攀枝花市生态环境局", "our_name": ""})
    '我局'
    """
    sender = given["sender"]
    if given["our_name"] or not sender:
        return given["our_name"]
    if "生态环境部" in sender:
        return "我部"
    if sender[-1] in "局厅委":
        return f"我{sender[-1]}"
    raise InputError(f"got sender {sender!r}; wanted --our-name too, as its name does not tell it")


EXISTING = click.Path(exists=True, path_type=Path)


@main.command()
@click.argument("before", type=EXISTING)
@click.argument("after", type=EXISTING)
@click.option("--redline", type=EXISTING, required=True, help="红线斑块（唯一必需的矢量）。")
@click.option("--protected-areas", type=EXISTING, help="自然保护地；其内图斑走单独渠道。")
@click.option("--divisions", type=EXISTING, help="行政区划（可含多级）；不给则清单中行政区留空。")
@click.option("--places", type=EXISTING, help="地名点；不给则位置描述留空。")
@click.option("--confirm", type=EXISTING, help="第三期（更晚的）影像：变化须在其上仍然存在。")
@click.option("--confirm-date", callback=iso_date, metavar="YYYY-MM-DD", help="第三期影像日期。")
@click.option(
    "--season-gap-accepted", is_flag=True,
    help="两期季节差超过限值（60 天）又无第三时相确认时仍继续；清单与报告注明“季节差…天，未经第三时相确认”。",
)  # fmt: skip
@click.option("--previous", type=EXISTING, help="以往批次的输出文件夹，用于识别重复图斑。")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="输出文件夹。")
@click.option(
    "--before-date",
    callback=iso_date,
    metavar="YYYY-MM-DD",
    help="前时相日期；默认取影像标签或文件名。",
)
@click.option("--after-date", callback=iso_date, metavar="YYYY-MM-DD", help="后时相日期。")
@click.option(
    "--bands", callback=name_list, metavar="B,G,R,N", help="两期影像的波段名，按文件顺序。"
)
@click.option("--after-bands", callback=name_list, help="后时相波段名与前时相不同时给出。")
@click.option("--before-sensor", default="", help="前时相传感器名。")
@click.option("--after-sensor", default="", help="后时相传感器名。")
@click.option("--crs", metavar="EPSG:N", help="矢量缺少坐标系时使用。")
@click.option("--encoding", metavar="NAME", help="矢量属性编码，如 GB18030；默认自动判断。")
@click.option(
    "--gcj02", type=click.Choice(["refuse", "convert", "ignore"]), default="refuse",
    show_default=True, help="矢量是 GCJ-02 时：拒绝、转换，或用户确认不是。",
)  # fmt: skip
@click.option(
    "--gcj02-layers", callback=name_list, default="divisions,places", show_default=True,
    help="--gcj02 所指的图层：redline、protected_areas、divisions、places。",
)  # fmt: skip
@click.option("--redline-version", default="", help="红线版本名，写入每个图斑。")
@click.option(
    "--minimum-area", type=click.FloatRange(min=0), metavar="M2", help="最小上图面积，平方米。"
)
@click.option("--merge-gap", type=click.FloatRange(min=0), metavar="M", help="合并间距，米。")
@click.option(
    "--threshold", type=click.FloatRange(min=0), help="变化强度阈值；默认为随软件固定的值。"
)
@click.option(
    "--method", default=None, metavar="NAME",
    help="检测方法：gated（默认）、robust、fused；各有随软件固定的阈值。",
)  # fmt: skip
@click.option(
    "--model", "models", type=EXISTING, multiple=True,
    help="已批准的模型（ecoredline train）：像元模型用于检测，排序模型用于排序，可各给一个；须适用于该传感器。",
)  # fmt: skip
@click.option(
    "--model-anyway", is_flag=True,
    help="像元模型未在该传感器或像元大小上训练过也使用，风险自负，结果中注明。",
)  # fmt: skip
@click.option(
    "--gpu", is_flag=True, help="神经网络模型用 GPU 半精度推理（须 onnxruntime-gpu）；默认用 CPU。"
)
@click.option(
    "--priors",
    type=EXISTING,
    help="核查经验（ecoredline learn-priors）：重新排序，剔除已知合法或已销号地块。",
)
@click.option(
    "--scheduler", metavar="ADDRESS|local",
    help="由 Dask 集群计算各影像块（local 为本机多进程）；结果与单进程完全一致，中断后可续算。",
)  # fmt: skip
@click.option("--whole-image", is_flag=True, help="不限于红线及其 500 米带，检测整幅影像。")
@click.option("--addressee", default="", help="函的主送机关。")
@click.option("--sender", default="", help="函的发文机关。")
@click.option("--our-name", default="", help="函中发文机关自称，如 我局；默认由发文机关名得出。")
@click.option("--your-name", default="", help="函中对主送机关的称呼，如 你县。")
@click.option("--number", default="", help="发文字号。")
@click.option("--mark", default="", help="发文机关标志（红头）。")
@click.option("--dated", callback=iso_date, default="", metavar="YYYY-MM-DD", help="成文日期。")
@click.option("--contact", default="", help="函的联系人。")
@click.option(
    "--reply-by", callback=iso_date, default="", metavar="YYYY-MM-DD", help="函的反馈期限。"
)
@click.option("--force", is_flag=True, help="输入未变也重新计算。")
@click.option("--quiet", is_flag=True, help="不显示进度。")
def find(before, after, redline, out, force, quiet, scheduler, **given) -> None:
    """Two images and a redline in; patch table, annexes 1 and 2, letter, evidence, report out."""
    if force or not (out / RECORD_NAME).exists():
        hash_ahead(before, after)  # while the libraries are loaded
    from ecoredline import pipeline

    options = find_options(given)
    roles = ("protected_areas", "divisions", "places", "previous", "confirm", "priors")
    layers = {"redline": redline} | {role: given[role] for role in roles}
    paths = {"before": before, "after": after} | layers
    if not force and pipeline.is_finished(out, paths, options):
        click.echo(f"{out} 已是这些输入的完整结果；如需重新计算请加 --force。")
    else:
        pipeline.find_patches(
            before, after, out=out, options=options, job=console_job(quiet),
            scheduler=scheduler, **layers,
        )  # fmt: skip
    click.echo(summary(out))


def find_options(given: dict):
    """The command's options as the pipeline's `FindOptions`."""
    import dataclasses

    from ecoredline import change, documents, pipeline

    default = change.DetectionParameters().detector
    detection = change.DetectionParameters.of(given["method"] or default)
    if given["threshold"] is not None:
        factor = given["threshold"] / detection.threshold
        detection = dataclasses.replace(
            detection, threshold=given["threshold"], low_threshold=detection.low_threshold * factor
        )
    names = ("addressee", "sender", "your_name", "number", "mark", "dated", "contact", "reply_by")
    parties = {k: given[k] for k in names if given[k]}
    models = pipeline.models_by_kind(given["models"])
    if self_name := our_name(given):
        parties["our_name"] = self_name
    return pipeline.FindOptions(
        before_on=given["before_date"], after_on=given["after_date"],
        before_bands=given["bands"], after_bands=given["after_bands"] or given["bands"],
        before_sensor=given["before_sensor"], after_sensor=given["after_sensor"],
        vector_crs=given["crs"], vector_encoding=given["encoding"], gcj02=given["gcj02"], gcj02_layers=given["gcj02_layers"] or (),
        redline_version=given["redline_version"], minimum_area_m2=given["minimum_area"],
        merge_gap_m=given["merge_gap"], detection=detection,
        confirm_on=given["confirm_date"], season_gap_accepted=given["season_gap_accepted"],
        **models, model_anyway=given["model_anyway"], gpu=given["gpu"], threshold_given=given["threshold"] is not None,
        margin_m=None if given["whole_image"] else pipeline.FOCUS_MARGIN_M,
        parties=documents.LetterParties(**parties),
    )  # fmt: skip


def summary(out: Path) -> str:
    """What a finished run found, in a few lines."""
    data = read_record(out)
    counts, areas = data["counts"], data["areas_ha"]
    channels = counts["channels"]
    lines = [
        f"\n{data['notice'] and '【' + data['notice'] + '】'}结果在 {out}/",
        f"  疑似生态破坏问题（附件1）  {channels.get('suspected', 0)} 个，"
        f"涉及红线 {areas.get('suspected', 0):.4f} 公顷",
        f"  自然保护地内（单独渠道）    {channels.get('protected', 0)} 个",
        f"  红线外（仅供参考）          {channels.get('outside', 0)} 个",
        f"  按规则剔除                  {counts['dropped']} 个（均保留原因，见 patches.gpkg 的 dropped 图层）",
    ]
    hidden = [c for c in data.get("coverage", []) if c.get("unseen_share")]
    lines += [f"  {c['name'] or '红线'}内 {c['unseen_share']:.1%} 不可见" for c in hidden]
    lines += [f"  提示：{w}" for w in data["warnings"]]
    lines.append(
        "  report.html 可直接打开；附件与函：annex-1/2.xlsx .docx、letter.docx；证据：evidence/"
    )
    return "\n".join(lines)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="输出文件夹。")
@click.option("--rows", type=click.IntRange(min=64), default=3000, show_default=True)
@click.option("--cols", type=click.IntRange(min=64), default=3000, show_default=True)
@click.option(
    "--pixel", type=click.FloatRange(min=0.2), default=2.0, show_default=True, help="像元，米。"
)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option("--nuisances", default="all", show_default=True, help="干扰项，逗号分隔；none 为无。")
@click.option("--quiet", is_flag=True)
def simulate(out, rows, cols, pixel, seed, nuisances, quiet) -> None:
    """Make the demo landscape 演示合成数据: two images, redline, divisions and the truth."""
    from ecoredline import simulate as simulator

    named = {"all": simulator.ALL_NUISANCES, "none": ()}
    chosen = named.get(nuisances) if nuisances in named else tuple(nuisances.split(","))
    made = simulator.simulate(
        out,
        rows=rows,
        cols=cols,
        pixel_m=pixel,
        seed=seed,
        nuisances=chosen,
        job=console_job(quiet),
    )
    click.echo("演示合成数据：")
    for role, path in made.items():
        click.echo(f"  {role:16} {path}")


for one in (*learn_commands, *intake_commands):
    main.add_command(one)


def registered_commands() -> dict[str, click.Command]:
    """Commands other halves registered under the entry point `ecoredline.commands`."""
    found = [command for entry in entry_points(group=COMMAND_GROUP) for command in entry.load()]
    return {command.name: command for command in found}


if __name__ == "__main__":
    main()
