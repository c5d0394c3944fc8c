"""Faults of a rule set in the page's language."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from ecoredline.effectiveness import Fault

# the computing half's reasons, which are English, as the page says them
REASONS = (
    (r"weights must sum up to 100", lazy("权重合计应为 100")),
    (r"comes twice", lazy("重复")),
    (r"has no indicator", lazy("没有指标")),
    (r"has no Chinese name", lazy("没有中文名称")),
    (r"is missing", lazy("缺少")),
    (r"is unknown", lazy("不认识的项")),
    (r"wanted a number of 0 or more", lazy("应为不小于 0 的数")),
    (r"wanted a year", lazy("应为年份")),
    (r".* needs a baseline", lazy("此算法需要基线")),
    (r"wanted two points or more.*", lazy("应有两个以上“数值:得分”点")),
    (r"values must rise", lazy("数值应由小到大")),
    (r"scores must lie in 0..100", lazy("得分应在 0—100 之间")),
    (r"scores run against direction.*", lazy("得分走向与方向相反")),
    (r"bands must cover 0..100", lazy("分级应覆盖 0—100")),
    (r"gap between.*", lazy("分级之间有空档")),
    (r"overlap between.*", lazy("分级之间有重叠")),
    (r"wanted YYYY-MM-DD", lazy("应为年-月-日")),
    (r"wanted numbers for low and high", lazy("上下限应为数")),
    (r"wanted a (dict|list) that is not empty", lazy("不能为空")),
)  # fmt: skip
PLACES = {
    "weight": lazy("权重"), "curve": lazy("评分曲线"), "baseline": lazy("基线"), "id": lazy("编码"),
    "baseline_year": lazy("基线年"), "inputs": lazy("数据项"), "block": lazy("方面"),
    "measure": lazy("算法"), "direction": lazy("方向"), "zh": lazy("名称"), "basis": lazy("依据"),
    "effective_from": lazy("施行日期"), "blocks": lazy("方面"), "grades": lazy("等级"),
    "indicators": lazy("指标"), "names": lazy("数据项名称"), "when_missing": lazy("缺数处理"),
}  # fmt: skip


def place_said(where: str) -> str:
    """`indicators 2 (x).weight` as 指标 2（x）权重."""
    if where == "indicators.weight":
        return str(PLACES["weight"])
    numbered = re.fullmatch(r"(indicators|grades) (\d+)(?: \((.*)\))?(?:\.(.+))?", where)
    if numbered:
        what, number, key, part = numbered.groups()
        words = f"{PLACES[what]} {number}" + (f"（{key}）" if key else "")
        return words + (f" {PLACES.get(part, part)}" if part else "")
    first = where.split(".")[-1]
    return str(PLACES.get(first, where))


def fault_said(fault: Fault) -> str:
    """One fault in one line: place, what stands there, what is wrong."""
    reason = next((str(w) for p, w in REASONS if re.fullmatch(p, fault.reason)), fault.reason)
    if fault.reason.startswith("wanted one of"):
        reason = _("应为 %(known)s 之一") % {"known": fault.reason[len("wanted one of ") :]}
    shown = "" if fault.value is None else f" {fault.value}"
    return f"{place_said(fault.where)}：{shown.strip()} {reason}".replace("： ", "：")
