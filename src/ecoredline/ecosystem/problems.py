"""Grades of ecological problems (HJ 1174): erosion, sandy land, degradation, shrinkage, trophic state."""

from functools import cache

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import UnknownCode
from ecoredline.formula import (
    Clause,
    Input,
    Interval,
    Output,
    formula,
    intervals,
    value_by_interval,
)

SOURCE = Clause("HJ 1174-2021", "生态问题分级", "X")
COMBINED = Clause("HJ 1174-2021", "三项分级，综合规则为本平台约定", "P")
ENDS = "分段端点归属为本平台约定，见 codes/problem_grades.csv"
EROSION = ("erosion_loess", "erosion_north", "erosion_south")
PER_CENT = 100.0
# HJ 1174: TLI = 10 (a + b ln c); Chla in mg/m³, the others in mg/L
TROPHIC = {
    "chlorophyll": (2.5, 1.086),
    "phosphorus": (9.436, 1.624),
    "nitrogen": (5.453, 1.694),
    "permanganate": (0.109, 2.661),
}
CORRELATION = {"chlorophyll": 1.0, "phosphorus": 0.84, "nitrogen": 0.82, "permanganate": 0.83}
GRADE = Output("code", "等级（1 无 … 5 极重）")


@cache
def rows_of(problem: str) -> tuple[Interval, ...]:
    """The rows of one problem in codes/problem_grades.csv."""
    rows = [r for r in code_list("problem_grades").values() if r["problem"] == problem]
    if not rows:
        known = sorted({r["problem"] for r in code_list("problem_grades").values()})
        raise UnknownCode(f"got problem {problem!r}; wanted one of {', '.join(known)}")
    return intervals(rows)


def problem_grade(value, problem: str) -> np.ndarray:
    """Grade 1 (none) to 5 of a value, by the table's rows of `problem`; NaN stays NaN.

    >>> problem_grade([499.0, 500.0], "erosion_south")
    array([1., 2.])
    """
    return value_by_interval(value, rows_of(problem), problem)


@formula(
    zh="水土流失分级",
    source=SOURCE,
    inputs={
        "modulus": Input("t/(km²·a)", "土壤侵蚀模数", 0, 1e8),
        "region": Input("code", "区域：1 西北黄土 2 东北与北方 3 南方与西南", 1, 3),
    },
    output=Output("code", "等级（1 微度 … 5 剧烈）"),
    notes=ENDS + "；极强度并入强度",
)
def erosion_grade(modulus, region):
    r"""Grade of water erosion by region (1 loess, 2 north, 3 south and southwest).

    .. math:: \text{limits } 1000 | 200 | 500,\ 2500,\ 5000,\ 15000\ t/(km^2 a)

    NaN where any input is NaN. The modulus is per square kilometre (`modulus_per_km2`).

    >>> erosion_grade(np.array([600.0, 600.0]), np.array([1, 3]))
    array([1., 2.])
    """
    modulus, region = np.broadcast_arrays(np.asarray(modulus, float), np.asarray(region, float))
    found = np.full(modulus.shape, np.nan)
    for number, problem in enumerate(EROSION, 1):
        here = region == number
        found[here] = problem_grade(modulus[here], problem)
    left = np.isnan(found) & ~np.isnan(modulus) & ~np.isnan(region)
    if left.any():
        raise UnknownCode(f"got region {np.unique(region[left])}; wanted 1, 2 or 3")
    return found


def simple_grade(name: str, zh: str, value: Input, doc: str):
    """Declare a grade that looks one value up in the rows of its problem."""

    def grade(value):
        return problem_grade(value, name)

    grade.__name__ = grade.__qualname__ = f"{name}_grade"
    grade.__doc__ = doc
    return formula(zh=zh, source=SOURCE, inputs={"value": value}, output=GRADE, notes=ENDS)(grade)


DOCSTRING = r"""Grade 1 (none) to 5 of {0}.

.. math:: {1}

NaN stays NaN; `InputError` for a value no row covers.

>>> {2}_grade([{3}])
array([{4}])
"""

sandy_land_grade = simple_grade(
    "sandy_land", "沙化土地分级", Input("%", "植被覆盖度", 0, 100, reach=1.5),
    DOCSTRING.format(
        "sandy land by its cover (only inside mapped sandy land)",
        r"> 50,\ 30\text{–}50,\ 10\text{–}30,\ < 10\ \%", "sandy_land", "60.0, 5.0", "2., 5.",
    ),
)  # fmt: skip
forest_grade = simple_grade(
    "forest", "森林退化分级", Input("%", "相对生物量密度", 0, 1_000, reach=1.5),
    DOCSTRING.format(
        "a forest by biomass density relative to the best of its kind",
        r"\ge 90,\ 75\text{–}90,\ 60\text{–}75,\ 30\text{–}60,\ < 30\ \%",
        "forest", "90.0, 29.0", "1., 5.",
    ),
)  # fmt: skip
grass_grade = simple_grade(
    "grass", "草地退化分级", Input("%", "相对植被覆盖度", 0, 1_000, reach=1.5),
    DOCSTRING.format(
        "grassland by cover relative to the best of its kind",
        r"\ge 90,\ 80\text{–}90,\ 70\text{–}80,\ 50\text{–}70,\ < 50\ \%",
        "grass", "90.0, 49.0", "1., 5.",
    ),
)  # fmt: skip
wetland_grade = simple_grade(
    "wetland", "湿地萎缩分级", Input("%", "湿地面积萎缩率", -1e6, 100),
    DOCSTRING.format(
        "the shrinkage of wetland (growth is negative shrinkage)",
        r"< 5,\ 5\text{–}15,\ 15\text{–}30,\ 30\text{–}50,\ > 50\ \%",
        "wetland", "4.0, 51.0", "1., 5.",
    ),
)  # fmt: skip
eutrophication_grade = simple_grade(
    "eutrophication", "富营养化分级", Input("1", "综合营养状态指数", -200, 300),
    DOCSTRING.format(
        "trophic state by its index",
        r"< 30,\ 30\text{–}50,\ 50\text{–}60,\ 60\text{–}70,\ > 70",
        "eutrophication", "29.0, 71.0", "1., 5.",
    ),
)  # fmt: skip


@formula(
    zh="石漠化分级",
    source=COMBINED,
    inputs={
        "slope": Input("°", "坡度", 0, 90),
        "cover_percent": Input("%", "植被覆盖度", 0, 100, reach=1.5),
        "lithology_grade": Input("code", "岩性等级（1 埋藏碳酸盐 … 5 石灰岩与白云岩）", 1, 5),
    },
    output=GRADE,
    notes=ENDS
    + "；三项各自的分级见 HJ 1174-2021，标准未规定三项不一致时如何综合，本平台取等级均值四舍五入（0.5 取高）",
)
def rocky_desertification_grade(slope, cover_percent, lithology_grade):
    r"""Grade 1 (none) to 5 of rocky desertification: the mean of three grades, half upwards.

    .. math:: g = \lfloor (g_{slope} + g_{cover} + g_{rock}) / 3 + 1/2 \rfloor

    NaN where any input is NaN. Only for karst.

    >>> float(rocky_desertification_grade(20.0, 50.0, 5))
    4.0
    """
    total = (
        problem_grade(slope, "rocky_slope")
        + problem_grade(cover_percent, "rocky_cover")
        + np.asarray(lithology_grade, dtype=float)
    )
    return np.floor(total / 3 + 0.5)


@formula(
    zh="单项营养状态指数",
    source=SOURCE,
    inputs={
        "chlorophyll": Input("mg/m³", "叶绿素a", 0, 10_000),
        "phosphorus": Input("mg/L", "总磷", 0, 100),
        "nitrogen": Input("mg/L", "总氮", 0, 500),
        "permanganate": Input("mg/L", "高锰酸盐指数", 0, 1_000),
    },
    output=Output("1", "营养状态指数（Chla、TP、TN、CODMn 依次）", axis="times"),
)
def trophic_indices(chlorophyll, phosphorus, nitrogen, permanganate):
    r"""Trophic state index of each of four measurements, stacked in their order.

    .. math:: TLI = 10 (a + b \ln c)

    NaN where that measurement is NaN or 0.

    >>> trophic_indices(10.0, 0.05, 1.0, 4.0).round(3)
    array([50.006, 45.709, 54.53 , 37.979])
    """
    measured = dict(zip(TROPHIC, (chlorophyll, phosphorus, nitrogen, permanganate), strict=True))
    return np.stack(
        [10 * (a + b * np.log(positive(measured[name]))) for name, (a, b) in TROPHIC.items()]
    )


def positive(value) -> np.ndarray:
    """Values as float with those of 0 and less made NaN: they have no logarithm."""
    value = np.asarray(value, dtype=float)
    return np.where(value > 0, value, np.nan)


@formula(
    zh="综合营养状态指数 TLI(Σ)",
    source=Clause("HJ 1174-2021", "相关系数 r", "M"),
    inputs={
        "chlorophyll": Input("mg/m³", "叶绿素a", 0, 10_000),
        "phosphorus": Input("mg/L", "总磷", 0, 100),
        "nitrogen": Input("mg/L", "总氮", 0, 500),
        "permanganate": Input("mg/L", "高锰酸盐指数", 0, 1_000),
    },
    output=Output("1", "综合营养状态指数"),
    notes="权重所用相关系数未经原文核对",
)
def trophic_state(chlorophyll, phosphorus, nitrogen, permanganate):
    r"""Trophic state of a lake: the weighted mean of four indices.

    .. math:: TLI(\Sigma) = \sum_j W_j TLI_j,\ W_j = r_j^2 / \sum r^2

    NaN where any measurement is NaN or 0.

    >>> round(float(trophic_state(10.0, 0.05, 1.0, 4.0)), 3)
    47.308
    """
    squares = np.array([r**2 for r in CORRELATION.values()])
    indices = trophic_indices(chlorophyll, phosphorus, nitrogen, permanganate)
    return np.tensordot(squares / squares.sum(), indices, axes=1)
