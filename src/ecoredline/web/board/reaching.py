"""Keeping the derived rows: with every step, and all of them anew."""

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Sum
from django.utils import timezone

from ecoredline.web.board.models import DayFigures, Reached, RunCounty
from ecoredline.web.board.stages import STAGES, stage_of
from ecoredline.web.patches.models import Patch, Run

COUNTY_DIGITS = 6
TABLES = {"clue": "clues_clue", "case": "cases_case"}


def month_of(moment):
    """The first day of a moment's month, in the platform's time zone."""
    return timezone.localdate(moment).replace(day=1)


def reached(subject, transition) -> None:
    """Write down the stage a step reached, and follow the subject to another county."""
    kind, county = transition.subject_kind, subject.division_code[:COUNTY_DIGITS]
    mine = Reached.objects.filter(subject_kind=kind, subject_id=subject.pk)
    stage = stage_of(kind, transition.step, transition.start)
    if stage:
        Reached.objects.bulk_create(
            [Reached(subject_kind=kind, subject_id=subject.pk, stage=stage, county=county,
                     month=month_of(transition.at), at=transition.at)],
            ignore_conflicts=True,
        )  # fmt: skip
    if transition.step not in ("raise", "open", "begin"):
        mine.exclude(county=county).update(county=county)


REBUILD = """
insert into board_reached (subject_kind, subject_id, stage, county, month, at)
select distinct on (t.subject_id) '{kind}', t.subject_id, '{stage}', left(s.division_code, 6),
       date_trunc('month', t.at at time zone 'Asia/Shanghai')::date, t.at
from core_transition t join {table} s on s.id = t.subject_id
where t.subject_kind = '{kind}' and ({which})
order by t.subject_id, t.at, t.id
"""


@transaction.atomic
def rebuild() -> int:
    """Make every row anew from the history; gives their number. The same rows as step by step."""
    Reached.objects.all().delete()
    DayFigures.objects.all().delete()
    with connection.cursor() as cursor:
        for stage in STAGES:
            if stage.kind not in TABLES:
                continue
            steps = ", ".join(f"'{s}'" for s in stage.steps)
            which = "t.start = ''" if stage.begins else f"t.step in ({steps})"
            cursor.execute(
                REBUILD.format(
                    kind=stage.kind, stage=stage.code, table=TABLES[stage.kind], which=which
                )
            )
    return Reached.objects.count()


def note_runs() -> int:
    """Write the counties of runs that have none yet; gives the number of runs."""
    lacking = Run.objects.filter(~Exists(RunCounty.objects.filter(run=OuterRef("pk"))))
    count = 0
    for run in lacking.only("pk", "record", "after_on", "loaded_at"):
        RunCounty.objects.bulk_create(counties_of(run), ignore_conflicts=True)
        count += 1
    return count


def counties_of(run: Run) -> list[RunCounty]:
    """The counties a run found patches in or looked at; one blank row for a run of nothing."""
    month = run.after_on.replace(day=1) if run.after_on else month_of(run.loaded_at)
    rows: dict[str, RunCounty] = {}

    def row(code: str, name: str) -> RunCounty:
        found = rows.setdefault(code, RunCounty(run=run, county=code, month=month, name=name))
        found.name = found.name or name
        return found

    for code, name, number, area in (
        Patch.objects.filter(run=run).order_by().values_list("division_code", "county")
        .annotate(n=Count("pk"), area=Sum("redline_area_ha"))
    ):  # fmt: skip
        found = row(code[:COUNTY_DIGITS], name)
        found.patches += number
        found.redline_area_ha += area or 0
    for seen in run.record.get("coverage", []):
        found = row(seen["code"][:COUNTY_DIGITS], seen["name"])
        hidden = (seen["outside_image_ha"] or 0) + (seen["unseen_ha"] or 0)
        found.redline_ha = (found.redline_ha or 0) + seen["redline_ha"]
        found.observed_ha = (found.observed_ha or 0) + max(0.0, seen["redline_ha"] - hidden)
    return list(rows.values()) or [row("", "")]
