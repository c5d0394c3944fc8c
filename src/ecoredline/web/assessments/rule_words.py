"""Faults of a rule set in the page's language."""

import re

from django.utils.translation import gettext_lazy as _

from ecoredline.effectiveness import Fault

# the computing half's reasons, which are English, as the page says them
REASONS = (
    (r"weights must sum up to 100", _("权重合计应为 100")),
    (r"comes twice", _("重复")),
    (r"has no indicator", _("没有指标")),
    (r"has no Chinese name", _("没有中文名称")),
    (r"is missing", _("缺少")),
    (r"is unknown", _("不认识的项")),
    (r"wanted a number of 0 or more", _("应为不小于 0 的数")),
    (r"wanted a year", _("应为年份")),
    (r".* needs a baseline", _("此算法需要基线")),
    (r"wanted two points or more.*", _("应有两个以上“数值:得分”点")),
    (r"values must rise", _("数值应由小到大")),
    (r"scores must lie in 0..100", _("得分应在 0—100 之间")),
    (r"scores run against direction.*", _("得分走向与方向相反")),
    (r"bands must cover 0..100", _("分级应覆盖 0—100")),
    (r"gap between.*", _("分级之间有空档")),
    (r"overlap between.*", _("分级之间有重叠")),
    (r"wanted YYYY-MM-DD", _("应为年-月-日")),
    (r"wanted numbers for low and high", _("上下限应为数")),
    (r"wanted a (dict|list) that is not empty", _("不能为空")),
)  # fmt: skip
PLACES = {
    "weight": _("权重"), "curve": _("评分曲线"), "baseline": _("基线"), "id": _("编码"),
    "baseline_year": _("基线年"), "inputs": _("数据项"), "block": _("方面"),
    "measure": _("算法"), "direction": _("方向"), "zh": _("名称"), "basis": _("依据"),
    "effective_from": _("施行日期"), "blocks": _("方面"), "grades": _("等级"),
    "indicators": _("指标"), "names": _("数据项名称"), "when_missing": _("缺数处理"),
}  # fmt: skip
MEASURE_WORDS = {
    "value": _("原值"), "share": _("部分 ÷ 整体 × 100"), "free_share": _("100 − 部分 ÷ 整体 × 100"),
    "all_or_share": _("部分 ÷ 整体 × 100；整体为 0 时为 100"), "density": _("长度 ÷ 面积"),
    "to_baseline": _("现状 ÷ 基线 × 100"), "share_change": _("现状比例 − 基线比例"),
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
