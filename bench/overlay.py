"""Overlay of patches with redline and divisions, beside geopandas.overlay and a hand-written STRtree.

    .venv/bin/python bench/overlay.py [--patches 200000] [--polygons 3000] [--divisions 200] [--folder var/bench/overlay]

Every part reads the same files in a process of its own (so peak memory is its own too) and is timed from the
geometries in memory to the pieces with their areas on the ellipsoid. `ours` is `ecoredline.patches.overlay`,
`geopandas` is `geopandas.overlay(how="intersection")`, `strtree` is a loop over prepared polygons written by hand.
The areas of the three are compared; read the ratios, not the seconds.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("ours", "strtree", "geopandas")
BOX = (101.0, 26.0, 104.0, 29.0)
LARGEST_VERTICES, USUAL_VERTICES, LARGE_SHARE = 50_000, 800, 0.01
SIDE_VERTICES = 500  # of a division's four sides
NEAR_SHARE = 0.7  # of the patches lie around redline polygons
SAME = 1e-6  # relative difference of total areas that is still the same


def blobs(rng, x, y, radius, vertices) -> np.ndarray:
    """Wavy polygons at given places."""
    shapes = []
    for at, (lon, lat, size, many) in enumerate(zip(x, y, radius, vertices, strict=True)):
        turn = np.linspace(0, 2 * np.pi, many, endpoint=False)
        wave = np.zeros(many)
        for k in (2, 3, 5, 7, 11, 19, 37):
            if 4 * k < many:
                wave += rng.normal(0, 0.2 / k**0.8) * np.sin(k * turn + rng.uniform(0, 6))
        r = size * (1 + np.clip(wave, -0.7, 0.7))
        ring = np.column_stack([lon + r * np.cos(turn), lat + r * np.sin(turn)])
        shapes.append(shapely.Polygon(ring))
        if at % 20_000 == 19_999:
            print(f"  {at + 1} shapes", file=sys.stderr)
    return np.array(shapes, dtype=object)


def scattered(rng, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Places on a shaken grid over the box, and the grid's step."""
    side = int(np.ceil(np.sqrt(count)))
    step = (BOX[2] - BOX[0]) / side
    at = rng.permutation(side * side)[:count]
    shake = rng.uniform(-0.1, 0.1, (2, count))
    return (
        BOX[0] + step * (at % side + 0.5 + shake[0]),
        BOX[1] + step * (at // side + 0.5 + shake[1]),
        step,
    )


def divisions_of(count: int) -> np.ndarray:
    """A warped grid: neighbours share their winding sides."""
    columns = max(c for c in range(1, int(np.sqrt(count)) + 1) if count % c == 0)
    rows = count // columns
    wide, high = (BOX[2] - BOX[0]) / columns, (BOX[3] - BOX[1]) / rows

    def warp(points):
        x, y = points.T
        return np.column_stack([x + 0.02 * np.sin(40 * y + 3 * x), y + 0.02 * np.sin(37 * x - y)])

    cells = [
        shapely.box(BOX[0] + i * wide, BOX[1] + j * high, BOX[0] + (i + 1) * wide, BOX[1] + (j + 1) * high)
        for i in range(columns) for j in range(rows)
    ]  # fmt: skip
    fine = shapely.segmentize(np.array(cells, dtype=object), min(wide, high) / SIDE_VERTICES)
    return shapely.transform(fine, warp)


def make(folder: Path, patches: int, polygons: int, divisions: int) -> None:
    """Write the three layers."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    x, y, step = scattered(rng, polygons)
    radius = step * rng.uniform(0.15, 0.42, polygons)
    vertices = np.clip(rng.lognormal(np.log(USUAL_VERTICES), 0.8, polygons), 60, LARGEST_VERTICES)
    large = rng.choice(polygons, max(1, int(polygons * LARGE_SHARE)), replace=False)
    vertices[large] = np.linspace(LARGEST_VERTICES / 5, LARGEST_VERTICES, len(large))
    radius[large] = step * 0.45
    write(folder, "redline", blobs(rng, x, y, radius, vertices.astype(int)))
    write(folder, "divisions", divisions_of(divisions))
    near = rng.random(patches) < NEAR_SHARE
    home = rng.integers(0, polygons, patches)
    turn, away = rng.uniform(0, 2 * np.pi, patches), rng.uniform(0, 1.6, patches) * radius[home]
    px = np.where(near, x[home] + away * np.cos(turn), rng.uniform(BOX[0], BOX[2], patches))
    py = np.where(near, y[home] + away * np.sin(turn), rng.uniform(BOX[1], BOX[3], patches))
    size = rng.lognormal(np.log(0.0006), 0.5, patches)
    write(folder, "patches", blobs(rng, px, py, size, rng.integers(12, 60, patches)))


def write(folder: Path, name: str, shapes: np.ndarray) -> None:
    shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    (folder / f"{name}.wkb").write_bytes(shapely.to_wkb(shapely.geometrycollections(shapes)))


def read(folder: Path) -> list[np.ndarray]:
    """Patches, redline, divisions."""
    found = []
    for name in ("patches", "redline", "divisions"):
        found.append(shapely.get_parts(shapely.from_wkb((folder / f"{name}.wkb").read_bytes())))
    return found


def ours(patches, layers) -> list[float]:
    """The product's own overlay."""
    from ecoredline.geodesy import areas_ha
    from ecoredline.patches.overlay import overlay

    own = areas_ha(patches)
    return [float(overlay(patches, own, layer).area_ha.sum()) for layer in layers]


def strtree(patches, layers) -> list[float]:
    """What an able person writes by hand: prepared polygons, whole patches are not cut."""
    from ecoredline.geodesy import areas_ha

    own, totals = areas_ha(patches), []
    tree = shapely.STRtree(patches)
    for layer in layers:
        total = 0.0
        for polygon in layer:
            shapely.prepare(polygon)
            near = tree.query(polygon, predicate="intersects")
            inside = shapely.contains(polygon, patches[near])
            total += own[near[inside]].sum()
            total += areas_ha(shapely.intersection(polygon, patches[near[~inside]])).sum()
            shapely.destroy_prepared(polygon)
        totals.append(float(total))
    return totals


def geopandas_(patches, layers) -> list[float]:
    """`geopandas.overlay`, areas on the ellipsoid."""
    from ecoredline.geodesy import areas_ha

    frame = gpd.GeoDataFrame({"patch": np.arange(len(patches))}, geometry=patches, crs=4490)
    totals = []
    for layer in layers:
        other = gpd.GeoDataFrame({"polygon": np.arange(len(layer))}, geometry=layer, crs=4490)
        found = gpd.overlay(frame, other, how="intersection")
        totals.append(float(areas_ha(found.geometry.to_numpy()).sum()))
    return totals


def play(part: str, folder: Path) -> None:
    """One part in this process; what it cost and found as JSON."""
    patches, *layers = read(folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun, cpu = time.perf_counter(), time.process_time()
    totals = {"ours": ours, "strtree": strtree, "geopandas": geopandas_}[part](patches, layers)
    print(json.dumps({
        "seconds": round(time.perf_counter() - begun, 2),
        "processor_s": round(time.process_time() - cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "data_mb": round(before), "redline_ha": totals[0], "divisions_ha": totals[1],
    }))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=int, default=200_000)
    parser.add_argument("--polygons", type=int, default=3000)
    parser.add_argument("--divisions", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench" / "overlay")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--play", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.play:
        play(given.play, given.folder)
        return
    folder = given.folder / f"{given.patches}-{given.polygons}-{given.divisions}"
    if not (folder / "patches.wkb").exists():
        make(folder, given.patches, given.polygons, given.divisions)
    told = {}
    for part in given.only.split(","):
        ran = subprocess.run(
            [sys.executable, __file__, "--play", part, "--folder", folder],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        told[part] = json.loads(ran.stdout)
        print(f"{part:10} {ran.stdout.strip()}", flush=True)
    compare(told)


def compare(told: dict) -> None:
    """Ratios to ours; exits 1 where the areas are not the same."""
    first = told["ours"]
    for part, found in told.items():
        if part == "ours":
            continue
        ratios = [found[k] / first[k] for k in ("seconds", "processor_s")]
        print(f"{part} / ours = {ratios[0]:.2f} in time, {ratios[1]:.2f} in processor time")
        for name in ("redline_ha", "divisions_ha"):
            if abs(found[name] / first[name] - 1) > SAME:
                sys.exit(f"{name}: {part} has {found[name]}, ours {first[name]}")


if __name__ == "__main__":
    main()
