"""The comparison of two versions as rows and JSON, and the rows of the boundary ledger out of it."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import geopandas as gpd
import shapely

from ecoredline.boundary import Difference, compare, reasons_for_approval
from ecoredline.boundary.cutting import polygons_of
from ecoredline.boundary.difference import SMALLEST_HA
from ecoredline.geodesy import round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import Job
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.redlines.models import BoundaryChange, DifferencePart, RedlineDelivery
from ecoredline.web.regions.actions import COUNTY_DIGITS, counties_of, multi
from ecoredline.web.regions.models import RedlineVersion
from ecoredline.web.regions.queries import COLUMNS, counties_frame, polygons_frame

COUNTY_NUMBERS = (
    "old_ha", "new_ha", "kept_ha", "lost_ha", "gained_ha", "net_ha", "moved_out_ha",
    "sliver_lost_ha",
)  # fmt: skip
LEDGER_KINDS = {  # kind of part → kind of the ledger's row, sign of its change of area
    "lost": ("moved_out", -1), "gained": ("added", 1), "nature": ("nature", 0), "function": ("function", 0),
}  # fmt: skip


def four(value) -> Decimal:
    """Hectares as the database keeps them."""
    return Decimal(f"{round_ha(float(value)):.4f}")


def empty_frame() -> gpd.GeoDataFrame:
    """No polygons at all: what the first version is compared with."""
    return gpd.GeoDataFrame({c: [] for c in COLUMNS}, geometry=[], crs=STORAGE_CRS)


def difference_of(
    version: RedlineVersion, against: RedlineVersion | None, job: Job | None = None,
    on: date | None = None,
) -> Difference:  # fmt: skip
    """The difference in place between a version and the one before it (or none), by the lists of a day."""
    old = polygons_frame(against.polygons.all()) if against else empty_frame()
    return compare(old, polygons_frame(version.polygons.all()), counties_frame(), on=on, job=job)


def counties_by_code(found: Difference, *versions: RedlineVersion | None) -> dict[str, set]:
    """Polygon code → the counties where its ground changed; where none did, those it lies in."""
    counties = defaultdict(set)
    for part in found.parts:
        counties[part.code].add(part.county)
    changed = set(counties)
    for version in filter(None, versions):
        for code, spread in version.polygons.values_list("code", "scope_codes"):
            if code not in changed:
                counties[code].update(c for c in spread if len(c) == COUNTY_DIGITS)
    return counties


def summary(found: Difference, version: RedlineVersion, against: RedlineVersion | None) -> dict:
    """The difference as JSON: total, counties, every polygon that is not the same, reasons."""
    counties = counties_by_code(found, version, against)
    reasons = [] if against is None else reasons_for_approval(found)
    return {
        "total": numbers(found.total),
        "counties": [{"code": c.code} | numbers(c) for c in found.counties],
        "same": len(found.of_kind("same")),
        "polygons": [
            {
                "code": p.code, "name": p.name, "kind": p.kind, "fields": p.fields,
                "counties": sorted(counties[p.code]),
                **{k: round_ha(getattr(p, k)) for k in ("old_ha", "new_ha", "lost_ha", "gained_ha")},
            }
            for p in found.polygons if p.kind != "same"
        ],
        "reasons": [{"kind": r.kind, "county": r.county, "area_ha": r.area_ha} for r in reasons],
    }  # fmt: skip


def numbers(row) -> dict[str, float]:
    """A county's (or the total's) columns, rounded."""
    return {k: round_ha(getattr(row, k)) for k in COUNTY_NUMBERS}


def part_rows(delivery: RedlineDelivery, found: Difference) -> list[DifferencePart]:
    """Lost, gained and lowered ground for the map, one row a polygon, county, kind and what fell."""
    groups = defaultdict(list)
    for part in (*found.parts, *found.lowered):
        groups[part.kind, part.code, part.county, part.is_sliver, part.fields].append(part)
    return [
        DifferencePart(
            delivery=delivery, kind=kind, polygon_code=code, division_code=county,
            area_ha=four(sum(p.area_ha for p in parts)), is_sliver=thin, fields=fields,
            geom=multi(polygons_of(shapely.union_all([p.geometry for p in parts]))),
        )
        for (kind, code, county, thin, fields), parts in groups.items()
    ]  # fmt: skip


def change_rows(delivery: RedlineDelivery, *, by) -> list[BoundaryChange]:
    """The boundary ledger's rows: ground added and moved out by polygon and county; the rest 勘误.

    Ground lowered in place is a row with its hectares in `in_place_ha` and no change of area. A
    polygon whose outline, code or words changed without any of that is a correction. Slivers of
    redrawing are part of a correction.
    """
    moved = defaultdict(float)
    for part in delivery.parts.filter(is_sliver=False):
        moved[part.polygon_code, part.division_code, part.kind] += float(part.area_ha)
    outlines = [outlines_of(v) for v in (delivery.against, delivery.version_of)]
    divisions = counties_frame()
    rows, told = [], set()
    for (code, county, kind), area in sorted(moved.items()):
        if area > SMALLEST_HA:
            name, sign = LEDGER_KINDS[kind]
            made = change_row(delivery, code, name, county, sign * area, outlines, by)
            made.in_place_ha = four(0 if sign else area)
            rows.append(made)
            told.add(code)
    for polygon in delivery.difference["polygons"]:
        code = polygon["code"]
        if code not in told:
            shape = outlines[1].get(code) or outlines[0].get(code)
            found = counties_of([shapely.from_wkb(bytes(shape.wkb))], divisions)[0] or [""]
            rows += [change_row(delivery, code, "correction", c, 0.0, outlines, by) for c in found]
    return rows


def outlines_of(version: RedlineVersion | None) -> dict:
    """Polygon code → outline of a version."""
    return dict(version.polygons.values_list("code", "geom")) if version else {}


def change_row(
    delivery, code: str, kind: str, county: str, delta: float, outlines, by
) -> BoundaryChange:
    """One row of the ledger."""
    return BoundaryChange(
        delivery=delivery, polygon_code=code, kind=kind, division_code=county, delta_ha=four(delta),
        approval_number=delivery.approval_number, approval_issuer=delivery.approval_issuer,
        approval_dated=delivery.approval_dated, effective_on=delivery.valid_from,
        before=outlines[0].get(code), after=outlines[1].get(code),
        scope_codes=prefixes([county]) if county else [], by=by, is_demo=delivery.is_demo,
    )  # fmt: skip
