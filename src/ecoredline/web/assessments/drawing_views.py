"""Pages of delineations: bring one in, or draw one; its steps on the map, what it keeps and misses."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.web.assessments import adjusting, drawing
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.queries import runs_for

BOTH = require_http_methods(["GET", "POST"])
STEP_WORDS = {
    "01_important": _("1 极重要"), "02_sensitive": _("2 极敏感"), "03_union": _("3 合并"),
    "04_required": _("4 必须纳入"), "05_merged": _("5 邻近归并"), "06_filled": _("6 填洞"),
    "07_kept": _("7 保留斑块"), "07_removed": _("7 剔除的小斑块"), "08_snapped": _("8 贴合界线"),
    "candidate": _("候选范围"), "compared": _("与现行红线比较"),
}  # fmt: skip
# the words of `delineation.build.RULE_NOTE`, which the package itself bears
NOTE = _("分级分位、最小斑块、命名规则为参数，划定指南原文未核对；结果为候选范围，不是生态保护红线")
STATE_WORDS = {"kept": _("保留"), "missing": _("现行有而候选无"), "surplus": _("候选有而现行无")}
# a proposal is a drawing too (decision 0094), but nothing in it is a candidate
PROPOSAL_NOTE = _("调整提案与现行红线的比较：只描述数字，红线不因此改变")
PROPOSAL_STEPS = STEP_WORDS | {"candidate": _("按提案调整后的红线")}
PROPOSAL_STATES = {"kept": _("不变"), "missing": _("提案调出"), "surplus": _("提案调入")}


class DrawingForm(forms.Form):
    """A package made elsewhere, or a configuration to draw from."""

    name = forms.CharField(label=_("名称（可选）"), max_length=200, required=False)
    upload = forms.FileField(label=_("delineation.gpkg"), required=False)
    config = forms.ChoiceField(label=_("或：服务器影像目录内的配置"), required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["config"].choices = [("", "—"), *((n, n) for n in drawing.configs_offered())]


@require_GET
def drawing_list(request):
    """Drawings in the person's divisions."""
    require(request.user, "ecology.view")
    jobs = BackgroundJob.objects.filter(kind=drawing.KIND).exclude(state="done")
    mine = [j for j in jobs.select_related("created_by__unit") if may(request.user, "job.view", j)]
    context = {
        "drawings": drawing.drawings_for(request.user),
        "jobs": mine[:5],
        "may_draw": may(request.user, "drawing.run"),
        "note": NOTE,
    }
    return render(request, "assessments/drawings.html", context)


@BOTH
def drawing_new(request):
    """Bring a package in, or start drawing."""
    require(request.user, "drawing.run")

    def work(name, upload, config):
        if bool(upload) == bool(config):
            raise BadForm(_("请选择其一：上传成果包，或选择配置"))
        if upload:
            drawing.upload_drawing(by=request.user, upload=upload, name=name)
        else:
            drawing.start_drawing(by=request.user, config=config, name=name)

    form = DrawingForm(request.POST, request.FILES) if request.method == "POST" else DrawingForm()
    return form_page(
        request, form, work, title=_("新的划定方案"), back=reverse("drawing_list"), intro=NOTE,
        verb=_("提交"), about=_("划定方案"), done=_("已提交"),
    )  # fmt: skip


class AdjustForm(forms.Form):
    """What would leave the redline, and what would come in."""

    name = forms.CharField(label=_("名称（可选）"), max_length=180, required=False)
    taken_out = forms.FileField(
        label=_("调出范围"), required=False, help_text=_("GeoJSON、KML、GPKG 或打包的 SHP（ZIP）")
    )
    brought_in = forms.FileField(
        label=_("调入范围"), required=False, help_text=_("GeoJSON、KML、GPKG 或打包的 SHP（ZIP）")
    )


@BOTH
def drawing_adjust(request):
    """Evaluate a proposal: what function is lost and gained."""
    require(request.user, "drawing.run")
    made = []

    def work(**given):
        made.append(adjusting.propose(by=request.user, **given))

    form = AdjustForm(request.POST, request.FILES) if request.method == "POST" else AdjustForm()
    answer = form_page(
        request, form, work, title=_("评价调整提案"), back=reverse("drawing_list"), verb=_("评价"),
        about=_("划定方案"),
        intro=_("上传拟调出与拟调入的范围，与现行红线比较面积和生态功能的得失。只描述数字：红线不因此改变，是否可以调整须按规定程序论证报批。"),
    )  # fmt: skip
    return redirect("drawing", pk=made[0].pk) if made else answer


@require_GET
def drawing_page(request, pk: int):
    """One drawing: steps on the map, kept, missing, surplus by reason, the adjustment's effect."""
    require(request.user, "ecology.view")
    row = drawing.drawing_for(request.user, pk)
    config = map_config(request.user, runs_for(request.user).first())
    config["layers"] = {k: v for k, v in config["layers"].items() if k in ("redline", "divisions")}
    config["scenes"] = {"before": None, "after": None}
    config["extent"] = row.extent
    config["step"] = reverse("drawing_step", args=[row.pk, "STEP"])
    sums: dict[str, float] = {}
    for line in row.compared:
        sums[line["state"]] = round(sums.get(line["state"], 0.0) + line["area_ha"], 4)
    proposal = is_proposal(row)
    steps = PROPOSAL_STEPS if proposal else STEP_WORDS
    states = PROPOSAL_STATES if proposal else STATE_WORDS
    context = {
        "drawing": row, "map_config": config, "note": PROPOSAL_NOTE if proposal else NOTE,
        "beyond": drawing.reaches_beyond(request.user, row), "proposal": proposal, "states": states.items(),
        "steps": [{"name": n, "label": steps.get(n, n), "count": c, "area": a} for n, c, a in row.steps],
        "compared": [r | {"label": states.get(r["state"], r["state"])} for r in row.compared],
        "sums": [(states.get(s, s), a, s) for s, a in sums.items()],
    }  # fmt: skip
    return render(request, "assessments/drawing.html", context)


def is_proposal(row) -> bool:
    """Was it made by `adjusting.propose`? All its reasons are that function's own."""
    reasons = {line["reason"] for line in row.compared}
    return bool(reasons) and reasons <= set(adjusting.PROPOSED.values())


@require_GET
def drawing_step(request, pk: int, name: str):
    """One step for the map."""
    require(request.user, "ecology.view")
    row = drawing.drawing_for(request.user, pk)
    body = drawing.step_geojson(row, name, drawing.own_ground(request.user, row))
    response = HttpResponse(body, content_type="application/geo+json")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Vary"] = "Cookie"
    return response
