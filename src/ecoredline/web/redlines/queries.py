"""Reads: deliveries, what of their difference a person sees, floors with their margin, markers."""

from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core import clock
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.redlines.models import AreaFloor, BoundaryChange, Marker, RedlineDelivery
from ecoredline.web.regions.divisions import name_of
from ecoredline.web.regions.models import Division, ProtectedArea, ProtectedAreaVersion
from ecoredline.web.regions.queries import redline_as_of, redline_in_use

HA_PER_KM2 = 100
FULL_CODE = 6

__all__ = ["delivery_for", "margins", "marker_for", "redline_as_of", "redline_in_use"]


def deliveries_for(person) -> QuerySet[RedlineDelivery]:
    """Deliveries that touch the person's divisions, newest first."""
    found = RedlineDelivery.objects.visible_to(person)
    return found.select_related("version_of", "owner", "by")


def delivery_for(person, pk: int) -> RedlineDelivery:
    """One delivery; raises `NotFound` (404.1)."""
    found = deliveries_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def changes_for(person) -> QuerySet[BoundaryChange]:
    """The ledger of boundary changes in the person's divisions."""
    return BoundaryChange.objects.visible_to(person).select_related("delivery")


def markers_for(person, state: str = "", words: str = "") -> QuerySet[Marker]:
    """Markers and boards in the person's divisions."""
    found = Marker.objects.visible_to(person).select_related("unit")
    found = found.filter(state=state) if state else found
    return found.filter(number__icontains=words) if words else found


def marker_for(person, pk: int) -> Marker:
    """One marker; raises `NotFound` (404.1)."""
    found = markers_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def division_name(code: str) -> str:
    """A division's name: the loaded one, else that of GB/T 2260, else its code."""
    if not code:
        return ""
    held = Division.objects.filter(code=code).values_list("name", flat=True).first()
    row = code_list("divisions").get(code.ljust(FULL_CODE, "0"), {})
    return held or (row.get("en") if language() == "en" else "") or name_of(code) or code


def counties_of(person, delivery: RedlineDelivery) -> list[dict]:
    """The counties' balance of a delivery that the person may see, with their names."""
    seen = scope(person)
    rows = delivery.difference.get("counties", [])
    return [
        row | {"name": division_name(row["code"])}
        for row in rows
        if (row["code"] and row["code"].startswith(seen.prefix))
        or (not row["code"] and seen.unplaced)
    ]


def polygons_of(person, delivery: RedlineDelivery) -> list[dict]:
    """The polygons that are new, changed or withdrawn and lie in the person's divisions."""
    seen = scope(person)
    rows = delivery.difference.get("polygons", [])
    return [r for r in rows if is_seen(seen, *r["counties"])]


def reasons_of(person, delivery: RedlineDelivery) -> list[dict]:
    """Why the version needs the approval, as far as the person may see the place; the total is for all."""
    seen = scope(person)
    rows = delivery.difference.get("reasons", [])
    return [r for r in rows if r["kind"] == "total_shrinks" or is_seen(seen, r["county"])]


def is_seen(seen, *codes: str) -> bool:
    """Does one of the divisions lie in a scope? Of no known division is a matter of the top unit."""
    known = [c for c in codes if c]
    if not known:
        return seen.unplaced
    return any(c.startswith(seen.prefix) for c in known)


def may_have_file(person, delivery: RedlineDelivery) -> bool:
    """The file names every polygon: only for whoever sees all of its counties, or whose unit brought it."""
    seen = scope(person)
    if seen is None:
        return False
    counties = [c for c in delivery.scope_codes if len(c) == FULL_CODE]
    return seen.covers(counties) or person.unit_id == delivery.owner_id


def parts_of(person, delivery: RedlineDelivery) -> QuerySet:
    """Lost, gained and lowered ground in the person's divisions."""
    seen = scope(person)
    inside = Q(division_code__startswith=seen.prefix)
    return delivery.parts.filter(inside | Q(division_code="") if seen.unplaced else inside)


def lowered_of(person, delivery: RedlineDelivery) -> list:
    """Ground of lower nature or changed function in the person's divisions, with the county's name; slivers too."""
    rows = parts_of(person, delivery).filter(kind__in=("nature", "function"), area_ha__gt=0)
    found = list(rows)
    for part in found:
        part.county_name = division_name(part.division_code)
    return found


def floors_on(day: date) -> dict[str, dict]:
    """Division code → floor in force on a day: the list's, and over it what an office entered."""
    found: dict[str, dict] = {}
    for row in code_list("redline_floors").values():
        if row["valid_from"] <= day.isoformat() < (row["valid_to"] or "9999"):
            found[row["division"]] = {"km2": float(row["area_km2"]), "since": row["valid_from"],
                                      "document": row["source"]}  # fmt: skip
    for floor in AreaFloor.objects.filter(valid_from__lte=day).order_by("valid_from", "pk"):
        found[floor.division_code] = {"km2": float(floor.area_km2), "document": floor.document,
                                      "since": floor.valid_from.isoformat()}  # fmt: skip
    return found


def area_ha(areas: dict, division: str) -> float:
    """Hectares of a version in a division, from its areas by county.

    >>> area_ha({"510422": 2.0, "510421": 1.0, "530723": 4.0}, "5104")
    3.0
    """
    return sum(float(a) for code, a in areas.items() if code.startswith(division))


def margins(person, day: date | None = None) -> list[dict]:
    """Floors in the person's divisions with the area in force and the margin between them.

    The margin is None for demo data, which no floor of a real document is held against, and
    where no version is in force.
    """
    day = day or clock.today()
    seen, version = scope(person), redline_as_of(day)
    delivery = version and version.deliveries.exclude(state="refused").first()
    if seen is None:
        return []
    found = []
    for code, floor in sorted(floors_on(day).items()):
        if not code.startswith(seen.prefix):
            continue
        has = area_ha(delivery.areas, code) / HA_PER_KM2 if delivery else None
        held = delivery is not None and not delivery.is_demo
        found.append({
            "code": code, "name": division_name(code), "floor_km2": floor["km2"],
            "document": floor["document"], "since": floor["since"], "area_km2": has,
            "margin_km2": has - floor["km2"] if held else None,
            "is_demo": bool(delivery and delivery.is_demo),
        })  # fmt: skip
    return found


def protected_versions(person) -> list[ProtectedAreaVersion]:
    """Versions of protected areas in the person's divisions, newest first, with number and hectares."""
    mine = ProtectedArea.objects.visible_to(person).order_by()
    sums = mine.values_list("version").annotate(n=Count("pk"), area=Sum("area_ha"))
    counted = {pk: (n, area) for pk, n, area in sums}
    found = list(ProtectedAreaVersion.objects.filter(pk__in=counted).order_by("-valid_from", "-pk"))
    for version in found:
        version.count, version.area_ha = counted[version.pk]
    return found
