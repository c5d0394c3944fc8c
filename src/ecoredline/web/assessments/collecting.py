"""All numbers of an assessment: the platform's own rows, then what people measured."""

from datetime import date

from ecoredline.codes import code_list
from ecoredline.effectiveness import RuleSet
from ecoredline.record import Job
from ecoredline.web.assessments import land, work
from ecoredline.web.assessments.figures import Figure, Ledger
from ecoredline.web.assessments.models import EcologyLayer, LedgerNumber
from ecoredline.web.assessments.places import Place, is_before_any, places_of, version_in
from ecoredline.web.patches.models import Run

EARLIEST = 2000


def years_for(rules: RuleSet, year: int, compare_year: int | None) -> tuple[list[int], list[int]]:
    """Years of which the state of the land is needed, and years of which all is."""
    both = {year} | ({compare_year} if compare_year else set())
    policies = {i.baseline for i in rules.indicators}
    if "previous" in policies:
        both |= {y - 1 for y in both}
    both |= {i.baseline_year for i in rules.indicators if i.baseline == "year" and i.baseline_year}
    land_years = set(both)
    if "first" in policies:
        land_years |= set(first_years(year))
    return sorted(land_years), sorted(both)


def first_years(year: int) -> list[int]:
    """Years before that have a run, a map or a measured number."""
    found = set(
        EcologyLayer.objects.exclude(feeds="").filter(year__lte=year).values_list("year", flat=True)
    )
    found |= set(LedgerNumber.objects.filter(year__lte=year).values_list("year", flat=True))
    runs = Run.objects.filter(after_on__lte=date(year, 12, 31)).values_list(
        "after_on__year", flat=True
    )
    return sorted((found | set(runs)) - {None})


def collect(
    person, rules: RuleSet, *, kind: str, year: int, compare_year: int | None = None,
    layers: bool = True, job: Job | None = None,
) -> tuple[Ledger, list[Place]]:  # fmt: skip
    """The ledger of a year with what it is held against, for the places the person sees.

    A measured number takes the place of a computed one and is said to do so.
    """
    job, ledger = job or Job(), Ledger()
    land_years, both = years_for(rules, year, compare_year)
    now = places_of(person, kind, year)
    kept: dict[int | None, list[Place]] = {}
    for at, one in enumerate(land_years):
        job.at("collect", at / max(1, len(land_years)))
        version = version_in(one)
        if is_before_any(one):
            ledger.say(f"{one} 年没有批次，红线按最早载入的版本计")
        key = version.pk if version else None
        places = kept[key] if key in kept else kept.setdefault(key, places_of(person, kind, one))
        land.put_areas(ledger, one, places)
        if layers:
            land.put_layers(ledger, person, one, now, job)
    for one in both:
        work.put_work(ledger, one, now, kind)
        land.put_activity(ledger, one, now, kind)
        land.put_effort(ledger, one, now)
    ledger.names |= {p.code: p.name for p in now}
    put_measured(ledger, now, year)
    only(ledger, {p.code for p in now})
    return ledger, now


def put_measured(ledger: Ledger, places: list[Place], year: int) -> None:
    """Numbers people brought; the newest upload counts."""
    wanted = {p.code for p in places}
    rows = LedgerNumber.objects.filter(place__in=wanted, year__lte=year).select_related("upload")
    instead: dict[tuple[int, str], set[str]] = {}
    for row in rows.order_by("upload_id", "pk"):
        if (row.place, row.year, row.name) in ledger.figures:
            instead.setdefault((row.year, row.name), set()).add(row.place)
        source = " ".join(filter(None, [row.source, f"上传 {row.upload_id}"]))
        parts = {r.replace(";", "；"): 0.0 for r in row.refs}
        ledger.put(row.place, row.year, row.name, Figure(row.value, source, parts))
    known = code_list("effectiveness_numbers")
    for (one, name), places_said in sorted(instead.items()):
        label = known.get(name, {}).get("zh", name)
        ledger.say(f"{one} 年{label}：{len(places_said)} 个单位以上传的实测数为准")


def only(ledger: Ledger, codes: set[str]) -> None:
    """Leave out places that are no more there in the year itself."""
    gone = {place for place, _y, _n in ledger.figures} - codes
    if gone:
        ledger.say(f"本年度红线版本中已没有：{'、'.join(sorted(gone)[:20])}")
    ledger.figures = {k: v for k, v in ledger.figures.items() if k[0] in codes}
    ledger.names = {k: v for k, v in ledger.names.items() if k in codes}
