"""Terrain factors of soil loss: slope length L, steepness S; InVEST's LS as a variant of its own."""

import numpy as np

from ecoredline.formula import Clause, Input, Output, formula

SOURCE = Clause("HJ 1173-2021", "附录A 土壤保持", "X")
UNIT_PLOT_M = 22.13  # length of the unit plot of the USLE
FLAT, STEEP, STEEPEST = 5.14, 10.20, 28.81  # degrees, HJ 1173 annex A
STEEPEST_FACTOR = 9.5988
# natcap.invest 3.14.2, SDR: exponent m by slope in per cent, above 9 % by β/(1 + β)
INVEST_BREAKS_PERCENT = (1.0, 3.5, 5.0, 9.0)
INVEST_EXPONENTS = (0.2, 0.3, 0.4, 0.5)
INVEST_STEEP_PERCENT = 9.0
PER_CENT = 100.0

SLOPE = Input("°", "坡度", 0, 90)


@formula(
    zh="坡长因子 L",
    source=SOURCE,
    inputs={"length": Input("m", "坡长", 0, 10_000, reach=0.5), "slope": SLOPE},
    output=Output("1", "坡长因子"),
)
def slope_length_factor(length, slope):
    r"""Factor of the slope's length, from length and steepness.

    .. math:: L = (\lambda / 22.13)^m,\ m = \beta / (1 + \beta),\
        \beta = \frac{\sin\theta / 0.089}{3 \sin^{0.8}\theta + 0.56}

    NaN where any input is NaN.

    >>> round(float(slope_length_factor(50.0, 8.0)), 6)
    1.591452
    """
    beta = rill_ratio(np.sin(np.radians(np.asarray(slope, dtype=float))), 0.089)
    return (np.asarray(length, dtype=float) / UNIT_PLOT_M) ** (beta / (1 + beta))


def rill_ratio(sine, unit):
    """β, the ratio of rill to sheet erosion, from the sine of the slope.

    >>> round(float(rill_ratio(np.sin(np.radians(8)), 0.089)), 6)
    1.325889
    """
    return (sine / unit) / (3.0 * sine**0.8 + 0.56)


@formula(
    zh="坡度因子 S",
    source=SOURCE,
    inputs={"slope": SLOPE},
    output=Output("1", "坡度因子"),
)
def steepness_factor(slope):
    r"""Factor of the slope's steepness.

    .. math:: S = 10.8 \sin\theta + 0.03\ (\theta < 5.14°);\ 16.8 \sin\theta - 0.5\ (< 10.20°);\
        21.9 \sin\theta - 0.96\ (< 28.81°);\ 9.5988

    NaN where the input is NaN.

    >>> steepness_factor(np.array([3.0, 8.0, 20.0, 35.0])).round(4)
    array([0.5952, 1.8381, 6.5302, 9.5988])
    """
    slope = np.asarray(slope, dtype=float)
    sine = np.sin(np.radians(slope))
    return np.select(
        [np.isnan(slope), slope < FLAT, slope < STEEP, slope < STEEPEST],
        [np.nan, 10.8 * sine + 0.03, 16.8 * sine - 0.5, 21.9 * sine - 0.96],
        STEEPEST_FACTOR,
    )


@formula(
    zh="坡度（百分比换算）",
    source=Clause("", "θ = arctan(p/100)", "C"),
    inputs={"slope_percent": Input("%", "坡度百分比", 0, 10_000)},
    output=Output("°", "坡度"),
)
def slope_degrees(slope_percent):
    r"""Slope in degrees from slope in per cent.

    .. math:: \theta = \arctan(p / 100)

    NaN where the input is NaN.

    >>> round(float(slope_degrees(100.0)), 9)
    45.0
    """
    return np.degrees(np.arctan(np.asarray(slope_percent, dtype=float) / PER_CENT))


@formula(
    zh="坡长坡度因子 LS（InVEST）",
    source=Clause("natcap.invest 3.14.2", "SDR", "S"),
    inputs={
        "slope_percent": Input("%", "坡度百分比", 0, 10_000),
        "flow_accumulation": Input("1", "汇流像元数（含本像元）", 1, 1e12),
        "cell_size": Input("m", "像元边长", 0.1, 10_000, axis="number"),
        "longest": Input("1", "L 的上限", 0, 1_000, axis="number"),
    },
    output=Output("1", "坡长坡度因子"),
    notes="与 natcap.invest 3.14.2 的计算一致，不是 HJ 1173 的 L·S；L 以 longest 为上限",
)
def ls_factor_invest(slope_percent, flow_accumulation, cell_size, longest=122.0):
    r"""Length-slope factor as InVEST's sediment model has it, from flow accumulation.

    .. math:: LS = S \min(L_{max}, \frac{(U + D^2)^{m+1} - U^{m+1}}{D^{m+2} x^m 22.13^m}),\
        U = \sqrt{(n - 1) D^2},\ x = |\sin\theta| + |\cos\theta|

    NaN where any input is NaN.

    >>> round(float(ls_factor_invest(4.0, 100.0, 30.0, 25.0)), 6)
    0.657229
    """
    percent = np.asarray(slope_percent, dtype=float)
    theta = np.arctan(percent / PER_CENT)
    sine = np.sin(theta)
    beta = rill_ratio(sine, 0.0896)
    chosen = [np.isnan(percent), *(percent <= top for top in INVEST_BREAKS_PERCENT)]
    m = np.select(chosen, [np.nan, *INVEST_EXPONENTS], beta / (1 + beta))
    upstream = np.sqrt((np.asarray(flow_accumulation, dtype=float) - 1) * cell_size**2)
    across = np.abs(sine) + np.abs(np.cos(theta))
    length = ((upstream + cell_size**2) ** (m + 1) - upstream ** (m + 1)) / (
        cell_size ** (m + 2) * across**m * UNIT_PLOT_M**m
    )
    steep = np.where(percent < INVEST_STEEP_PERCENT, 10.8 * sine + 0.03, 16.8 * sine - 0.5)
    return np.minimum(length, longest) * steep


@formula(
    zh="坡长坡度因子 LS（汇流面积）",
    source=Clause("", "HJ 1173 附录A 的 m 与 S；L 由汇流面积（Desmet 与 Govers 1996）", "P"),
    inputs={
        "slope": SLOPE,
        "flow_accumulation": Input("1", "汇流像元数（含本像元）", 1, 1e12),
        "aspect": Input("°", "坡向", 0, 360),
        "cell_size": Input("m", "像元边长", 0.1, 10_000, axis="number"),
        "longest": Input("m", "最大坡长", 1, 10_000, axis="number"),
    },
    output=Output("1", "坡长坡度因子"),
    notes="HJ 1173 未说明坡长如何由高程求得；此处以汇流面积代替，坡长以 longest 为上限",
)
def ls_factor_desmet_govers(slope, flow_accumulation, aspect, cell_size, longest=300.0):
    r"""Length-slope factor of a DEM: m and S of HJ 1173, L from the area that drains into a cell.

    .. math:: LS = S \frac{(A + D^2)^{m+1} - A^{m+1}}{D^{m+2} x^m 22.13^m},\
        A = \min((n - 1) D^2, \lambda_{max} D),\ x = |\sin\alpha| + |\cos\alpha|

    NaN where any input is NaN. With nothing upslope and a side of 22.13 m L is 1.

    >>> round(float(ls_factor_desmet_govers(8.0, 1.0, 0.0, 22.13) / steepness_factor(8.0)), 9)
    1.0
    """
    sine = np.sin(np.radians(np.asarray(slope, dtype=float)))
    beta = rill_ratio(sine, 0.089)
    m = beta / (1 + beta)
    counts = np.asarray(flow_accumulation, dtype=float)
    area = np.minimum((counts - 1) * cell_size**2, longest * cell_size)
    turned = np.radians(np.asarray(aspect, dtype=float))
    across = np.abs(np.sin(turned)) + np.abs(np.cos(turned))
    length = ((area + cell_size**2) ** (m + 1) - area ** (m + 1)) / (
        cell_size ** (m + 2) * across**m * UNIT_PLOT_M**m
    )
    return length * steepness_factor(slope)
