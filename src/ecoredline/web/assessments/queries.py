"""Reads of assessments, each limited to the person's divisions: a county sees its own rows only."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments.models import Assessment, NumbersUpload, RuleBook
from ecoredline.web.assessments.rule_words import MEASURE_WORDS
from ecoredline.web.core.problems import NotFound
from ecoredline.web.core.templatetags.ecoredline import language

NO_UNIT = ("1", "code")


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
