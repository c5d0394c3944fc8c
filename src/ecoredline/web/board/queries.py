"""What the board shows, each limited to the person's own divisions."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Min, Q, Sum

from ecoredline.codes import code_list
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.models import Reached, RunCounty
from ecoredline.web.board.reaching import note_runs
from ecoredline.web.board.stages import BY_CODE, STAGES
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.models import Stay
from ecoredline.web.patches.models import Patch
from ecoredline.web.regions.models import Division, RedlineVersion
from ecoredline.web.regions.queries import redline_in_use

MODELS = {"clue": Clue, "case": Case, "patch": Patch}
RUNNING = {"clue": ("dispatched", "submitted"), "case": ("opened", "handed_over", "rectifying", "rechecking")}  # fmt: skip
FINAL = {"clue": ("confirmed", "cleared", "merged", "withdrawn"), "case": ("closed",)}
SHOWN = 20
MOST_COUNTIES = 60  # more are shown by the next level, each row leading to its own
COUNTY_DIGITS = 6
HECTARES_PER_KM2 = 100.0


def within(person, chosen: BoardFilter, name: str = "county") -> Q:
    """The counties of the selection that lie in the person's divisions; `-` is what has none."""
    seen = scope(person)
    if seen is None:
        return Q(pk__in=[])
    if chosen.county == "-":
        return Q(**{name: ""}) if seen.unplaced else Q(pk__in=[])
    if seen.unplaced and not seen.prefix:
        found = Q()
    else:
        found = Q(**{f"{name}__startswith": seen.prefix}) if seen.prefix else ~Q(**{name: ""})
        found = found | Q(**{name: ""}) if seen.unplaced else found
    if chosen.county:
        found &= Q(**{f"{name}__startswith": chosen.county})
    return found


@dataclass
class Funnel:
    """Counts by stage, county and month, with their sums."""

    cells: dict[tuple[str, str, date], int]

    def total(self, stage: str, *, county: str | None = None, month: date | None = None) -> int:
        """How many came to a stage, of one county or month or of all."""
        return sum(
            n for (s, c, m), n in self.cells.items()
            if s == stage and county in (None, c) and month in (None, m)
        )  # fmt: skip

    @property
    def counties(self) -> list[str]:
        """The counties that occur, what has none last."""
        return sorted({c for _s, c, _m in self.cells}, key=lambda c: (not c, c))

    @property
    def months(self) -> list[date]:
        """The months that occur."""
        return sorted({m for _s, _c, m in self.cells})

    def digits(self, above: str) -> int:
        """How long the codes of the rows are: counties, or the next level where they are many."""
        if len(self.counties) <= MOST_COUNTIES:
            return COUNTY_DIGITS
        return min(COUNTY_DIGITS, len(above) + 2)

    def table(self, by: str, digits: int = COUNTY_DIGITS) -> list[dict]:
        """A row for each county (or division of fewer digits) or month with its counts."""
        sums: dict = defaultdict(int)
        for (stage, county, month), n in self.cells.items():
            sums[county[:digits] if by == "county" else month, stage] += n
        keys = sorted({k for k, _stage in sums}, key=lambda k: (not k, k))
        return [
            {"key": k, "cells": [(s.code, sums.get((k, s.code), 0)) for s in STAGES]} for k in keys
        ]

    @property
    def totals(self) -> list[tuple[str, int]]:
        """Every stage with its sum."""
        sums: dict = defaultdict(int)
        for (stage, _county, _month), n in self.cells.items():
            sums[stage] += n
        return [(s.code, sums[s.code]) for s in STAGES]


def funnel(person, chosen: BoardFilter) -> Funnel:
    """How many came to each stage, by county and month of the year."""
    note_runs()
    span, where = chosen.span, within(person, chosen)
    cells = {
        (stage, county, month): n
        for stage, county, month, n in Reached.objects.filter(where, month__range=span)
        .values_list("stage", "county", "month").annotate(n=Count("*"))
    }  # fmt: skip
    found = RunCounty.objects.filter(where, month__range=span, patches__gt=0)
    for county, month, n in found.values_list("county", "month").annotate(n=Sum("patches")):
        cells["detected", county, month] = n
    return Funnel(cells)


def items(person, chosen: BoardFilter):
    """The subjects behind a number of the funnel: as many as the number says."""
    stage = BY_CODE[chosen.stage or "suspected"]
    if stage.code == "detected":
        runs = RunCounty.objects.filter(month__range=chosen.span).values("run")
        found = Patch.objects.filter(within(person, chosen, "division_code"), run__in=runs)
        return stage, found.select_related("run").defer("geom", "geom_raw").order_by("-pk")
    reached = Reached.objects.filter(
        within(person, chosen), stage=stage.code, month__range=chosen.span
    )
    found = MODELS[stage.kind].objects.filter(pk__in=reached.values("subject_id"))
    return stage, found.select_related("holder").defer("geom").order_by("-pk")


def years(person) -> list[int]:
    """The years that have anything, this year among them; newest first."""
    span = Reached.objects.filter(within(person, BoardFilter())).order_by("month")
    first = span.values_list("month", flat=True).first()
    this = clock.today().year
    return list(range(this, min(first.year if first else this, this) - 1, -1))


def redline_of(chosen: BoardFilter) -> RedlineVersion | None:
    """The redline in use at the end of what is counted, or today when that is earlier."""
    _first, last = chosen.span
    end = date(last.year + last.month // 12, last.month % 12 + 1, 1) - timedelta(days=1)
    return redline_in_use(min(end, clock.today()))


def counties(person, chosen: BoardFilter) -> list[tuple[str, str]]:
    """(code, name) of the counties that have anything, and of the chosen division, for a select."""
    span = Reached.objects.filter(within(person, BoardFilter())).order_by().values_list("county")
    codes = {code for (code,) in span.distinct() if code} | {chosen.county} - {"", "-"}
    return sorted(county_names(codes).items())


def county_names(codes) -> dict[str, str]:
    """Names of counties by code: loaded divisions first, then GB/T 2260."""
    codes = {c for c in codes if c}
    found = dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    known = code_list("divisions")
    return {
        c: found.get(c) or known.get(c.ljust(COUNTY_DIGITS, "0"), {}).get("zh") or c for c in codes
    }


def sticking(person, chosen: BoardFilter, count: int = SHOWN) -> list[dict]:
    """The subjects that have stood longest where they now stand, unless that is the end."""
    where = within(person, chosen, "division_code")
    open_ones = Stay.objects.filter(where, left_at=None)
    for kind, states in FINAL.items():
        open_ones = open_ones.exclude(subject_kind=kind, state__in=states)
    rows = open_ones.select_related("unit").order_by("entered_at")[:count]
    return named(rows)


def named(stays) -> list[dict]:
    """Stays with the subject they are of and the days they last."""
    stays, now = list(stays), clock.now()
    found = {}
    for kind, model in MODELS.items():
        keys = [s.subject_id for s in stays if s.subject_kind == kind]
        if keys:
            found |= {(kind, x.pk): x for x in model.objects.filter(pk__in=keys).defer("geom")}
    return [
        {"stay": s, "kind": s.subject_kind, "subject": found[s.subject_kind, s.subject_id],
         "days": (now - s.entered_at).days}
        for s in stays if (s.subject_kind, s.subject_id) in found
    ]  # fmt: skip


def overdue(person, chosen: BoardFilter, count: int = SHOWN) -> dict:
    """What should have been done: its number by kind and by unit, and the oldest of it."""
    rows, by_unit, totals = [], defaultdict(lambda: [0, None]), {}
    for kind, states in RUNNING.items():
        found = MODELS[kind].objects.filter(
            within(person, chosen, "division_code"), state__in=states, due_on__lt=clock.today()
        )
        rows += [(kind, x) for x in found.select_related("holder").defer("geom").order_by("due_on")[:count]]  # fmt: skip
        totals[kind] = 0
        for unit, name, n, oldest in (
            found.order_by().values_list("holder", "holder__name").annotate(Count("pk"), Min("due_on"))
        ):  # fmt: skip
            totals[kind] += n
            seen = by_unit[unit, name]
            seen[0] += n
            seen[1] = min(filter(None, (seen[1], oldest)))
    units = [{"unit": u, "name": name, "count": n, "oldest": day} for (u, name), (n, day) in by_unit.items()]  # fmt: skip
    rows.sort(key=lambda row: row[1].due_on)
    today = clock.today()
    return {
        "rows": [{"kind": k, "subject": x, "days": (today - x.due_on).days} for k, x in rows[:count]],
        "units": sorted(units, key=lambda u: -u["count"])[:count], "totals": totals,
    }  # fmt: skip


def rates(person, chosen: BoardFilter, found: Funnel) -> list[dict]:
    """Per county: counts per 100 km² of redline that the year's images showed.

    Observed is the most that one run of the year showed of the county: a lower bound of what all
    of them showed together. Without any observation there is no rate.
    """
    seen = (
        RunCounty.objects.filter(within(person, chosen), month__range=chosen.span)
        .exclude(redline_ha=None).values("county")
        .annotate(observed=Max("observed_ha"), redline=Max("redline_ha"))
    )  # fmt: skip
    observed = {r["county"]: (r["observed"], r["redline"]) for r in seen}
    rows = []
    sums = {r["key"]: dict(r["cells"]) for r in found.table("county")}
    for county in sorted({*sums, *observed} - {""}):
        counts = sums.get(county, {})
        ha, redline = observed.get(county, (None, None))
        km2 = ha / HECTARES_PER_KM2 if ha else None
        per = {
            code: counts.get(code, 0) / km2 * 100 if km2 else None
            for code in ("detected", "suspected", "confirmed")
        }
        rows.append(
            {"county": county, "observed_km2": km2, "counts": counts, "per": per,
             "redline_km2": redline / HECTARES_PER_KM2 if redline else None}
        )  # fmt: skip
    return rows
