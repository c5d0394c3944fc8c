"""A real watershed beside the made-up county: Youwuzhen, where its data lie beside the checkout.

Heights, land use, soils and six years of daily rain of SEIMS (GPL-3.0), never in the repository;
everything else is computed here by the same functions as anywhere. No number of it enters an
assessment: it lies in no division the demo has, and is seen by the unit above all.
"""

import csv
import os
from datetime import date
from pathlib import Path

import numpy as np
import rasterio

import ecoredline
from ecoredline.delineation import delineate, read_config
from ecoredline.ecosystem.soil_factors import (
    erodibility,
    erodibility_epic,
    half_month_of,
    rainfall_erosivity,
)
from ecoredline.files import whole_file
from ecoredline.formula_rasters import run_formula
from ecoredline.grid import Grid
from ecoredline.raster.layers import read_map, write_map
from ecoredline.record import RECORD_NAME
from ecoredline.terrain import derive_terrain
from ecoredline.web.assessments import drawing
from ecoredline.web.assessments.layers import LICENCE_TAG, register_layer
from ecoredline.web.assessments.models import EcologyLayer

PLACE = "游屋圳流域"
LICENCE = "GPL-3.0：lreis2415/SEIMS data/youwuzhen（真实数据，福建长汀，6.6 km²）"
GROUND = "EPSG:4527"  # the files say Beijing 1954, zone 39: the picture may lie some 100 m off, no number changes
RAIN_YEARS = range(2012, 2018)
OM_PER_OC = 1.724  # van Bemmelen: organic matter over organic carbon
FIRST_CLASS = {4: 5, 6: 1, 8: 1, 18: 4, 33: 5, 104: 6, 106: 6}  # SWAT land use → HJ 1166 class I
STEEP_DEGREES = 25.0
LAYERS = (
    ("dem", "高程", "number"), ("landuse", "生态系统类型（按一级类归并）", "class"),
    ("slope", "坡度", "number"), ("ls", "坡长坡度因子 LS", "number"),
    ("erosivity", "年降雨侵蚀力 R", "number"), ("erodibility", "土壤可蚀性 K", "number"),
    ("soil_retention", "土壤保持量", "number"),
)  # fmt: skip
CONFIG = """
[[services]]
path = "soil_retention.tif"
zh = "土壤保持"
[[sensitivities]]
path = "steep.tif"
zh = "坡度 25° 以上（示例）"
extreme = 1
[parameters]
smallest_km2 = 0.01
hole_km2 = 0.01
merge_m = 40
place = "游屋圳"
"""


def data_folder() -> Path | None:
    """The watershed's data beside the checkout (or in ECOREDLINE_SHARED); None where there is none."""
    beside = Path(ecoredline.__file__).resolve().parents[2].parent / "shared"
    folder = Path(os.environ.get("ECOREDLINE_SHARED", beside)) / "data" / "youwuzhen-watershed"
    return folder if (folder / "spatial" / "ywzdem30m.tif").is_file() else None


def tell(folder: Path, *, by) -> int:
    """Compute, register and draw the watershed; gives the count of layers, 0 without the data."""
    source = data_folder()
    if source is None or EcologyLayer.objects.filter(tags__has_key=LICENCE_TAG).exists():
        return 0
    folder = Path(folder)
    made = make_maps(source, folder)
    for key, zh, kind in LAYERS:
        register_layer(made[key], by=by, name=f"{PLACE} {zh}", kind=kind)
    with whole_file(folder / "delineation.toml") as part:
        part.write_text(CONFIG, encoding="utf-8")
    out = drawing.folder() / "youwuzhen"
    delineate(read_config(folder / "delineation.toml"), out)
    drawing.bring_in(out, by=by, name=f"{PLACE} 候选范围（{LICENCE.split('：')[0]} 真实数据）")
    return len(LAYERS)


def make_maps(source: Path, folder: Path) -> dict[str, Path]:
    """Name → map; those of the terrain are kept when they are there."""
    lulc, grid = read_map(source / "spatial" / "ywzlanduse30m_upd.tif", said=GROUND)
    soils, _grid = read_map(source / "spatial" / "ywzsoil30m.tif", said=GROUND)
    dem = cut_dem(source / "spatial" / "ywzdem30m.tif", grid)
    folder.mkdir(parents=True, exist_ok=True)
    made = {"dem": write(folder / "dem.tif", dem, grid, "高程", "m")}
    if not (folder / "terrain" / RECORD_NAME).exists():
        derive_terrain(made["dem"], folder / "terrain")
    terrain = {n: folder / "terrain" / f"{n}.tif" for n in ("ls", "slope")}
    ls, ground = read_map(terrain["ls"])
    rows, cols = ls.shape
    land = lulc[:rows, :cols]
    made["landuse"] = write(folder / "landuse.tif", recoded(land, FIRST_CLASS), ground, "生态系统类型", "code")  # fmt: skip
    factors = {
        "erosivity": np.where(np.isnan(land), np.nan, yearly_erosivity(source)),
        "erodibility": recoded(soils[:rows, :cols], soil_erodibility(source)),
        "cover": recoded(land, cover_factors(source)),
    }
    units = {"erosivity": "MJ·mm/(hm²·h·a)", "erodibility": "t·hm²·h/(hm²·MJ·mm)", "cover": "1"}
    for name, values in factors.items():
        made[name] = write(folder / f"{name}.tif", values, ground, name, units[name])
    slope, _ground = read_map(terrain["slope"])
    for name, values, unit in (("ls", ls, "1"), ("slope", slope, "°")):
        made[name] = write(folder / f"{name}.tif", values, ground, name, unit)
    write(folder / "steep.tif", (slope >= STEEP_DEGREES).astype(float), ground, "坡度", "code")
    made["soil_retention"] = retention(made, folder / "soil_retention.tif")
    return made


def retention(made: dict[str, Path], path: Path) -> Path:
    """Soil retention by the formula itself, labelled with the licence of what went in."""
    given = {
        "erosivity": made["erosivity"], "erodibility": made["erodibility"], "slope_length": made["ls"],
        "steepness": "1", "cover": made["cover"],
    }  # fmt: skip
    run_formula(
        "soil_retention", {k: str(v) for k, v in given.items()}, path, clamped=["slope_length"]
    )
    with rasterio.open(path, "r+") as result:
        result.update_tags(**{LICENCE_TAG: LICENCE})
    return path


def write(path: Path, values, grid: Grid, zh: str, unit: str) -> Path:
    """A map that says whose data it came from."""
    return write_map(path, values, grid, zh=zh, unit=unit, tags={LICENCE_TAG: LICENCE})


def cut_dem(path: Path, grid: Grid) -> np.ndarray:
    """The heights on the grid of the land use, which begins further south."""
    dem, whole = read_map(path, said=GROUND)
    row = round((whole.transform.f - grid.transform.f) / -whole.transform.e)
    return dem[row : row + grid.rows, : grid.cols]


def recoded(codes: np.ndarray, table: dict[int, float]) -> np.ndarray:
    """Codes as the values of a table; NaN where there is no code."""
    found = np.full(codes.shape, np.nan)
    for code, value in table.items():
        found[codes == code] = value
    return found


def yearly_erosivity(source: Path) -> float:
    """R of a mean year, from the gauge's daily rain."""
    days, halves = [], []
    with (source / "climate" / "pcp_daily.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.reader(stream):
            if len(row) > 1 and row[0][:4].isdigit() and int(row[0][:4]) in RAIN_YEARS:
                day = date(*map(int, row[0].split()[0].split("-")))
                days.append(float(row[1]))
                halves.append(half_month_of(day.month, day.day))
    return float(rainfall_erosivity(days, halves, len(RAIN_YEARS)))


def soil_erodibility(source: Path) -> dict[int, float]:
    """K of each soil, of its uppermost layer; stones are left out of the texture."""
    found = {}
    for row in table(source / "lookup" / "soil_properties_lookup.csv", "SEQN"):
        sand, silt, clay, om = (
            float(row[n].split("-")[0]) for n in ("SOL_SAND", "SOL_SILT", "SOL_CLAY", "SOL_OM")
        )
        fine = (sand + silt + clay) / 100
        epic = erodibility_epic(sand / fine, silt / fine, clay / fine, om / OM_PER_OC)
        found[int(row["SEQN"])] = float(erodibility(epic))
    return found


def cover_factors(source: Path) -> dict[int, float]:
    """C of each land use, as the data's own table has it."""
    rows = table(source / "lookup" / "LanduseLookup.csv", "LANDUSE_ID")
    found = {int(r["LANDUSE_ID"]): float(r["USLE_C"]) for r in rows}
    return {code: found[code] for code in FIRST_CLASS if code in found}


def table(path: Path, first: str) -> list[dict]:
    """Rows of a table that may begin with remarks; the head is the line with `first`."""
    lines = path.read_text("utf-8", errors="replace").splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith(first))
    return list(csv.DictReader(lines[head:]))
