"""How right a list of patches is, against interpreted truth: polygons or a mask.

A true patch is found when at least a quarter of it is covered by patches; a patch is right
when at least a quarter of it lies on truth (change-detection.md, section 5).
"""

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import shapely
from rasterio import features

from ecoredline.errors import GridMismatch, InputError
from ecoredline.grid import Grid
from ecoredline.patches.label import label_runs

SHARE = 0.25  # of a true patch to be found, of a patch to be right
SQUARE_METRES_PER_KM2 = 1e6
TABLE_HEAD = (
    "| {first} | km² | true | patches | patch recall | patch precision | pixel precision |"
    " pixel recall | pixel F1 | false alarms /km² |"
)


@dataclass(frozen=True)
class Accuracy:
    """Counts and areas (of any one unit) of one comparison; they can be added up.

    >>> one = Accuracy(true=4, found=3, patches=5, right=4, true_area=8, area=10, both_area=6, km2=2)
    >>> one.patch_recall, one.patch_precision, round(one.pixel_f1, 3), one.false_per_km2
    (0.75, 0.8, 0.667, 0.5)
    >>> (one + one).patches
    10
    """

    true: int = 0
    found: int = 0
    patches: int = 0
    right: int = 0
    true_area: float = 0.0
    area: float = 0.0
    both_area: float = 0.0
    km2: float = 0.0

    def __add__(self, other: "Accuracy") -> "Accuracy":
        return Accuracy(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def patch_recall(self) -> float:
        """Share of the true patches that were found; NaN when there are none."""
        return share(self.found, self.true)

    @property
    def patch_precision(self) -> float:
        """Share of the patches that are right; NaN when there are none."""
        return share(self.right, self.patches)

    @property
    def pixel_precision(self) -> float:
        """Share of the patches' area that lies on truth."""
        return share(self.both_area, self.area)

    @property
    def pixel_recall(self) -> float:
        """Share of the true area that patches cover."""
        return share(self.both_area, self.true_area)

    @property
    def pixel_f1(self) -> float:
        """Harmonic mean of pixel precision and recall."""
        return share(2 * self.both_area, self.area + self.true_area)

    @property
    def false_per_km2(self) -> float:
        """Patches that are not right, per km² of observed ground."""
        return share(self.patches - self.right, self.km2)

    def as_dict(self) -> dict:
        """Counts and measures, as plain JSON (NaN becomes None)."""
        names = [f.name for f in fields(self)] + [
            "patch_recall", "patch_precision", "pixel_precision", "pixel_recall", "pixel_f1",
            "false_per_km2",
        ]  # fmt: skip
        values = {name: getattr(self, name) for name in names}
        return {k: None if v != v else round(float(v), 4) for k, v in values.items()}


def share(part: float, whole: float) -> float:
    """`part` / `whole`, NaN where there is no whole."""
    return part / whole if whole else float("nan")


def against_polygons(
    patches: gpd.GeoDataFrame,
    truth: gpd.GeoDataFrame,
    observed_km2: float,
    *,
    counted: np.ndarray | None = None,
) -> Accuracy:
    """Compare patches with true polygons; both in one CRS, best a metric one.

    `counted` (bool, one a true polygon) says which of them must be found, e.g. those large
    enough and not under cloud; a patch on any of the others is still right. Raises
    `InputError` when the two are in different coordinate systems.

    >>> truth = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)])
    >>> patches = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 5), shapely.box(80, 0, 90, 10)])
    >>> found = against_polygons(patches, truth, observed_km2=0.01)
    >>> found.patch_recall, found.patch_precision, found.pixel_recall, found.false_per_km2
    (0.5, 0.5, 0.25, 100.0)
    """
    if patches.crs != truth.crs:
        raise InputError(f"got patches in {patches.crs} and truth in {truth.crs}; wanted one CRS")
    counted = np.ones(len(truth), bool) if counted is None else np.asarray(counted, bool)
    covered, right = matches(patches, truth)
    whole, true = (shapely.union_all(f.geometry.to_numpy()) for f in (patches, truth))
    return Accuracy(
        true=int(counted.sum()), found=int((covered & counted).sum()),
        patches=len(patches), right=int(right.sum()),
        true_area=true.area, area=whole.area, both_area=shapely.intersection(whole, true).area,
        km2=float(observed_km2),
    )  # fmt: skip


def matches(patches: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Which true polygons are found, and which patches are right (two bool arrays)."""
    one, other = patches.geometry.to_numpy(), truth.geometry.to_numpy()
    return covered_share(other, one) >= SHARE, covered_share(one, other) >= SHARE


def covered_share(shapes, cover) -> np.ndarray:
    """Share of each shape's area that the shapes of `cover` together cover.

    >>> covered_share([shapely.box(0, 0, 4, 1)], [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 1)]).tolist()
    [0.5]
    """
    shapes, cover = np.asarray(shapes, object), np.asarray(cover, object)
    out = np.zeros(len(shapes))
    if not len(shapes) or not len(cover):
        return out
    at, of = shapely.STRtree(cover).query(shapes, predicate="intersects")
    for i in np.unique(at):
        part = shapely.intersection(shapes[i], shapely.union_all(cover[of[at == i]]))
        out[i] = part.area / max(shapes[i].area, 1e-30)
    return out


def against_mask(
    patches: gpd.GeoDataFrame,
    truth: np.ndarray,
    grid: Grid,
    *,
    least_true_px: int = 10,
    seen: np.ndarray | None = None,
) -> Accuracy:
    """Compare patches (in the grid's CRS) with a bool raster (rows, cols) of true change.

    True patches are its 8-connected parts of at least `least_true_px`; `seen` (rows, cols)
    limits both to what could be observed. Exact outlines (`geometry_raw`) are used where there
    are any. Raises `GridMismatch` when truth and grid differ in shape.
    """
    truth = np.asarray(truth, bool)
    if truth.shape != (grid.rows, grid.cols):
        raise GridMismatch(f"got truth of {truth.shape}; wanted {(grid.rows, grid.cols)}")
    seen = np.ones(truth.shape, bool) if seen is None else np.asarray(seen, bool)
    truth = truth & seen
    number = np.where(seen, numbered(patches, grid), 0)
    true_number, true_count = component_raster(truth)
    true_px = np.bincount(true_number.ravel(), minlength=true_count + 1)[1:]
    found_px = np.bincount(true_number[number > 0], minlength=true_count + 1)[1:]
    patch_px = np.bincount(number.ravel(), minlength=len(patches) + 1)[1:]
    right_px = np.bincount(number[truth], minlength=len(patches) + 1)[1:]
    large, any_px = true_px >= least_true_px, patch_px > 0
    return Accuracy(
        true=int(large.sum()), found=int((large & (found_px >= SHARE * true_px)).sum()),
        patches=int(any_px.sum()), right=int((any_px & (right_px >= SHARE * patch_px)).sum()),
        true_area=float(truth.sum()), area=float((number > 0).sum()),
        both_area=float((truth & (number > 0)).sum()),
        km2=float(seen.sum() * grid.pixel_area_m2 / SQUARE_METRES_PER_KM2),
    )  # fmt: skip


def numbered(patches: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    """Raster (rows, cols) of patch numbers from 1 in the table's order; 0 = no patch."""
    shapes = patches.get("geometry_raw", patches.geometry)
    pairs = [(shape, k) for k, shape in enumerate(shapes, start=1)]
    if not pairs:
        return np.zeros((grid.rows, grid.cols), np.int32)
    return features.rasterize(
        pairs, out_shape=(grid.rows, grid.cols), transform=grid.transform, dtype="int32"
    )


def component_raster(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers (rows, cols) from 1 of the 8-connected parts of a mask, and how many there are."""
    edge = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(edge == 1)
    stop = np.nonzero(edge == -1)[1]
    label, count = label_runs(row, start, stop)
    out = np.zeros(mask.shape, np.int64)
    out[mask] = np.repeat(label + 1, stop - start)
    return out, count


def markdown_table(results: dict[str, Accuracy], first: str = "city") -> str:
    """A Markdown table, one row a name, and the sum of all.

    >>> print(markdown_table({"a": Accuracy(4, 3, 5, 4, 8, 10, 6, 2)}).splitlines()[2])
    | a | 2.0 | 4 | 5 | 0.750 | 0.800 | 0.600 | 0.750 | 0.667 | 0.50 |
    """
    rows = dict(results)
    rows["**all**"] = sum(results.values(), Accuracy())
    lines = [TABLE_HEAD.format(first=first), "|---" * 10 + "|"]
    for name, r in rows.items():
        lines.append(
            f"| {name} | {r.km2:.1f} | {r.true} | {r.patches} | {r.patch_recall:.3f} |"
            f" {r.patch_precision:.3f} | {r.pixel_precision:.3f} | {r.pixel_recall:.3f} |"
            f" {r.pixel_f1:.3f} | {r.false_per_km2:.2f} |"
        )
    return "\n".join(lines)
