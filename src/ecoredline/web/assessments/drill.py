"""What is behind a number of an assessment: records and shapes, each with what it adds."""

import json
from dataclasses import dataclass, field

import shapely
from django.urls import reverse

from ecoredline.codes import code_list
from ecoredline.web.admissions.models import Admission
from ecoredline.web.assessments.models import Assessment, EcologyLayer
from ecoredline.web.assessments.queries import NO_UNIT, evaluation_for, number_label
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import NotFound
from ecoredline.web.patches.models import Patch
from ecoredline.web.plans.models import MonitoringRound, YearTask
from ecoredline.web.regions.models import RedlinePolygon
from ecoredline.zonal import total_rule, total_unit

OF_ITS_MAP = "unit of its map"
PAGES = {"patch": "patch", "case": "case", "clue": "clue", "project": "admission", "layer": "ecology_layer"}  # fmt: skip
PLACED = ("patch", "case", "clue", "project", "polygon")  # things with a shape
SHAPE_COLOUR, SIMPLIFY_DEGREES, POLYGON_ZOOM = "#b5651d", 5e-5, 13


@dataclass
class Drill:
    """What is behind a number: its records with what each adds."""

    name: str
    year: str
    rows: list[dict] = field(default_factory=list)
    unseen: int = 0
    has_map: bool = False

    @property
    def label(self) -> str:
        """In the page's language."""
        return number_label(self.name)

    @property
    def unit(self) -> str:
        """What the amounts are in; of a map's total the map tells, a bare number has none."""
        unit = code_list("effectiveness_numbers").get(self.name, {}).get("unit", "")
        if unit == OF_ITS_MAP:
            maps = [r["thing"].unit for r in self.rows if r["thing"] is not None]
            unit = total_unit(maps[0], total_rule(maps[0])) or maps[0] if maps else ""
        return "" if unit in NO_UNIT else unit

    @property
    def total(self) -> float:
        """All parts together, seen or not."""
        return sum(r["amount"] for r in self.rows)


def drill(person, row: Assessment, place: str, year: str, name: str) -> Drill:
    """The records behind a number of a place; raises `NotFound` when it has none."""
    evaluation_for(person, row, place)
    parts = row.parts.get(place, {}).get(year, {}).get(name)
    if not parts:
        raise NotFound()
    kind = code_list("effectiveness_numbers").get(name, {}).get("kind", "")
    known = found_things(person, kind, [ref for ref, _amount in parts], int(year))
    found = Drill(name, year, has_map=kind in PLACED)
    for ref, amount in parts:
        thing = known.get(ref)
        url = "" if thing is None else page_of(kind, thing)
        found.rows.append({"ref": ref, "amount": amount, "thing": thing, "kind": kind, "url": url})
    found.unseen = sum(r["thing"] is None for r in found.rows) if kind else 0
    return found


def found_things(person, kind: str, refs: list[str], year: int) -> dict[str, object]:
    """The platform's rows by reference, those the person may see."""
    numbers = [int(r.rsplit("-", 1)[1]) for r in refs if r.rsplit("-", 1)[-1].isdigit()]
    if kind == "patch":
        rows = Patch.objects.visible_to(person).filter(patch_id__in=refs, after_on__year=year)
        return {p.patch_id: p for p in rows.defer("geom_raw")}
    if kind in ("case", "clue"):
        model = {"case": Case, "clue": Clue}[kind]
        rows = model.objects.visible_to(person).filter(number__in=refs)
        return {r.number: r for r in rows}
    if kind == "project":
        rows = Admission.objects.visible_to(person).filter(number__in=refs)
        return {r.number: r for r in rows.defer("answer")}
    if kind == "polygon":
        rows = RedlinePolygon.objects.visible_to(person).filter(code__in=refs)
        return {r.code: r for r in rows}
    if kind == "task":
        return {f"task-{t.pk}": t for t in YearTask.objects.filter(pk__in=numbers)}
    if kind == "round":
        rounds = MonitoringRound.objects.filter(pk__in=numbers).select_related("plan")
        return {f"round-{r.pk}": r for r in rounds}
    if kind == "layer":
        rows = EcologyLayer.objects.visible_to(person).filter(pk__in=numbers)
        return {f"layer-{r.pk}": r for r in rows}
    return {}


def page_of(kind: str, thing) -> str:
    """Where a thing is shown whole; a redline polygon on the one map, a task or round in its year."""
    if kind in PAGES:
        return reverse(PAGES[kind], args=[thing.pk])
    if kind == "polygon":
        middle = thing.geom.point_on_surface
        return (
            f"{reverse('map')}#v={POLYGON_ZOOM},{middle.x:.6f},{middle.y:.6f}&l=redline,divisions"
        )
    return f"{reverse('year')}?year={thing.due_on.year}"


def as_geojson(found: Drill) -> dict:
    """The shapes behind a number, with what each adds and the page each leads to."""
    features = []
    for row in found.rows:
        geom = getattr(row["thing"], "geom", None)
        if geom is None:
            continue
        shape = shapely.from_wkb(bytes(geom.wkb)).simplify(SIMPLIFY_DEGREES)
        features.append({
            "type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)),
            "properties": {
                "code": row["ref"], "words": f"{row['ref']}\n{row['amount']:.6g} {found.unit}".strip(),
                "colour": SHAPE_COLOUR, "url": row["url"],
            },
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}
