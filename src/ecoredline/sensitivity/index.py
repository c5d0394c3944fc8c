"""Indices of sensitivity: the geometric mean of the factors' scores, and its grade."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.formula import Clause, Input, Output, formula, intervals, value_by_interval
from ecoredline.sensitivity.scores import factor_score, soil_score

SOURCE = Clause("生态保护红线划定指南 环办生态〔2017〕48号", "敏感性评估", "M")
NOTE = "分级赋值表 codes/sensitivity_factors.csv、sensitivity_soils.csv 未经原文核对"
COVER = Input("1", "植被覆盖度", 0, 1)
SOIL = Input("code", "土壤质地", codes="sensitivity_soils")
INDEX = Output("1", "敏感性指数（1—5）")


def geometric_mean(*scores) -> np.ndarray:
    """Geometric mean of scores, cell by cell; NaN spreads.

    >>> float(geometric_mean(1.0, 5.0, 5.0, 1.0).round(6))
    2.236068
    """
    product = np.ones(())
    for score in scores:
        product = product * score
    return product ** (1 / len(scores))


@formula(
    zh="水土流失敏感性指数",
    source=SOURCE,
    inputs={
        "erosivity": Input("MJ·mm/(hm²·h·a)", "降雨侵蚀力因子 R", 0, 60_000),
        "soil": SOIL,
        "relief": Input("m", "地形起伏度", 0, 9_000),
        "cover": COVER,
    },
    output=INDEX,
    notes=NOTE,
)
def erosion_sensitivity(erosivity, soil, relief, cover):
    r"""Sensitivity to soil erosion, 1 to 5.

    .. math:: SS = \sqrt[4]{R \cdot K \cdot LS \cdot C}

    NaN where any input is NaN.

    >>> float(erosion_sensitivity(700.0, 8, 400.0, 0.1).round(9))
    5.0
    """
    return geometric_mean(
        factor_score(erosivity, "erosion.rainfall"),
        soil_score(soil, "erosion"),
        factor_score(relief, "erosion.relief"),
        factor_score(cover, "erosion.cover"),
    )


@formula(
    zh="土地沙化敏感性指数",
    source=SOURCE,
    inputs={
        "aridity": Input("1", "干燥度指数", 0, 1_000),
        "windy_days": Input("d/a", "起沙风天数（≥6 m/s）", 0, 366),
        "soil": SOIL,
        "cover": COVER,
    },
    output=INDEX,
    notes=NOTE,
)
def desertification_sensitivity(aridity, windy_days, soil, cover):
    r"""Sensitivity to desertification, 1 to 5.

    .. math:: D = \sqrt[4]{I \cdot W \cdot K \cdot C}

    NaN where any input is NaN.

    >>> float(desertification_sensitivity(1.0, 5.0, 5, 0.7).round(9))
    1.0
    """
    return geometric_mean(
        factor_score(aridity, "desertification.aridity"),
        factor_score(windy_days, "desertification.windy_days"),
        soil_score(soil, "desertification"),
        factor_score(cover, "desertification.cover"),
    )


@formula(
    zh="石漠化敏感性指数",
    source=SOURCE,
    inputs={
        "carbonate_percent": Input("%", "碳酸岩出露面积比", 0, 100, reach=1.01),
        "slope": Input("°", "坡度", 0, 90),
        "cover": COVER,
    },
    output=INDEX,
    notes=NOTE,
)
def rocky_desertification_sensitivity(carbonate_percent, slope, cover):
    r"""Sensitivity to rocky desertification, 1 to 5.

    .. math:: S = \sqrt[3]{D \cdot P \cdot C}

    NaN where any input is NaN.

    >>> float(rocky_desertification_sensitivity(80.0, 10.0, 0.1).round(4))
    4.2172
    """
    return geometric_mean(
        factor_score(carbonate_percent, "rocky.carbonate"),
        factor_score(slope, "rocky.slope"),
        factor_score(cover, "rocky.cover"),
    )


@formula(
    zh="土地盐渍化敏感性指数",
    source=SOURCE,
    inputs={
        "evaporation_ratio": Input("1", "蒸发量/降水量", 0, 1_000),
        "salinity": Input("g/L", "地下水矿化度", 0, 400),
        "table_depth": Input("m", "地下水埋深", 0, 1_000),
        "soil_score": Input("1", "土壤质地赋值（1、3、5）", 1, 5),
    },
    output=INDEX,
    notes=NOTE + "；土壤质地赋值表未找到，由使用者给定",
)
def salinization_sensitivity(evaporation_ratio, salinity, table_depth, soil_score):
    r"""Sensitivity to salinization, 1 to 5; the soil's score is the caller's, no table is known.

    .. math:: S = \sqrt[4]{I \cdot M \cdot D \cdot K}

    NaN where any input is NaN.

    >>> float(salinization_sensitivity(20.0, 30.0, 0.5, 5).round(9))
    5.0
    """
    return geometric_mean(
        factor_score(evaporation_ratio, "salinization.evaporation"),
        factor_score(salinity, "salinization.salinity"),
        factor_score(table_depth, "salinization.depth"),
        soil_score,
    )


@formula(
    zh="敏感性分级",
    source=SOURCE,
    inputs={"index": Input("1", "敏感性指数", 1, 5.000001)},
    output=Output("code", "等级（1 一般敏感 2 敏感 3 极敏感）"),
    notes="指南写作 1.0–2.0、2.1–4.0、>4.0；2.0 与 2.1 之间归入敏感",
)
def sensitivity_grade(index):
    r"""Grade of a sensitivity index: 1 一般敏感 (to 2), 2 敏感 (to 4), 3 极敏感.

    .. math:: 1 \le S \le 2,\ 2 < S \le 4,\ S > 4

    NaN stays NaN; `InputError` outside 1..5.

    >>> sensitivity_grade([2.0, 2.05, 4.1])
    array([1., 2., 3.])
    """
    # the root of a product of whole scores misses 1 and 5 by an ulp
    rounded = np.round(np.asarray(index, dtype=float), 9)
    rows = code_list("sensitivity_grades").values()
    return value_by_interval(rounded, intervals(rows), "sensitivity index")
