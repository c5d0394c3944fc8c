"""Landscape indices of a class map: patches, edges, shape, diversity, contagion (HJ 1171; FRAGSTATS)."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ecoredline.errors import InputError
from ecoredline.formula import Clause, Input, Output, formula

PATTERN = Clause("HJ 1171-2021", "生态系统格局", "X")
FRAGSTATS = Clause("FRAGSTATS 4", "landscape metrics", "S")
TOUCHING = np.ones((3, 3), dtype=bool)  # patches join over corners, as FRAGSTATS' default
M2_PER_HA, M2_PER_100_HA, PER_CENT = 1e4, 1e6, 100.0

AREAS = Input("m²", "斑块面积", 0, axis="table")
WHOLE = Input("m²", "景观总面积", 0, axis="table")
EDGE = Input("m", "边界长度", 0, axis="table")
CLASS_AREAS = Input("m²", "各类面积", 0, axis="table")
ADJACENCY = Input("1", "类型邻接矩阵（双计）", 0, axis="table")


@dataclass(frozen=True)
class PatchList:
    """The patches of a map: class code, area m², perimeter m; and what the map as a whole has.

    `adjacency[i, k]`: sides of cells of class i that face class k, each pair counted from both sides.
    """

    classes: np.ndarray
    patch_class: np.ndarray
    patch_area: np.ndarray
    patch_perimeter: np.ndarray
    adjacency: np.ndarray
    edge_m: np.ndarray
    outline_m: float

    @property
    def class_areas(self) -> np.ndarray:
        """Area of each class, m²."""
        return np.array([self.patch_area[self.patch_class == c].sum() for c in self.classes])


def patches_of(class_map, width: float, height: float) -> PatchList:
    """Patches (8 neighbours) of a map of codes (rows, cols), NaN = nodata; cells of width × height m.

    Raises `InputError` for a map without a valid cell.

    >>> p = patches_of([[1, 1, 2], [1, 2, 2.0]], 30.0, 30.0)
    >>> p.patch_area.tolist(), p.patch_perimeter.tolist()
    ([2700.0, 2700.0], [240.0, 240.0])
    """
    class_map = np.asarray(class_map, dtype=float)
    valid = ~np.isnan(class_map)
    if not valid.any():
        raise InputError("got a class map with no valid cell; wanted at least one")
    classes, index = np.unique(class_map[valid], return_inverse=True)
    codes = np.full(class_map.shape, -1)
    codes[valid] = index
    labels, owner = label_patches(codes, len(classes))
    sides = side_pairs(codes)
    across = side_lengths(labels, width, height)
    size = len(classes)
    adjacency = np.zeros((size, size))
    for a, b, _ in sides:
        both = (a >= 0) & (b >= 0)
        adjacency += np.bincount(a[both] * size + b[both], minlength=size**2).reshape(size, size)
    edge, outline = class_edges(sides, size, width, height)
    count = np.bincount(labels.ravel(), minlength=len(owner) + 1)[1:]
    return PatchList(
        classes, classes[owner], count * width * height, across, adjacency + adjacency.T, edge,
        outline,
    )  # fmt: skip


def label_patches(codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Patch number 1.. of each cell (0 = nodata), and the class index of each patch."""
    labels, owner = np.zeros(codes.shape, dtype=np.int64), []
    for index in range(size):
        found, count = ndimage.label(codes == index, TOUCHING)
        labels += np.where(found > 0, found + len(owner), 0)
        owner += [index] * count
    return labels, np.array(owner, dtype=int)


def side_pairs(values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, str]]:
    """Values on both sides of every inner or outer cell side, outside = -1; with the side's direction."""
    around = np.pad(values, 1, constant_values=-1)
    across = (around[1:-1, :-1].ravel(), around[1:-1, 1:].ravel(), "height")
    down = (around[:-1, 1:-1].ravel(), around[1:, 1:-1].ravel(), "width")
    return [across, down]


def side_lengths(labels: np.ndarray, width: float, height: float) -> np.ndarray:
    """Perimeter of each patch, holes and the map's edge included, m."""
    total = np.zeros(labels.max() + 1)
    for a, b, side in side_pairs(np.where(labels == 0, -1, labels)):
        length = width if side == "width" else height
        differs = a != b
        for one in (a, b):
            here = one[differs & (one > 0)]
            total += length * np.bincount(here, minlength=len(total))
    return total[1:]


def class_edges(sides, size: int, width: float, height: float) -> tuple[np.ndarray, float]:
    """Edge of each class against other classes, m; and the length of the outline of all, m."""
    edge, outline = np.zeros(size), 0.0
    for a, b, side in sides:
        length = width if side == "width" else height
        inner = (a >= 0) & (b >= 0) & (a != b)
        for one in (a, b):
            edge += length * np.bincount(one[inner], minlength=size)
        outline += length * int(((a >= 0) != (b >= 0)).sum())
    return edge, outline


@formula(
    zh="平均斑块面积", source=PATTERN, inputs={"areas": AREAS},
    output=Output("m²", "平均斑块面积", axis="table"),
)  # fmt: skip
def mean_patch_area(areas):
    r"""Mean area of the patches of a class.

    .. math:: \bar{A}_i = \sum_j A_{ij} / N_i

    NaN where any input is NaN.

    >>> float(mean_patch_area([100.0, 300.0]))
    200.0
    """
    return np.mean(np.asarray(areas, dtype=float))


@formula(
    zh="边界密度 ED", source=PATTERN, inputs={"edge": EDGE, "area": WHOLE},
    output=Output("m/hm²", "边界密度", axis="table"),
)  # fmt: skip
def edge_density(edge, area):
    r"""Length of edges per hectare; the outline of the area does not count.

    .. math:: ED_i = \frac{1}{A_i} \sum_j L_{ij}

    NaN where any input is NaN.

    >>> float(edge_density(300.0, 20_000.0))
    150.0
    """
    return np.asarray(edge, dtype=float) / np.asarray(area, dtype=float) * M2_PER_HA


@formula(
    zh="聚集度 C", source=PATTERN, inputs={"adjacency": ADJACENCY, "areas": CLASS_AREAS},
    output=Output("1", "聚集度", axis="table"),
    notes="C_max 取 2·ln(n)，P_ij 为类型比例与邻接概率之积；原文负号按物理意义复原",
)  # fmt: skip
def contagion(adjacency, areas):
    r"""How much classes clump, from 0 (all mixed) to C_max = 2 ln n.

    .. math:: C = C_{max} + \sum_i \sum_j P_{ij} \ln P_{ij}

    NaN for one class only.

    >>> round(float(contagion([[2.0, 2.0], [2.0, 2.0]], [50.0, 50.0])), 9)
    0.0
    """
    counts, areas = np.asarray(adjacency, dtype=float), np.asarray(areas, dtype=float)
    if len(areas) < 2:
        return np.float64(np.nan)
    beside = counts.sum(axis=1, keepdims=True)
    p = areas[:, None] / areas.sum() * counts / np.where(beside == 0, np.nan, beside)
    inner = np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0)
    return 2 * np.log(len(areas)) + inner.sum()


@formula(
    zh="斑块密度 PD", source=FRAGSTATS,
    inputs={"patches": Input("1", "斑块数", 0, axis="table"), "area": WHOLE},
    output=Output("1/100hm²", "斑块密度", axis="table"),
)  # fmt: skip
def patch_density(patches, area):
    r"""Number of patches per 100 hectares.

    .. math:: PD = NP / A \times 10^6

    NaN where any input is NaN.

    >>> float(patch_density(3, 2e6))
    1.5
    """
    return np.asarray(patches, dtype=float) / np.asarray(area, dtype=float) * M2_PER_100_HA


@formula(
    zh="最大斑块指数 LPI", source=FRAGSTATS, inputs={"areas": AREAS, "area": WHOLE},
    output=Output("%", "最大斑块指数", axis="table"),
)  # fmt: skip
def largest_patch_index(areas, area):
    r"""Share of the whole that the largest patch covers.

    .. math:: LPI = \max_j A_{ij} / A \times 100

    NaN where any input is NaN.

    >>> float(largest_patch_index([100.0, 300.0], 1000.0))
    30.0
    """
    return np.max(np.asarray(areas, dtype=float)) / area * PER_CENT


@formula(
    zh="形状指数 SHAPE / LSI", source=FRAGSTATS, inputs={"perimeter": EDGE, "area": AREAS},
    output=Output("1", "形状指数", axis="table"),
)  # fmt: skip
def shape_index(perimeter, area):
    r"""Perimeter beside that of a square of the same area; 1 = square. Of all edges and the whole: LSI.

    .. math:: SHAPE = 0.25 P / \sqrt{A}

    NaN where any input is NaN.

    >>> float(shape_index(400.0, 10_000.0))
    1.0
    """
    return 0.25 * np.asarray(perimeter, dtype=float) / np.sqrt(np.asarray(area, dtype=float))


@formula(
    zh="香农多样性 SHDI", source=FRAGSTATS, inputs={"areas": CLASS_AREAS},
    output=Output("1", "香农多样性", axis="table"),
)  # fmt: skip
def shannon_diversity(areas):
    r"""Diversity of classes by their shares; 0 for one class.

    .. math:: SHDI = -\sum_i P_i \ln P_i

    NaN where any input is NaN.

    >>> round(float(shannon_diversity([1.0, 1.0])), 6)
    0.693147
    """
    areas = np.asarray(areas, dtype=float)
    shares = areas[areas > 0] / areas.sum()
    return -(shares * np.log(shares)).sum() + 0.0


@formula(
    zh="香农均匀度 SHEI", source=FRAGSTATS, inputs={"areas": CLASS_AREAS},
    output=Output("1", "香农均匀度", axis="table"),
)  # fmt: skip
def shannon_evenness(areas):
    r"""Diversity beside the greatest possible; NaN for one class.

    .. math:: SHEI = SHDI / \ln n

    >>> float(shannon_evenness([1.0, 1.0]))
    1.0
    """
    present = int((np.asarray(areas, dtype=float) > 0).sum())
    return shannon_diversity(areas) / (np.log(present) if present > 1 else np.nan)


def landscape_indices(class_map, width: float, height: float) -> dict[str, float]:
    """All indices of the whole map, by name: np, pd, lpi, ed, lsi, area_mn, shape_mn, shdi, shei, contag.

    `area_mn` is in hectares, `contag` in per cent of C_max. Cells of width × height metres.

    >>> found = landscape_indices([[1, 1], [2, 2.0]], 100, 100)
    >>> found["np"], found["shdi"].round(4), found["ed"]
    (2, np.float64(0.6931), np.float64(50.0))
    """
    p = patches_of(class_map, width, height)
    areas, whole = p.class_areas, p.patch_area.sum()
    edge = p.edge_m.sum() / 2
    return {
        "np": len(p.patch_area),
        "pd": patch_density(len(p.patch_area), whole),
        "lpi": largest_patch_index(p.patch_area, whole),
        "ed": edge_density(edge, whole),
        "lsi": shape_index(edge + p.outline_m, whole),
        "area_mn": mean_patch_area(p.patch_area) / M2_PER_HA,
        "shape_mn": shape_index(p.patch_perimeter, p.patch_area).mean(),
        "shdi": shannon_diversity(areas),
        "shei": shannon_evenness(areas),
        "contag": contagion(p.adjacency, areas) / (2 * np.log(max(len(areas), 2))) * PER_CENT,
    }


def class_indices(class_map, width: float, height: float) -> dict[float, dict[str, float]]:
    """Indices of each class: np, pd, lpi, ed (against the whole area), area_mn ha, share %."""
    p = patches_of(class_map, width, height)
    whole, found = p.patch_area.sum(), {}
    for k, code in enumerate(p.classes):
        own = p.patch_area[p.patch_class == code]
        found[float(code)] = {
            "np": len(own), "pd": patch_density(len(own), whole),
            "lpi": largest_patch_index(own, whole), "ed": edge_density(p.edge_m[k], whole),
            "area_mn": mean_patch_area(own) / M2_PER_HA, "share": own.sum() / whole * PER_CENT,
        }  # fmt: skip
    return found
