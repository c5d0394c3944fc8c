"""The year's figures from the records, as the document builder wants them: every number adds up."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.utils import translation

from ecoredline.codes import code_list
from ecoredline.documents.annual_data import (
    AnnualReport,
    CountyFigures,
    Handover,
    MonthFigures,
    NamedCount,
    StageFigure,
    TypeFigure,
    TypicalCase,
)
from ecoredline.errors import EcoredlineError
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.models import Reached, RunCounty
from ecoredline.web.board.queries import (
    HECTARES_PER_KM2,
    county_names,
    funnel,
    redline_of,
    within,
)
from ecoredline.web.board.stages import STAGES
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.models import Handover as CaseHandover
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.measures.models import Referral, SupervisoryMeasure, UpwardReport
from ecoredline.web.patches.folder import output_file
from ecoredline.web.patches.models import Patch, Run

UNPLACED = "未定位"
UNKNOWN = "未判定"
MOST_CASES = 10
OPEN = ("opened", "handed_over", "rectifying", "rechecking")
STATEMENTS = (
    "各环节数量按首次进入该环节的月份统计，一个对象在一个环节只计一次。",
    "观测面积取各县本年度看到红线最多的一个批次，是下限；没有看到，不等于没有变化。",
    "疑似问题由遥感等渠道发现，须经实地核查；面积按 CGCS2000 椭球面计算。",
)


def keys_of(person, chosen: BoardFilter, stage: str):
    """The subjects that came to a stage in the year."""
    found = Reached.objects.filter(within(person, chosen), stage=stage, month__range=chosen.span)
    return found.values("subject_id")


def cases_of(person, chosen: BoardFilter):
    """The problems confirmed in the year."""
    return Case.objects.filter(pk__in=keys_of(person, chosen, "confirmed")).order_by()


def area_of(person, chosen: BoardFilter, stage) -> Decimal:
    """The redline area of what came to a stage, hectares."""
    if stage.kind == "patch":
        runs = RunCounty.objects.filter(within(person, chosen), month__range=chosen.span)
        return runs.aggregate(a=Sum("redline_area_ha"))["a"] or Decimal(0)
    model = {"clue": Clue, "case": Case}[stage.kind]
    found = model.objects.filter(pk__in=keys_of(person, chosen, stage.code))
    return found.aggregate(a=Sum("redline_area_ha"))["a"] or Decimal(0)


def overdue_cases(person, chosen: BoardFilter):
    """Problems past their date and not closed."""
    return Case.objects.filter(
        within(person, chosen, "division_code"), state__in=OPEN, due_on__lt=clock.today()
    ).order_by()


def county_figures(person, chosen: BoardFilter, found) -> tuple[CountyFigures, ...]:
    """One row a county; what is in none has a row of its own."""
    reached = Reached.objects.filter(
        within(person, chosen), stage="confirmed", month__range=chosen.span
    )
    placed: dict[int, str] = dict(reached.values_list("subject_id", "county"))
    areas: dict[str, Decimal] = defaultdict(Decimal)
    for key, area in Case.objects.filter(pk__in=placed).values_list("pk", "redline_area_ha"):
        areas[placed[key]] += area
    late = dict(overdue_cases(person, chosen).values_list("division_code").annotate(Count("pk")))
    observed = dict(observed_km2(person, chosen))
    counts = {row["key"]: dict(row["cells"]) for row in found.table("county")}
    codes = sorted({*counts, *late, *observed}, key=lambda c: (not c, c))
    names = county_names(codes)
    wanted = ("suspected", "confirmed", "rectified", "closed", "reopened")
    return tuple(
        CountyFigures(
            names.get(c, c) or UNPLACED, **{s: counts.get(c, {}).get(s, 0) for s in wanted},
            overdue=late.get(c, 0), area_ha=areas.get(c, Decimal(0)), observed_km2=observed.get(c),
        )
        for c in codes
    )  # fmt: skip


def observed_km2(person, chosen: BoardFilter) -> list[tuple[str, float]]:
    """County and the most redline one run of the year showed of it, km²."""
    seen = RunCounty.objects.filter(within(person, chosen), month__range=chosen.span)
    rows = seen.exclude(observed_ha=None).values_list("county").annotate(Max("observed_ha"))
    return [(county, ha / HECTARES_PER_KM2) for county, ha in rows]


def redline_km2(person, chosen: BoardFilter) -> float | None:
    """The redline of the counties that were looked at, km²; None without any run."""
    seen = RunCounty.objects.filter(within(person, chosen), month__range=chosen.span)
    rows = seen.exclude(redline_ha=None).values_list("county").annotate(Max("redline_ha"))
    found = [ha for _county, ha in rows]
    return sum(found) / HECTARES_PER_KM2 if found else None


def list_statements(person, chosen: BoardFilter) -> list[str]:
    """What every list of the year is worth: its measured accuracy, and the redline it did not show."""
    from ecoredline.pipeline.sampling import figures_of as measured  # it loads the detector's half

    seen = RunCounty.objects.filter(within(person, chosen), month__range=chosen.span)
    said = []
    for run in Run.objects.filter(pk__in=seen.values("run")).order_by("after_on", "pk"):
        rows = [r for r in run.record.get("coverage") or [] if r.get("unseen_ha") is not None]
        hidden = sum(r["unseen_ha"] + (r.get("outside_image_ha") or 0) for r in rows)
        unseen = f"未见红线面积{hidden:.1f}公顷" if rows else "未见面积未知"
        figures = measured(run.folder)
        if figures is None:
            said.append(f"批次“{run.name}”未做抽样精度评估；{unseen}。")
            continue
        right, found = (
            f"{figures[k]['value']:.1%}±{figures[k]['half_width']:.1%}"
            for k in ("users", "producers")
        )
        said.append(f"批次“{run.name}”用户精度{right}，生产者精度{found}（95%区间）；{unseen}。")
    return said


def type_figures(cases, column: str, codes: str) -> tuple[TypeFigure, ...]:
    """Confirmed problems by type; what nobody judged has its own row."""
    known = code_list(codes)
    rows = cases.values_list(column).annotate(n=Count("pk"), a=Sum("redline_area_ha"))
    return tuple(
        TypeFigure(known.get(code, {}).get("zh", UNKNOWN), n, area)
        for code, n, area in sorted(rows, key=lambda r: (not r[0], r[0]))
    )


def named(rows, labels) -> tuple[NamedCount, ...]:
    """Counts by code under their Chinese names, the largest first."""
    found = [NamedCount(str(labels.get(code, code) or UNKNOWN), n) for code, n in rows if n]
    return tuple(sorted(found, key=lambda x: -x.count))


def zh(name: str) -> dict[str, str]:
    """A code list's Chinese labels."""
    return {code: row["zh"] for code, row in code_list(name).items()}


def months_of(found, year: int) -> tuple[MonthFigures, ...]:
    """All twelve months, so that a line has no hole."""
    rows = {f"{r['key']:%Y-%m}": dict(r["cells"]) for r in found.table("month")}
    names = [f"{year}-{m:02d}" for m in range(1, 13)]
    wanted = ("suspected", "confirmed", "closed")
    return tuple(MonthFigures(m, **{s: rows.get(m, {}).get(s, 0) for s in wanted}) for m in names)


def handovers_of(seen, year: int) -> tuple[Handover, ...]:
    """Letters to departments in the year, and how many were answered."""
    rows = (
        CaseHandover.objects.filter(case__in=seen, sent_on__year=year).exclude(department="")
        .order_by().values("department")
        .annotate(letters=Count("letter", distinct=True), problems=Count("case", distinct=True),
                  replied=Count("letter", distinct=True, filter=~Q(replied_on=None)))
    )  # fmt: skip
    names = zh("departments")
    found = []
    for r in rows:
        cases = CaseHandover.objects.filter(
            case__in=seen, sent_on__year=year, department=r["department"]
        ).values("case")
        area = Case.objects.filter(pk__in=cases).aggregate(a=Sum("redline_area_ha"))["a"]
        name = names.get(r["department"], r["department"])
        found.append(Handover(name, r["letters"], r["problems"], area or 0, r["replied"]))
    return tuple(found)


def figures_of(person, chosen: BoardFilter, case_keys=()) -> AnnualReport:
    """Everything the report prints, for the person's divisions."""
    year, unit = chosen.number, person.unit
    found = funnel(person, chosen)
    seen, cases = Case.objects.visible_to(person).order_by(), cases_of(person, chosen)
    totals = dict(found.totals)
    clues = Clue.objects.filter(pk__in=keys_of(person, chosen, "suspected")).order_by()
    in_year = {"case__in": seen, "sent_on__year": year}
    observed = observed_km2(person, chosen)
    measures = SupervisoryMeasure.objects.filter(
        taken_on__year=year, by_unit__division_code__startswith=unit.division_code
    )
    stages = tuple(
        StageFigure(s.code, zh_label(s), totals[s.code], area_of(person, chosen, s)) for s in STAGES
    )
    kinds = dict(SupervisoryMeasure.Kind.choices)
    return AnnualReport(
        year=year, region=region_of(person), author=unit.name, dated=clock.today().isoformat(),
        stages=stages, counties=county_figures(person, chosen, found),
        activity_types=type_figures(cases, "activity_type", "activity_types"),
        problem_types=type_figures(cases, "problem_type", "problem_types"),
        months=months_of(found, year),
        sources=named(clues.values_list("source").annotate(Count("pk")), zh("clue_sources")),
        handovers=handovers_of(seen, year),
        measures=named(measures.order_by().values_list("kind").annotate(Count("pk")), kinds),
        referrals=named(
            Referral.objects.filter(**in_year).order_by().values_list("kind").annotate(Count("pk")),
            zh("referral_kinds"),
        ),
        upward=named(
            UpwardReport.objects.filter(**in_year).order_by().values_list("to_body")
            .annotate(Count("pk")), {},
        ),
        cases=tuple(typical(c) for c in candidates(person, chosen) if c.pk in case_keys),
        statements=(*STATEMENTS, redline_statement(chosen), *list_statements(person, chosen)), redline_km2=redline_km2(person, chosen),
        observed_km2=sum(km2 for _c, km2 in observed) if observed else None,
        overdue=overdue_cases(person, chosen).count(),
        is_demo=unit.is_demo or cases.filter(is_demo=True).exists(),
    )  # fmt: skip


def redline_statement(chosen: BoardFilter) -> str:
    """Which redline the year's areas were measured against."""
    version = redline_of(chosen)
    said = f"“{version.name}”" if version else "未载入"
    return f"统计期末在用的红线版本：{said}；各图斑、疑似问题和问题的红线内面积按其自身记录的红线版本计算。"


def zh_label(stage) -> str:
    """A stage's Chinese name, whatever the page's language: the report is a Chinese document."""
    with translation.override("zh-hans"):
        return str(stage.label)


def region_of(person) -> str:
    """The name of the person's divisions."""
    code = person.unit.division_code
    if not code:
        return "全国"
    known = code_list("divisions").get(code.ljust(6, "0"), {}).get("zh", "")
    return known or county_names([code]).get(code, "")


def candidates(person, chosen: BoardFilter) -> list[Case]:
    """Cases worth telling: serious ones, reopened ones, closed ones of the year, largest first."""
    found = Case.objects.visible_to(person).filter(within(person, chosen, "division_code"))
    told = Q(is_serious=True) | Q(reopened_count__gt=0) | Q(state="closed")
    found = found.filter(told, opened_on__year__lte=chosen.number)
    return list(
        found.defer("geom").order_by("-is_serious", "-reopened_count", "-redline_area_ha")[
            :MOST_CASES
        ]
    )


def typical(case: Case) -> TypicalCase:
    """One case told from its records."""
    zh_types = zh("activity_types")
    place = f"{case.province}{case.city}{case.county}{case.township}"
    first = (
        f"{case.opened_on:%Y年%-m月%-d日}，{place}确认生态破坏问题（{case.number}），涉及生态保护红线面积"
        f"{case.redline_area_ha:.4f}公顷"
        + (f"，活动类型为{zh_types[case.activity_type]}" if case.activity_type in zh_types else "")
        + "。"
    )
    found = case.investigations.order_by("pk").first()
    plan = case.plans.order_by("number").last()
    later = [
        case.description,
        f"查处情况：{found.findings}" if found else "",
        f"整改目标：{plan.goal.rstrip('。')}（责任单位：{plan.responsible}，期限{plan.due_on:%Y年%-m月%-d日}）。" if plan else "",
        f"曾销号后重新立案{case.reopened_count}次。" if case.reopened_count else "",
        f"{case.closed_on:%Y年%-m月%-d日}销号（{case.get_outcome_display()}）。" if case.closed_on and case.state == "closed" else "",
    ]  # fmt: skip
    title = f"{case.county or place}{zh_types.get(case.activity_type, '')}问题"
    return TypicalCase(title, (first, *(x for x in later if x)), pictures(case))


def pictures(case: Case) -> tuple:
    """The two evidence pictures of the case's first patch, where the run still has them."""
    patch = (
        Patch.objects.filter(clue_link__clue__cases=case)
        .select_related("run")
        .order_by("pk")
        .first()
    )
    if patch is None:
        return ()
    found = []
    for side, day, label in (("before", patch.before_on, "前"), ("after", patch.after_on, "后")):
        name = f"evidence/{patch.patch_id}-{side}.png"
        try:
            file = output_file(patch.run.folder, patch.run.record, name)
        except (EcoredlineError, KeyError, OSError):
            return ()
        found.append((file.read_bytes(), f"{label}时相 {day or ''}"))
    return tuple(found)
