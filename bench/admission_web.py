"""Admission check through the page, at the size of a province: seeded, served as the product serves it, measured.

    .venv/bin/python bench/admission_web.py [--polygons 3000] [--clues 14000] [--cases 6000] [--patches 20000]
                                            [--approved 2000] [--clicks 200] [--batch 1000] [--keep FOLDER]

A throw-away cluster (`--keep` keeps it and finds it again). One redline polygon in a hundred has 50,000
vertices; clues, cases, protected areas, water sources and approved projects lie in the same degree and a
half. Processor time is of web server and database together and hardly minds what else the machine does;
`ratio` is to `/health/`, which asks the database `select 1`, in the same run.
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _platform import throw_away

LIMIT_MS = 300
SIDE = 0.5  # degrees of a county
RARE = 100  # one redline polygon in so many is very detailed
TOKEN = "b" * 32  # of forms, as cookie and field
WAIT_S = 900
SEED = 11


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, count in (
        ("polygons", 3000), ("clues", 14_000), ("cases", 6000), ("patches", 20_000),
        ("approved", 2000), ("clicks", 200), ("batch", 1000),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--keep", type=Path, help="folder that is kept and used again")
    return parser.parse_args()


def frame(role: str, count: int, **columns):
    """Wavy polygons of a layer."""
    import geopandas as gpd
    import numpy as np

    import admission

    rng = np.random.default_rng(SEED)
    vertices = np.full(count, admission.USUAL_VERTICES)
    if role == "redline":
        some = rng.choice(count, max(1, count // RARE), replace=False)
        vertices[some] = admission.LARGEST_VERTICES
    large = role in ("redline", "protected")
    shapes = admission.blobs(count, 0.012 if large else 0.002, vertices, len(role))
    names = [f"{role}{k}" for k in range(count)]
    made = {"code": names, "name": names} | columns
    return gpd.GeoDataFrame(made, geometry=shapes, crs=4490)


def fill(asked: argparse.Namespace) -> None:
    """All layers; clues and cases are moved into the box of the others."""
    import _many_rows as seed
    from ecoredline.web.regions import actions

    seed.fill(asked.patches, asked.clues, asked.cases, say=lambda w: print(w, file=sys.stderr))
    counties()
    gather("clues_clue")
    gather("cases_case")
    zones = [("core", "general")[k % 2] for k in range(asked.polygons)]
    redline = frame("redline", asked.polygons, control_zone=zones)
    told = {"is_demo": False, "notes": []}
    actions.register_redline(redline, name="红线 2025", sha256="1" * 64, **told)
    some = max(3, asked.polygons // 20)
    actions.register_protected_areas(
        frame("protected", some), name="保护地", sha256="2" * 64, **told
    )
    water(frame("water", some))
    in_force()
    seed.run("vacuum analyze")


def in_force() -> None:
    """The layers hold and cover every province; where no water source is, that is stated."""
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.admissions.models import LayerStatement
    from ecoredline.web.core import clock
    from ecoredline.web.regions.models import Division, ProtectedAreaVersion, RedlineVersion

    today = clock.today()
    provinces = sorted({code[:2] for code in Division.objects.values_list("code", flat=True)})
    for versions in (RedlineVersion, ProtectedAreaVersion):
        versions.objects.update(valid_from=today, covers=provinces)
    by = Person.objects.exclude(unit=None).first()
    said = {"by": by, "unit": by.unit, "day": today, "reason": "bench", "role": "water"}
    LayerStatement.objects.bulk_create(
        LayerStatement(division_code=code, kind=kind, **said)
        for code in provinces
        for kind in ("none", "current")
    )


def counties() -> None:
    """A square for every county of the seeded units, without gaps between."""
    import _many_rows as seed
    from ecoredline.web.regions.models import Division

    geom = f"ST_Multi(ST_MakeEnvelope(p.lon, p.lat, p.lon + {SIDE}, p.lat + {SIDE}, 4490))"
    seed.insert(
        Division, "from bench_place p", code="p.code", name="p.code", level="'county'", geom=geom,
        source_sha256="repeat('3', 64)", scope_codes="p.codes",
    )  # fmt: skip


def gather(table: str) -> None:
    """Put clues or cases into the box, whatever county they are of."""
    import _many_rows as seed
    import admission

    west, south, east, north = admission.BOX
    x = f"{west} + (id * 7919 % 10007) / 10007.0 * {east - west}"
    y = f"{south} + (id * 104729 % 10009) / 10009.0 * {north - south}"
    seed.run(f"alter table {table} disable trigger user")
    seed.run(f"update {table} set lon = {x}, lat = {y}, geom = {seed.box(f'({x})', f'({y})')}")
    seed.run(f"alter table {table} enable trigger user")


def water(layer) -> None:
    """Water sources as rows of the county ledger."""
    from datetime import date

    from django.contrib.gis.geos import GEOSGeometry

    from ecoredline.web.accounts.models import Person
    from ecoredline.web.ledgers.models import LedgerRow

    person = officers()[0]
    rows = [
        LedgerRow(
            book="existing_right", values={"kind": "water_source", "name": row.name, "state": "water_1"},
            geom=GEOSGeometry(memoryview(row.geometry.wkb), srid=4490), sha256="4" * 64,
            division_code=person.unit.division_code, scope_codes=[person.unit.division_code],
            valid_from=date(2025, 1, 1), by=person, unit=person.unit,
        )
        for row in layer.itertuples()
    ]  # fmt: skip
    LedgerRow.objects.bulk_create(rows)
    assert Person.objects.exists()


def officers() -> list:
    """The county officers whose counties lie in the box."""
    from django.contrib.gis.geos import Polygon

    import admission
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.regions.models import Division

    box = Polygon.from_bbox(admission.BOX)
    box.srid = 4490
    inside = Division.objects.filter(geom__within=box).values_list("code", flat=True)
    people = Person.objects.select_related("unit").filter(unit__division_code__in=list(inside))
    return list(people.order_by("pk"))


def project(person, rng) -> dict:
    """A wavy outline in the person's county, as GeoJSON."""
    import shapely

    import admission
    from ecoredline.web.regions.models import Division

    west, south, *_ = Division.objects.get(code=person.unit.division_code).geom.extent
    (shape,) = admission.blobs(1, 0.003, [40], rng.randrange(10**6))
    middle = shape.centroid
    x, y = (low + rng.uniform(0.05, SIDE - 0.05) for low in (west, south))
    moved = shapely.transform(shape, lambda c: c + [x - middle.x, y - middle.y])
    return json.loads(shapely.to_geojson(moved))


class Window:
    """A person's browser."""

    def __init__(self, port: int, cookie: str):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        self.heads = {
            "Cookie": f"ecoredline_session={cookie}; ecoredline_csrf={TOKEN}",
            "Host": f"localhost:{port}", "X-CSRFToken": TOKEN,
        }  # fmt: skip

    def ask(self, method: str, address: str, body=None, kind: str = "") -> tuple[float, str, bytes]:
        """Seconds, where it leads to, and the answer; fails on anything but 200 and 302."""
        heads = self.heads | ({"Content-Type": kind} if kind else {})
        self.line.close()  # the server ends idle lines when it likes
        begun = time.perf_counter()
        self.line.request(method, address, body, heads)
        answer = self.line.getresponse()
        said = answer.read()
        took = time.perf_counter() - begun
        assert answer.status in (200, 302), f"{answer.status} {address} {said[-2000:].decode()}"
        return took, answer.getheader("Location", ""), said

    def check(self, outline: dict, name: str) -> tuple[float, str]:
        """Hand in one drawn project; seconds and where its answer is."""
        form = {"outline": json.dumps(outline), "name": name, "activity": "LHA-06", "path": "plain",
                "opinion": "甲函〔2026〕1号", "as_of": ""}  # fmt: skip
        took, where, _ = self.ask(
            "POST", "/admissions/new/", urlencode(form), "application/x-www-form-urlencoded"
        )
        return took, where

    def batch(self, outlines: list[dict]) -> tuple[float, str]:
        """Hand in a file of many."""
        features = [
            {
                "type": "Feature",
                "properties": {"code": f"B{k}", "activity": "LHA-06"},
                "geometry": o,
            }
            for k, o in enumerate(outlines)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        edge, body = "edge-of-the-form", []
        for name, value in (("path", "plain"), ("as_of", "")):
            body.append(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}')
        body.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="upload"; filename="b.geojson"\r\n\r\n{text}'
        )
        said = "\r\n".join([*body, f"--{edge}--", ""]).encode()
        took, where, _ = self.ask(
            "POST", "/admissions/new/", said, f"multipart/form-data; boundary={edge}"
        )
        return took, where


class Sheet:
    """What was measured, a line each."""

    def __init__(self, busy):
        self.busy, self.bare = busy, 0.0
        print(
            "| step | times | p50 ms | p95 ms | processor ms | p50 ÷ select 1 |\n|---|---|---|---|---|---|"
        )

    def measure(self, name: str, work, things) -> list:
        """Do it with each thing and print a line; `work` gives seconds first."""
        before, found = self.busy(), [work(thing) for thing in things]
        cost = 1000 * (self.busy() - before) / len(found)
        took = sorted(row[0] for row in found)
        p50, p95 = statistics.median(took), took[int(0.95 * (len(took) - 1))]
        self.bare = self.bare or p50
        print(f"| {name} | {len(took)} | {1000 * p50:.0f} | {1000 * p95:.0f} | {cost:.0f} | {p50 / self.bare:.0f} |", flush=True)  # fmt: skip
        return found


def approve(count: int, rng) -> None:
    """Make approved projects out of the answers there are, moved about."""
    import _many_rows as seed
    import admission

    west, south, east, north = admission.BOX
    columns = "request_id, code, name, activity, outcome, admitted, area_ha, redline_ha, as_of, redline_version_id, protected_version_id, rules_id, answer, sha256, unit_id, by_id, asked_at, is_demo, scope_codes"  # fmt: skip
    seed.run(
        f"""insert into admissions_admission (number, geom, {columns})
            select 'bench-' || g, ST_Translate(geom,
                {west} + (g * 7919 % 10007) / 10007.0 * {east - west} - ST_X(ST_Centroid(geom)),
                {south} + (g * 104729 % 10009) / 10009.0 * {north - south} - ST_Y(ST_Centroid(geom))), {columns}
            from admissions_admission cross join generate_series(1, {count}) g
            where id = (select min(id) from admissions_admission)"""
    )
    seed.run(
        """insert into admissions_approval (admission_id, kind, document, authority, "on", remark, by_id, made_at)
           select id, 'granted', '甲〔2026〕1号', '省厅', date '2025-06-01', '', by_id, now()
           from admissions_admission where number like 'bench-%'"""
    )
    seed.run("vacuum analyze")


def measure(asked: argparse.Namespace) -> None:
    """With the database up."""
    from ecoredline.web import server
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.admissions.models import Admission
    from many_users import busy_s, serve, sessions

    if not Person.objects.exists():
        fill(asked)
    people, rng = officers(), random.Random(SEED)
    top = list(Person.objects.filter(unit__level="ministry").select_related("unit"))
    cookies = sessions([*people, *top])
    port = server.free_port(0)
    child = serve(port)
    try:
        windows = [Window(port, cookie) for cookie in cookies]
        above = windows.pop()
        if not Admission.objects.filter(number__startswith="bench-").exists():
            windows[0].check(project(people[0], rng), "first")
            approve(asked.approved, rng)
        sheet = Sheet(lambda: busy_s(child.pid))
        for window in [*windows, above]:  # everything is opened once
            window.ask("GET", "/admissions/new/")
        walk(sheet, windows, above, people, asked, rng)
    finally:
        server.stop_process(child)


def walk(sheet: Sheet, windows, above, people, asked, rng) -> None:
    """All steps."""
    sheet.measure("select 1", lambda k: above.ask("GET", "/health/"), range(asked.clicks))
    todo = [(k % len(people), project(people[k % len(people)], rng)) for k in range(asked.clicks)]
    made = sheet.measure("check one", lambda t: windows[t[0]].check(t[1], "one"), todo)
    high = sheet.measure("check one, top unit", lambda t: above.check(t[1], "one"), todo[:50])
    pages = [(t[0], where) for t, (_, where) in zip(todo, made, strict=True)][:50]
    sheet.measure("read the answer", lambda t: windows[t[0]].ask("GET", t[1]), pages)
    for kind in ("docx", "pdf"):
        sheet.measure(
            f"report {kind}", lambda t, kind=kind: windows[t[0]].ask("GET", f"{t[1]}report.{kind}"), pages[:20]
        )  # fmt: skip
    sheet.measure("list", lambda t: above.ask("GET", "/admissions/"), range(20))
    many = [project(people[0], rng) for _ in range(asked.batch)]
    ((seconds, where),) = sheet.measure(f"batch of {asked.batch}", windows[0].batch, [many])
    sheet.measure("page of the batch", lambda t: windows[0].ask("GET", where), range(5))
    sheet.measure(
        "zip of the batch", lambda t: windows[0].ask("GET", f"{where.rstrip('/')}.zip"), [1]
    )
    for kind in ("approved", "exceeding", "unapproved"):
        sheet.measure(f"{asked.patches} patches, {kind}", matched, [kind] * 3)
    p95 = 1000 * sorted(s for s, _ in [*made, *high])[int(0.95 * (len(made) + len(high) - 1))]
    print(
        f"\ncheck of one: p95 {p95:.0f} ms of {LIMIT_MS} ms; {asked.batch} in {seconds:.1f} s of {60 * asked.batch / 1000:.0f} s"
    )


def matched(kind: str) -> tuple[float, int]:
    """Seconds for the patches of a kind beside the approved projects, asked without a page."""
    from ecoredline.web.admissions.page_parts import condition
    from ecoredline.web.patches.models import Patch

    begun = time.perf_counter()
    count = Patch.objects.filter(condition(kind)).count()
    return time.perf_counter() - begun, count


def main() -> None:
    """Fill, serve, click, print."""
    asked = arguments()
    with throw_away(asked.keep):
        measure(asked)


if __name__ == "__main__":
    main()
