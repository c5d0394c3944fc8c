"""Water: what ecosystems keep (水源涵养), and InVEST's yearly water yield."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.formula import Clause, Input, Output, formula, value_by_code

M3_PER_MM_M2 = 1e-3  # one millimetre over one square metre is a litre
PER_CENT = 100.0
BUDYKO_BASE = 1.25  # natcap.invest 3.14.2, annual water yield: least w
BUDYKO_LIMIT = 5.0  # natcap.invest 3.14.2, annual water yield: greatest w
INVEST = Clause("natcap.invest 3.14.2", "annual water yield", "S")
INVEST_NOTE = "与 natcap.invest 3.14.2 的计算一致"

RAIN = Input("mm/a", "年降水量", 0, 15_000, reach=5)
EVAPORATION = Input("mm/a", "年蒸散发量", 0, 5_000, reach=5)
RUNOFF = Input("mm/a", "年地表径流量", 0, 15_000)


@formula(
    zh="水源涵养量（水量平衡法）",
    source=Clause("HJ 1173-2021", "附录A 水源涵养", "X"),
    inputs={
        "precipitation": RAIN,
        "runoff": RUNOFF,
        "evapotranspiration": EVAPORATION,
        "cell_area": Input("m²", "像元面积", 0, 1e9, reach=0.01),
    },
    output=Output("m³/a", "水源涵养量"),
)
def water_retention(precipitation, runoff, evapotranspiration, cell_area):
    r"""Water an ecosystem keeps in a year, cell by cell: what falls, neither runs off nor evaporates.

    .. math:: Q_{wr} = A (P - R - ET) \times 10^{-3}

    NaN where any input is NaN. Negative values are kept: they say that the inputs disagree.

    >>> float(water_retention(800.0, 300.0, 400.0, cell_area=2e6))
    200000.0
    """
    kept = np.asarray(precipitation, dtype=float) - runoff - evapotranspiration
    return kept * cell_area * M3_PER_MM_M2


@formula(
    zh="地表径流量（径流系数法）",
    source=Clause("生态保护红线划定指南 环办生态〔2017〕48号", "水源涵养", "M"),
    inputs={
        "precipitation": RAIN,
        "vegetation_type": Input("code", "植被类型", codes="runoff_coefficients"),
    },
    output=Output("mm/a", "年地表径流量"),
    notes="径流系数表 codes/runoff_coefficients.csv 未经原文核对",
)
def surface_runoff(precipitation, vegetation_type):
    r"""Water that runs off in a year, by the mean runoff coefficient of the vegetation type.

    .. math:: R = P \alpha

    NaN where any input is NaN; `UnknownCode` lists the types without a row.

    >>> float(surface_runoff(1000.0, 1))
    26.7
    """
    table = {float(c): float(r["percent"]) for c, r in code_list("runoff_coefficients").items()}
    return precipitation * value_by_code(vegetation_type, table, "vegetation type") / PER_CENT


@formula(
    zh="实际蒸散发占降水比例（Budyko）",
    source=INVEST,
    inputs={
        "precipitation": RAIN,
        "reference_evapotranspiration": Input("mm/a", "潜在蒸散发量", 0, 5_000, reach=5),
        "crop_coefficient": Input("1", "作物系数 Kc", 0, 2),
        "root_depth": Input("mm", "根系深度", 0, 100_000, reach=5),
        "restricting_depth": Input("mm", "根系限制层深度", 0, 100_000, reach=5),
        "available_water": Input("1", "植物可利用水分比例 PAWC", 0, 1),
        "vegetated": Input("1", "是否植被（1 是，0 否）", 0, 1),
        "seasonality": Input("1", "季节常数 Z", 0, 50, axis="number"),
    },
    output=Output("1", "实际蒸散发/降水"),
    notes=INVEST_NOTE,
)
def evaporated_fraction(
    precipitation, reference_evapotranspiration, crop_coefficient, root_depth,
    restricting_depth, available_water, vegetated, seasonality,
):  # fmt: skip
    r"""Share of the yearly rain that evaporates, by Fu's form of the Budyko curve.

    .. math:: AET/P = 1 + \varphi - (1 + \varphi^w)^{1/w},\ \varphi = K_c ET_0 / P,\
        w = \min(5, Z \cdot PAWC \cdot \min(d_{root}, d_{soil}) / P + 1.25)

    Without vegetation it is :math:`\min(1, \varphi)`. NaN where any input is NaN; no rain gives NaN.

    >>> float(evaporated_fraction(1000.0, 500.0, 1.0, 100.0, 100.0, 0.1, 0, 20))
    0.5
    """
    dryness = reference_evapotranspiration * crop_coefficient / dry_as_nan(precipitation)
    water = np.minimum(root_depth, restricting_depth) * available_water
    w = np.minimum(seasonality * water / dry_as_nan(precipitation) + BUDYKO_BASE, BUDYKO_LIMIT)
    under_plants = 1 + dryness - (1 + dryness**w) ** (1 / w)
    share = np.minimum(np.where(np.equal(vegetated, 0), dryness, under_plants), 1.0)
    return share + np.multiply(vegetated, 0) + w * 0  # NaN of any input spreads


def dry_as_nan(precipitation):
    """Rain as float with 0 made NaN: no share of no rain."""
    rain = np.asarray(precipitation, dtype=float)
    return np.where(rain == 0, np.nan, rain)


@formula(
    zh="产水量",
    source=INVEST,
    inputs={
        "precipitation": RAIN,
        "evaporated_fraction": Input("1", "实际蒸散发/降水", 0, 1),
    },
    output=Output("mm/a", "产水量"),
    notes=INVEST_NOTE,
)
def water_yield(precipitation, evaporated_fraction):
    r"""Water that leaves the cell in a year, on the surface or below.

    .. math:: Y = (1 - AET/P) P

    NaN where any input is NaN.

    >>> water_yield(1000.0, 0.25)
    750.0
    """
    return (1 - evaporated_fraction) * precipitation


@formula(
    zh="项目尺度水源涵养量",
    source=Clause("HJ 1175-2021", "水源涵养功能", "X"),
    inputs={
        "area": Input("m²", "生态系统面积", 0),
        "rain": Input("mm", "年均降水量 J₀", 0, 15_000, reach=10),
        "runoff_share": Input("1", "产流降水占降水总量的比例 K", 0, 1),
        "bare_ratio": Input("1", "裸地降雨径流率 R₀", 0, 1),
        "covered_ratio": Input("1", "植被覆盖下降雨径流率 R_g", 0, 1),
    },
    output=Output("m³/a", "项目尺度水源涵养量"),
    notes="原文提取稿未见换算系数，10⁻³ 按单位补出；标准适用于法定禁止开发区域以外的项目，此处仅参照",
)
def project_water_retention(area, rain, runoff_share, bare_ratio, covered_ratio):
    r"""Water that plants hold back on a project's land, beside bare ground.

    .. math:: Q = A J_0 K (R_0 - R_g) \times 10^{-3}

    NaN where any input is NaN. Negative where covered ground sheds more than bare ground.

    >>> round(float(project_water_retention(10_000.0, 1000.0, 0.6, 0.5, 0.2)), 9)
    1800.0
    """
    kept = np.asarray(bare_ratio, dtype=float) - covered_ratio
    return np.asarray(area, dtype=float) * rain * runoff_share * kept * M3_PER_MM_M2
