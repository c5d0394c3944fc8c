"""Is a layer drawn in GCJ-02, the shifted system of commercial maps? Ask another layer, or a known place.

A shift of some 430 m is far too small to see in the numbers alone; it shows against something
whose place is known. Nothing is moved here: that needs the user's word (`gcj02="convert"`).
"""

from dataclasses import dataclass

import numpy as np
import shapely

from ecoredline.codes import code_list
from ecoredline.geodesy import distance_m, from_gcj02, to_gcj02
from ecoredline.vector.layer import Layer

METRES_PER_DEGREE = 111_320.0
SAMPLE_STEP_DEG = 0.001  # a boundary point every 100 m
MOST_POINTS = 4000
MOST_SEGMENTS = 400_000
LEAST_POINTS = 40
NEAR_M = 2000.0  # boundary farther from the reference than this has no counterpart there
# Of the boundary points, this share must find its counterpart: two layers seldom share all of it
MATCHED_QUANTILE = 0.25
PLACEBOS = 8  # shifts of the same length in other directions, which must fit worse
CLEARLY_BETTER = 0.75  # GCJ-02 must bring the misfit below this share of every other guess
ALONG = (0.6, 1.5)  # a known place: share of the GCJ-02 shift that is found along its direction
ACROSS = 0.5  # … and across it
ADVICE = "如属实请用 --gcj02 convert 转换后重跑，确认不是则用 --gcj02 ignore"


@dataclass(frozen=True)
class GcjFinding:
    """How far a layer is off, whether that is the GCJ-02 shift, and the note for the user."""

    shift_m: float
    likely: bool
    note: str


def check_gcj02(layer: Layer, reference: Layer | None = None) -> GcjFinding:
    """Does `layer` fit better when it is taken for GCJ-02?

    With a reference of areas, their boundaries are laid on each other: as they are, with the
    GCJ-02 shift undone, and with as long a shift in other directions. Without one, divisions
    are held against the known places in `codes/division_places.csv`. Points cannot tell.
    """
    if reference is None:
        return against_known_places(layer)
    return against_outlines(layer.frame.geometry.to_numpy(), reference.frame.geometry.to_numpy())


def against_outlines(shapes: np.ndarray, reference: np.ndarray) -> GcjFinding:
    """Compare boundaries; the misfit is the distance within which a quarter of the points lie."""
    lines = shapely.boundary(reference[np.isin(shapely.get_type_id(reference), (3, 6))])
    points = boundary_points(shapes)
    if not len(points) or not len(lines):
        return GcjFinding(0.0, False, "没有可比较的边界，无法判断是否为 GCJ-02 坐标")
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
    west, south = points.min(axis=0) - NEAR_M / scale
    east, north = points.max(axis=0) + NEAR_M / scale
    tree = _segments(lines, (west, south, east, north), scale)
    if not len(tree.geometries):
        return GcjFinding(0.0, False, "与参照图层没有相邻的边界，无法判断是否为 GCJ-02 坐标")
    near = _distances(tree, points * scale) < NEAR_M
    points = points[near]
    if len(points) < LEAST_POINTS:
        return GcjFinding(0.0, False, "与参照图层相邻的边界太短，无法判断是否为 GCJ-02 坐标")
    shift = (np.column_stack(from_gcj02(points[:, 0], points[:, 1])) - points) * scale
    misfits = [_misfit(tree, points * scale, shift * 0)]
    misfits += [_misfit(tree, points * scale, _turned(shift, k)) for k in range(PLACEBOS)]
    here, undone, others = misfits[0], misfits[1], misfits[2:]
    shift_m = float(np.median(np.hypot(*shift.T)))
    likely = undone < CLEARLY_BETTER * min(here, *others)
    if not likely:
        return GcjFinding(shift_m, False, f"与参照图层的边界相差约 {here:.0f} 米，不像 GCJ-02 坐标")
    note = (
        f"疑似 GCJ-02（火星坐标），偏移约 {shift_m:.0f} 米：按 GCJ-02 反算后，与参照图层边界的距离"
        f"由 {here:.0f} 米降到 {undone:.0f} 米（最近四分之一边界点）。{ADVICE}"
    )
    return GcjFinding(shift_m, True, note)


def against_known_places(layer: Layer) -> GcjFinding:
    """Hold divisions' centres of area against where those divisions are known to lie."""
    known = code_list("division_places")
    codes = layer.frame["code"].tolist() if "code" in layer.frame else []
    rows = [i for i, code in enumerate(codes) if code in known]
    if not rows:
        return GcjFinding(0.0, False, "没有已知位置的行政区划，无法判断是否为 GCJ-02 坐标")
    places = np.array([[float(known[codes[i]][k]) for k in ("lon", "lat")] for i in rows])
    centres = shapely.get_coordinates(shapely.centroid(layer.frame.geometry.to_numpy()[rows]))
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(places[:, 1].mean())), 1.0])
    off = ((centres - places) * scale).mean(axis=0)
    expected = ((np.column_stack(to_gcj02(*places.T)) - places) * scale).mean(axis=0)
    length = float(np.hypot(*expected))
    along = float(off @ expected) / length**2
    across = float(abs(off[0] * expected[1] - off[1] * expected[0])) / length**2
    shift_m = float(np.median(distance_m(*places.T, *centres.T)))
    if ALONG[0] <= along <= ALONG[1] and across <= ACROSS:
        note = (
            f"疑似 GCJ-02（火星坐标）：{len(rows)} 个行政区划的中心较已知位置偏约 {np.hypot(*off):.0f} 米，"
            f"方向与 GCJ-02 偏移（{length:.0f} 米）一致。{ADVICE}"
        )
        return GcjFinding(float(np.hypot(*off)), True, note)
    return GcjFinding(
        shift_m, False, f"行政区划中心与已知位置相差约 {shift_m:.0f} 米，不像 GCJ-02 坐标"
    )


def boundary_points(shapes: np.ndarray) -> np.ndarray:
    """Points along the boundaries, about one every 100 m, thinned evenly; shape (n, 2)."""
    lines = shapely.boundary(shapes[np.isin(shapely.get_type_id(shapes), (3, 6))])
    if not len(lines):
        return np.zeros((0, 2))
    length = float(shapely.length(lines).sum())
    step = max(SAMPLE_STEP_DEG, length / MOST_POINTS)
    points = np.unique(shapely.get_coordinates(shapely.segmentize(lines, step)), axis=0)
    return points[:: max(1, len(points) // MOST_POINTS)]


def _segments(lines: np.ndarray, box: tuple, scale: np.ndarray) -> shapely.STRtree:
    """Index of the reference's boundary pieces inside a box, in metres."""
    lines = lines[shapely.intersects(lines, shapely.box(*box))]
    if shapely.get_num_coordinates(lines).sum() > MOST_SEGMENTS:
        lines = shapely.simplify(lines, SAMPLE_STEP_DEG / 10)
    parts = shapely.get_parts(lines)
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    pairs = np.stack([coordinates[:-1], coordinates[1:]], axis=1)[part[:-1] == part[1:]]
    return shapely.STRtree(shapely.linestrings(pairs * scale) if len(pairs) else [])


def _distances(tree: shapely.STRtree, points: np.ndarray) -> np.ndarray:
    _, distances = tree.query_nearest(
        shapely.points(points), return_distance=True, all_matches=False
    )
    return distances


def _misfit(tree: shapely.STRtree, points: np.ndarray, shift: np.ndarray) -> float:
    return float(np.quantile(_distances(tree, points + shift), MATCHED_QUANTILE))


def _turned(shift: np.ndarray, step: int) -> np.ndarray:
    """The shift turned by a step of the placebo directions; step 0 is the shift itself."""
    angle = 2 * np.pi * step / PLACEBOS
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return shift @ turn.T
