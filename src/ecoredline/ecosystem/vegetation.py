"""Vegetation and the quality of ecosystems (HJ 1172): NDVI, FVC, RVI, EQI."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.formula import Clause, Input, Output, formula, intervals, value_by_interval

SOURCE = Clause("HJ 1172-2021", "生态系统质量", "X")
PER_CENT = 100.0
INDICATORS = 3

REFLECTANCE = Input("1", "反射率", -0.1, 1.6)
INDEX = Input("1", "归一化指标", 0, 1)


@formula(
    zh="归一化植被指数 NDVI",
    source=Clause("", "(NIR − Red)/(NIR + Red)", "C"),
    inputs={"near_infrared": REFLECTANCE, "red": REFLECTANCE},
    output=Output("1", "归一化植被指数"),
)
def ndvi(near_infrared, red):
    r"""Vegetation index of two reflectances.

    .. math:: NDVI = (N - R) / (N + R)

    NaN where any input is NaN, and where both are 0. Negative reflectance may lead beyond -1..1.

    >>> float(ndvi(0.5, 0.1).round(6))
    0.666667
    """
    near_infrared, red = np.asarray(near_infrared, dtype=float), np.asarray(red, dtype=float)
    total = near_infrared + red
    return (near_infrared - red) / np.where(total == 0, np.nan, total)


@formula(
    zh="植被覆盖度 FVC",
    source=SOURCE,
    inputs={
        "ndvi": Input("1", "归一化植被指数", -1, 1),
        "soil": Input("1", "裸土 NDVI", -1, 1, axis="number"),
        "full": Input("1", "全植被 NDVI", -1, 1, axis="number"),
    },
    output=Output("1", "植被覆盖度"),
    notes="裸土与全植被 NDVI 由影像统计确定；超出 0—1 者不截断",
)
def fvc(ndvi, soil, full):
    r"""Fraction of the ground under plants, by the two-part model.

    .. math:: FVC = \frac{NDVI - NDVI_{soil}}{NDVI_{veg} - NDVI_{soil}}

    NaN stays NaN. Below `soil` it is negative, above `full` beyond 1: clamping is the caller's
    decision. Raises `InputError` when `soil` is not below `full`.

    >>> round(fvc(0.5, 0.1, 0.9), 9)
    0.5
    """
    if not np.all(np.less(soil, full)):
        raise InputError(f"got soil NDVI {soil} and full NDVI {full}; wanted the first smaller")
    return (ndvi - soil) / (full - soil)


@formula(
    zh="相对植被指标 RVI",
    source=SOURCE,
    inputs={
        "value": Input("1", "FVC、LAI 或 GPP", 0),
        "greatest": Input("1", "同一生态功能区同类植被最大值", 0),
    },
    output=Output("1", "相对植被指标"),
)
def relative_vegetation(value, greatest):
    r"""A vegetation parameter relative to the best of its zone and class.

    .. math:: RVI = F / F_{max}

    NaN where any input is NaN, and where the greatest value is 0. Above 1 where the value exceeds it.

    >>> float(relative_vegetation(3.0, 6.0))
    0.5
    """
    top = np.asarray(greatest, dtype=float)
    return value / np.where(top == 0, np.nan, top)


@formula(
    zh="生态系统质量指数 EQI",
    source=SOURCE,
    inputs={
        "leaf_area": Input("1", "叶面积指数 LAI（归一化）", 0, 1),
        "cover": Input("1", "植被覆盖度 FVC（归一化）", 0, 1),
        "production": Input("1", "总初级生产力 GPP（归一化）", 0, 1),
    },
    output=Output("1", "生态系统质量指数（0—100）"),
    notes="不同于 2021 年《区域生态质量评价办法》的区域生态质量指数",
)
def quality_index(leaf_area, cover, production):
    r"""Quality of an ecosystem, 0 to 100, from three relative parameters.

    .. math:: EQI = (LAI' + FVC' + GPP') / 3 \times 100

    NaN where any input is NaN.

    >>> round(quality_index(0.5, 0.75, 1.0), 9)
    75.0
    """
    return (leaf_area + cover + production) / INDICATORS * PER_CENT


@formula(
    zh="生态系统质量分级",
    source=SOURCE,
    inputs={"index": Input("1", "生态系统质量指数", 0, 100, reach=1.01)},
    output=Output("code", "质量等级（1 优 … 5 差）"),
)
def quality_grade(index):
    r"""Grade of the quality index: 1 优, 2 良, 3 中, 4 低, 5 差.

    .. math:: \ge 75,\ 55\text{–}75,\ 35\text{–}55,\ 20\text{–}35,\ < 20

    NaN stays NaN; `InputError` for an index outside 0..100.

    >>> quality_grade(np.array([75.0, 74.9, 19.9]))
    array([1., 2., 5.])
    """
    rows = code_list("ecosystem_quality_grades").values()
    return value_by_interval(index, intervals(rows), "EQI")
