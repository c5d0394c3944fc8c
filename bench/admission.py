"""Admission check beside geopandas.overlay and a hand-written STRtree: ratios in one run.

    .venv/bin/python bench/admission.py [--projects 1000] [--polygons 3000] [--folder var/bench/admission]

Every part reads the same files in a process of its own, so peak memory is its own too. `check` does
all layers, rules and ellipsoid areas; the other two merely intersect projects with the redline.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("check", "geopandas", "strtree")
BOX = (101.0, 26.0, 102.5, 27.5)
LAYERS = {"redline": 1.0, "protected": 0.05, "water": 0.05, "clues": 0.7, "approved": 0.3}
LARGEST_VERTICES, USUAL_VERTICES = 50_000, 400


def blobs(count: int, radius: float, vertices: np.ndarray, seed: int) -> np.ndarray:
    """Wavy polygons spread over the box."""
    rng = np.random.default_rng(seed)
    shapes = []
    for x, y, many in zip(
        rng.uniform(BOX[0], BOX[2], count),
        rng.uniform(BOX[1], BOX[3], count),
        vertices,
        strict=True,
    ):
        turn = np.linspace(0, 2 * np.pi, many, endpoint=False)
        wave = sum(
            rng.normal(0, 0.25 / k) * np.sin(k * turn + rng.uniform(0, 6)) for k in range(2, 9)
        )
        r = radius * rng.uniform(0.4, 1.6) * (1 + np.clip(wave, -0.6, 0.6))
        shapes.append(
            shapely.Polygon(np.column_stack([x + r * np.cos(turn), y + r * np.sin(turn)]))
        )
    return np.array(shapes, dtype=object)


def make(folder: Path, projects: int, polygons: int) -> None:
    """Write all layers; one redline polygon in a hundred is very detailed."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    for number, (role, share) in enumerate(LAYERS.items()):
        count = max(3, int(polygons * share))
        vertices = np.full(count, USUAL_VERTICES)
        if role == "redline":
            vertices[rng.choice(count, max(1, count // 100), replace=False)] = LARGEST_VERTICES
        shapes = blobs(
            count, 0.012 if role in ("redline", "protected") else 0.002, vertices, number
        )
        names = [f"{role}{k}" for k in range(count)]
        columns = {"code": names, "name": names, "version": "2025"}
        if role == "redline":
            columns["control_zone"] = rng.choice(["core", "general"], count)
        gpd.GeoDataFrame(columns, geometry=shapes, crs=4490).to_file(folder / f"{role}.gpkg")
    shapes = blobs(projects, 0.003, np.full(projects, 40), 99)
    columns = {"code": [f"X{k}" for k in range(projects)], "activity": "LHA-06"}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4490).to_file(folder / "projects.gpkg")


def check(folder: Path) -> dict:
    """All layers and rules; the time of each single check too."""
    from ecoredline import admission

    paths = {role: folder / f"{role}.gpkg" for role in LAYERS}
    layers = admission.load_layers(
        paths,
        admission.LayerOptions(
            as_of=date(2026, 1, 1), max_age_days=dict.fromkeys(paths, 0), required=("redline",)
        ),
    )
    projects = admission.read_projects(folder / "projects.gpkg")
    table, options = admission.read_rules(), admission.CheckOptions(date(2026, 1, 1))
    loaded, each, hectares = time.perf_counter(), [], 0.0
    for project in projects:
        begun = time.perf_counter()
        hectares += admission.admit(project, layers, table, options).redline_ha
        each.append(time.perf_counter() - begun)
    seconds = time.perf_counter() - loaded
    return {"seconds": seconds, "p95_ms": float(np.percentile(each, 95)) * 1e3,
            "max_ms": max(each) * 1e3, "redline_ha": round(hectares, 1)}  # fmt: skip


def _two(folder: Path):
    return gpd.read_file(folder / "projects.gpkg"), gpd.read_file(folder / "redline.gpkg")


def geopandas_(folder: Path) -> dict:
    """`geopandas.overlay` of projects and redline."""
    projects, redline = _two(folder)
    begun = time.perf_counter()
    found = gpd.overlay(projects, redline, how="intersection")
    return {"seconds": time.perf_counter() - begun, "rows": len(found)}


def strtree(folder: Path) -> dict:
    """STRtree over the redline, prepared geometry, plane intersections."""
    projects, redline = (f.geometry.to_numpy() for f in _two(folder))
    begun = time.perf_counter()
    shapely.prepare(redline)
    tree = shapely.STRtree(redline)
    rows = 0
    for shape in projects:
        near = tree.query(shape)
        near = near[shapely.intersects(redline[near], shape)]
        inside = shapely.covers(redline[near], shape)
        rows += int(inside.sum()) + len(shapely.intersection(redline[near[~inside]], shape))
    return {"seconds": time.perf_counter() - begun, "rows": rows}


def play(part: str, folder: Path) -> None:
    found = {"check": check, "geopandas": geopandas_, "strtree": strtree}[part](folder)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--polygons", type=int, default=3000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench" / "admission")
    parser.add_argument("--play", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.play:
        play(given.play, given.folder)
        return
    make(given.folder, given.projects, given.polygons)
    told = {}
    for part in PARTS:
        ran = subprocess.run(
            [sys.executable, __file__, "--play", part, "--folder", given.folder],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        told[part] = json.loads(ran.stdout)
        print(f"{part:10} {json.dumps(told[part])}")
    base = told["check"]["seconds"]
    for part in PARTS[1:]:
        print(f"{part} / check = {told[part]['seconds'] / base:.2f} in time")


if __name__ == "__main__":
    main()
