"""Commands that bring in what others made, or what is more than one pair: patches, series, radar."""

from pathlib import Path

import click

from ecoredline.errors import InputError

EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(path_type=Path)


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` options as a dict; raises `InputError` with all that are none.

    >>> pairs("--field", ("confidence=PROB",))
    {'confidence': 'PROB'}
    """
    wrong = [g for g in given if "=" not in g]
    if wrong:
        raise InputError(f"got {option} {', '.join(wrong)}; wanted NAME=VALUE")
    return dict(g.split("=", 1) for g in given)


def iso_day(_context, _parameter, value: str | None) -> str:
    """A day in any usual spelling, as ISO text."""
    from ecoredline.patches.foreign import day_of

    if not value:
        return ""
    day = day_of(value)
    if day is None:
        raise click.BadParameter(f"got {value!r}; wanted a date as YYYY-MM-DD")
    return day.isoformat()


@click.command("import-patches")
@click.argument("layers", nargs=-1, required=True, type=EXISTING, metavar="LAYER...")
@click.option("--source", "sources", multiple=True, required=True, metavar="NAME",
              help="来源（单位或算法名）；多个图层按顺序各给一个。")  # fmt: skip
@click.option("--redline", type=EXISTING, required=True, help="红线斑块。")
@click.option("--protected-areas", type=EXISTING, help="自然保护地。")
@click.option("--divisions", type=EXISTING, help="行政区划。")
@click.option("--places", type=EXISTING, help="地名点。")
@click.option("--known", multiple=True, type=EXISTING, metavar="RUN",
              help="已有批次文件夹：其图斑在前，重复者并入；可多次。")  # fmt: skip
@click.option("--sensor", default="", help="传感器；图层中有该字段时以图层为准。")
@click.option("--before-date", callback=iso_day, help="前时相日期（图层中无该字段时）。")
@click.option("--after-date", callback=iso_day, help="后时相日期（图层中无该字段时）。")
@click.option("--confidence", type=click.FloatRange(0, 1), help="图层中无置信度时的值。")
@click.option("--confidence-max", type=click.Choice(["1", "100"]), default="1", show_default=True,
              help="置信度的满分。")  # fmt: skip
@click.option(
    "--field", "fields", multiple=True, metavar="OURS=THEIRS", help="字段对应，如 confidence=PROB。"
)
@click.option("--type", "types", multiple=True, metavar="WORD=CODE",
              help="来源类别 → 活动类型代码，如 采石场=1；WORD= 表示未判定。")  # fmt: skip
@click.option("--layer", help="文件中的图层名。")
@click.option("--encoding", help="属性编码，如 GB18030。")
@click.option("--crs", metavar="EPSG:N", help="图层缺少坐标系时使用。")
@click.option("--out", type=FOLDER, required=True, help="输出批次文件夹。")
def import_patches(layers, sources, redline, known, out, fields, types, confidence_max, **given):
    """Patch layers of any detector in, one queue without doubles out 导入外部图斑."""
    from ecoredline.patches.foreign import ForeignOptions
    from ecoredline.pipeline.take_in import import_patches as take_in

    if len(sources) not in (1, len(layers)):
        raise InputError(
            f"got {len(layers)} layers and {len(sources)} --source; wanted one each, or one for all"
        )
    roles = {k: given.pop(k) for k in ("protected_areas", "divisions", "places")}
    dates = {"before_on": given.pop("before_date"), "after_on": given.pop("after_date")}
    names = sources if len(sources) == len(layers) else sources * len(layers)
    shared = dates | given | {
        "fields": pairs("--field", fields), "types": pairs("--type", types),
        "confidence_max": float(confidence_max),
    }  # fmt: skip
    chosen = [(p, ForeignOptions(source=n, **shared)) for p, n in zip(layers, names, strict=True)]
    take_in(chosen, redline=redline, known=known, out=out, **roles)
    click.echo(import_words(out))


def import_words(out: Path) -> str:
    """What an import brought, in a few lines."""
    from ecoredline.record import read_record

    data = read_record(out)
    counts = data["counts"]
    sources = "、".join(f"{k} {v}" for k, v in counts["sources"].items())
    channels = counts["channels"]
    return (
        f"结果在 {out}/（ecoredline load 载入平台）\n"
        f"  来源图斑 {sources}\n"
        f"  合并后 {counts['patches']} 个（重复并入 {counts['dropped']} 个，"
        f"{counts['seen_by_others']} 个另有来源，{counts['raised']} 条光学旁证提高置信度）\n"
        f"  疑似 {channels.get('suspected', 0)}，保护地内 {channels.get('protected', 0)}，"
        f"红线外 {channels.get('outside', 0)}"
        + "".join(f"\n  提示：{words}" for words in data["warnings"])
    )


@click.group("history")
def history() -> None:
    """Watch a place over many dates 时间序列监测: fit, update, report; the state is one file."""


IMAGES = click.argument("images", nargs=-1, required=True, type=EXISTING, metavar="IMAGES...")
STATE = click.option("--state", type=FOLDER, required=True, help="状态文件（.npz）。")


def series_of(images, bands):
    """The dated images of a command."""
    from ecoredline.series.dated import dated_images

    names = tuple(n.strip() for n in bands.split(",")) if bands else None
    return dated_images(images, bands=names)


@history.command("fit")
@IMAGES
@STATE
@click.option("--until", callback=iso_day, help="只用此日及以前的影像学习常态。")
@click.option("--bands", metavar="B,G,R,N", help="波段名，按文件顺序。")
@click.option("--force", is_flag=True, help="覆盖已有状态文件。")
def history_fit(images, state, until, bands, force) -> None:
    """Learn what is usual from IMAGES (files or folders; scenes, or one-band NDVI maps)."""
    from datetime import date

    from ecoredline.series import monitor

    if state.exists() and not force:
        raise InputError(f"got {state}, which exists; wanted a new file, or --force")
    watch = monitor.fit(
        series_of(images, bands), until=date.fromisoformat(until) if until else None
    )
    watch.save(state)
    click.echo(f"{state}：{len(watch.taken)} 期影像，截至 {max(watch.taken)}")


@history.command("update")
@IMAGES
@STATE
@click.option("--bands", metavar="B,G,R,N", help="波段名，按文件顺序。")
def history_update(images, state, bands) -> None:
    """Take new IMAGES in the order of their dates; saved after each, so a stopped run goes on."""
    from ecoredline.series import monitor

    watch = monitor.Watch.load(state)
    new = monitor.update(watch, series_of(images, bands), save_to=state)
    words = f"{new[0]} – {new[-1]}" if new else "没有新日期"
    click.echo(f"{state}：新增 {len(new)} 期（{words}），共 {len(watch.taken)} 期")


@history.command("report")
@STATE
@click.option("--out", type=FOLDER, required=True, help="输出文件夹。")
@click.option("--redline", type=EXISTING, help="只报红线内的地块，并量算红线内面积。")
@click.option("--least-pixels", type=click.IntRange(min=1), default=4, show_default=True)
def history_report(state, out, redline, least_pixels) -> None:
    """Sites with their state, date of change and confidence: GPKG, CSV, maps, picture."""
    from ecoredline import vector
    from ecoredline.series import monitor
    from ecoredline.series.sites import SITE_STATES

    watch = monitor.Watch.load(state)
    frame = vector.read_redline(redline).frame if redline else None
    monitor.write_report(watch, out, least_px=least_pixels, redline=frame)
    from ecoredline.record import read_record

    counts = read_record(out)["counts"]
    states = "，".join(f"{SITE_STATES[k]} {v}" for k, v in counts["states"].items()) or "无"
    click.echo(f"{out}/sites.gpkg：{counts['sites']} 处（{states}），截至 {max(watch.taken)}")


@click.command("catalogue")
@click.argument("folder", type=EXISTING)
@click.option("--out", type=FOLDER, help="输出文件夹；默认 FOLDER/stac。")
def catalogue(folder, out) -> None:
    """A STAC catalogue of the images and products below FOLDER 影像目录."""
    from ecoredline.raster.stac import write_catalogue

    items, faults = write_catalogue(folder, out)
    for fault in faults:
        click.echo(f"  未编目 {fault}", err=True)
    if not items:
        raise InputError(f"got no image that could be opened below {folder}; wanted one or more")
    click.echo(f"{out or folder / 'stac'}：{len(items)} 景，{len(faults)} 个文件未编目")


@click.command("rectify")
@click.argument("scene", type=EXISTING)
@click.option("--dem", type=EXISTING, help="高程栅格；不给则按 RPC 平均高程（山区不可用）。")
@click.option("--crs", metavar="EPSG:N", help="成果坐标系；默认 CGCS2000 3 度带。")
@click.option("--pixel", type=click.FloatRange(min=0.05), help="像元，米。")
@click.option("--out", type=FOLDER, required=True, help="输出 GeoTIFF。")
def rectify(scene, dem, crs, pixel, out) -> None:
    """Lay a SCENE with RPC on the ground 正射纠正 (GF, ZY-3 as delivered, or an image with RPC)."""
    from ecoredline.raster.rectify import rectify as work

    for note in work(scene, out, dem=dem, crs=crs, pixel_m=pixel):
        click.secho(f"提示：{note}", fg="yellow", err=True)
    click.echo(str(out))


@click.command("radar")
@click.argument("before", type=EXISTING)
@click.argument("after", type=EXISTING)
@click.option("--redline", type=EXISTING, required=True, help="红线斑块。")
@click.option("--protected-areas", type=EXISTING, help="自然保护地。")
@click.option("--divisions", type=EXISTING, help="行政区划。")
@click.option("--before-date", callback=iso_day, help="前时相日期。")
@click.option("--after-date", callback=iso_day, help="后时相日期。")
@click.option("--sensor", default="Sentinel-1", show_default=True)
@click.option("--out", type=FOLDER, required=True, help="输出批次文件夹。")
def radar(before, after, redline, out, before_date, after_date, **given) -> None:
    """Radar backscatter change, a second opinion under cloud 雷达旁证: two one-band images."""
    from datetime import date

    from ecoredline.pipeline.radar import radar_patches

    days = [date.fromisoformat(d) if d else None for d in (before_date, after_date)]
    radar_patches(
        before, after, redline=redline, out=out, before_on=days[0], after_on=days[1], **given
    )
    click.echo(import_words(out))


@click.command("best-pair")
@click.argument("folder", type=EXISTING)
@click.option("--run", type=EXISTING, required=True, help="批次文件夹：为其每个图斑选像对。")
@click.option("--out", type=FOLDER, required=True, help="结果 CSV。")
def best_pair(folder, run, out) -> None:
    """The best pair of images in FOLDER for each patch of a run, with the reason 最佳像对."""
    from ecoredline.pipeline.pairs import pair_table

    table = pair_table(folder, run, out)
    click.echo(f"{out}：{len(table)} 个图斑，{int((table['before'] != '').sum())} 个有合适像对")


commands = [import_patches, history, catalogue, rectify, radar, best_pair]
