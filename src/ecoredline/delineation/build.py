"""The steps from maps to a candidate redline; each step is a layer of `delineation.gpkg`."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from rasterio.windows import Window

from ecoredline.delineation import shapes as sh
from ecoredline.delineation.compare import compare_with_redline
from ecoredline.delineation.config import Config, Part
from ecoredline.delineation.grade import EXTREME, importance_grades
from ecoredline.errors import GridMismatch, NotEnoughData
from ecoredline.files import check_writable, whole_file
from ecoredline.formula_rasters.sources import cell_areas, differences
from ecoredline.geodesy import areas_ha, round_ha, total_ha
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.layers import demo_tags, read_map
from ecoredline.record import Job, RunRecord
from ecoredline.terrain.run import gauss_kruger_zone
from ecoredline.vector import read_redline

PACKAGE = "delineation.gpkg"
RULE_NOTE = (
    "分级分位、最小斑块、命名规则为参数，划定指南原文未核对；结果为候选范围，不是生态保护红线"
)
REQUIRED, BUFFER, CORRIDOR = "必须纳入", "缓冲带", "生态廊道"


class Steps:
    """Layers in the order they were made, each a geometry in the plane with its words."""

    def __init__(self, plane: CRS):
        self.plane, self.layers = plane, {}

    def keep(self, name: str, pieces: list[tuple[str, object]]) -> None:
        """Keep a layer: (reason, geometry) a row; empty ones are left out."""
        rows = [(r, g) for r, g in pieces if g is not None and not shapely.is_empty(g)]
        shapes = sh.stored([g for _, g in rows], self.plane)
        frame = gpd.GeoDataFrame({"reason": [r for r, _ in rows]}, geometry=shapes, crs=STORAGE_CRS)
        frame["area_ha"] = round_ha(areas_ha(shapes)) if len(rows) else []
        self.layers[name] = frame


def delineate(config: Config, out: Path | str, *, job: Job | None = None) -> Path:
    """Draw a candidate redline; write `delineation.gpkg` (a layer a step) and run.json.

    Layers: 01_important, 02_sensitive, 03_union, 04_required, 05_merged, 06_filled, 07_kept,
    07_removed, 08_snapped, candidate; with a redline in force also `compared`.
    Raises `GridMismatch` (all maps), `NotEnoughData` when nothing is left, `InputError`.
    """
    out, job = check_writable(out), job or Job()
    rules = config.parameters
    record = RunRecord("delineate", {k: str(v) for k, v in vars(rules).items()})
    record.warn(RULE_NOTE)
    for role, part in config.parts:
        record.add_input(f"{role}:{part.zh}", part.path)
    job.at("grade", 0.0)
    masks, grid = extreme_masks(config)
    if demo_tags(p.path for role, p in config.parts if role in ("services", "sensitivities")):
        record.mark_demo()
    plane = plane_of(grid)
    steps = Steps(plane)
    with record.step("cells"):
        important, sensitive = polygons_by_reason(masks, config, grid, plane, steps)
    job.at("shapes", 0.4)
    with record.step("shapes"):
        final, reasons = shape_steps(config, important + sensitive, steps)
    candidate = candidate_frame(final, reasons, rules, plane)
    if config.redline:
        record.add_input("redline", config.redline)
        in_force = read_redline(config.redline)
        if in_force.is_demo:
            record.mark_demo()
        removed = steps.layers["07_removed"]
        steps.layers["compared"] = compare_with_redline(candidate, in_force.frame, steps.layers["reasons"], removed)  # fmt: skip
    steps.layers["candidate"] = candidate.assign(is_demo=record.data["is_demo"])
    record.data["areas_ha"] = {n: total_ha(f["area_ha"]) for n, f in steps.layers.items()}
    return record.finish(out, [write_layers(out / PACKAGE, steps.layers)])


def extreme_masks(config: Config) -> tuple[dict[str, np.ndarray], Grid]:
    """For each service and sensitivity where it is extreme, on one grid."""
    masks, first, faults = {}, None, []
    for role, part in config.parts:
        if role not in ("services", "sensitivities"):
            continue
        values, grid = read_map(part.path)
        first = first or grid
        if not first.same_as(grid):
            faults.append(f"{part.path.name}: {'; '.join(differences(first, grid))}")
            continue
        masks[part.zh] = extreme_mask(role, part, values, grid, config.parameters.cuts)
    if faults:
        raise GridMismatch("got maps off the grid of the first: " + " | ".join(faults))
    return masks, first


def extreme_mask(role: str, part: Part, values, grid: Grid, cuts) -> np.ndarray:
    """Where one map is 极重要 or 极敏感."""
    if role == "sensitivities":
        return np.nan_to_num(values, nan=-np.inf) >= part.extreme
    areas = cell_areas(grid, Window(0, 0, grid.cols, grid.rows))
    top = EXTREME if len(cuts) == 2 else len(cuts) + 1
    return importance_grades(values, areas, cuts) == top


def plane_of(grid: Grid) -> CRS:
    """Where metres are metres: the grid's own system, or the Gauss-Krüger zone of its middle."""
    if not grid.crs.is_geographic:
        return grid.crs
    return gauss_kruger_zone(sum(grid.bounds[::2]) / 2)


def polygons_by_reason(masks, config: Config, grid: Grid, plane: CRS, steps: Steps):
    """Polygons of every combination of reasons; layers 01 and 02."""
    made = []
    for name, parts in (("01_important", config.services), ("02_sensitive", config.sensitivities)):
        codes = sum(
            (masks[p.zh].astype(np.int32) << k for k, p in enumerate(parts)),
            np.zeros((grid.rows, grid.cols), np.int32),
        )
        pieces = [
            ("、".join(p.zh for k, p in enumerate(parts) if code >> k & 1), sh.moved(g, grid.crs, plane))
            for code, g in sh.cells_to_polygons(codes, grid).items()
        ]  # fmt: skip
        steps.keep(name, pieces)
        made.append(pieces)
    return made


def shape_steps(config: Config, pieces: list, steps: Steps):
    """Layers 03 to 08; the final geometry and all reasons as (words, geometry)."""
    rules, plane = config.parameters, steps.plane
    union = sh.whole(g for _, g in pieces)
    steps.keep("03_union", [("", union)])
    added = [
        *((f"{REQUIRED}：{p.zh}", sh.read_shapes(p.path, plane)) for p in config.required),
        *((f"{BUFFER}：{p.zh}", sh.read_shapes(p.path, plane).buffer(p.distance_m)) for p in config.buffers),
        *((f"{CORRIDOR}：{p.zh}", sh.read_shapes(p.path, plane)) for p in config.corridors),
    ]  # fmt: skip
    added = [(words, sh.whole(sh.polygons_of(g))) for words, g in added]
    kept_whole = sh.whole(g for _, g in added)
    made = shapely.union(union, kept_whole)
    steps.keep("04_required", added)
    made = sh.merged(made, rules.merge_m, made.envelope)
    steps.keep("05_merged", [("", made)])
    made = sh.filled(made, rules.hole_km2)
    steps.keep("06_filled", [("", made)])
    made, removed = sh.without_small(made, rules.smallest_km2, kept_whole)
    steps.keep("07_kept", [("", made)])
    steps.keep("07_removed", [(f"小于 {rules.smallest_km2:g} km²", g) for g in removed])
    if rules.simplify_m:
        made = shapely.union(made.simplify(rules.simplify_m), kept_whole)
    lines = [sh.read_shapes(p.path, plane) for p in config.lines]
    if lines:
        made = sh.snapped(made, shapely.union_all([as_lines(g) for g in lines]), rules.snap_m)
        made = shapely.union(made, kept_whole)
    steps.keep("08_snapped", [("", made)])
    if made.is_empty:
        raise NotEnoughData(
            "got no piece large enough; wanted one: lower smallest_km2, see 07_removed"
        )
    steps.keep("reasons", [*pieces, *added])
    return made, [*pieces, *added]


def as_lines(geometry):
    """Lines as they are, polygons as their outlines; points are left out."""
    parts = [g.boundary if "Polygon" in g.geom_type else g for g in shapely.get_parts(geometry)]
    return shapely.union_all([g for g in parts if "Line" in g.geom_type])


def candidate_frame(final, reasons, rules, plane: CRS) -> gpd.GeoDataFrame:
    """One row a piece, from the north-west on: code, name, reasons with their share, area."""
    pieces = sorted(sh.polygons_of(final), key=lambda p: (-p.bounds[3], p.bounds[0]))
    rows = []
    for number, piece in enumerate(pieces, 1):
        shares = {}
        for words, geometry in reasons:
            share = shapely.intersection(piece, geometry).area / piece.area
            for word in words.split("、") if share > 0 else ():
                shares[word] = shares.get(word, 0.0) + share
        ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        told = {"division": rules.division, "number": number, "place": rules.place,
                "function": ranked[0][0].split("：")[-1] if ranked else ""}  # fmt: skip
        rows.append({
            "code": rules.code_rule.format(**told), "name": rules.name_rule.format(**told),
            "reason": "；".join(f"{w} {min(s, 1.0):.0%}" for w, s in ranked),
        })  # fmt: skip
    shapes = sh.stored(pieces, plane)
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=STORAGE_CRS)
    frame["area_ha"] = round_ha(areas_ha(shapes))
    return frame


def write_layers(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> Path:
    """All layers in one GeoPackage, whole or not at all."""
    with whole_file(path) as part:
        for name, frame in layers.items():
            frame.to_file(
                part, layer=name, driver="GPKG", engine="pyogrio", append=part.exists(),
                geometry_type="Unknown",
            )  # fmt: skip
    return path
