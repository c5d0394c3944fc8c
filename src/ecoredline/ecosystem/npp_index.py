"""The quantitative index of the 2017 guide: functions judged by net primary production (NPP)."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.formula import Clause, Input, Output, formula, value_by_code

SOURCE = Clause("生态保护红线划定指南 环办生态〔2017〕48号", "NPP 定量指标法", "M")
TEXTURES = 13.0
ETP_FACTOR, ETP_OFFSET_C = 0.19, 20.0
PER_CENT = 100.0
WIND_PROFILE = 1 / 7

NPP = Input("gC/(m²·a)", "多年平均净初级生产力", 0, 4_000, reach=5)
RAIN_INDEX = Input("1", "多年平均降水量（归一化）", 0, 1)
SLOPE_INDEX = Input("1", "坡度（归一化）", 0, 1)
INDEX = Output("gC/(m²·a)", "服务能力指数")


@formula(
    zh="归一化（最小—最大）",
    source=Clause("", "(x − min)/(max − min)", "C"),
    inputs={
        "values": Input("1", "原值"),
        "least": Input("1", "最小值", axis="number"),
        "greatest": Input("1", "最大值", axis="number"),
    },
    output=Output("1", "归一化值"),
    notes="最小值与最大值由调用者给定，以使分块与整体结果一致；超出者不截断",
)
def normalised(values, least, greatest):
    r"""Values brought to 0..1 by a least and a greatest value that the caller gives.

    .. math:: F = (x - x_{min}) / (x_{max} - x_{min})

    NaN stays NaN; values beyond the two go beyond 0..1. Raises `InputError` when they are equal.

    >>> float(normalised(5.0, 0.0, 20.0))
    0.25
    """
    if not least < greatest:
        raise InputError(f"got least {least:g} and greatest {greatest:g}; wanted the first smaller")
    return (np.asarray(values, dtype=float) - least) / (greatest - least)


@formula(
    zh="土壤渗流因子",
    source=SOURCE,
    inputs={"texture": Input("code", "USDA 土壤质地", codes="soil_seepage")},
    output=Output("1", "土壤渗流因子"),
)
def seepage_factor(texture):
    r"""How well water seeps into the soil, by its texture (13 classes).

    .. math:: F_{sic} = n / 13

    NaN stays NaN; `UnknownCode` lists the textures without a row.

    >>> float(seepage_factor(13))
    1.0
    """
    table = {float(c): float(r["value"]) / TEXTURES for c, r in code_list("soil_seepage").items()}
    return value_by_code(texture, table, "texture")


@formula(
    zh="水源涵养服务能力指数",
    source=SOURCE,
    inputs={
        "npp": NPP,
        "seepage": Input("1", "土壤渗流因子", 0, 1),
        "precipitation_index": RAIN_INDEX,
        "slope_index": SLOPE_INDEX,
    },
    output=INDEX,
)
def water_index(npp, seepage, precipitation_index, slope_index):
    r"""Index of water retention.

    .. math:: WR = NPP \cdot F_{sic} \cdot F_{pre} (1 - F_{slo})

    NaN where any input is NaN.

    >>> float(water_index(800.0, 0.5, 0.5, 0.25))
    150.0
    """
    return np.asarray(npp, dtype=float) * seepage * precipitation_index * (1 - slope_index)


@formula(
    zh="土壤保持服务能力指数",
    source=SOURCE,
    inputs={
        "npp": NPP,
        "erodibility_index": Input("1", "土壤可蚀性因子 K（归一化）", 0, 1),
        "slope_index": SLOPE_INDEX,
    },
    output=INDEX,
)
def soil_index(npp, erodibility_index, slope_index):
    r"""Index of soil retention.

    .. math:: S_{pro} = NPP (1 - K) (1 - F_{slo})

    NaN where any input is NaN.

    >>> float(soil_index(800.0, 0.5, 0.25))
    300.0
    """
    return np.asarray(npp, dtype=float) * (1 - erodibility_index) * (1 - slope_index)


@formula(
    zh="防风固沙服务能力指数",
    source=SOURCE,
    inputs={
        "npp": NPP,
        "erodibility_index": Input("1", "土壤可蚀性因子 K（归一化）", 0, 1),
        "climate_index": Input("1", "气候侵蚀力（归一化）", 0, 1),
        "roughness": Input("1", "地表粗糙度因子 D", 1, 1e3),
    },
    output=INDEX,
)
def sand_index(npp, erodibility_index, climate_index, roughness):
    r"""Index of sand fixation.

    .. math:: S_{ws} = NPP \cdot K \cdot F_q \cdot D

    NaN where any input is NaN.

    >>> float(sand_index(800.0, 0.5, 0.5, 1.0))
    200.0
    """
    return np.asarray(npp, dtype=float) * erodibility_index * climate_index * roughness


@formula(
    zh="生物多样性维护服务能力指数",
    source=SOURCE,
    inputs={
        "npp": NPP,
        "precipitation_index": RAIN_INDEX,
        "temperature_index": Input("1", "多年平均气温（归一化）", 0, 1),
        "altitude_index": Input("1", "海拔（归一化）", 0, 1),
    },
    output=INDEX,
)
def biodiversity_index(npp, precipitation_index, temperature_index, altitude_index):
    r"""Index of the maintenance of biodiversity.

    .. math:: S_{bio} = NPP \cdot F_{pre} \cdot F_{tem} (1 - F_{alt})

    NaN where any input is NaN.

    >>> float(biodiversity_index(800.0, 0.5, 0.5, 0.25))
    150.0
    """
    return (
        np.asarray(npp, dtype=float)
        * precipitation_index
        * temperature_index
        * (1 - altitude_index)
    )


@formula(
    zh="月潜在蒸发量",
    source=SOURCE,
    inputs={
        "temperature": Input("℃", "月平均气温", -60, 50),
        "humidity": Input("1", "月平均相对湿度", 0, 1),
    },
    output=Output("mm", "月潜在蒸发量"),
    notes="气温低于 −20 ℃ 时方程值随降温反升，已失去意义，不作截断",
)
def monthly_evaporation(temperature, humidity):
    r"""Potential evaporation of a month, from its temperature and relative humidity.

    .. math:: ETP = 0.19 (20 + T)^2 (1 - r)

    NaN where any input is NaN. Below -20 ℃ it rises again, and means nothing.

    >>> round(float(monthly_evaporation(20.0, 0.5)), 9)
    152.0
    """
    warmth = ETP_OFFSET_C + np.asarray(temperature, dtype=float)
    return ETP_FACTOR * warmth**2 * (1 - np.asarray(humidity, dtype=float))


@formula(
    zh="气候侵蚀力",
    source=SOURCE,
    inputs={
        "wind_speed": Input("m/s", "各月 2 m 高平均风速", 0, 40, axis="times"),
        "evaporation": Input("mm", "各月潜在蒸发量", 0, 1_000, axis="times"),
        "precipitation": Input("mm", "各月降水量", 0, 5_000, axis="times"),
        "days": Input("d", "各月天数", 1, 31, axis="list"),
    },
    output=Output("1", "气候侵蚀力"),
    notes="雨量大于蒸发的月份为负，不作截断",
)
def climate_erosivity(wind_speed, evaporation, precipitation, days):
    r"""Erosive force of a year's climate, from its months (12, ...).

    .. math:: F_q = \frac{1}{100} \sum_{i=1}^{12} u_i^3 \frac{ETP_i - P_i}{ETP_i} d_i

    NaN in one month, or a month without evaporation, makes the cell NaN. Months with more rain than
    evaporation count negative.

    >>> round(float(climate_erosivity([2.0] * 12, [100.0] * 12, [50.0] * 12, [30] * 12)), 6)
    14.4
    """
    wind, rain = np.asarray(wind_speed, dtype=float), np.asarray(precipitation, dtype=float)
    potential = np.asarray(evaporation, dtype=float)
    length = np.reshape(np.asarray(days, dtype=float), (-1, *[1] * (wind.ndim - 1)))
    dryness = (potential - rain) / np.where(potential == 0, np.nan, potential)
    return (wind**3 * dryness * length).sum(axis=0) / PER_CENT


@formula(
    zh="风速换算至另一高度",
    source=SOURCE,
    inputs={
        "wind_speed": Input("m/s", "已知高度风速", 0, 100),
        "height": Input("m", "已知高度", 0.1, 500, axis="number"),
        "wanted_height": Input("m", "所求高度", 0.1, 500, axis="number"),
    },
    output=Output("m/s", "风速"),
)
def wind_at_height(wind_speed, height, wanted_height=2.0):
    r"""Wind speed at another height above ground.

    .. math:: u_2 = u_1 (z_2 / z_1)^{1/7}

    NaN stays NaN.

    >>> wind_at_height(10.0, 256.0, 2.0)
    5.0
    """
    return wind_speed * (wanted_height / height) ** WIND_PROFILE


@formula(
    zh="地表粗糙度（坡度法）",
    source=SOURCE,
    inputs={"slope": Input("°", "坡度", 0, 89.9)},
    output=Output("1", "地表粗糙度因子 D"),
)
def slope_roughness(slope):
    r"""Roughness of the ground by its slope: true over map area.

    .. math:: D = 1 / \cos\theta

    NaN stays NaN.

    >>> round(float(slope_roughness(60.0)), 9)
    2.0
    """
    return 1 / np.cos(np.radians(np.asarray(slope, dtype=float)))
