"""The demo's ledgers, markers, redline delivery and data deliveries: made up from a seed, marked as demo."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from ecoredline.geodesy import area_ha, areas_ha, round_ha
from ecoredline.ledger import books, kept_shape
from ecoredline.ledger.declare import INSIDE
from ecoredline.web.admissions.models import LayerStatement
from ecoredline.web.admissions.statements import state_layer
from ecoredline.web.core import clock
from ecoredline.web.deliveries.actions import hand_in
from ecoredline.web.deliveries.models import Delivery
from ecoredline.web.demo.cast import ZONE, Cast, at
from ecoredline.web.demo.photos import photograph
from ecoredline.web.demo.rows import rows_of
from ecoredline.web.ledgers import actions
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.patches.models import Run
from ecoredline.web.redlines import actions as redlines
from ecoredline.web.redlines import markers
from ecoredline.web.redlines.models import Marker, RedlineDelivery
from ecoredline.web.redlines.protected import deliver_protected
from ecoredline.web.regions.models import Division, RedlinePolygon
from ecoredline.web.regions.queries import redline_in_use

SEED = 20260103
MARKERS_A_COUNTY, PATROLLED, AWAY_DEG = 6, 2, 0.0008
STATES = ("完好", "完好", "破损", "完好", "移位", "完好")
FREE_DEG = 0.0012
BASELINE = date(2026, 1, 1)
RENEWED = timedelta(days=180)


@dataclass
class Place:
    """A county with its ground inside the redline, and a generator of its own."""

    code: str
    name: str
    county: shapely.Geometry
    inside: shapely.Geometry
    polygon: str  # code of its largest redline polygon
    dice: random.Random
    officer: object

    def spot(self) -> shapely.Point:
        """A point inside the redline, coordinates of six decimals."""
        west, south, east, north = self.inside.bounds
        for _try in range(400):
            point = shapely.Point(
                round(self.dice.uniform(west, east), 6), round(self.dice.uniform(south, north), 6)
            )
            if self.inside.contains(point):
                return point
        return shapely.point_on_surface(self.inside)

    def plot(self, metres: float) -> shapely.Geometry:
        """A polygon of about these metres across, inside the redline; the middle stays free.

        In the middle stand the projects of the demo's admission checks.
        """
        middle = shapely.point_on_surface(self.inside).buffer(FREE_DEG)
        for _try in range(60):
            found = self.spot().buffer(metres / 2e5, quad_segs=3).intersection(self.inside)
            if not found.intersects(middle):
                break
        return found

    def path(self) -> shapely.Geometry:
        """A line of some steps from a point on."""
        point, line = self.spot(), []
        for step in range(6):
            line.append(
                (point.x + 0.0007 * step, point.y + 0.0004 * self.dice.uniform(-1, 1) * step)
            )
        return shapely.LineString(line)


@transaction.atomic
def tell(run: Run, inputs: Path) -> dict[str, int]:
    """Bring the demo's redline into force, fill the ledgers, markers and deliveries; gives counts.

    A project that has ledger rows already is left as it is.
    """
    if not LedgerRow.objects.exists():
        cast = Cast(Path(run.folder))
        if (inputs / "redline.gpkg").exists():
            bring_into_force(cast, inputs)
        with at(1, 5, 11):
            actions.set_baseline(by=cast.city, day=BASELINE, document="县级台账启用（演示）")
        for place in places(cast):
            fill(place)
        set_markers(cast)
        if (inputs / "redline.gpkg").exists():
            hand_in_both(cast, inputs)
    keep_fresh(Cast(Path(run.folder)).city)
    return {"rows": LedgerRow.objects.count(), "markers": Marker.objects.count(),
            "deliveries": Delivery.objects.count() + RedlineDelivery.objects.count()}  # fmt: skip


def upload(path: Path, name: str) -> SimpleUploadedFile:
    """A file of the demo as if it came from a page."""
    return SimpleUploadedFile(name, path.read_bytes())


def bring_into_force(cast: Cast, inputs: Path) -> None:
    """The demo's redline in force; in autumn a smaller one, which lacks the approval it needs."""
    whole = inputs / "redline.gpkg"
    with at(1, 4, 10):
        made = redlines.deliver(
            upload(whole, "redline.gpkg"), by=cast.city, name="演示红线", provider="演示",
            valid_from=date(2025, 1, 1), note_said="演示合成数据",
        )  # fmt: skip
        redlines.accept(redlines.check(made, by=cast.city), by=cast.city)
        deliver_protected(
            upload(inputs / "protected_areas.gpkg", "protected_areas.gpkg"), by=cast.city,
            name="演示自然保护地", valid_from=date(2025, 1, 1),
        )  # fmt: skip
    smaller = inputs / "redline-smaller.gpkg"
    frame = pyogrio.read_dataframe(whole)
    largest = int(np.argmax(areas_ha(frame.geometry.to_numpy())))
    frame.loc[largest, "geometry"] = frame.geometry[largest].buffer(-0.002)
    pyogrio.write_dataframe(frame, smaller)
    with at(11, 12, 10):
        made = redlines.deliver(
            upload(smaller, "redline-smaller.gpkg"), by=cast.city, name="演示红线（缩小，未批准）",
            provider="演示", valid_from=date(2026, 11, 1), note_said="演示：缩小面积而没有批准文件",
        )  # fmt: skip
        redlines.check(made, by=cast.city)


def keep_fresh(by) -> None:
    """Sign that the demo's layers still hold, and where there are no water sources: else no check admits."""
    today, code = clock.today(), by.unit.division_code
    said = LayerStatement.objects.filter(day__gt=today - RENEWED, division_code__startswith=code)
    if said.exists():
        return
    told = {"by": by, "day": today, "reason": "演示：合成数据每次启动时核实"}
    full = code.ljust(6, "0")
    for role in ("redline", "protected", "water"):
        state_layer(role=role, division_code=full, kind=LayerStatement.Kind.CURRENT, **told)
    watered = set(LedgerRow.objects.filter(book="existing_right", values__kind="water_source")
                  .values_list("division_code", flat=True))  # fmt: skip
    for county in Division.objects.filter(level="county", code__startswith=code):
        if county.code not in watered:
            kind = LayerStatement.Kind.NONE
            state_layer(role="water", division_code=county.code, kind=kind, **told)


def places(cast: Cast) -> list[Place]:
    """The counties with ground inside the redline."""
    found, version = [], redline_in_use()
    for number, (code, officer) in enumerate(sorted(cast.officers.items())):
        division = Division.objects.filter(code=code).first()
        rows = RedlinePolygon.objects.filter(version=version, scope_codes__contains=[code])
        if division is None or not rows.exists():
            continue
        shapes = [shapely.from_wkb(bytes(g.wkb)) for g in rows.values_list("geom", flat=True)]
        county = shapely.from_wkb(bytes(division.geom.wkb))
        inside = shapely.union_all(shapes).intersection(county)
        if inside.area > 0:
            dice = random.Random(SEED + number)
            largest = max(rows, key=lambda r: r.area_ha).code
            found.append(Place(code, division.name, county, inside, largest, dice, officer))
    return found


def fill(place: Place) -> None:
    """A county's rows, and what became of its mine."""
    for row in rows_of(place):
        book = books()[row.book]
        day = row.since
        shape = None if row.shape is None else kept_shape([row.shape], book)
        cells = dict(row.cells)
        if (
            shape is not None
            and "area_ha" in {c.name for c in book.columns}
            and "area_ha" not in cells
            and not book.made(INSIDE)
        ):
            cells["area_ha"] = round_ha(area_ha(shape))
        told = actions.Told(place.code, day, "演示合成数据")
        with at(day.month, day.day, 15, year=day.year):
            made = actions.add_row(book, cells, told, by=place.officer, shape=shape)
        for when, change in row.later:
            with at(when.month, when.day, 15, year=when.year):
                actions.change_row(
                    book, str(made.key), cells | change, actions.Told(place.code, when, "演示合成数据"),
                    by=place.officer,
                )  # fmt: skip
                cells |= change


def set_markers(cast: Cast) -> None:
    """Markers and boards along the line, some of them patrolled with a photograph."""
    lines = ["编号,类型,经度,纬度,红线斑块编码,牌面文字,设立日期,状态"]
    for place in places(cast):
        lines += marker_lines(place)
    with at(3, 2, 9):
        body = "\n".join(lines).encode()
        markers.import_markers(SimpleUploadedFile("演示界桩.csv", body), by=cast.city)
    for code, officer in cast.officers.items():
        for marker in Marker.objects.filter(division_code=code)[:PATROLLED]:
            with at(9, 18, 10):
                markers.patrol(marker, by=officer, **look(marker))


def marker_lines(place: Place) -> list[str]:
    """Markers along the line of a county's ground, every third some metres off it."""
    found, edge = [], shapely.boundary(max(shapely.get_parts(place.inside), key=lambda p: p.area))
    for number in range(MARKERS_A_COUNTY):
        share = (number + 0.5) / MARKERS_A_COUNTY
        spot = shapely.line_interpolate_point(edge, share, normalized=True)
        lon, lat = round(spot.x + (0.0 if number % 3 else AWAY_DEG), 6), round(spot.y, 6)
        if not place.county.contains(shapely.Point(lon, lat)):
            continue
        kind, state = "标识牌" if number == 0 else "界桩", STATES[number % len(STATES)]
        found.append(
            f"演示-{place.code}-{number + 1:02d},{kind},{lon},{lat},{place.polygon},"
            f"生态保护红线（演示）,2025-06-{10 + number},{state}"
        )
    return found


def look(marker: Marker) -> dict:
    """What a patrol wrote down."""
    photo = photograph(
        marker.number, chip=None, lon=marker.lon, lat=marker.lat, bearing=90.0,
        taken=clock.now().astimezone(ZONE),
    )  # fmt: skip
    return {"state": marker.state, "said": "巡护查看（演示）", "photo": photo, "on": clock.today()}


def hand_in_both(cast: Cast, inputs: Path) -> None:
    """A delivery that passes its checks and one that does not; the platform checks them when it runs."""
    hand = partial(hand_in, by=cast.city, role="redline")
    with at(11, 18, 9):
        hand(upload(inputs / "redline.gpkg", "演示红线-合格.gpkg"))
        hand(upload(faulty(inputs), "演示红线-有误.geojson"))


def faulty(inputs: Path) -> Path:
    """The redline with what deliveries go wrong by: a code twice, a bow tie, an overlap, blanks."""
    path = inputs / "redline-faulty.geojson"
    frame = pyogrio.read_dataframe(inputs / "redline.gpkg").head(4)
    west, south, east, north = frame.total_bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    rows = gpd.GeoDataFrame(frame.copy(), geometry=frame.geometry.name, crs=frame.crs)
    rows["code"] = rows["code"].iloc[0]
    rows.loc[rows.index[0], rows.geometry.name] = bow
    rows.loc[rows.index[-1], "name"] = ""
    pyogrio.write_dataframe(rows, path)
    return path
