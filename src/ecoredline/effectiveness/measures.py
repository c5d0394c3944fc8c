"""How an indicator is made of ledger numbers: few plain formulas, named in the rule sets."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A formula of indicators: its words, the numbers it takes, the unit, does it need a baseline."""

    zh: str
    inputs: tuple[str, ...]
    unit: str
    function: Callable
    baseline: bool = False


def _divided(a: float, b: float, factor: float = 100.0) -> float:
    return a / b * factor if b else math.nan


MEASURES: dict[str, Measure] = {
    "value": Measure("原值", ("value",), "", lambda value: value),
    "share": Measure("部分 ÷ 整体 × 100", ("part", "whole"), "%", _divided),
    "free_share": Measure(
        "100 − 部分 ÷ 整体 × 100", ("part", "whole"), "%", lambda a, b: 100 - _divided(a, b)
    ),
    "all_or_share": Measure(
        "部分 ÷ 整体 × 100；整体为 0 时为 100", ("part", "whole"), "%",
        lambda a, b: _divided(a, b) if b else 100.0,
    ),
    "density": Measure("长度 ÷ 面积", ("length_km", "area_km2"), "km/km²", lambda a, b: _divided(a, b, 1)),
    "to_baseline": Measure("现状 ÷ 基线 × 100", ("value",), "%", _divided, baseline=True),
    "share_change": Measure(
        "现状比例 − 基线比例", ("part", "whole"), "百分点",
        lambda now, then: now - then, baseline=True,
    ),
}  # fmt: skip


def measured(name: str, numbers: dict[str, float], then: dict[str, float] | None) -> float:
    """Value of a measure from this year's numbers (and the baseline's, where it needs them).

    NaN when a number is missing or a denominator is 0.

    >>> measured("share", {"part": 45.0, "whole": 50.0}, None)
    90.0
    >>> measured("to_baseline", {"value": 45.0}, {"value": 50.0})
    90.0
    """
    measure = MEASURES[name]
    if any(math.isnan(numbers[i]) for i in measure.inputs):
        return math.nan
    now = [numbers[i] for i in measure.inputs]
    if not measure.baseline:
        return measure.function(*now)
    if then is None or any(math.isnan(then[i]) for i in measure.inputs):
        return math.nan
    before = [then[i] for i in measure.inputs]
    if len(now) == 2:
        return measure.function(_divided(*now), _divided(*before))
    return measure.function(now[0], before[0])
