"""A tiny finished run folder, made without the detector: two counties and the one next door.

The scene is 120 × 80 pixels of 10 m in the 3° zone of 102° E, near 盐边县. The west half is
盐边县 (510422), the east half 米易县 (510421); beyond the east edge of the patches lies
华坪县 (530723), of another province.
"""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Geod, Transformer

from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.table import write_tables
from ecoredline.record import RunRecord

ROWS, COLS, PIXEL_M = 80, 120, 10
CRS_3_DEGREE = CRS.from_epsg(4543)
ORIGIN = (480_000, 2_980_000)  # easting, northing of the north-west corner
GEOD = Geod(a=6378137.0, rf=298.257222101)
COUNTIES = {
    "510422": ("盐边县", 0, 50),
    "510421": ("米易县", 50, 100),
    "530723": ("华坪县", 100, 120),
}
DAYS = {"before": "2025-03-01", "after": "2026-03-05"}
PARENTS = {"51": ("四川省", "攀枝花市"), "53": ("云南省", "丽江市")}
# number, county code, column, row, channel, activity type, problem type
PATCHES = (
    (1, "510422", 10, 10, "suspected", "1", "vegetation"),
    (2, "510422", 30, 40, "protected", "3", "space"),
    (3, "510422", 20, 65, "outside", "5", "space"),
    (4, "510421", 60, 10, "suspected", "2", "space"),
    (5, "510421", 80, 50, "suspected", "6", "other"),
    (6, "530723", 108, 20, "suspected", "1", "vegetation"),
)
UNPLACED = (7, "", 45, 75, "suspected", "6", "other")


def lonlat(geometry):
    """From the scene's coordinates to EPSG:4490."""
    move = Transformer.from_crs(CRS_3_DEGREE, STORAGE_CRS, always_xy=True)
    return shapely.transform(geometry, move.transform, interleaved=False)


def box(col, row, cols, rows):
    """A box of pixels in EPSG:4490."""
    west, north = ORIGIN[0] + col * PIXEL_M, ORIGIN[1] - row * PIXEL_M
    return lonlat(shapely.box(west, north - rows * PIXEL_M, west + cols * PIXEL_M, north))


def hectares(geometry) -> float:
    return round(abs(GEOD.geometry_area_perimeter(geometry)[0]) / 10_000, 4)


def write_image(path: Path, day: str, brightness: int, seed: int) -> Path:
    """A 4-band image with a bright square; a nodata wedge in one corner."""
    values = np.random.default_rng(seed).integers(300, 2500, (4, ROWS, COLS)).astype("uint16")
    values[:, 10:14, 10:14] = brightness
    values[:, :5, :5] = 0
    transform = Affine(PIXEL_M, 0, ORIGIN[0], 0, -PIXEL_M, ORIGIN[1])
    with rasterio.open(
        path, "w", driver="GTiff", width=COLS, height=ROWS, count=4, dtype="uint16",
        crs=CRS_3_DEGREE.to_wkt(), transform=transform, nodata=0,
    ) as target:  # fmt: skip
        target.write(values)
        for index, name in enumerate(("blue", "green", "red", "nir"), 1):
            target.set_band_description(index, name)
        target.update_tags(ACQUISITION_DATE=day, ECOREDLINE_DEMO="1")
    return path


def write_layer(path: Path, rows: list[dict]) -> Path:
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)
    pyogrio.write_dataframe(frame, path, driver="GPKG")
    return path


def write_inputs(folder: Path, *, is_demo: bool = True, seed: int = 1) -> dict[str, Path]:
    """The input files of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    divisions = [
        {"code": code, "name": name, "level": "county", "is_demo": is_demo,
         "geometry": box(first, 0, last - first, ROWS)}
        for code, (name, first, last) in COUNTIES.items()
    ]  # fmt: skip
    divisions.append(
        {"code": "510400", "name": "攀枝花市", "level": "city", "is_demo": is_demo,
         "geometry": box(0, 0, 100, ROWS)}
    )  # fmt: skip
    redline = [
        {"code": f"R{n}", "name": name, "control_zone": zone, "function": "水源涵养",
         "version": "2022", "is_demo": is_demo, "geometry": box(*place)}
        for n, (name, zone, place) in enumerate(
            (("二滩", "core", (2, 2, 46, 50)), ("白坡山", "general", (52, 2, 46, 76)),
             ("华坪", "general", (102, 2, 16, 76))), 1)
    ]  # fmt: skip
    protected = [{"code": "P1", "name": "二滩湿地", "level": "省级", "kind": "湿地公园",
                  "is_demo": is_demo, "geometry": box(25, 35, 20, 20)}]  # fmt: skip
    return {
        "before": write_image(folder / "before.tif", DAYS["before"], 500, seed),
        "after": write_image(folder / "after.tif", DAYS["after"], 9000, seed + 1),
        "redline": write_layer(folder / "redline.gpkg", redline),
        "protected_areas": write_layer(folder / "protected_areas.gpkg", protected),
        "divisions": write_layer(folder / "divisions.gpkg", divisions),
    }


def patch_row(number, code, col, row, channel, activity, problem, is_demo) -> dict:
    """A patch of 4 × 4 pixels with every column filled."""
    province, city = PARENTS.get(code[:2], ("", ""))
    shape = box(col, row, 4, 4)
    area = hectares(shape)
    inside = 0.0 if channel == "outside" else area
    return {
        "patch_id": f"{code or '000000'}-202603-{number:09d}", "channel": channel,
        "province": province, "city": city, "county": COUNTIES[code][0] if code else "",
        "division_code": code, "division_note": "", "lon": shape.centroid.x, "lat": shape.centroid.y,
        "position": f"红格镇东北方向约{number}千米", "area_ha": area, "redline_area_ha": inside,
        "protected_area_ha": area if channel == "protected" else 0.0,
        "activity_type": activity, "activity_confidence": 0.8, "problem_type": problem,
        "problem_confidence": 0.7, "reasons": ["植被指数由 0.70 降至 0.10", "形状规则"],
        "score": 12.5, "confidence": 0.75, "redline_ids": ["R1"], "redline_names": ["二滩"],
        "control_zone": "core", "redline_version": "2022", "protected_names": [],
        "before_image": "before", "after_image": "after", "before_on": DAYS["before"],
        "after_on": DAYS["after"], "ndvi_before": 0.7, "ndvi_after": 0.1, "remark": "",
        "is_demo": is_demo, "geometry": shape, "geometry_raw": box(col, row, 4, 5),
    }  # fmt: skip


def make_run(folder: Path, *, is_demo: bool = True, seed: int = 1, unplaced: bool = False) -> Path:
    """Write `folder/input` and the finished run `folder/run`; gives the latter."""
    inputs = write_inputs(folder / "input", is_demo=is_demo, seed=seed)
    return write_run(folder / "run", inputs, is_demo=is_demo, unplaced=unplaced)


def write_run(out: Path, inputs: dict[str, Path], *, is_demo=True, unplaced=False) -> Path:
    """Write a finished run of these inputs."""
    (out / "evidence").mkdir(parents=True, exist_ok=True)
    chosen = PATCHES + ((UNPLACED,) if unplaced else ())
    patches = gpd.GeoDataFrame(
        [patch_row(*p, is_demo) for p in chosen], geometry="geometry", crs=STORAGE_CRS
    )
    dropped = gpd.GeoDataFrame(
        [
            {"patch_id": f"{code}-202603-d{n}", "reason": "too_small", "reason_detail": "300 m² < 400 m²",
             "area_ha": 0.03, "redline_area_ha": 0.03, "division_code": code, "county": COUNTIES[code][0],
             "lon": 101.8, "lat": 26.9, "score": 3.0, "is_demo": is_demo, "geometry": box(col, 70, 2, 2)}
            for n, (code, col) in enumerate((("510422", 5), ("510421", 70)))
        ],
        geometry="geometry", crs=STORAGE_CRS,
    )  # fmt: skip
    unseen = gpd.GeoDataFrame(
        [{"reason": "cloud", "date": "after", "area_ha": 1.0, "is_demo": is_demo,
          "geometry": box(90, 60, 8, 8)}],
        geometry="geometry", crs=STORAGE_CRS,
    )  # fmt: skip
    outputs = write_tables(out, patches, dropped, unseen)
    for patch_id in patches["patch_id"]:
        for name in (f"{patch_id}.html", f"{patch_id}-before.png", f"{patch_id}-after.png"):
            (out / "evidence" / name).write_bytes(b"evidence of " + patch_id.encode())
            outputs.append(out / "evidence" / name)
    (out / "report.html").write_text("<h1>report</h1>", encoding="utf-8")
    outputs.append(out / "report.html")
    write_record(out, inputs, outputs, patches, is_demo)
    return out


def write_record(out, inputs, outputs, patches, is_demo) -> None:
    record = RunRecord("find", {"redline_version": "2022", "vector_crs": None, "gcj02": "refuse"})
    for role, path in inputs.items():
        facts = (
            {"acquired_on": DAYS[role], "sensor": "DEMO-1", "image_id": role}
            if role in DAYS
            else {}
        )
        record.add_input(role, path, **facts)
    if is_demo:
        record.mark_demo()
    bounds = box(0, 0, COLS, ROWS).bounds
    record.data["grid"] = {"bounds_lonlat": list(bounds)}
    record.data["counts"] = {"patches": len(patches), "dropped": 2}
    record.finish(out, outputs)


def tamper(run: Path, **changes) -> None:
    """Change the run record itself."""
    path = run / "run.json"
    data = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
