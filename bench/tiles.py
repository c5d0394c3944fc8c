"""Vector tiles per second: the map's own address beside bare ST_AsMVT, in a throw-away cluster.

    .venv/bin/python bench/tiles.py [--patches 300000] [--polygons 3000] [--seconds 15] [--keep FOLDER]

One run with all patches and one redline version of polygons of up to 50,000 vertices. For z8, z12 and z14 the same
tiles (those with something in them, in the same shuffled order) are asked of the web view, with log-in, scope, sizes
and columns, and cut by the shortest statement that makes a vector tile. `kept` asks the view again: fixed layers come from the tile store.
"""

import argparse
import random
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _platform import throw_away
from overlay import BOX, make, read

ZOOMS, MOST_TILES = (8, 12, 14), 200
LAYERS = {
    "patches": ("patches_patch", "run_id"),
    "redline": ("regions_redlinepolygon", "version_id"),
}
BARE = """
with b as (select ST_TileEnvelope(%s, %s, %s) as box), t as (
    select r.id, ST_AsMVTGeom(ST_Transform(r.geom, 3857), b.box, 4096, 64) as geom
    from {table} r, b where r.geom && ST_Transform(b.box, 4490) and r.{owner} = %s)
select ST_AsMVT(t, 'x', 4096, 'geom', 'id') from t where geom is not null
"""
BATCH = 5000


def fill(folder: Path, patches: int, polygons: int):
    """A person of the ministry, a run with patches, a redline version."""
    from ecoredline.geodesy import areas_ha
    from ecoredline.web.accounts.models import Person, Unit
    from ecoredline.web.patches.models import Patch, Run
    from ecoredline.web.regions.models import RedlinePolygon, RedlineVersion

    if not (folder / "patches.wkb").exists():
        make(folder, patches, polygons, 200)
    small, large, _ = read(folder)
    unit = Unit.objects.create(level="ministry", division_code="", name="bench")
    person = Person(username="bench", unit=unit, role="supervisor")
    person.set_unusable_password()
    person.save()
    version = RedlineVersion.objects.create(name="bench", sha256="b" * 64, is_demo=False)
    run = Run.objects.create(
        name="bench", folder="/bench", record_sha256="c" * 64, record={}, is_demo=False,
        redline_version=version, scope_codes=["51"], county_codes=["510422"],
    )  # fmt: skip
    areas = areas_ha(large)
    common = {
        "version": version,
        "scope_codes": ["51", "5104", "510422"],
        "control_zone": "general",
    }
    write(RedlinePolygon, large, lambda k, g: {"code": str(k), "name": f"红线{k}", "area_ha": areas[k], "geom": g} | common)  # fmt: skip
    places = np.column_stack(
        [shapely.get_x(shapely.centroid(small)), shapely.get_y(shapely.centroid(small))]
    )
    areas = areas_ha(small)
    common = {
        "run": run,
        "scope_codes": ["51", "5104", "510422"],
        "county": "510422",
        "division_code": "510422",
        "state": "screened",
    }
    write(Patch, small, lambda k, g: {
        "patch_id": f"510422-{k:09d}", "channel": ("suspected", "outside")[k % 2], "activity_type": str(1 + k % 6),
        "area_ha": areas[k], "redline_area_ha": areas[k] / 2, "lon": places[k, 0], "lat": places[k, 1],
        "confidence": 0.5, "geom": g,
    } | common)  # fmt: skip
    return person


def write(model, shapes, columns) -> None:
    """Rows in batches."""
    from django.contrib.gis.geos import GEOSGeometry

    multi = [s if s.geom_type == "MultiPolygon" else shapely.MultiPolygon([s]) for s in shapes]
    for start in range(0, len(multi), BATCH):
        wkb = shapely.to_wkb(np.array(multi[start : start + BATCH], dtype=object))
        model.objects.bulk_create(
            model(**columns(start + k, GEOSGeometry(memoryview(w), srid=4490)))
            for k, w in enumerate(wkb)
        )
        print(f"  {model.__name__} {start + len(wkb)}", file=sys.stderr)


def tiles_at(z: int) -> list[tuple[int, int]]:
    """Tiles of the box, shuffled, at most some hundred."""

    def at(lon, lat):
        y = (1 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / np.pi) / 2
        return int((lon / 360 + 0.5) * 2**z), int(y * 2**z)

    (x0, y1), (x1, y0) = at(BOX[0], BOX[1]), at(BOX[2], BOX[3])
    every = [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]
    random.Random(5).shuffle(every)
    return every[:MOST_TILES]


def timed(seconds: float, tiles, ask) -> tuple[float, int, int]:
    """Tiles per second, how many were asked, bytes; stops after some seconds."""
    begun, count, size = time.perf_counter(), 0, 0
    for x, y in tiles:
        size += len(ask(x, y))
        count += 1
        if time.perf_counter() - begun > seconds:
            break
    return count / (time.perf_counter() - begun), count, size


def measure(seconds: float) -> None:
    """Print a line for each layer and zoom."""
    from django.db import connection
    from django.test import Client

    from ecoredline.web.accounts.models import Person
    from ecoredline.web.patches.models import Run

    client = Client(headers={"host": "localhost"})
    client.force_login(Person.objects.get(username="bench"))
    run = Run.objects.get(name="bench")
    client.get(f"/map/tiles/divisions/3/0/0.pbf?run={run.pk}")  # what is loaded once is loaded
    owner = {"patches": run.pk, "redline": run.redline_version_id}
    print(
        "| layer | z | tiles | bare tiles/s | ours | ours ÷ bare | kept | kB bare | kB ours |\n|---|---|---|---|---|---|---|---|---|"
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
        for layer, (table, column) in LAYERS.items():
            bare_sql = BARE.format(table=table, owner=column)
            for z in ZOOMS:

                def bare(x, y, z=z, bare_sql=bare_sql, layer=layer):
                    cursor.execute(bare_sql, [z, x, y, owner[layer]])
                    return bytes(cursor.fetchone()[0] or b"")

                def ours(x, y, z=z, layer=layer):
                    answer = client.get(f"/map/tiles/{layer}/{z}/{x}/{y}.pbf?run={run.pk}")
                    assert answer.status_code in (200, 204), answer.status_code
                    return answer.content

                every = tiles_at(z)
                bare_rate, n, bare_bytes = timed(seconds, every, bare)
                rate, m, size = timed(seconds, every, ours)
                again, _, _ = timed(seconds, every[:m], ours)
                print(f"| {layer} | {z} | {n}, {m} | {bare_rate:.2f} | {rate:.2f} | {rate / bare_rate:.2f} | {again:.2f} | {bare_bytes / n / 1000:.0f} | {size / m / 1000:.0f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=int, default=300_000)
    parser.add_argument("--polygons", type=int, default=3000)
    parser.add_argument(
        "--seconds", type=float, default=15, help="most seconds a layer, zoom and way"
    )
    parser.add_argument("--keep", type=Path, help="folder that is kept and used again")
    asked = parser.parse_args()
    with throw_away(asked.keep) as folder:
        from ecoredline.web.patches.models import Run

        if not Run.objects.exists():
            fill(folder / f"data-{asked.patches}-{asked.polygons}", asked.patches, asked.polygons)
        shutil.rmtree(folder / "var" / "tiles", ignore_errors=True)
        measure(asked.seconds)


if __name__ == "__main__":
    main()
