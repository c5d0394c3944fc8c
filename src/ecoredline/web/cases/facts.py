"""What a case says at its opening: taken from its clues and their last verification."""

from decimal import Decimal

from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

from ecoredline.codes import code_list, label
from ecoredline.documents.words import labels
from ecoredline.geodesy import area_ha, total_ha
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.facts import hectares, measure, shape_of
from ecoredline.web.clues.models import Clue
from ecoredline.web.patches.models import Patch
from ecoredline.web.regions.models import STORAGE_SRID

NAMES = ("province", "city", "county", "township", "redline_version", "control_zone")
OVERLAP_HA = 1e-4
DENYING = ("false", "lawful")


def last_verification(clue):
    """The newest verification that was submitted; None when there is none."""
    return clue.verifications.exclude(submitted_at=None).order_by("submitted_at", "pk").last()


def facts_of(clues) -> dict:
    """The fields of a case for these clues, in their order; the first gives the place's names.

    Areas are those the verification measured, else the clue's own; the outline is the union.
    """
    seen = [(clue, last_verification(clue)) for clue in clues]
    first, shape = seen[0][0], outline_of(clues)
    found = {name: getattr(first, name) for name in NAMES}
    found |= {
        "geom": shape, "division_code": first.division_code,
        "scope_codes": sorted({code for clue in clues for code in clue.scope_codes}),
        "is_demo": any(clue.is_demo for clue in clues),
        **areas_of(seen, shape),
        "activity_type": pick(seen, "activity_type"), "problem_type": pick(seen, "problem_type"),
        "responsible": next((v.builder for _, v in seen if v is not None and v.builder), ""),
        "is_serious": any(clue.is_major for clue in clues),
    }  # fmt: skip
    found["lon"], found["lat"] = place_of(shape, first)
    found["damage_type"] = damage_of(found["activity_type"])
    found["description"] = describe(found, clues)
    return found


def pick(seen, name: str) -> str:
    """The verification's word for it, else the clue's."""
    said = [getattr(v, name) for _, v in seen if v is not None and getattr(v, name)]
    return next(iter([*said, *(getattr(c, name) for c, _ in seen)]), "")


def areas_of(seen, shape) -> dict[str, Decimal]:
    """Sums over the clues; where outlines overlap, measured on the union: no ground counts twice."""
    found = {}
    for name in ("area_ha", "redline_area_ha"):
        said = (getattr(v, name, None) for _, v in seen)
        found[name] = total(
            getattr(c, name) if a is None else a for (c, _), a in zip(seen, said, strict=True)
        )
    if len(seen) > 1 and shape is not None:
        parts = [shape_of(clue.geom) for clue, _ in seen if clue.geom is not None]
        whole = area_ha(shape_of(shape))
        if whole < total_ha(area_ha(part) for part in parts) - OVERLAP_HA:
            measured = measure(shape_of(shape))
            found = {name: hectares(measured[name]) for name in found}
    return found


def total(areas) -> Decimal:
    """Sum of hectares with four decimals, as the list adds them up."""
    return sum((Decimal(a) for a in areas), Decimal("0.0000"))


def outline_of(clues) -> MultiPolygon | None:
    """The clues' outlines as one; None when none has any."""
    keys = [clue.pk for clue in clues]
    shape = Clue.objects.filter(pk__in=keys).aggregate(shape=Union("geom"))["shape"]
    if shape is None or shape.empty:
        return None
    shape = shape if isinstance(shape, MultiPolygon) else MultiPolygon(shape)
    shape.srid = STORAGE_SRID
    return shape


def place_of(shape: GEOSGeometry | None, clue) -> tuple[float | None, float | None]:
    """A point inside the outline, else where the clue lies: lon, lat."""
    if shape is None:
        return clue.lon, clue.lat
    point = shape.point_on_surface
    return round(point.x, 6), round(point.y, 6)


def damage_of(activity_type: str) -> str:
    """The damage type such an activity mostly does; a person may say otherwise."""
    for code, row in code_list("damage_types").items():
        if activity_type and activity_type in row["activities"].split(";"):
            return code
    return "other"


def describe(found: dict, clues) -> str:
    """The text of annex 4's 问题描述: area, degree and way of the damage. Always Chinese."""
    way = label("activity_types", found["activity_type"]) or "人类活动"
    what = labels("problem_types", found["problem_type"]) or "破坏生态"
    text = f"{found['county']}{found['township']}因{way}{'' if what.startswith(('占', '破', '影')) else '造成'}{what}"
    text += f"，破坏面积{found['area_ha']:.4f}公顷，其中生态保护红线内{found['redline_area_ha']:.4f}公顷"
    degree = degree_of(clues)
    text += f"；{degree}" if degree else ""
    said = [v.found.strip().rstrip("。") for v in map(last_verification, clues) if v and v.found]
    text += f"。现场核实：{'；'.join(said)}" if said else ""
    return text + "。"


def degree_of(clues) -> str:
    """How strongly the plants were hit, by the patches behind the clues."""
    patches = Patch.objects.filter(clue_link__clue__in=[c.pk for c in clues])
    pairs = patches.exclude(ndvi_before=None).exclude(ndvi_after=None)
    rows = list(pairs.values_list("ndvi_before", "ndvi_after", "area_ha"))
    weight = sum(float(a) for *_, a in rows)
    if not weight:
        return ""
    before, after = (sum(row[k] * float(row[2]) for row in rows) / weight for k in (0, 1))
    way = "降至" if after < before else "变为"
    return f"遥感监测植被指数由{before:.2f}{way}{after:.2f}"


def apply(case: Case, found: dict) -> Case:
    """Put the facts into a case that is not saved yet."""
    for name, value in found.items():
        setattr(case, name, value)
    return case
