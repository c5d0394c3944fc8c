"""The steps from maps to a candidate redline; each step is a layer of `delineation.gpkg`."""

import tempfile
from pathlib import Path

import geopandas as gpd
import rasterio
import shapely
from pyproj import CRS

from ecoredline.delineation import shapes as sh
from ecoredline.delineation.cells import CACHE_BYTES, GRADED, Cells, write_cells
from ecoredline.delineation.compare import compare_with_redline
from ecoredline.delineation.config import Config, Part
from ecoredline.delineation.outlines import LARGE_NOTE, Drawn, drawn
from ecoredline.errors import NotEnoughData
from ecoredline.files import check_writable, whole_file
from ecoredline.geodesy import areas_ha, round_ha, total_ha
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.layers import demo_tags
from ecoredline.record import Job, RunRecord
from ecoredline.terrain.heights import gauss_kruger_zone
from ecoredline.vector import read_redline
from ecoredline.zonal import class_areas

PACKAGE, CELLS = "delineation.gpkg", "cells.tif"
NOWHERE_NOTE = "没有一个像元达到极重要或极敏感："
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
    """Draw a candidate redline; write `delineation.gpkg` (a layer a step), `cells.tif` and run.json.

    Layers: 01_important, 02_sensitive, 03_union, 04_required, 05_merged, 06_filled, 07_kept,
    07_removed, 08_snapped, candidate; with a redline in force also `compared`. `cells.tif` has a bit
    for each service and sensitivity. Maps are read strip by strip; of large ones dust is left undrawn.
    Raises `GridMismatch` (all maps), `NotEnoughData` when nothing is left, `InputError`.
    """
    out, job = check_writable(out), job or Job()
    rules = config.parameters
    record = RunRecord("delineate", {k: str(v) for k, v in vars(rules).items()})
    record.warn(RULE_NOTE)
    for role, part in config.parts:
        record.add_input(f"{role}:{part.zh}", part.path)
    job.at("grade", 0.0)
    with record.step("grade"), rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        cells = write_cells(config, out / CELLS, job)
    for words in cells.nowhere:
        record.warn(NOWHERE_NOTE + words)
    if demo_tags(p.path for role, p in config.parts if role in GRADED):
        record.mark_demo()
    in_force = read_redline(config.redline) if config.redline else None
    if in_force is not None:
        record.add_input("redline", config.redline)
        if in_force.is_demo:
            record.mark_demo()
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        layers = all_steps(config, cells, in_force, record, job)
    layers["candidate"] = layers["candidate"].assign(is_demo=record.data["is_demo"])
    record.data["areas_ha"] = {n: total_ha(f["area_ha"]) for n, f in layers.items()}
    return record.finish(out, [write_layers(out / PACKAGE, layers), cells.path])


def all_steps(config: Config, cells: Cells, in_force, record: RunRecord, job: Job) -> dict:
    """The layers of all steps, the candidate and the comparison among them."""
    rules, steps = config.parameters, Steps(plane_of(cells.grid))
    added = must_be_in(config, steps.plane)
    job.at("shapes", 0.0)
    with record.step("cells"), tempfile.TemporaryDirectory(dir=cells.path.parent) as folder:
        old = None
        if in_force is not None:
            old = sh.moved(in_force.frame.geometry.union_all(), STORAGE_CRS, steps.plane)
        required = sh.whole(g for _, g in added)
        found, large = drawn(cells, rules, required, old, steps.plane, Path(folder))
        if large:
            record.warn(LARGE_NOTE)
        pieces = polygons_by_reason(cells, found, steps)
    job.at("shapes", 0.5)
    with record.step("shapes"):
        final = shape_steps(config, found, added, steps)
        steps.keep("reasons", [*pieces, *added])
        candidate = candidate_frame(final, cells, added, rules, steps.plane)
    layers = steps.layers
    if in_force is not None:
        removed = layers["07_removed"]
        layers["compared"] = compare_with_redline(
            candidate, in_force.frame, layers["reasons"], removed
        )
    return layers | {"candidate": candidate}


def must_be_in(config: Config, plane: CRS) -> list[tuple[str, object]]:
    """What is joined whole and never taken out: (words, geometry)."""
    added = [
        *((f"{REQUIRED}：{p.zh}", sh.read_shapes(p.path, plane)) for p in config.required),
        *((f"{BUFFER}：{p.zh}", sh.read_shapes(p.path, plane).buffer(p.distance_m)) for p in config.buffers),
        *((f"{CORRIDOR}：{p.zh}", sh.read_shapes(p.path, plane)) for p in config.corridors),
    ]  # fmt: skip
    return [(words, sh.whole(sh.polygons_of(g))) for words, g in added]


def plane_of(grid: Grid) -> CRS:
    """Where metres are metres: the grid's own system, or the Gauss-Krüger zone of its middle."""
    if not grid.crs.is_geographic:
        return grid.crs
    return gauss_kruger_zone(sum(grid.bounds[::2]) / 2)


def polygons_by_reason(cells: Cells, found: Drawn, steps: Steps) -> list[tuple[str, object]]:
    """Polygons of every combination of reasons; layers 01 and 02."""
    made = []
    for name, role in (("01_important", "services"), ("02_sensitive", "sensitivities")):
        by_words: dict[str, list] = {}
        for code, geometry in found.by_code.items():
            if words := cells.words(code, role):
                by_words.setdefault(words, []).append(geometry)
        pieces = [(words, sh.whole(parts)) for words, parts in by_words.items()]
        steps.keep(name, pieces)
        made += pieces
    return made


def shape_steps(config: Config, found: Drawn, added: list, steps: Steps):
    """Layers 03 to 08; gives the final geometry."""
    rules, plane = config.parameters, steps.plane
    steps.keep("03_union", [("", found.union)])
    kept_whole = sh.whole(g for _, g in added)
    made = shapely.union(found.union, kept_whole)
    steps.keep("04_required", added)
    made = sh.merged(made, rules.merge_m, made.envelope)
    steps.keep("05_merged", [("", made)])
    made = sh.filled(made, rules.hole_km2)
    steps.keep("06_filled", [("", made)])
    made, removed = sh.without_small(made, rules.smallest_km2, kept_whole)
    steps.keep("07_kept", [("", made)])
    removed += shapely.get_parts(found.dust).tolist()
    steps.keep("07_removed", [(f"小于 {rules.smallest_km2:g} km²", g) for g in removed])
    if rules.simplify_m:
        made = shapely.union(made.simplify(rules.simplify_m), kept_whole)
    lines = [as_lines(outline_of(p, plane)) for p in config.lines]
    if lines:
        made = sh.snapped(made, shapely.union_all(lines), rules.snap_m)
        made = shapely.union(made, kept_whole)
    steps.keep("08_snapped", [("", made)])
    if made.is_empty:
        raise NotEnoughData(
            "got no piece large enough; wanted one: lower smallest_km2, see 07_removed"
        )
    return made


def outline_of(part: Part, plane: CRS):
    """The shapes to snap to: as they are, or what lies within `distance_m` of them (a bank, a coast)."""
    shapes = sh.read_shapes(part.path, plane)
    return shapes.buffer(part.distance_m) if part.distance_m else shapes


def as_lines(geometry):
    """Lines as they are, polygons as their outlines; points are left out."""
    parts = [g.boundary if "Polygon" in g.geom_type else g for g in shapely.get_parts(geometry)]
    return shapely.union_all([g for g in parts if "Line" in g.geom_type])


def candidate_frame(final, cells: Cells, added, rules, plane: CRS) -> gpd.GeoDataFrame:
    """One row a piece, from the north-west on: code, name, reasons with their share, area."""
    pieces = sorted(sh.polygons_of(final), key=lambda p: (-p.bounds[3], p.bounds[0]))
    shapes = sh.stored(pieces, plane)
    frame = gpd.GeoDataFrame(geometry=shapes, crs=STORAGE_CRS)
    areas, rows = round_ha(areas_ha(shapes)), []
    for number, (piece, shares) in enumerate(zip(pieces, reason_shares(cells, frame), strict=True), 1):  # fmt: skip
        for words, geometry in added:
            share = shapely.intersection(piece, geometry).area / piece.area
            if share > 0:
                shares[words] = shares.get(words, 0.0) + share
        ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        told = {"division": rules.division, "number": number, "place": rules.place,
                "function": ranked[0][0].split("：")[-1] if ranked else ""}  # fmt: skip
        rows.append({
            "code": rules.code_rule.format(**told), "name": rules.name_rule.format(**told),
            "reason": "；".join(f"{w} {min(s, 1.0):.0%}" for w, s in ranked),
        })  # fmt: skip
    made = gpd.GeoDataFrame(rows, geometry=shapes, crs=STORAGE_CRS)
    made["area_ha"] = areas
    return made


def reason_shares(cells: Cells, frame: gpd.GeoDataFrame) -> list[dict[str, float]]:
    """For each piece reason → share of its area, from the cells it covers."""
    table = class_areas(cells.path, frame)
    codes = [(column, int(float(column.removeprefix("class_")))) for column in table if column.startswith("class_")]  # fmt: skip
    whole, found = areas_ha(frame.geometry.to_numpy()), []
    for row, hectares in zip(table.to_dict("records"), whole, strict=True):
        shares: dict[str, float] = {}
        for column, code in codes:
            for k, (_, zh) in enumerate(cells.reasons):
                if code >> k & 1 and row[column] > 0:
                    shares[zh] = shares.get(zh, 0.0) + row[column] / hectares
        found.append(shares)
    return found


def write_layers(path: Path, layers: dict[str, gpd.GeoDataFrame]) -> Path:
    """All layers in one GeoPackage, whole or not at all."""
    with whole_file(path) as part:
        for name, frame in layers.items():
            frame.to_file(
                part, layer=name, driver="GPKG", engine="pyogrio", append=part.exists(),
                geometry_type="Unknown",
            )  # fmt: skip
    return path
