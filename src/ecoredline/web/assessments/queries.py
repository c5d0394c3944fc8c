"""Reads of assessments, each limited to the person's divisions: a county sees its own rows only."""

from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.admissions.models import Admission
from ecoredline.web.assessments.models import Assessment, EcologyLayer, NumbersUpload, RuleBook
from ecoredline.web.assessments.rule_words import MEASURE_WORDS
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.patches.models import Patch
from ecoredline.web.plans.models import MonitoringRound, YearTask
from ecoredline.web.regions.models import RedlinePolygon
from ecoredline.zonal import total_rule, total_unit

NO_UNIT = ("1", "code")
OF_ITS_MAP = "unit of its map"


def assessments_for(person) -> QuerySet[Assessment]:
    """What touches the person's divisions, newest year first."""
    return (
        Assessment.objects.visible_to(person)
        .select_related("rules", "unit", "by").defer("result", "parts", "record")
    )  # fmt: skip


def assessment_for(person, pk: int) -> Assessment:
    """One assessment; raises `NotFound` (404.1)."""
    found = Assessment.objects.visible_to(person).select_related("rules", "unit", "by", "job")
    row = found.filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def rule_for(pk: int) -> RuleBook:
    """One rule set; raises `NotFound`."""
    found = RuleBook.objects.select_related("unit", "by", "signed_by").filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def sees_all(person, row: Assessment) -> bool:
    """Does every place of the run lie in the person's divisions?"""
    seen = scope(person)
    return seen is not None and all(seen.covers(codes) for codes in row.places.values())


def own_evaluations(person, row: Assessment) -> list[dict]:
    """The evaluations of places that lie in the person's divisions, best first."""
    seen = scope(person)
    found = [
        e for e in row.result["evaluations"]
        if seen and row.places.get(e["unit"]) and seen.covers(row.places[e["unit"]])
    ]  # fmt: skip
    return sorted(found, key=lambda e: (e["total"] is None, -(e["total"] or 0), e["unit"]))


def evaluation_for(person, row: Assessment, place: str) -> dict:
    """One place's evaluation; raises `NotFound`."""
    found = next((e for e in own_evaluations(person, row) if e["unit"] == place), None)
    if found is None:
        raise NotFound()
    return found


def number_label(name: str) -> str:
    """A ledger number's name in the page's language; the baseline's carries its year."""
    if name.endswith(" baseline"):  # the rule wants a year that has no numbers
        return _("基线年度")
    known = code_list("effectiveness_numbers")
    return " ".join(known[w][language()] if w in known else w for w in name.split(" "))


def finding_rows(row: Assessment, one: dict) -> list[dict]:
    """Every indicator of a place with raw numbers, formula, value, score, and which can be drilled."""
    rules, rows = row.rules.rules, []
    measures = {i.id: i for i in rules.indicators}
    for f in one["findings"]:
        numbers = [
            {"name": n, "label": number_label(n), "value": v, "drill": drill_of(row, one, n)}
            for n, v in f["numbers"].items()
        ]
        rule = measures.get(f["indicator"])
        rows.append(f | {
            "raw": numbers, "block_zh": rules.blocks.get(f["block"], f["block"]),
            "formula": MEASURE_WORDS[rule.measure] if rule else "", "basis": rule.basis if rule else "",
            "curve": rule.curve if rule else (),
        })  # fmt: skip
    return rows


def drill_of(row: Assessment, one: dict, name: str) -> dict | None:
    """Year and name of a number that has records behind it."""
    code, _, year = name.partition(" ")
    year = year.strip("()") or str(row.year)
    has = row.parts.get(one["unit"], {}).get(year, {}).get(code)
    return {"year": year, "name": code, "count": len(has)} if has else None


@dataclass
class Drill:
    """What is behind a number: its records with what each adds."""

    name: str
    year: str
    rows: list[dict] = field(default_factory=list)
    unseen: int = 0

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
    found = Drill(name, year)
    for ref, amount in parts:
        thing = known.get(ref)
        found.rows.append({"ref": ref, "amount": amount, "thing": thing, "kind": kind})
    found.unseen = sum(r["thing"] is None for r in found.rows) if kind else 0
    return found


def found_things(person, kind: str, refs: list[str], year: int) -> dict[str, object]:
    """The platform's rows by reference, those the person may see."""
    numbers = [int(r.rsplit("-", 1)[1]) for r in refs if r.rsplit("-", 1)[-1].isdigit()]
    if kind == "patch":
        rows = Patch.objects.visible_to(person).filter(patch_id__in=refs, after_on__year=year)
        return {p.patch_id: p for p in rows.defer("geom", "geom_raw")}
    if kind in ("case", "clue"):
        model = {"case": Case, "clue": Clue}[kind]
        rows = model.objects.visible_to(person).filter(number__in=refs)
        return {r.number: r for r in rows.defer("geom")}
    if kind == "project":
        rows = Admission.objects.visible_to(person).filter(number__in=refs)
        return {r.number: r for r in rows.defer("geom", "answer")}
    if kind == "polygon":
        rows = RedlinePolygon.objects.visible_to(person).filter(code__in=refs).defer("geom")
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


def comparison(person, row: Assessment) -> list[dict]:
    """The totals of both years and the indicators, of the person's own places."""
    mine = {e["unit"] for e in own_evaluations(person, row)}
    return [c for c in row.result["changes"] if c["unit"] in mine]


def ranking(person, row: Assessment) -> list[dict]:
    """The ranking with its sensitivity; only for whoever sees all of it."""
    return row.result["ranking"] if sees_all(person, row) else []


def uploads_for(person) -> QuerySet[NumbersUpload]:
    """Uploads of the units in the person's divisions."""
    seen = scope(person)
    if seen is None:
        return NumbersUpload.objects.none()
    found = NumbersUpload.objects.filter(unit__division_code__startswith=seen.prefix)
    return found.select_related("unit", "by")
