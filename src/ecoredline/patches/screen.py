"""False change, dropped by name: each rule says which patches and why, in words with figures.

The rules stand in `RULES`; the first that fits a patch gives its reason. Nothing is lost:
every patch is either kept or among the dropped, with `reason` and `reason_detail`.
Thresholds are reflectances and indices of the change map; they were set on simulated
2 m scenes and checked on the training cities of OSCD (bench/accuracy.py prints both).
"""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from ecoredline.change import ChangeMap, UnseenMap
from ecoredline.change.detect import WIDE_PIXEL_M
from ecoredline.codes import code_list
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.patches.extract import choose_sizes
from ecoredline.patches.facts import COVERS, neighbours, patch_facts, places_m
from ecoredline.patches.identity import growth
from ecoredline.patches.persist import LEAST_SEEN, LEAST_SHARE, Later

EDGE_PX = 6  # boundary this near to a masked cloud or shadow counts as its edge
EDGE_SHARE = 0.35
JITTER_PX = 1.5  # outlines of one thing on two runs differ by as much
EDGE_POINTS = 48

SAME_COLOURS = ((4.5, 8.5), (5.0, 6.0))  # degrees between the mean spectra, score: below both
ILLUMINATION_RATIO = 1.5
SHADOW_BRIGHTNESS = 0.045  # visible light that is left in shadow
DARKER = (4.5, 11.0)  # bare ground that only became darker
DULL = (8.0, 14.0)  # bare ground that became darker and a little greener: damp, or in other light
DIM_NIR, DIM_SCORE, DIM_ANGLE = 0.15, 6.5, 15.0  # dark on both dates, and hardly changed
COARSE_SCORE = 6.0  # wide pixels mix light with what casts it: only weak change may be light alone
EDGES = ((0.35, 3.5), (0.25, 6.0))  # tolerant score over score, width in pixels: below both

GREENING_NDVI = 0.15
FIELD_NDVI = 0.45  # a crop stands
FIELD_RED = 0.038  # crops are brighter in red than forest
FIELD_NIR = 0.23
FIELD_BRIGHTNESS = 0.15  # ploughed soil is darker than laid-bare rock and building ground
FIELD_BLUE_RATIO = 0.74  # and redder
FIELD_SCORE = 15.0
FIELD_SPREAD = 0.022  # and even: roofs, rims and tracks are not
FIELD_AREA_HA = 3.0
FIELD_REACH_M = 300.0
FIELD_NEIGHBOURS = 1

SEASON_NDVI, SEASON_FALL = 0.30, 0.12
SEASON_BRIGHTNESS = 0.025
SEASON_SCORE = 9.0
WHITE_CHANGE, WHITE_RATIO = 0.015, 0.92  # blue's change over red's: bare ground stays below
FLAT_BLUE, FLAT_GREEN, PURE_WHITE = (0.97, 1.15), (0.93, 1.08), (0.97, 1.04)
WISP_ANGLE, WISP_SPREAD = 3.0, 0.08  # the same white, uneven
BUILT_RECTANGULARITY = 0.85
SNOW_SHARE = 0.05
SHADE_NDVI = 0.2
SHORE_BLUE_RATIO = 0.95  # sand and mud are not blue
SHORE_RED = 0.18  # bars and drawn-down shores are darker than tipped fill
BELT_COMPACTNESS, BELT_RED = 0.15, 0.21  # a thin belt along the water may be brighter


@dataclass(frozen=True)
class Context:
    """What the rules may look at besides the patch itself."""

    facts: pd.DataFrame
    geometry: np.ndarray  # in the grid's CRS
    places_m: np.ndarray
    grid: Grid
    unseen: UnseenMap
    previous: gpd.GeoDataFrame | None
    later: Later | None = None


Rule = Callable[[gpd.GeoDataFrame, Context], tuple[np.ndarray, np.ndarray]]


def screen(
    patches: gpd.GeoDataFrame,
    change: ChangeMap,
    *,
    previous: gpd.GeoDataFrame | None = None,
    later: Later | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Split patches (any CRS) into kept and dropped; the dropped carry `reason` and `reason_detail`.

    `previous` are the patches of an earlier run, `later` is what a third date shows. Reasons are codes of codes/drop_reasons.csv.
    """
    reason = np.full(len(patches), "", object)
    detail = np.full(len(patches), "", object)
    if len(patches):
        context = Context(
            patch_facts(patches), patches.to_crs(change.grid.crs.to_wkt()).geometry.to_numpy(),
            places_m(patches), change.grid, change.unseen, previous, later,
        )  # fmt: skip
        for code, rule in RULES:
            mask, said = rule(patches, context)
            first = mask & (reason == "")
            reason[first], detail[first] = code, said[first]
    dropped = patches[reason != ""].copy()
    dropped["reason"], dropped["reason_detail"] = reason[reason != ""], detail[reason != ""]
    return patches[reason == ""].reset_index(drop=True), dropped.reset_index(drop=True)


def words(mask, template: str, facts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The mask, and for the patches in it the template filled with their figures.

    >>> mask, said = words([True, False], "宽 {width:.0f} m", pd.DataFrame({"width": [3.2, 9.9]}))
    >>> said.tolist()
    ['宽 3 m', '']
    """
    mask = np.asarray(mask, bool)
    said = np.full(len(mask), "", object)
    said[mask] = [template.format(**row) for row in facts[mask].to_dict("records")]
    return mask, said


def too_small(patches, context):
    """Below the minimum mapping area."""
    small = patches.get("too_small", pd.Series(False, index=patches.index))
    return words(small, "面积 {area_ha:.4f} 公顷，小于最小上图面积", context.facts)


def cloud_edge(patches, context):
    """Along a masked cloud or cloud shadow, and changed as a veil changes colours."""
    share = edge_share(context, ("cloud", "cloud_shadow"))
    f = context.facts.assign(edge=100 * share)
    mask = (share >= EDGE_SHARE) & (whitened(f) | shaded(f))
    return words(mask, "边界的 {edge:.0f}% 紧邻云或云影掩膜，色调变化似云雾或阴影", f)


def snow(patches, context):
    """Touching masked snow, and whitened or the reverse."""
    share = edge_share(context, ("snow",))
    f = context.facts.assign(edge=100 * share)
    mask = (share >= SNOW_SHARE) & whitened(f)
    return words(
        mask,
        "边界的 {edge:.0f}% 紧邻积雪掩膜，各波段同幅变化（亮度 {brightness_before:.2f}→{brightness_after:.2f}）",
        f,
    )


def thin_veil(patches, context):
    """Every visible band changed alike, towards or from a pure white, without a building's corners."""
    f = context.facts
    change = {b: f[f"{b}_after"] - f[f"{b}_before"] for b in ("blue", "green", "red")}
    red = change["red"].where(change["red"].abs() > WHITE_CHANGE)
    flat = (change["blue"] / red).between(*FLAT_BLUE) & (change["green"] / red).between(*FLAT_GREEN)
    white = [f[f"blue_ratio_{d}"].between(*PURE_WHITE) for d in ("before", "after")]
    white = white[0] | white[1]
    wisps = (f["angle"] < WISP_ANGLE) & (f["after_spread"] > WISP_SPREAD)
    mask = (flat | wisps) & white & (f["rectangularity"] < BUILT_RECTANGULARITY)
    return words(
        mask,
        "蓝、绿、红同幅变化（亮度 {brightness_before:.2f}→{brightness_after:.2f}，"
        "蓝红比 {blue_ratio_before:.2f}→{blue_ratio_after:.2f}），似薄云、薄雪或霾",
        f,
    )


def misregistration_edge(patches, context):
    """Thin, and the change vanishes when a wider neighbourhood is allowed."""
    f = context.facts
    width_px = f["mean_width_m"] / context.grid.pixel_size_m
    mask = np.any([(f["tolerant_ratio"] < r) & (width_px < w) for r, w in EDGES], axis=0)
    return words(
        mask,
        "放宽邻域后变化强度只剩 {share:.0f}%，平均宽 {mean_width_m:.0f} m",
        f.assign(share=100 * f["tolerant_ratio"]),
    )


def illumination(patches, context):
    """Colour stays, only the light differs: relief and building shadow, haze."""
    f = context.facts
    near = np.any([(f["angle"] < a) & (f["score"] < s) for a, s in SAME_COLOURS], axis=0)
    near |= (f["brightness_change"] < 0) & (f["angle"] < DARKER[0]) & (f["score"] < DARKER[1])
    same = (
        near & (f["ndvi_change"].abs() < 0.12)
        & f["brightness_after"].between(
            f["brightness_before"] / ILLUMINATION_RATIO, f["brightness_before"] * ILLUMINATION_RATIO
        )
    )  # fmt: skip
    dark = f[["brightness_before", "brightness_after"]].min(axis=1) < SHADOW_BRIGHTNESS
    shadow = dark & ~vegetated(f, "before") & ~vegetated(f, "after")
    low = f[["nir_before", "nir_after"]].max(axis=1) < DIM_NIR
    dim = low & (f["score"] < DIM_SCORE) & (f["angle"] < DIM_ANGLE)
    bare = ~vegetated(f, "before") & ~vegetated(f, "after") & (f["cover_before"] != "water")
    darker = (
        bare & (f["brightness_change"] < 0) & f["ndvi_change"].between(0.04, GREENING_NDVI)
        & (f["angle"] < DULL[0]) & (f["score"] < DULL[1])
    )  # fmt: skip
    if context.grid.pixel_size_m >= WIDE_PIXEL_M:
        same, dim, darker = same & (f["score"] < COARSE_SCORE), False, False
    light = "亮度 {brightness_before:.2f}→{brightness_after:.2f}，似光照阴影差异"
    mask, said = words(same | shadow | dim | darker, "两期光谱夹角 {angle:.1f}°，" + light, f)
    unknown = mask & f["angle"].isna().to_numpy()  # one band, or nothing but black
    said[unknown] = words(unknown, light, f)[1][unknown]
    return mask, said


def water_level(patches, context):
    """Water on one date, shore on the other: bars and drawn-down banks, not fill."""
    f = context.facts
    wet = [f[f"cover_{d}"] == "water" for d in ("before", "after")]
    thin = (f["compactness"] < BELT_COMPACTNESS) & (f["red_after"] < BELT_RED)
    sandy = f["blue_ratio_after"] < SHORE_BLUE_RATIO
    retreat = wet[0] & ~wet[1] & sandy & (thin | (f["red_after"] < SHORE_RED))
    rise = wet[1] & ~wet[0] & (f["cover_before"] != "vegetation") & (f["elongation"] > 4)
    return words(
        retreat | rise,
        "{one}变为{other}，红光反射率 {red_after:.2f}，似水位升降",
        f.assign(one=f["cover_before"].map(COVERS), other=f["cover_after"].map(COVERS)),
    )


def greening(patches, context):
    """Clearly greener than before: regrowth or a crop that came up."""
    f = context.facts
    return words(is_greening(f), "植被指数由 {ndvi_before:.2f} 升至 {ndvi_after:.2f}", f)


def crop(patches, context):
    """A standing crop became ploughed soil among other fields that turn both ways."""
    f = context.facts
    ripe = (
        (f["ndvi_before"] > FIELD_NDVI) & (f["red_before"] > FIELD_RED)
        & (f["nir_before"] > FIELD_NIR)
    )  # fmt: skip
    ploughed = (
        (f["ndvi_after"].between(0.15, 0.4)) & (f["brightness_after"] < FIELD_BRIGHTNESS)
        & (f["blue_ratio_after"] < FIELD_BLUE_RATIO)
    )  # fmt: skip
    modest = (
        (f["score"] < FIELD_SCORE) & (f["area_ha"] < FIELD_AREA_HA)
        & ~(f["after_spread"] > FIELD_SPREAD)
    )  # fmt: skip
    turned = is_greening(f) | (ripe & ploughed & modest)
    near = neighbours(context.places_m, turned, FIELD_REACH_M)
    mask = ripe & ploughed & modest & (near >= FIELD_NEIGHBOURS)
    return words(
        mask,
        "作物色调（植被指数 {ndvi_before:.2f}）变为耕土色调（亮度 {brightness_after:.2f}），"
        "300 m 内另有 {near:.0f} 块地交替变化",
        f.assign(near=near),
    )


def vegetation_season(patches, context):
    """Vegetation on both dates, a little greener or drier."""
    f = context.facts
    both = (f["ndvi_before"] > SEASON_NDVI) & (f["ndvi_after"] > SEASON_NDVI)
    even = (f["brightness_change"] < SEASON_BRIGHTNESS) & (f["ndvi_change"] > -SEASON_FALL)
    mask = both & even & (f["score"] < SEASON_SCORE)
    return words(
        mask,
        "两期均为植被（植被指数 {ndvi_before:.2f}→{ndvi_after:.2f}），可见光亮度变化 {brightness_change:+.3f}",
        f,
    )


def not_persistent(patches, context):
    """A third date shows the place as it was before."""
    if context.later is None:
        return words(np.zeros(len(patches), bool), "", context.facts)
    still, shown = context.later.shares(patches)
    mask = (still < LEAST_SHARE) & (shown >= LEAST_SEEN)
    facts = context.facts.assign(still=100 * still)
    return words(mask, "第三期影像上只有 {still:.0f}% 的面积仍与前时相不同", facts)


def duplicate(patches, context):
    """The same place was already listed by an earlier run."""
    if context.previous is None:
        return words(np.zeros(len(patches), bool), "", context.facts)
    same = grown_since(patches, context.previous, context.grid)
    facts = context.facts.assign(**{name: same[name].to_numpy() for name in same})
    mask = (facts["previous_id"] != "") & (facts["grown_ha"] == 0)
    return words(mask, "与以往批次图斑 {previous_id} 重合（交并比 {iou:.2f}）", facts)


def grown_since(patches, previous, grid: Grid) -> pd.DataFrame:
    """The earlier patch of each place, and the growth beyond it that deserves a new look."""
    return growth(
        patches.to_crs(STORAGE_CRS), previous.to_crs(STORAGE_CRS),
        jitter_m=JITTER_PX * grid.pixel_size_m, least_ha=choose_sizes(grid).minimum_area_m2 / 1e4,
    )  # fmt: skip


def note_growth(kept: gpd.GeoDataFrame, previous, grid: Grid) -> gpd.GeoDataFrame:
    """Say in the remark of a kept patch which earlier one it has grown from, and by how much."""
    kept = kept.copy()
    if previous is None or not len(kept):
        return kept
    same = grown_since(kept, previous, grid)
    for row in np.flatnonzero(same["grown_ha"].to_numpy() > 0):
        one = same.iloc[row]
        said = f"以往批次图斑 {one['previous_id']} 的扩展，新增 {one['grown_ha']:.4f} 公顷"
        had = kept.iloc[row]["remark"]
        kept.loc[kept.index[row], "remark"] = f"{had}；{said}" if had else said
    return kept


RULES: tuple[tuple[str, Rule], ...] = (
    ("too_small", too_small),
    ("cloud_edge", cloud_edge),
    ("snow", snow),
    ("thin_veil", thin_veil),
    ("misregistration_edge", misregistration_edge),
    ("greening", greening),
    ("crop", crop),
    ("illumination", illumination),
    ("water_level", water_level),
    ("vegetation_season", vegetation_season),
    ("not_persistent", not_persistent),
    ("duplicate", duplicate),
)


def whitened(facts: pd.DataFrame) -> np.ndarray:
    """Did blue change as much as red, as under haze, cloud or snow on one of the dates?"""
    blue = facts["blue_after"] - facts["blue_before"]
    red = facts["red_change"]
    return (red.abs() > WHITE_CHANGE) & (blue / red.where(red != 0) > WHITE_RATIO)


def shaded(facts: pd.DataFrame) -> np.ndarray:
    """Did every band change the same way while the vegetation index stayed, as in shadow?"""
    same_way = np.sign(facts["red_change"]) == np.sign(facts["nir_change"])
    return same_way & (facts["ndvi_change"].abs() < SHADE_NDVI)


def is_greening(facts: pd.DataFrame) -> pd.Series:
    """Did the patch become clearly greener?"""
    return (facts["ndvi_change"] > GREENING_NDVI) & (facts["ndvi_after"] > 0.3)


def vegetated(facts: pd.DataFrame, date: str) -> pd.Series:
    """Is the cover of a date vegetation, dense or sparse?"""
    return facts[f"cover_{date}"].isin(["vegetation", "sparse"])


def edge_share(context: Context, names: tuple[str, ...]) -> np.ndarray:
    """Share of each outline that lies within `EDGE_PX` of ground masked for one of these reasons."""
    reasons = list(code_list("unseen_reasons"))
    codes = [reasons.index(name) + 1 for name in names]
    veil = np.isin(context.unseen.before, codes) | np.isin(context.unseen.after, codes)
    if not veil.any():
        return np.zeros(len(context.geometry))
    reach = -(-EDGE_PX // context.unseen.factor)
    veil = ndimage.binary_dilation(veil, np.ones((3, 3)), iterations=reach)
    outline = shapely.boundary(context.geometry)
    steps = (np.arange(EDGE_POINTS) + 0.5) / EDGE_POINTS
    points = shapely.line_interpolate_point(longest(outline)[:, None], steps, normalized=True)
    to_cell = ~context.unseen.grid.transform
    x, y = shapely.get_x(points), shapely.get_y(points)
    col, row = to_cell.a * x + to_cell.b * y + to_cell.c, to_cell.d * x + to_cell.e * y + to_cell.f
    row = np.clip(row.astype(int), 0, veil.shape[0] - 1)
    col = np.clip(col.astype(int), 0, veil.shape[1] - 1)
    return veil[row, col].mean(axis=1)


def longest(outlines: np.ndarray) -> np.ndarray:
    """The longest ring of each outline, for outlines of several rings."""
    parts, of = shapely.get_parts(outlines, return_index=True)
    order = np.lexsort((-shapely.length(parts), of))
    _, first = np.unique(of[order], return_index=True)
    return parts[order[first]]
