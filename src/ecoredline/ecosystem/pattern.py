"""Pattern of ecosystems and its change (HJ 1171, HJ 1175): shares, transitions, dynamic degrees."""

import numpy as np

from ecoredline.errors import InputError
from ecoredline.formula import Clause, Input, Output, formula

PATTERN = Clause("HJ 1171-2021", "生态系统格局", "X")
TRANSITION = Clause("HJ 1175-2021", "附录A", "X")
PER_CENT = 100.0

MATRIX = Input("m²", "转移面积矩阵", 0, axis="table")
START = Input("m²", "期初面积", 0, axis="table")
END = Input("m²", "期末面积", 0, axis="table")


@formula(
    zh="转移面积矩阵",
    source=TRANSITION,
    inputs={
        "before": Input("code", "期初类型", axis="cell"),
        "after": Input("code", "期末类型", axis="cell"),
        "classes": Input("code", "类型列表", axis="list"),
        "cell_area": Input("m²", "像元面积", 0, 1e9),
    },
    output=Output("m²", "转移面积矩阵", axis="table"),
)
def transition_matrix(before, after, classes, cell_area):
    r"""Area that went from each class (rows) to each class (columns), float64 (classes, classes).

    .. math:: a_{ij} = \sum_{p:\ b_p = i,\ e_p = j} A_p

    A cell that is NaN in either map counts nowhere. Additive: the matrices of tiles sum up to
    the matrix of the whole. Raises `InputError` that lists classes which are not in `classes`.

    >>> transition_matrix([[1, 1, 2]], [[1, 2, 2]], [1, 2], 100.0)
    array([[100., 100.],
           [  0., 100.]])
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape:
        raise InputError(f"got maps of {before.shape} and {after.shape}; wanted one shape")
    both = ~(np.isnan(before) | np.isnan(after))
    listed = np.sort(np.asarray(classes, dtype=float))
    unknown = np.setdiff1d(np.concatenate([before[both], after[both]]), listed)
    if unknown.size:
        raise InputError(
            f"got classes {unknown.tolist()}, which are not in the list {list(classes)}"
        )
    order = np.argsort(np.asarray(classes, dtype=float))
    start = order[np.searchsorted(listed, before[both])]
    end = order[np.searchsorted(listed, after[both])]
    area = np.broadcast_to(np.asarray(cell_area, dtype=float), before.shape)[both]
    size = len(listed)
    return np.bincount(start * size + end, area, size * size).reshape(size, size)


@formula(
    zh="转移比例（转出）",
    source=TRANSITION,
    inputs={"matrix": MATRIX},
    output=Output("%", "期初各类转为各类的比例", axis="table"),
    notes="原文公式为图像，按定义复原",
)
def transition_out(matrix):
    r"""Share of each start class that became each end class, per cent; rows sum up to 100.

    .. math:: A_{ij} = a_{ij} / \sum_j a_{ij} \times 100

    A class with no area at the start is NaN.

    >>> transition_out([[100.0, 300.0], [0.0, 50.0]])
    array([[ 25.,  75.],
           [  0., 100.]])
    """
    return percent_of(matrix, axis=1)


@formula(
    zh="转移比例（转入）",
    source=TRANSITION,
    inputs={"matrix": MATRIX},
    output=Output("%", "期末各类来自各类的比例", axis="table"),
    notes="原文公式为图像，按定义复原",
)
def transition_in(matrix):
    r"""Share of each end class that came from each start class, per cent; columns sum up to 100.

    .. math:: B_{ij} = a_{ij} / \sum_i a_{ij} \times 100

    A class with no area at the end is NaN.

    >>> transition_in([[100.0, 300.0], [0.0, 100.0]])
    array([[100.,  75.],
           [  0.,  25.]])
    """
    return percent_of(matrix, axis=0)


def percent_of(matrix, axis: int) -> np.ndarray:
    """Entries in per cent of their sum along `axis`; NaN where the sum is 0."""
    matrix = np.asarray(matrix, dtype=float)
    total = matrix.sum(axis=axis, keepdims=True)
    return matrix / np.where(total == 0, np.nan, total) * PER_CENT


@formula(
    zh="生态系统构成比例",
    source=PATTERN,
    inputs={"areas": Input("m²", "各类面积", 0, axis="table")},
    output=Output("%", "各类面积比例", axis="table"),
)
def class_shares(areas):
    r"""Share of each class in the whole, per cent.

    .. math:: P_{ij} = S_{ij} / TS

    NaN when there is no area at all.

    >>> class_shares([1.0, 3.0])
    array([25., 75.])
    """
    return percent_of(areas, axis=0)


@formula(
    zh="类型面积变化率",
    source=PATTERN,
    inputs={"start": START, "end": END},
    output=Output("%", "面积变化率", axis="table"),
)
def change_rate(start, end):
    r"""Change of a class's area, per cent of its start.

    .. math:: E_V = (EU_b - EU_a) / EU_a \times 100

    NaN where there was none at the start.

    >>> float(change_rate(200.0, 150.0))
    -25.0
    """
    start = np.asarray(start, dtype=float)
    return (end - start) / np.where(start == 0, np.nan, start) * PER_CENT


@formula(
    zh="单一类型动态度",
    source=TRANSITION,
    inputs={"start": START, "end": END, "years": Input("a", "间隔年数", 0.1, 200, axis="number")},
    output=Output("%/a", "单一类型动态度", axis="table"),
)
def single_dynamic_degree(start, end, years):
    r"""Yearly change of a class's area, per cent of its start.

    .. math:: K_T = \frac{U_b - U_a}{U_a} \frac{1}{T} \times 100

    NaN where there was none at the start.

    >>> float(single_dynamic_degree(200.0, 150.0, 5))
    -5.0
    """
    return change_rate(start, end) / years


@formula(
    zh="综合生态系统动态度",
    source=PATTERN,
    inputs={"matrix": MATRIX},
    output=Output("%", "综合动态度", axis="table"),
)
def overall_dynamic_degree(matrix):
    r"""Share of the whole area that changed its class, per cent.

    .. math:: EC = \frac{\sum_i |\Delta ECO_{i \to j}|}{\sum_i ECO_i} \times 100

    The changed area is all that lies off the diagonal. NaN when there is no area.

    >>> float(overall_dynamic_degree([[60.0, 20.0], [5.0, 15.0]]))
    25.0
    """
    matrix = np.asarray(matrix, dtype=float)
    total = matrix.sum()
    return (total - np.trace(matrix)) / (total if total else np.nan) * PER_CENT


@formula(
    zh="转出强度",
    source=TRANSITION,
    inputs={
        "lost": Input("m²", "某类转出面积", 0, axis="table"),
        "area": Input("m²", "某类期初面积", 0, axis="table"),
        "lost_all": Input("m²", "全区转出面积", 0, axis="table"),
        "area_all": Input("m²", "全区面积", 0, axis="table"),
    },
    output=Output("1", "转出强度", axis="table"),
)
def transfer_intensity(lost, area, lost_all, area_all):
    r"""How much faster a class is lost than the whole area changes.

    .. math:: R_T = \frac{\Delta LU_i / LU_i}{\Delta LU_0 / LU_0}

    NaN where an area or the change of the whole is 0.

    >>> float(transfer_intensity(20.0, 100.0, 50.0, 500.0))
    2.0
    """
    area, whole = np.asarray(area, dtype=float), np.asarray(lost_all, dtype=float)
    share = lost / np.where(area == 0, np.nan, area)
    return share * area_all / np.where(whole == 0, np.nan, whole)
