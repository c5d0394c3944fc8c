"""Pages of assessments: list and start, results, one place, what is behind a number, numbers brought in."""

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.codes import code_list
from ecoredline.effectiveness.compare import EFFORT_APART
from ecoredline.effectiveness.rules import grade_steps
from ecoredline.web.assessments import actions, queries, rule_actions, taking
from ecoredline.web.assessments.drill import as_geojson, drill
from ecoredline.web.assessments.models import Assessment, RuleBook
from ecoredline.web.assessments.showing import places_geojson, profile_of
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotAllowed
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import runs_for

BOTH = require_http_methods(["GET", "POST"])
MEDIA = {
    "report.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "scores.csv": "text/csv; charset=utf-8", "evaluation.json": "application/json",
    "numbers.csv": "text/csv; charset=utf-8", "rules.json": "application/json",
    "outlines.geojson": "application/geo+json",
}  # fmt: skip
FROZEN = {"numbers.csv": "numbers", "rules.json": "rules", "outlines.geojson": "outlines"}
SHOWN_JOBS = 5


class StartForm(forms.Form):
    """A yearly run."""

    rules = forms.ModelChoiceField(
        label=_("评价规则"), queryset=RuleBook.objects.all(), empty_label="—"
    )
    year = forms.IntegerField(label=_("年度"), min_value=actions.FIRST_YEAR, max_value=2100)
    kind = forms.ChoiceField(label=_("对象"), choices=Assessment.Kind)
    compare_year = forms.IntegerField(
        label=_("对比年（可选）"), required=False, min_value=actions.FIRST_YEAR, max_value=2100
    )


class UploadForm(forms.Form):
    """A CSV of measured numbers."""

    upload = forms.FileField(label=_("CSV 文件"))


@require_GET
def assessment_list(request):
    """Assessments by year, those running, and the doors to rules and numbers."""
    require(request.user, "assessment.view")
    jobs = BackgroundJob.objects.filter(kind=actions.KIND).exclude(state="done")
    mine = [j for j in jobs.select_related("created_by__unit") if may(request.user, "job.view", j)]
    for job in mine:
        job.may_cancel = job.is_live and may(request.user, "job.cancel", job)
        job.may_resume = not job.is_live and may(request.user, "job.resume", job)
    context = {
        "assessments": queries.assessments_for(request.user)[:100], "jobs": mine[:SHOWN_JOBS],
        "may_run": may(request.user, "assessment.run"),
    }  # fmt: skip
    return render(request, "assessments/list.html", context)


@BOTH
def assessment_start(request):
    """Start a yearly run."""
    require(request.user, "assessment.run")
    rule_actions.ensure_shipped()
    first = {"year": clock.today().year, "kind": "county"}
    form = StartForm(request.POST) if request.method == "POST" else StartForm(initial=first)
    return form_page(
        request, form, lambda **facts: actions.start_assessment(by=request.user, **facts),
        title=_("开展年度评估"), back=reverse("assessment_list"), done=_("已开始，完成后出现在列表中"),
        verb=_("开始"), about=_("保护成效评估"),
        intro=_("人类活动、查处、销号、核查用时、巡查等由本平台台账自动计算，逐条可查；实测数由 CSV 上传。评估开始时数据即冻结。"),
    )  # fmt: skip


@require_GET
def assessment(request, pk: int):
    """The result: table, charts, map, comparison, ranking, run record."""
    row = queries.assessment_for(request.user, pk)
    found = queries.own_evaluations(request.user, row)
    rules = row.rules.rules
    whole = queries.sees_all(request.user, row)
    changes, ranks = queries.comparison(request.user, row), queries.ranking(request.user, row)
    context = {
        "row": row, "rules": rules, "evaluations": with_effort(row, found), "whole": whole,
        "changes": changes, "ranking": ranks, "years_data": years_of(row, changes),
        "apart": apart(row, found), "steps": grade_steps(rules),
        "profile": profile_of(rules, found), "map_config": config_of(request.user, row),
        "inputs": row.record["inputs"], "outputs": row.record["outputs"],
        "mark": row.mark, "files": [n for n in MEDIA if n != "report.docx" and FROZEN.get(n, "rules") in row.record["inputs"]],
    }  # fmt: skip
    return render(request, "assessments/result.html", context)


def with_effort(row: Assessment, found: list[dict]) -> list[dict]:
    """Evaluations with how much was seen, this year and in the year compared with."""
    rules = row.rules.rules
    names = {g["zh"]: g for g in grade_steps(rules)}
    return [
        e | {
            "seen": (row.effort.get(e["unit"]) or {}).get(str(row.year)),
            "seen_before": (row.effort.get(e["unit"]) or {}).get(str(row.compare_year)),
            "block_scores": [(rules.blocks[b], s) for b, s in e["blocks"].items()],
            "step": names.get(e["grade"], {}).get("step", "none"),
            "missing": sorted({m for f in e["findings"] for m in f["missing"]}),
        }
        for e in found
    ]  # fmt: skip


def years_of(row: Assessment, changes: list[dict]) -> dict:
    """Totals of both years for the chart; `alike` tells whether both were looked at alike."""
    totals = [c for c in changes if c["indicator"] == "total"]
    return {
        "years": [row.compare_year, row.year],
        "places": [
            {"name": c["unit_zh"], "before": c["before"], "after": c["after"], "alike": not c["remark"]}
            for c in totals
        ],
    }  # fmt: skip


def apart(row: Assessment, found: list[dict]) -> bool:
    """Were the places looked at with unlike effort, so that counts do not compare?"""
    seen = [
        v for e in found if (v := (row.effort.get(e["unit"]) or {}).get(str(row.year))) is not None
    ]
    return bool(seen) and max(seen) - min(seen) > EFFORT_APART


def config_of(person, row: Assessment) -> dict:
    """The map: divisions and redline of the newest run, and the places by grade above them."""
    config = map_config(person, runs_for(person).first())
    config["layers"] = {k: v for k, v in config["layers"].items() if k == "divisions"}
    config["scenes"] = {"before": None, "after": None}
    return config | {
        "places": reverse("assessment_geojson", args=[row.pk]),
        "place": reverse("assessment_unit", args=[row.pk, "CODE"]),
    }


@require_GET
def assessment_geojson(request, pk: int):
    """The places with total and grade."""
    row = queries.assessment_for(request.user, pk)
    found = queries.own_evaluations(request.user, row)
    return JsonResponse(places_geojson(request.user, row, found))


@require_GET
def assessment_unit(request, pk: int, place: str):
    """One place: raw values beside scores, curve by curve, doors to what is behind."""
    row = queries.assessment_for(request.user, pk)
    one = queries.evaluation_for(request.user, row, place)
    rules = row.rules.rules
    context = {
        "row": row, "one": one, "findings": queries.finding_rows(row, one), "mark": row.mark,
        "changes": [c for c in queries.comparison(request.user, row) if c["unit"] == place],
        "seen": (row.effort.get(place) or {}), "profile": profile_of(rules, [one]),
        "blocks": [(rules.blocks[b], s) for b, s in one["blocks"].items()],
    }  # fmt: skip
    return render(request, "assessments/unit.html", context)


@require_GET
def assessment_drill(request, pk: int, place: str, year: int, name: str):
    """The polygons and records behind a number."""
    row = queries.assessment_for(request.user, pk)
    one = queries.evaluation_for(request.user, row, place)
    found = drill(request.user, row, place, str(year), name)
    context = {"row": row, "one": one, "drill": found, "mark": row.mark, "unit_of": found.unit}
    if found.has_map:
        shapes = reverse("assessment_drill_geojson", args=[row.pk, place, year, name])
        context["map_config"] = config_of(request.user, row) | {"places": shapes}
    return render(request, "assessments/drill.html", context)


@require_GET
def assessment_drill_geojson(request, pk: int, place: str, year: int, name: str):
    """The shapes behind a number, for its map."""
    row = queries.assessment_for(request.user, pk)
    found = drill(request.user, row, place, str(year), name)
    return JsonResponse(as_geojson(found) | {"mark": row.mark})


@require_GET
def assessment_file(request, pk: int, name: str):
    """A file of the run; recorded. Only for whoever sees every place in it."""
    row = queries.assessment_for(request.user, pk)
    if name not in MEDIA or not queries.sees_all(request.user, row):
        raise NotAllowed("assessment.file")
    if name in FROZEN:
        path = actions.output_inputs(row, name, FROZEN[name])
    else:
        path = actions.output_of(row, name)
    note_request(request, "assessment.file", f"assessment {row.pk}", name=name)
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=f"{row.year}-{row.rules.code}-{name}"
    )
    response.headers["Content-Type"] = MEDIA[name]
    return response


@require_POST
def assessment_rerun(request, pk: int):
    """Compute again from the frozen inputs and say whether the bytes are the same."""
    require(request.user, "assessment.run")
    row = queries.assessment_for(request.user, pk)
    same = actions.rerun(row)
    note_request(request, "assessment.rerun", f"assessment {row.pk}", same=same)
    if all(same.values()):
        messages.success(request, _("已用冻结的数据与规则重新计算：三个成果文件逐字节一致。"))
    else:
        wrong = "、".join(n for n, ok in same.items() if not ok)
        messages.error(
            request,
            _("重新计算的结果与存档不一致：%(names)s（程序版本可能不同）") % {"names": wrong},
        )
    return redirect("assessment", pk=row.pk)


@require_GET
def number_list(request):
    """Uploads of measured numbers, and the names there are."""
    require(request.user, "assessment.view")
    context = {
        "uploads": queries.uploads_for(request.user)[:50],
        "names": code_list("effectiveness_numbers").items(),
        "may_upload": may(request.user, "numbers.upload"),
    }
    return render(request, "assessments/numbers.html", context)


@BOTH
def number_upload(request):
    """Bring a CSV in: whole, or not at all with every fault by row and column."""
    require(request.user, "numbers.upload")
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    return form_page(
        request, form, lambda upload: taking.take_numbers(upload, by=request.user),
        title=_("上传实测数据"), back=reverse("number_list"), verb=_("上传"), about=_("实测数据"),
        intro=_("列：unit、unit_zh、year、name、value、source、refs。有一处错误即整表不收，并逐行逐列列出。"),
    )  # fmt: skip


@require_GET
def number_template(request):
    """An empty table."""
    require(request.user, "assessment.view")
    response = HttpResponse(taking.template_csv(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="numbers.csv"'
    return response
