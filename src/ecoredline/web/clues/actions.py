"""Raising clues, adding patches to them, correcting and withdrawing them."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import prefixes, scope
from ecoredline.web.clues import facts as places
from ecoredline.web.clues.duplicates import propose_duplicates
from ecoredline.web.clues.models import Clue, CluePatch
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.models import Patch, Run

NUMBER_LOCK = 4491
TAKEN_FROM_PATCHES = ("activity_type", "problem_type")
TOLD = (
    "source_detail", "list_number", "province", "city", "county", "township", "place", "area_ha",
    "redline_area_ha", "activity_type", "problem_type", "control_zone", "redline_version",
    "description", "remark", "is_major", "priority", "found_on", "is_demo",
)  # fmt: skip
PLACED = ("outline", "geom", "lon", "lat", "division_code", "scope_codes")
CODED = {"activity_type": "activity_types", "problem_type": "problem_types",
         "priority": "check_priorities", "control_zone": "control_zones"}  # fmt: skip


def next_number(unit: Unit, year: int) -> str:
    """The next number of a unit and a year; holds a lock until the transaction ends.

    Numbers look like XS-510400-2026-000012 and have no gaps.
    """
    code = unit.division_code.ljust(6, "0")
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s, %s)", [NUMBER_LOCK, int(code) * 100 + year % 100]
        )
    stem = f"XS-{code}-{year}-"
    last = Clue.objects.filter(number__startswith=stem).order_by("-number").first()
    return f"{stem}{int(last.number.removeprefix(stem)) + 1 if last else 1:06d}"


@transaction.atomic
def raise_clue(*, by, patches=(), source: str = "satellite", **facts) -> Clue:
    """Raise a clue, from released patches or from what somebody else told.

    Parameters
    ----------
    patches : released patches (each moves on to `raised`); they say where and how much.
    source : a code of `clue_sources`.
    facts : what else is known: fields of `Clue` (`activity_type`, `remark`, `found_on` …), and
        for a clue without patches `outline` (shapely or database polygon, EPSG:4490) or `lon`
        and `lat` (degrees), or `division_code`; what is given goes before what the layers say.

    What a county officer raises belongs to the unit above, which decides on it. Raises
    `NotAllowed` (403.1), `BadForm` (422.4) with all faults, `StepNotAllowed` (409.4) for a patch
    that is not released.
    """
    require(by, "clue.raise")
    patches = list(patches)
    year = int(facts.pop("year", 0) or clock.today().year)
    check_told(facts, source=source, patches=patches)
    clue = Clue(source=source, year=year, raised_by=by, raised_at=clock.now())
    place = place_of(patches, facts)
    put_place(clue, place, facts)
    put_told(clue, patches, facts)
    check_scope(by, clue, place)
    clue.owner = clue.holder = owner_for(by)
    clue.is_demo = clue.is_demo or by.unit.is_demo or any(p.is_demo for p in patches)
    if not patches and not clue.is_demo:
        clue.is_demo = Run.objects.filter(is_demo=True).exists()
    clue.number = next_number(clue.owner, year)
    said = {"source": source, "patches": [p.patch_id for p in patches]}
    begin(clue, by=by, step="raise", reason=clue.source_detail, details=said)
    link(clue, patches, by=by)
    propose_duplicates(clue)
    return clue


def owner_for(by) -> Unit:
    """The unit that decides on what this person raises: the own one; a county's, the one above."""
    return by.unit.parent if by.unit.level == "county" and by.unit.parent_id else by.unit


def place_of(patches, facts: dict) -> dict:
    """Where it is: by patches, else outline, else point, else nothing but what was told."""
    if patches:
        return places.from_patches(patches)
    outline = facts.get("outline", facts.get("geom"))
    if outline is not None:
        drawn = places.shape_of(outline) if isinstance(outline, GEOSGeometry) else outline
        return places.from_outline(drawn)
    if facts.get("lon") is not None and facts.get("lat") is not None:
        return places.from_point(float(facts["lon"]), float(facts["lat"]))
    return {}


def put_place(clue: Clue, place: dict, facts: dict) -> None:
    """Write the place; a division that was told goes before the one the layers say."""
    for name, value in place.items():
        if value not in ("", []):  # what the layers do not know leaves what was known
            setattr(clue, name, value)
    if code := facts.get("division_code"):
        clue.division_code = code
        for name, value in places.names_of(code).items():
            setattr(clue, name, value or getattr(clue, name))
        clue.scope_codes = sorted({*prefixes([code]), *clue.scope_codes})
    if codes := facts.get("scope_codes"):
        clue.scope_codes = sorted({*clue.scope_codes, *codes})


def put_told(clue: Clue, patches, facts: dict) -> None:
    """Write what was told; what kind of activity it is comes from the largest patch if not told."""
    largest = max(patches, key=lambda p: (p.redline_area_ha, p.area_ha), default=None)
    for name in TAKEN_FROM_PATCHES:
        if largest is not None:
            setattr(clue, name, judged(largest, name))
    for name in TOLD:
        if facts.get(name) not in (None, ""):
            setattr(clue, name, facts[name])
    for name in ("area_ha", "redline_area_ha"):
        setattr(clue, name, places.hectares(getattr(clue, name)))
    if patches and not clue.remark:
        clue.remark = "；".join(dict.fromkeys(p.remark for p in patches if p.remark))


def judged(patch: Patch, name: str) -> str:
    """The type a person saw last in review, else the one the computer suggested."""
    said = patch.reviews.exclude(**{name: ""}).order_by("-pk").values_list(name, flat=True).first()
    return said or getattr(patch, name)


def check_told(facts: dict, *, source: str, patches) -> None:
    """Raise `BadForm` with everything that is wrong with what was told."""
    if strange := facts.keys() - {*TOLD, *PLACED}:
        raise TypeError(f"got facts {sorted(strange)}; wanted {', '.join((*TOLD, *PLACED))}")
    faults = []
    if source not in code_list("clue_sources"):
        faults.append(_("线索来源“%(got)s”不在代码表中") % {"got": source})
    elif code_list("clue_sources")[source]["needs_detail"] and not facts.get("source_detail"):
        faults.append(_("此来源须填写来源说明（文号、媒体、日期等）"))
    if source == "satellite" and not patches:
        faults.append(_("卫星监测线索须有图斑"))
    for name, codes in CODED.items():
        value = facts.get(name) or ""
        parts = value.split(";") if name in ("problem_type", "control_zone") else [value]
        faults += [
            _("%(name)s“%(got)s”不在代码表中") % {"name": label_of(name), "got": part}
            for part in parts if part and part not in code_list(codes)
        ]  # fmt: skip
    faults += [f for name in ("area_ha", "redline_area_ha") if (f := area_fault(facts, name))]
    found_on = facts.get("found_on")
    if isinstance(found_on, date) and found_on > clock.today():
        faults.append(_("发现日期 %(day)s 晚于今天") % {"day": found_on})
    if not patches:
        faults += place_faults(facts)
    if faults:
        raise BadForm(*faults)


def label_of(name: str) -> str:
    """What a field is called."""
    return str(Clue._meta.get_field(name).verbose_name)


def area_fault(facts: dict, name: str) -> str:
    """What is wrong with an area that was told; '' when nothing is."""
    value = facts.get(name)
    if value in (None, ""):
        return ""
    try:
        fits = Decimal(str(value)).is_finite() and 0 <= Decimal(str(value)) < Decimal("1e9")
    except InvalidOperation:
        fits = False
    return "" if fits else _("%(name)s“%(got)s”应为不小于 0 的公顷数") % {
        "name": label_of(name), "got": value,
    }  # fmt: skip


def place_faults(facts: dict) -> list[str]:
    """What is wrong with the place of a clue without patches."""
    lon, lat = facts.get("lon"), facts.get("lat")
    if (lon is None) != (lat is None):
        return [_("经度、纬度须同时填写")]
    if lon is not None and not (73 <= float(lon) <= 136 and 3 <= float(lat) <= 54):
        return [
            _("经纬度（%(lon)s，%(lat)s）不在中国范围内，请检查是否写反") % {"lon": lon, "lat": lat}
        ]
    given = facts.get("outline", facts.get("geom"))
    if lon is None and given is None and not facts.get("division_code"):
        return [_("须有位置：经纬度、范围或县级行政区之一")]
    return []


def check_scope(by, clue: Clue, place: dict) -> None:
    """Nobody raises a clue outside their divisions; one in no division only a top unit.

    What was told does not go before an outline: where the layers know its divisions, one of
    these must be the person's.
    """
    seen = scope(by)
    inside = seen.prefix in ("", *clue.scope_codes) if clue.scope_codes else seen.unplaced
    if place.get("geom") is not None and place.get("scope_codes"):
        inside = inside and seen.prefix in ("", *place["scope_codes"])
    if not inside:
        where = clue.county or clue.division_code or _("未知行政区")
        raise BadForm(_("位置在%(where)s，不在本单位辖区内") % {"where": where})


def link(clue: Clue, patches, *, by) -> None:
    """Put patches behind a clue; each takes its own step."""
    for patch in patches:
        move(patch, "raise", by=by, details={"clue": clue.number})
        CluePatch.objects.create(clue=clue, patch=patch, by=by)


def patches_of(clue: Clue):
    """The patches behind a clue, in the order they came."""
    return Patch.objects.filter(clue_link__clue=clue).order_by("clue_link__pk")


@transaction.atomic
def add_patches(clue: Clue, *, patches, by, reason: str = "", seen=None):
    """Put more released patches behind a clue; its place and areas are taken anew."""
    together = [*patches_of(clue), *patches]
    place = places.from_patches(together)
    place["scope_codes"] = sorted({*clue.scope_codes, *place["scope_codes"]})
    said = {
        "patches": [p.patch_id for p in patches],
        "area_ha": [str(clue.area_ha), str(place["area_ha"])],
    }
    written = move(clue, "add_patch", by=by, reason=reason, details=said, seen=seen, **place)
    link(clue, patches, by=by)
    propose_duplicates(clue)
    return written


@transaction.atomic
def amend(clue: Clue, *, by, reason: str = "", seen=None, **facts):
    """Correct what a clue says before it is sent on; the history keeps old and new."""
    check_told(
        {"division_code": clue.division_code or "-", "source_detail": clue.source_detail} | facts,
        source=clue.source, patches=patches_of(clue),
    )  # fmt: skip
    fresh = Clue(**{f.attname: getattr(clue, f.attname) for f in clue._meta.concrete_fields})
    place: dict = {}
    moved = any(facts.get(name) is not None for name in ("outline", "geom", "lon", "division_code"))
    if moved and not clue.links.exists():
        place = place_of([], facts)
        put_place(fresh, place, facts)
        fresh.scope_codes = sorted({*fresh.scope_codes, *clue.scope_codes})
    for name in TOLD:
        if name in facts and facts[name] is not None:
            setattr(fresh, name, facts[name])
    for name in ("area_ha", "redline_area_ha"):
        setattr(fresh, name, places.hectares(getattr(fresh, name)))
    check_scope(by, fresh, place)
    changed = {
        name: getattr(fresh, name)
        for name in dict.fromkeys((*places.PLACE_FIELDS, *TOLD))
        if getattr(fresh, name) != getattr(clue, name)
    }
    said = {n: [shown(getattr(clue, n)), shown(v)] for n, v in changed.items() if n != "point"}
    return move(
        clue, "amend", by=by, reason=reason, details={"changed": said}, seen=seen, **changed
    )


def shown(value):
    """A field's value as the history keeps it."""
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


@transaction.atomic
def withdraw(clue: Clue, *, by, reason: str, seen=None):
    """Take a clue back; its patches are released again."""
    if not reason.strip():
        raise BadForm(_("须写明撤回理由"))
    patches = list(patches_of(clue))
    said = {"patches": [p.patch_id for p in patches]}
    written = move(clue, "withdraw", by=by, reason=reason, details=said, seen=seen)
    for patch in patches:
        move(patch, "take_back", by=by, reason=reason, details={"clue": clue.number})
    clue.links.all().delete()
    return written
