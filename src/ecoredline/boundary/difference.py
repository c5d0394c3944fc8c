"""The difference between two redline versions in place: what was lost and gained where, not only net.

Ground is compared, not polygons: a polygon that was only given another code loses nothing. Areas
are hectares on the CGCS2000 ellipsoid, not rounded; round them where they are shown.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import numpy as np
import shapely

from ecoredline.boundary.cutting import Cover, dissolved, separated
from ecoredline.boundary.line import scales
from ecoredline.boundary.lowering import NATURE, lowered_ground, word
from ecoredline.codes import code_list
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.record import Job

COMPARED = ("name", "function", "sensitivity", "control_zone", "zone_word")
M2_PER_HA = 10_000.0
NOWHERE = ""  # the county code of ground that lies in no known county
SMALLEST_HA = 0.00005  # what rounds to 0.0000


@dataclass(frozen=True)
class Part:
    """Ground lost, gained or lowered in place: which polygon's, in which county, and if only a sliver of redrawing.

    `fields` of lowered ground are the (column, before, after) that fell.
    """

    kind: str  # lost, gained; nature, function
    code: str
    county: str
    area_ha: float
    is_sliver: bool
    geometry: shapely.Geometry = field(repr=False, compare=False)
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class PolygonChange:
    """What became of one polygon code: new, changed, withdrawn or same.

    `lost_ha` is its old ground that lies in no polygon of the new version, `gained_ha` its new
    ground that lay in none of the old; `fields` are (column, before, after).
    """

    code: str
    name: str
    kind: str
    old_ha: float
    new_ha: float
    lost_ha: float
    gained_ha: float
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class CountyChange:
    """A county's balance: old = kept + lost, new = kept + gained; slivers are within lost and gained."""

    code: str
    old_ha: float
    new_ha: float
    kept_ha: float
    lost_ha: float
    gained_ha: float
    sliver_lost_ha: float
    sliver_gained_ha: float

    @property
    def net_ha(self) -> float:
        """New less old."""
        return self.new_ha - self.old_ha

    @property
    def moved_out_ha(self) -> float:
        """Lost ground that is more than slivers of redrawing."""
        return self.lost_ha - self.sliver_lost_ha


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two versions; `lowered` is kept ground of lower nature or function."""

    polygons: tuple[PolygonChange, ...]
    counties: tuple[CountyChange, ...]
    parts: tuple[Part, ...]
    lowered: tuple[Part, ...] = ()

    @property
    def total(self) -> CountyChange:
        """All counties together; its code is blank."""
        columns = list(CountyChange.__dataclass_fields__)[1:]
        return CountyChange("", *(sum(getattr(c, k) for c in self.counties) for k in columns))

    def of_kind(self, kind: str) -> tuple[PolygonChange, ...]:
        """The polygons that are new, changed, withdrawn or same."""
        return tuple(p for p in self.polygons if p.kind == kind)


@dataclass(frozen=True)
class Reason:
    """Why a version needs the approval: total_shrinks, county_shrinks, moved_out, slivers, nature_lowered, function_changed."""

    kind: str
    county: str
    area_ha: float


def rule(code: str) -> float:
    """A number of the list `redline_rules`.

    >>> rule("sliver_m")
    0.05
    """
    return float(code_list("redline_rules")[code]["value"])


def compare(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, counties: gpd.GeoDataFrame | None = None,
    *, sliver_m: float | None = None, on: date | None = None, job: Job | None = None,
) -> Difference:  # fmt: skip
    """Compare two versions (columns code, geometry in EPSG:4490, and those of `COMPARED`).

    `counties` has code and geometry; ground outside them is counted under the blank code. Parts
    whose mean width is below `sliver_m` (the list's, when not given) are marked as slivers. Zones
    are ranked by the list of the day `on` (today). `job` is told how far it is and may stop it (`Cancelled`).
    """
    job = job or Job()
    job.at("compare")
    wide = rule("sliver_m") if sliver_m is None else sliver_m
    old, new = dissolved(old), dissolved(new)
    sides = {"lost": (old, Cover(old.geometry.to_numpy())), "gained": (new, Cover(new.geometry.to_numpy()))}  # fmt: skip
    places, count = Places(counties), max(1, len(old) + len(new))
    parts, balance, by_code = [], defaultdict(lambda: defaultdict(float)), {}
    for kind, (frame, cover) in sides.items():
        other = sides["gained" if kind == "lost" else "lost"][1]
        whole = "old_ha" if kind == "lost" else "new_ha"
        for code, shape in zip(frame["code"].astype(str), cover.shapes, strict=True):
            job.at("compare", len(by_code) / count, code)
            kept, moved = other.cut(shape)
            places.add(balance, whole, shape)
            if kind == "lost":
                places.add(balance, "kept_ha", kept)
            found = places.parts(kind, code, moved, wide)
            parts += found
            by_code[kind, code] = sum(p.area_ha for p in found)
    for part in parts:
        balance[part.county][f"{part.kind}_ha"] += part.area_ha
        balance[part.county][f"sliver_{part.kind}_ha"] += part.area_ha * part.is_sliver
    rows = [county_change(code, balance[code]) for code in sorted(balance)]
    covers = [cover for _, cover in sides.values()]
    fell = lowered_ground(old, new, covers, places, wide, on or date.today(), job)
    changes = polygon_changes(old, new, by_code)
    return Difference(tuple(changes), tuple(rows), tuple(parts), tuple(fell))


def county_change(code: str, found) -> CountyChange:
    """A county's sums as its row; the bare sums must balance."""
    columns = list(CountyChange.__dataclass_fields__)[1:]
    return CountyChange(code, *(found[k] for k in columns))


class Places:
    """The counties, for dividing ground among them."""

    def __init__(self, counties: gpd.GeoDataFrame | None):
        empty = counties is None or not len(counties)
        self.codes = [] if empty else [str(c)[:6] for c in counties["code"]]
        self.cover = None if empty else Cover(counties.geometry.to_numpy())

    def split(self, shape) -> list[tuple[str, shapely.Geometry]]:
        """The shape by county code."""
        if self.cover is None:
            return [] if shapely.is_empty(shape) else [(NOWHERE, shape)]
        return [(NOWHERE if n < 0 else self.codes[n], g) for n, g in self.cover.pieces(shape)]

    def add(self, balance, column: str, shape) -> None:
        """Add the shape's area to a column of its counties."""
        for code, piece in self.split(shape):
            balance[code][column] += float(areas_ha([piece])[0])

    def parts(self, kind: str, code: str, shape, wide: float) -> list[Part]:
        """Single polygons of lost or gained ground, each marked when it is only a sliver."""
        found = []
        for county, piece in self.split(shape):
            singles = shapely.get_parts(piece)
            areas = areas_ha(singles)
            thin = are_thin(singles, areas, wide)
            found += [
                Part(kind, code, county, float(area), bool(is_sliver), single)
                for single, area, is_sliver in zip(singles, areas, thin, strict=True)
            ]
        return found


def are_thin(polygons: np.ndarray, areas: np.ndarray, wide: float) -> np.ndarray:
    """Is the mean width (twice the area, in hectares, by the perimeter) below `wide` metres? (n,) bool.

    The perimeter is taken in a plane at the polygons' middle latitude: within a county that is
    right to half a per cent, enough to tell a sliver.

    >>> are_thin(np.array([shapely.box(101.7, 26.5, 101.8, 26.5000001)]), np.array([0.011]), 0.05)
    array([ True])
    """
    if not len(polygons):
        return np.zeros(0, dtype=bool)
    _, south, _, north = shapely.total_bounds(polygons)
    around = shapely.length(
        shapely.transform(polygons, lambda xy: xy * scales((south + north) / 2))
    )
    return 2 * areas * M2_PER_HA < wide * around


def polygon_changes(old, new, moved: dict) -> list[PolygonChange]:
    """What became of every code of either version, in the order of the codes."""
    rows = [dict(zip(f["code"].astype(str), f.to_dict("records"), strict=True)) for f in (old, new)]
    found = []
    for code in sorted({*rows[0], *rows[1]}):
        before, after = (r.get(code) for r in rows)
        lost, gained = moved.get(("lost", code), 0.0), moved.get(("gained", code), 0.0)
        areas = [float(areas_ha([r["geometry"]])[0]) if r else 0.0 for r in (before, after)]
        fields = tuple(
            (k, word(before, k), word(after, k))
            for k in COMPARED
            if before and after and word(before, k) != word(after, k)
        )
        kind = "new" if not before else "withdrawn" if not after else "same"
        if kind == "same" and (fields or not same_shape(before, after)):
            kind = "changed"
        name = word(after or before, "name")
        found.append(PolygonChange(code, name, kind, *areas, lost, gained, fields))
    return found


def same_shape(before: dict, after: dict) -> bool:
    """Do both rows cover the same ground, whatever ring begins where?"""
    one, other = (shapely.normalize(r["geometry"]) for r in (before, after))
    return bool(shapely.equals_exact(one, other, 0.0)) or bool(shapely.equals(one, other))


def reasons_for_approval(found: Difference) -> list[Reason]:
    """Why this change needs the approval of 厅字〔2017〕2号 (九); none when nothing was moved out or lowered.

    Ground moved out counts even where other ground was gained; slivers of redrawing do not,
    unless together they pass the share that `redline_rules` states.

    >>> box, far = shapely.box(101.7, 26.5, 101.8, 26.6), shapely.box(101.7, 26.5, 101.79, 26.6)
    >>> frame = lambda s: gpd.GeoDataFrame({"code": ["R1"]}, geometry=[s], crs=4490)
    >>> [r.kind for r in reasons_for_approval(compare(frame(box), frame(far)))]
    ['total_shrinks', 'county_shrinks', 'moved_out']
    """
    total, most = found.total, rule("sliver_share_max")
    reasons = []
    if total.moved_out_ha > SMALLEST_HA and total.net_ha < -SMALLEST_HA:
        reasons.append(Reason("total_shrinks", "", -total.net_ha))
    for county in found.counties:
        if county.moved_out_ha > SMALLEST_HA and county.net_ha < -SMALLEST_HA:
            reasons.append(Reason("county_shrinks", county.code, -county.net_ha))
        if county.moved_out_ha > SMALLEST_HA:
            reasons.append(Reason("moved_out", county.code, county.moved_out_ha))
        lost = county.sliver_lost_ha
        if lost >= SMALLEST_HA and county.old_ha and lost / county.old_ha > most:
            reasons.append(Reason("slivers", county.code, county.sliver_lost_ha))
    reasons += lowered_reasons(found, most)
    return [Reason(r.kind, r.county, round_ha(r.area_ha)) for r in reasons]


def lowered_reasons(found: Difference, most: float) -> list[Reason]:
    """Hectares of lower nature or changed function in place, by county; slivers as for ground moved out."""
    sums: dict = defaultdict(lambda: [0.0, 0.0])
    for part in found.lowered:
        sums[part.kind, part.county][part.is_sliver] += part.area_ha
    whole = {c.code: c.old_ha for c in found.counties}
    reasons = []
    for (kind, county), (wide, thin) in sorted(sums.items()):
        area = wide + (thin if thin > most * whole.get(county, 0.0) else 0.0)
        if area > SMALLEST_HA:
            name = "nature_lowered" if kind == NATURE else "function_changed"
            reasons.append(Reason(name, county, area))
    return reasons


def areas_by_county(frame: gpd.GeoDataFrame, counties: gpd.GeoDataFrame | None) -> dict[str, float]:
    """Hectares of redline in each county, overlaps counted once; ground of no county under ''."""
    balance: dict = defaultdict(lambda: defaultdict(float))
    places = Places(counties)
    for shape in separated(np.asarray(frame.geometry.to_numpy(), dtype=object)):
        places.add(balance, "area", shape)
    return {code: found["area"] for code, found in sorted(balance.items())}
