"""`ecoredline train` and `ecoredline accuracy`: learn from verdicts, and measure a list."""

from dataclasses import replace
from pathlib import Path

import click

from ecoredline.errors import InputError

EXISTING = click.Path(exists=True, path_type=Path)


@click.command("train")
@click.option(
    "--run", "runs", multiple=True, nargs=2, type=(EXISTING, EXISTING), metavar="RUN VERDICTS",
    help="一次检测的输出文件夹和它的核查结果（CSV/GPKG：patch_id、verdict、reason）；可多次。",
)  # fmt: skip
@click.option(
    "--audit", "audits", multiple=True, nargs=2, type=(EXISTING, EXISTING), metavar="RUN FORM",
    help="漏检抽查的判读表（密钥文件在旁）：剔除图斑中的变化作漏检正样本，没有变化作负样本；可多次。",
)  # fmt: skip
@click.option(
    "--pixels", is_flag=True, help="训练像元检测模型（find --model 用其概率检测），而非排序模型。"
)
@click.option(
    "--pair", "pairs", multiple=True, type=EXISTING, metavar="DIR",
    help="有标注的影像对（before.tif、after.tif、truth.tif 或 truth.gpkg），一地一个；可多次，仅用于 --pixels 和 --net。",
)  # fmt: skip
@click.option(
    "--sensor", default="", help="影像未注明传感器时的传感器名，仅用于 --pixels 和 --net。"
)
@click.option(
    "--net", is_flag=True,
    help="训练小型孪生神经网络检测模型（须 PyTorch：pip install 'ecoredline[net]'；有 GPU 则用 GPU）。",
)  # fmt: skip
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="每次训练的步数，仅用于 --net。",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=0,
    help="每次训练至多几分钟，0 为不限，仅用于 --net。",
)
@click.option(
    "--seed", type=int, default=20260101, show_default=True, help="随机种子，仅用于 --net。"
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="训练线程数，仅用于 --net。",
)
@click.option(
    "--work", type=click.Path(path_type=Path),
    help="中间结果文件夹，中断后由此续训；默认为模型文件名加 .work，仅用于 --net。",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="模型文件（JSON）。")
@click.option(
    "--approve", "model", type=EXISTING, help="批准一个模型启用；不优于默认排序或默认检测则拒绝。"
)
@click.option(
    "--revoke", "revoked", type=EXISTING, help="撤销一个模型的批准（退回默认或上一版模型文件）。"
)
@click.option("--by", "person", default="", help="批准或撤销人。")
def train(model, revoked, person, out, **given) -> None:
    """Train a ranker or a detector 训练排序或检测模型, or approve one 批准启用."""
    from ecoredline import learn

    if model:
        learn.save_model(approved(model, person), out or model)
        click.echo(f"{out or model} 已由 {person} 批准；用 ecoredline find --model 启用。")
        return
    if revoked:
        learn.save_model(replace(any_model(revoked), approved=None), revoked)
        click.echo(f"{revoked} 的批准已撤销，不会再被使用；可改用上一版模型文件或不给 --model。")
        return
    runs, audits, pairs = given["runs"], given["audits"], given["pairs"]
    detects = given["pixels"] or given["net"]
    if not (runs or audits or (detects and pairs)) or not out:
        raise InputError(
            "got no --run or --audit (or, with --pixels or --net, --pair) or no --out; wanted both, "
            "or --approve MODEL --by NAME"
        )
    if given["pixels"] and given["net"]:
        raise InputError("got both --pixels and --net; wanted one of them: they are two detectors")
    if given["net"]:
        found, said = trained_net(given, out)
    elif given["pixels"]:
        from ecoredline.pipeline.pixels import pixel_places

        found = learn.train_pixels(pixel_places(pairs, runs, given["sensor"], audits))
        said = pixel_words(found.card)
    else:
        found = learn.train(collect(runs, audits))
        said = "\n".join([card_words(found.card), *audit_words(audits)])
    learn.save_model(found, out)
    click.echo(f"{said}\n{out}（未批准，不会被使用）")


def trained_net(given: dict, out: Path):
    """A net trained on the pairs and runs of the command, and its figures in words."""
    from ecoredline.console import console_job
    from ecoredline.learn.net_training import NetRecipe, train_net
    from ecoredline.pipeline.pixels import net_places

    work, job = given["work"] or out.with_name(f"{out.name}.work"), console_job()
    recipe = NetRecipe(**{n: given[n] for n in ("steps", "seed", "minutes", "threads")})
    places = net_places(given["pairs"], given["runs"], work, given["sensor"], given["audits"], job)
    found = train_net(places, work, recipe, job)
    cut = found.card["settings"]["ended_early"]
    limit = f"\n到时限而提前结束，步数 {found.card['settings']['steps_done']}" if cut else ""
    return found, pixel_words(found.card) + limit


def any_model(path: Path):
    """A model of any kind."""
    from ecoredline import learn

    ranks = learn.model_kind(path) == "rank"
    return learn.load_model(path) if ranks else learn.load_detector(path)


def approved(path: Path, person: str):
    """A model of any kind, approved. Raises `InputError` with every reason against it."""
    from ecoredline import learn

    found = any_model(path)
    ranks = isinstance(found, learn.RankModel)
    return learn.approve(found, person) if ranks else learn.approve_pixels(found, person)


def pixel_words(card: dict) -> str:
    """The held-out figures of a pixel model's card in words."""
    held = card["held_out"]
    low, high = held["ap_gain_interval"]
    return (
        f"{card['places']} 个地区，传感器 {'、'.join(card['sensors'])}\n"
        f"留出地区像元平均精度 AP（各地平均）{held['ap']:.3f}；默认检测 {held['ap_default']:.3f}；"
        f"增益 {held['ap_gain']:+.3f}（90% 区间 {low:+.3f} – {high:+.3f}）\n"
        f"合并 AP {held['pooled_ap']:.3f}（默认 {held['pooled_ap_default']:.3f}）；"
        f"F1 {held['f1']:.3f}（默认 {held['f1_default']:.3f}，增益 90% 区间 "
        f"{held['f1_gain_interval'][0]:+.3f} – {held['f1_gain_interval'][1]:+.3f}）"
    )


def collect(runs, audits=()):
    """The judged patches of all runs in one table, those of audited places with them."""
    import pandas as pd

    from ecoredline.learn.samples import run_samples
    from ecoredline.pipeline.audits import verdicts_by_run

    tables = [run_samples(folder, verdicts) for folder, verdicts in verdicts_by_run(runs, audits)]
    return pd.concat(tables, ignore_index=True)


def audit_words(audits) -> list[str]:
    """What the audited places beside all patches say, which no ranker can learn from."""
    from ecoredline.pipeline.audits import outside

    found = [outside(*audit) for audit in audits]
    judged, missed = (sum(v) for v in zip(*found, strict=True)) if found else (0, 0)
    return (
        [f"清单与剔除图斑之外抽查 {judged} 处，漏检 {missed} 处（仅用于 --pixels 和 --net）"]
        if judged
        else []
    )


def card_words(card: dict) -> str:
    """The held-out figures of a model card in words."""
    held = card["held_out"]
    low, high = held["ap_gain_interval"]
    drawn = f"，其中抽查所得 {card['audited']} 条" if card.get("audited") else ""
    return (
        f"{card['verdicts']} 条核查结果（属实 {card['true']}）{drawn}，{card['places']} 个地区\n"
        f"留出地区平均精度 AP {held['ap']:.3f}；默认排序（{card['default_ranking']}）"
        f"{held['ap_default']:.3f}；增益 {held['ap_gain']:+.3f}（90% 区间 {low:+.3f} – {high:+.3f}）"
    )


@click.command("accuracy")
@click.argument("run", type=EXISTING)
@click.option(
    "--plan", type=click.Path(path_type=Path), help="写出抽样判读表（.xlsx 或 .csv），供判读填写。"
)
@click.option(
    "--size", type=click.IntRange(min=10), default=200, show_default=True, help="样点数。"
)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option(
    "--responses", multiple=True, type=EXISTING, help="填好的判读表；给两份则计算判读一致性。"
)  # fmt: skip
def accuracy(run, plan, size, seed, responses) -> None:
    """Estimate how right a run's list is 精度评估: sample, interpret, area-adjusted figures."""
    from ecoredline.pipeline import sampling

    if bool(plan) == bool(responses):
        raise InputError("got neither or both of --plan and --responses; wanted one of them")
    if plan:
        count = sampling.write_plan(run, plan, size, seed)
        click.echo(
            f"{plan}：{count} 个样点；逐点对照两期影像，填 1（有变化）、0（无变化），空着为未判。"
        )
        return
    click.echo(sampling.report(run, list(responses)))


@click.command("learn-priors")
@click.option(
    "--run", "runs", multiple=True, nargs=2, type=(EXISTING, EXISTING), required=True,
    metavar="RUN VERDICTS", help="一次检测的输出文件夹和它的核查结果；可多次。",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, help="经验文件（JSON）。")
def learn_priors(runs, out) -> None:
    """Learn rates of like patches and known places from verdicts 由核查结果得出经验."""
    from ecoredline.learn.priors import save_priors
    from ecoredline.pipeline.priors import priors_of

    found = priors_of(list(runs))
    save_priors(found, out)
    card = found.card
    known = sum(card["places"].values())
    click.echo(f"{card['verdicts']} 条核查结果（属实 {card['true']}），已知地块 {known} 处 → {out}")


commands = [train, accuracy, learn_priors]
