"""Raising clues: by a form, from released patches with a preview, from a list handed down."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.clues import importing, outlines
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.clues.grouping import (
    MOST_AT_ONCE,
    proposed_groups,
    raise_groups,
    released_for,
)
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, StepNotAllowed
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.actions import attach
from ecoredline.web.files.list_page import list_page
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.regions.models import Division

SAID = (BadForm, MovedMeanwhile, StepNotAllowed)
CODE_DIGITS = 6


def options(
    name: str, *, without: tuple[str, ...] = (), blank: bool = True
) -> list[tuple[str, str]]:
    """A code list for a select."""
    rows = [(code, row[language()]) for code, row in code_list(name).items() if code not in without]
    return [("", "—"), *rows] if blank else rows


class RaiseForm(forms.Form):
    """A clue that somebody told of."""

    source = forms.ChoiceField(label=_("线索来源"))
    source_detail = forms.CharField(
        label=_("来源说明"),
        max_length=300,
        required=False,
        help_text=_("文号、媒体名称、来信日期等，印入附件1备注"),
    )
    list_number = forms.CharField(
        label=_("原清单编号"),
        max_length=80,
        required=False,
        help_text=_("上级清单中的编号，没有则不填"),
    )
    found_on = day_field(_("发现日期"))
    lon = forms.CharField(
        label=_("经度"), required=False, help_text=_("101.5375 或 E101°32′15″，CGCS2000")
    )
    lat = forms.CharField(label=_("纬度"), required=False, help_text=_("26.6087 或 N26°36′31″"))
    file = forms.FileField(
        label=_("范围文件"),
        required=False,
        help_text=_("GeoJSON、KML、GeoPackage 或 Shapefile 的 zip"),
    )
    gcj02 = forms.BooleanField(
        label=_("范围文件是 GCJ-02 坐标（商业地图），请换算"), required=False
    )
    outline = forms.CharField(widget=forms.HiddenInput, required=False)
    division_code = forms.ChoiceField(
        label=_("县级行政区"), required=False, help_text=_("不填则按位置确定")
    )
    place = forms.CharField(label=_("位置描述"), max_length=300, required=False)
    area_ha = forms.CharField(
        label=_("面积（公顷）"), required=False, help_text=_("有范围时按范围计算")
    )
    activity_type = forms.ChoiceField(label=_("活动类型"), required=False)
    problem_type = forms.MultipleChoiceField(
        label=_("疑似问题类型"), required=False, widget=forms.CheckboxSelectMultiple
    )
    priority = forms.ChoiceField(label=_("核查要求"))
    is_major = forms.BooleanField(label=_("疑似重大"), required=False)
    description = text_field(_("情况描述"), required=False)
    remark = text_field(_("备注"), required=False)
    paper = forms.FileField(label=_("附件（来信、函件扫描件或照片）"), required=False)
    is_sensitive = forms.BooleanField(
        label=_("附件敏感（含举报人或内部批示）：只有本单位、认定单位和上级可见，打开留痕"),
        required=False,
        initial=True,
    )

    def __init__(self, *args, person, **options_):
        super().__init__(*args, **options_)
        self.fields["source"].choices = options("clue_sources", without=("satellite",), blank=False)
        self.fields["activity_type"].choices = options("activity_types")
        self.fields["problem_type"].choices = options("problem_types", blank=False)
        self.fields["priority"].choices = options("check_priorities", blank=False)
        self.fields["division_code"].choices = counties_for(person)
        self.fields["found_on"].initial = clock.today()


def counties_for(person) -> list[tuple[str, str]]:
    """The counties a clue can be in: those loaded, or of GB/T 2260 where none is loaded."""
    prefix = person.unit.division_code
    loaded = Division.objects.filter(level="county", code__startswith=prefix)
    found = [(d.code[:CODE_DIGITS], d.name) for d in loaded.order_by("code")]
    if not found and prefix:
        found = [
            (code, row["zh"]) for code, row in code_list("divisions").items()
            if code.startswith(prefix) and not code.endswith("00")
        ]  # fmt: skip
    return [("", "—"), *found]


def facts_of(form: RaiseForm) -> dict:
    """The form as facts of a clue; raises `BadForm` with everything that is wrong with the place."""
    told = dict(form.cleaned_data)
    upload, drawn, gcj02 = told.pop("file"), told.pop("outline"), told.pop("gcj02")
    told.pop("paper")
    told.pop("is_sensitive")
    told["problem_type"] = ";".join(told["problem_type"])
    faults, lonlat = [], {}
    for name in ("lon", "lat"):
        try:
            lonlat[name] = outlines.degrees(told.pop(name), str(form.fields[name].label))
        except BadForm as fault:
            faults += fault.details
    try:
        shape = outlines.uploaded_outline(upload, gcj02=gcj02)[0] if upload else None
        shape = shape if shape is not None else outlines.drawn_outline(drawn)
    except BadForm as fault:
        faults, shape = faults + fault.details, None
    if faults:
        raise BadForm(*faults)
    area = told.pop("area_ha")
    if shape is not None:
        return told | {"outline": shape}
    remark = "；".join(filter(None, (told.get("remark", ""), gettext("涉及红线面积未测算"))))
    return told | lonlat | {"area_ha": area, "remark": remark}


@require_http_methods(["GET", "POST"])
def clue_raise(request):
    """A clue from any other source."""
    require(request.user, "clue.raise")
    form = RaiseForm(request.POST or None, request.FILES or None, person=request.user)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                clue = raised(request, form)
            except BadForm as problem:
                for sentence in problem.details:
                    form.add_error(None, sentence)
            else:
                messages.success(request, gettext("已立线索 %(number)s") % {"number": clue.number})
                return redirect("clue", pk=clue.pk)
    context = {"form": form, "map_config": map_config(request.user, runs_for(request.user).first())}
    context["map_config"]["layers"].pop("unseen", None)
    return render(request, "clues/raise.html", context, status=status)


@transaction.atomic
def raised(request, form: RaiseForm):
    """The clue of the form, with its paper."""
    clue = raise_clue(by=request.user, **facts_of(form))
    if paper := form.cleaned_data["paper"]:
        kind = "photo" if (paper.content_type or "").startswith("image/") else "document"
        attach(
            clue,
            paper,
            kind=kind,
            by=request.user,
            purpose="source",
            room="clues",
            is_sensitive=form.cleaned_data["is_sensitive"],
        )
    return clue


@require_http_methods(["GET", "POST"])
def clue_raise_patches(request):
    """Released patches raised as clues: the proposed grouping, changed by hand, then all at once."""
    require(request.user, "clue.raise")
    patches = list(chosen_patches(request))
    faults, status = [], 200
    if request.POST.get("confirm"):
        try:
            made = raise_groups(groups=groups_of(request, patches), by=request.user)
        except SAID as problem:
            faults, status = problem.details or [str(problem)], problem.status
        else:
            messages.success(request, gettext("已立线索 %(count)d 条") % {"count": len(made)})
            return redirect("clue_list")
    numbered = [
        (number, patch)
        for number, group in enumerate(proposed_groups(patches[:MOST_AT_ONCE]), start=1)
        for patch in group
    ]
    for number, patch in numbered:
        patch.group = request.POST.get(f"group-{patch.pk}", number)
    context = {
        "patches": [p for _number, p in numbered], "faults": faults, "most": MOST_AT_ONCE,
        "more": max(0, len(patches) - MOST_AT_ONCE), "runs": runs_for(request.user),
        "groups": len({str(p.group) for _number, p in numbered if str(p.group) not in ("", "0")}),
        "run": request.GET.get("run", ""), "county": request.GET.get("county", ""),
        "counties": counties_for(request.user)[1:],
    }  # fmt: skip
    return render(request, "clues/raise_patches.html", context, status=status)


def chosen_patches(request):
    """The released patches of the address's run and county."""
    found = released_for(request.user)
    for name, field in (("run", "run_id"), ("county", "division_code")):
        value = request.GET.get(name, "")
        if value.isascii() and value.isdigit():
            found = found.filter(**{field: value if field == "division_code" else int(value)})
    return found


def groups_of(request, patches: list[Patch]) -> list[list[Patch]]:
    """The patches under the number typed for each; 0 or blank leaves one out."""
    groups: dict[str, list[Patch]] = {}
    for patch in patches:
        number = request.POST.get(f"group-{patch.pk}", "").strip()
        if number not in ("", "0"):
            groups.setdefault(number, []).append(patch)
    return list(groups.values())


@require_http_methods(["GET", "POST"])
def clue_import(request):
    """A handed-down list: the file, what would come in and what is wrong, then all or nothing."""
    require(request.user, "clue.raise")
    return list_page(
        request, imported, template="clues/import.html",
        done=gettext("已导入 %(count)d 条线索"), back="clue_list",
    )  # fmt: skip


def imported(request, context: dict, data: bytes):
    """The preview into the context, or the clues once confirmed."""
    facts = {"by": request.user, "year": context["year"]}
    if request.POST.get("confirm"):
        return importing.import_list(data, name=context["name"], detail=context["detail"], **facts)
    context["preview"] = importing.read_list(data, **facts)
    return None
