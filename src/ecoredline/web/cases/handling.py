"""整改查处情况: what was done about a case, in order of day; annex 4's twelfth column. Always Chinese.

It reads only records that were written, so that the column is true at every moment.
"""

from django.utils import timezone

from ecoredline.codes import label
from ecoredline.web.cases.models import Case

OUTCOMES = {
    "rectified": "整改完成", "lawful": "合法合规", "not_ours": "不属本辖区或红线外",
    "merged": "并入其他问题",
}  # fmt: skip
FINDINGS = {
    "recovering": "恢复中", "stable": "无明显变化", "falling": "植被下降", "new_change": "新增扰动",
}  # fmt: skip


def handling_text(case: Case) -> str:
    """Content, way, progress and result, a sentence a record, each with its day.

    Reads the related rows that were prefetched (`lists.ready`).
    """
    lines = [
        *handovers(case), *investigations(case), *plans(case), *progress(case), *rechecks(case),
        *closing(case), *observations(case),
    ]  # fmt: skip
    said = [f"据来文清单：{clean(case.list_handling)}"] if case.list_handling else []
    said += [text for _, _, text in sorted(lines, key=lambda line: line[:2])]
    if case.reopened_count and case.state != "closed":
        said.append(f"已重新立案{case.reopened_count}次，正在整改")
    return "；".join(said) + ("。" if said else "")


def at(day) -> str:
    """A day in words.

    >>> from datetime import date
    >>> at(date(2026, 3, 2))
    '2026年3月2日'
    """
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def local(moment):
    """The day of a moment."""
    return timezone.localdate(moment)


def clean(text: str) -> str:
    """One sentence without its stop."""
    return " ".join(str(text).split()).rstrip("。；; ")


def handovers(case: Case):
    """To whom it went, and what came back."""
    for row in case.handovers.all():
        whom = row.to_unit.name if row.to_unit else label("departments", row.department)
        verb = "推送" if row.kind == "push" else "移交"
        number = f"（{row.letter.number}）" if row.letter and row.letter.number else ""
        yield row.sent_on, 0, f"{at(row.sent_on)}{verb}{whom}{number}"
        if row.replied_on:
            yield row.replied_on, 1, f"{at(row.replied_on)}{whom}反馈：{clean(row.reply)}"
            continue
        for reply in row.letter.replies.all() if row.letter else ():  # entered in the letter's room
            yield reply.dated, 1, f"{at(reply.dated)}{whom}反馈：{clean(reply.said)}"


def investigations(case: Case):
    """Which department found and decided what."""
    for row in case.investigations.all():
        day = row.decided_on or row.started_on or local(row.created_at)
        text = f"{at(day)}{label('departments', row.department)}查处：{clean(row.findings)}"
        if row.penalty_kind and row.penalty_kind != "none":
            text += f"，{label('penalty_kinds', row.penalty_kind)}"
        text += f"{row.fine_yuan:,.2f}元" if row.fine_yuan else ""
        yield day, 2, text + (f"（{row.decision_number}）" if row.decision_number else "")


def plans(case: Case):
    """The plan in force: the newest."""
    for row in list(case.plans.all())[-1:]:
        day = local(row.created_at)
        items = [i for i in row.items.all() if i.state != "cancelled"]
        done = sum(1 for i in items if i.state in ("done", "accepted"))
        yield (
            day,
            3,
            (
                f"{at(day)}制定整改方案（{clean(row.goal)}），措施{len(items)}项，已完成{done}项，"
                f"期限{at(row.due_on)}"
            ),
        )


def progress(case: Case):
    """The newest word on progress."""
    for row in list(case.progress.all())[-1:]:
        share = f"（{row.percent}%）" if row.percent is not None else ""
        yield row.on, 4, f"{at(row.on)}整改进展{share}：{clean(row.said)}"


def rechecks(case: Case):
    """Every round on site."""
    for row in case.rechecks.all():
        verdict = "合格" if row.passed else "不合格"
        yield (
            row.checked_on,
            5,
            (f"{at(row.checked_on)}第{row.round}轮现场复核{verdict}：{clean(row.found)}"),
        )


def observations(case: Case):
    """The newest look from above after closing."""
    seen = [row for row in case.observations.all() if row.finding in FINDINGS and row.observed_on]
    for row in seen[-1:]:
        yield row.observed_on, 7, f"{at(row.observed_on)}卫星复查：{FINDINGS[row.finding]}"


def closing(case: Case):
    """How and when it was closed."""
    if case.state == "closed" and case.closed_on:
        outcome = OUTCOMES.get(case.outcome, case.outcome)
        yield case.closed_on, 6, f"{at(case.closed_on)}销号（{outcome}）"
