"""Factors of soil loss: rainfall erosivity R, soil erodibility K, cover C."""

from functools import cache

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.formula import (
    Clause,
    Input,
    Interval,
    Output,
    formula,
    intervals,
    value_by_code,
    value_by_interval,
)

SOURCE = Clause("HJ 1173-2021", "附录A 土壤保持", "X")
FROM_MEMORY = Clause("HJ 1173-2021", "附录A 土壤保持，侵蚀性雨量与暖季凭记忆", "M")
RAIN_NOTE = "所用侵蚀性日雨量 12 mm 与暖季 5—9 月未经原文核对；方程、指数 1.7265 与 α 的两个值见 HJ 1173-2021 附录A"
SIGNS = "所据文本提取时缺负号，已按物理意义补回"
HALF_MONTHS, DAYS_A_YEAR = 24, 366
EROSIVE_MM = 12.0  # least erosive daily rain; from memory
WARM_HALF_MONTHS = (9, 18)  # May to September; from memory
WARM, COLD = 0.3937, 0.3101  # HJ 1173 annex A: α of the warm and the cold season
RAIN_EXPONENT = 1.7265
K_OFFSET, K_SLOPE = -0.01383, 0.51575  # HJ 1173 annex A: from the EPIC value
METRIC_PER_US_K = 0.1317  # t·hm²·h/(hm²·MJ·mm) for one US unit
TEXTURE_TOLERANCE = 5.0  # per cent by which sand + silt + clay may miss 100
DRY_FIELD, PADDY = 6, 7  # codes/soil_cover_types.csv
BARE = 1.0  # C is the ratio to bare soil
PER_CENT = 100.0

SAND = Input("%", "砂粒含量", 0, 100, reach=1.5)
SILT = Input("%", "粉粒含量", 0, 100, reach=1.5)
CLAY = Input("%", "黏粒含量", 0, 100, reach=1.5)


@formula(
    zh="半月降雨侵蚀力",
    source=FROM_MEMORY,
    inputs={
        "daily_rain": Input("mm/d", "日降水量", 0, 2_000, reach=1, axis="times"),
        "half_month": Input("1", "各日所在半月（1—24）", 1, HALF_MONTHS, axis="list"),
        "years": Input("a", "资料年数", 1, 200, axis="number"),
    },
    output=Output("MJ·mm/(hm²·h·a)", "半月降雨侵蚀力", axis="times"),
    notes=RAIN_NOTE,
)
def half_month_erosivity(daily_rain, half_month, years):
    r"""Erosivity of the rain of each half-month of the year, from daily rain; shape (24, rows, cols).

    .. math:: R_k = \frac{1}{n} \sum_i \sum_j \alpha P_{ijk}^{1.7265},\
        \alpha = 0.3937\ \text{(warm)},\ 0.3101\ \text{(cold)},\ P \ge 12

    `daily_rain` (days, ...) with `half_month` (days,) numbered 1..24 from January.
    NaN in one day makes that half-month of the cell NaN.

    >>> float(half_month_erosivity([20.0, 35.0, 50.0], [9, 9, 9], 1)[8].round(4))
    589.4215
    """
    rain, half = np.asarray(daily_rain, dtype=float), np.asarray(half_month)
    if half.shape != rain.shape[:1]:
        raise InputError(
            f"got {rain.shape[0]} days of rain and {half.size} half-months; wanted one each"
        )
    if rain.shape[0] > DAYS_A_YEAR * years:
        raise InputError(
            f"got {rain.shape[0]} days of rain and years={years:g}; wanted at most {DAYS_A_YEAR} a "
            "year: give the number of years the rain is of"
        )
    check_half_months(half)
    total = np.zeros((HALF_MONTHS, *rain.shape[1:]))
    for day, k in zip(rain, half.astype(int), strict=True):
        alpha = WARM if WARM_HALF_MONTHS[0] <= k <= WARM_HALF_MONTHS[1] else COLD
        total[k - 1] += np.where(day < EROSIVE_MM, 0.0, alpha * day**RAIN_EXPONENT)
    return total / years


def check_half_months(half: np.ndarray) -> None:
    """Raise `InputError` for numbers that are no half-month: 0 would be counted as the last."""
    wrong = ~np.isin(half, np.arange(1, HALF_MONTHS + 1))
    if wrong.any():
        raise InputError(
            f"got half-months {np.unique(half[wrong])[:5].tolist()}; wanted whole numbers from 1 to "
            f"{HALF_MONTHS} (`half_month_of` makes them of dates)"
        )


@formula(
    zh="年降雨侵蚀力因子 R",
    source=FROM_MEMORY,
    inputs={
        "daily_rain": Input("mm/d", "日降水量", 0, 2_000, reach=1, axis="times"),
        "half_month": Input("1", "各日所在半月（1—24）", 1, HALF_MONTHS, axis="list"),
        "years": Input("a", "资料年数", 1, 200, axis="number"),
    },
    output=Output("MJ·mm/(hm²·h·a)", "年降雨侵蚀力"),
    notes=RAIN_NOTE,
)
def rainfall_erosivity(daily_rain, half_month, years):
    r"""Erosivity of a mean year's rain, from daily rain: the sum over its 24 half-months.

    .. math:: R = \sum_{k=1}^{24} R_k

    A NaN day makes the cell NaN.

    >>> float(rainfall_erosivity([20.0, 35.0, 50.0], [9, 9, 9], 1).round(4))
    589.4215
    """
    return half_month_erosivity(daily_rain, half_month, years).sum(axis=0)


def half_month_of(month, day):
    """Number 1..24 of the half-month a date lies in; days 1 to 15 are the first half.

    >>> int(half_month_of(5, 16))
    10
    """
    return 2 * np.asarray(month) - (np.asarray(day) <= 15)


@formula(
    zh="EPIC 土壤可蚀性",
    source=SOURCE,
    inputs={
        "sand": SAND,
        "silt": SILT,
        "clay": CLAY,
        "organic_carbon": Input("%", "有机碳含量", 0, 60),
    },
    output=Output("US", "EPIC 土壤可蚀性"),
    notes=SIGNS,
)
def erodibility_epic(sand, silt, clay, organic_carbon):
    r"""Erodibility by the EPIC equation, in its own (US) unit; contents in per cent.

    .. math:: K_E = \{0.2 + 0.3 e^{-0.0256 m_s (1 - m_{si}/100)}\} (\frac{m_{si}}{m_c + m_{si}})^{0.3}
        \{1 - \frac{0.25 C}{C + e^{3.72 - 2.95 C}}\} \{1 - \frac{0.7 s}{s + e^{-5.51 + 22.9 s}}\},\
        s = 1 - m_s/100

    NaN where any input is NaN, and for pure sand, which the equation does not cover.
    Raises `InputError` where the three fractions miss 100 by more than 5.

    >>> round(float(erodibility_epic(40.0, 40.0, 20.0, 1.5)), 7)
    0.2604396
    """
    check_texture(sand, silt, clay)
    fines = np.asarray(silt + clay, dtype=float)
    rest = 1 - sand / PER_CENT
    coarse = 0.2 + 0.3 * np.exp(-0.0256 * sand * (1 - silt / PER_CENT))
    clayey = (silt / np.where(fines == 0, np.nan, fines)) ** 0.3
    organic = 1 - 0.25 * organic_carbon / (organic_carbon + np.exp(3.72 - 2.95 * organic_carbon))
    sandy = 1 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest))
    return coarse * clayey * organic * sandy


def check_texture(sand, silt, clay) -> None:
    """Raise `InputError` where sand, silt and clay do not make up the soil."""
    total = np.asarray(sand + silt + clay, dtype=float)
    off = np.abs(total - PER_CENT) > TEXTURE_TOLERANCE
    if off.any():
        worst = total[off][np.abs(total[off] - PER_CENT).argmax()]
        raise InputError(
            f"got sand + silt + clay of {worst:g} % (and {off.sum() - 1} more); wanted 100 ± "
            f"{TEXTURE_TOLERANCE:g} %: are they in per cent, and of one classification?"
        )


@formula(
    zh="土壤可蚀性因子 K",
    source=SOURCE,
    inputs={"epic": Input("US", "EPIC 土壤可蚀性", 0, 1, reach=0.01)},
    output=Output("t·hm²·h/(hm²·MJ·mm)", "土壤可蚀性因子"),
    notes=SIGNS + "；EPIC 值小于 0.0268 时为负，不作截断",
)
def erodibility(epic):
    r"""Erodibility in metric units, corrected to Chinese soils.

    .. math:: K = (-0.01383 + 0.51575 K_E) \times 0.1317

    NaN where the input is NaN. Below an EPIC value of 0.0268 it is negative, and kept so.

    >>> round(erodibility(0.2604396), 8)
    0.01586876
    """
    return (K_OFFSET + K_SLOPE * epic) * METRIC_PER_US_K


@formula(
    zh="旱地植被覆盖因子 C",
    source=SOURCE,
    inputs={"cover": Input("1", "植被覆盖度", 0, 1)},
    output=Output("1", "植被覆盖因子"),
    notes=SIGNS + "；覆盖度低于 0.049 时大于 1，不作截断",
)
def dry_field_cover_factor(cover):
    r"""Cover factor of a dry field from its cover fraction.

    .. math:: C = 0.221 - 0.595 \log_{10} c

    NaN where the input is NaN; above 1 below a cover of 0.049, infinite without cover.

    >>> round(float(dry_field_cover_factor(0.3)), 6)
    0.532113
    """
    with np.errstate(divide="ignore"):
        return 0.221 - 0.595 * np.log10(np.asarray(cover, dtype=float))


@formula(
    zh="植被覆盖因子 C",
    source=SOURCE,
    inputs={
        "cover_type": Input("code", "覆盖类型", codes="soil_cover_types"),
        "cover": Input("1", "植被覆盖度", 0, 1),
    },
    output=Output("1", "植被覆盖因子"),
    notes=SIGNS + "；旱地 C 值以 1（裸土）为上限；表中分段端点归属为本平台约定",
)
def cover_factor(cover_type, cover):
    r"""Cover factor by type and cover fraction, from the table (dry fields by their equation).

    .. math:: C = C(\text{type}, FVC);\ \text{dry field: } \min(1, 0.221 - 0.595 \log_{10} c)

    NaN where any input is NaN. A cover outside 0..1 is refused with `InputError`,
    a type without a row with `UnknownCode`.

    >>> cover_factor(np.array([1, 3, 6]), np.array([0.55, 0.95, 0.3])).round(4)
    array([0.02  , 0.011 , 0.5321])
    """
    types, cover = np.broadcast_arrays(
        np.asarray(cover_type, dtype=float), np.asarray(cover, dtype=float)
    )
    known = code_list("soil_cover_types")
    check_types(types, known)
    if ((cover < 0) | (cover > 1)).any():
        raise InputError(
            "got a cover outside 0..1; wanted a fraction: mend it, or clamp it knowingly"
        )
    found = np.full(types.shape, np.nan)
    for code in np.unique(types[~np.isnan(types)]).astype(int):
        here = types == code
        if code == DRY_FIELD:
            found[here] = np.minimum(dry_field_cover_factor(cover[here]), BARE)
        else:
            found[here] = value_by_interval(cover[here] * PER_CENT, cover_rows(code), "cover %")
    return found


def check_types(types: np.ndarray, known) -> None:
    """Raise `UnknownCode` that lists the types without a row."""
    value_by_code(types, {float(code): 0.0 for code in known}, "cover type")


@cache
def cover_rows(cover_type: int) -> tuple[Interval, ...]:
    """The table's rows of one cover type."""
    rows = code_list("soil_cover_factors").values()
    return intervals(r for r in rows if r["cover_type"] == str(cover_type))
