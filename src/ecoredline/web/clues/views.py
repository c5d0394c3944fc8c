"""The list of clues and the page of one."""

import json

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.paginator import Paginator
from django.http import FileResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ecoredline.codes import code_list
from ecoredline.web.clues import queries
from ecoredline.web.clues.actions import patches_of
from ecoredline.web.clues.duplicates import proposals_for
from ecoredline.web.clues.export import workbook
from ecoredline.web.clues.filters import ClueFilter
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.core.templatetags.ecoredline import code_label, hectares, language
from ecoredline.web.core.timeline import path_of, steps_for, timeline
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.letters.models import Letter, Reminder
from ecoredline.web.maps.context import map_config
from ecoredline.web.patches.features import COORDINATE_DECIMALS
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.patches.views import TYPES, evidence_of

PAGE_ROWS = 50
MOST_EXPORTED = 20_000
SHOWN_REMINDERS = 20
OF_VERIFICATIONS = "verifications/of_clue.html"
ASKED = ("raise", "consult", "dispatch", "pass_down", "receive", "merge", "export")


def chosen_filter(request) -> tuple[ClueFilter, list[str]]:
    """The filter of the address, or everything and what is wrong with it."""
    try:
        return ClueFilter.read(request.GET), []
    except BadFilter as problem:
        return ClueFilter(), problem.details


@require_GET
def clue_list(request):
    """The clues the person may see, in a selection; what can be done to many at once."""
    person = request.user
    require(person, "clue.view")
    chosen, faults = chosen_filter(request)
    clues = queries.clues_for(person, chosen)
    total, counts = queries.totals(clues), queries.counts_for(person)
    pages = Paginator(clues, PAGE_ROWS)
    pages.count = total["count"]  # counted already
    page = pages.get_page(request.GET.get("page"))
    for clue in page.object_list:
        clue.due_class = queries.due_class(clue)
    context = {
        "page": page, "filters": chosen.as_dict(), "query": chosen.query, "faults": faults,
        "unsorted": chosen.without("sort"), "sort": chosen.sort, "total": total,
        "choices": queries.choices_for(person),
        "states": CLUE_LIFECYCLE.states.items(), "sources": labelled("clue_sources"),
        "heads": heads(chosen), "tabs": tabs(counts, total["count"], chosen),
        "can": {name for name in ASKED if may(person, f"clue.{name}")},
        "duplicates": proposals_for(person).count() if may(person, "clue.merge") else 0,
    }  # fmt: skip
    return render(request, "clues/list.html", context, status=422 if faults else 200)


def labelled(name: str) -> list[tuple[str, str]]:
    """A code list for a select."""
    return [(code, row[language()]) for code, row in code_list(name).items()]


def heads(chosen: ClueFilter) -> list[dict]:
    """The sortable heads with the order a click leads to."""
    labels = {
        "number": _("线索编号"), "county": _("县级行政区"), "area": _("红线内（公顷）"),
        "due": _("期限"), "entered": _("进入本状态"),
    }  # fmt: skip
    here = chosen.sort or "-number"
    return [
        {"key": key, "label": label, "next": f"-{key}" if here == key else key,
         "order": "ascending" if here == key else "descending" if here == f"-{key}" else ""}
        for key, label in labels.items()
    ]  # fmt: skip


def tabs(counts: dict, total: int, chosen: ClueFilter) -> list[dict]:
    """The quick selections with their counts: for me, overdue, all."""
    return [
        {"label": _("全部"), "query": "", "count": "" if chosen.query else total,
         "is_here": not (chosen.turn or chosen.overdue)},
        {"label": _("待本单位办理"), "query": "turn=mine", "count": counts["mine"],
         "is_here": chosen.turn == "mine"},
        {"label": _("已逾期"), "query": "overdue=1", "count": counts["overdue"],
         "is_here": bool(chosen.overdue)},
    ]  # fmt: skip


@require_GET
def clue_export(request):
    """The selection as a workbook, exactly as shown; recorded, because it takes data away."""
    require(request.user, "clue.export")
    purpose = purpose_of(request, "clues")
    chosen = ClueFilter.read(request.GET)
    clues = queries.clues_for(request.user, chosen)
    if (count := clues.count()) > MOST_EXPORTED:
        said = _("选中 %(count)d 条，一次最多导出 %(most)d 条：请缩小筛选范围分次导出")
        raise BadFilter(said % {"count": count, "most": MOST_EXPORTED})
    said = _("筛选：%(query)s") % {"query": chosen.query or _("全部")}
    body = workbook(clues, said)
    note_request(request, "clue.export", "clues", query=chosen.query, rows=len(clues),
                 **purpose)  # fmt: skip
    response = FileResponse(body, as_attachment=True, filename="clues.xlsx")
    response.headers["Content-Type"] = TYPES[".xlsx"]
    return response


@require_GET
def clue_page(request, pk: int):
    """One clue: what it is, where, whose turn, and everything that was said."""
    person = request.user
    clue = queries.clue_for(person, pk)
    clue.due_class = queries.due_class(clue)
    patches = list(patches_of(clue).select_related("run", "run__before", "run__after"))
    for patch in patches:
        patch.evidence = evidence_of(patch)
    steps = steps_for(person, clue)
    context = {
        "clue": clue, "patches": patches, "steps": steps, "actions": actions_for(clue, steps),
        "path": path_of(clue), "timeline": timeline(clue), "facts": facts_of(clue),
        "dispatches": clue.dispatches.select_related(
            "from_unit", "to_unit", "letter", "by", "received_by"),
        "letters": letters_of(person, clue), "attachments": attachments_of(clue, person=person),
        "consulted": clue.consulted.select_related("consultation__unit"),
        "merged": clue.merged.all(), "reminders": reminders_of(clue),
        "may_attach": may(person, "file.attach"), "verifications_template": existing(OF_VERIFICATIONS),
        "verify_url": address("verify", clue.pk) if clue.state in ("dispatched", "submitted") else "",
        "map_config": config_for(person, clue, patches),
    }  # fmt: skip
    return render(request, "clues/clue.html", context)


def existing(name: str) -> str:
    """A template of a room above this one; '' when that room has none."""
    found = select_template([name, "clues/nothing.html"]).template.name
    return name if found == name else ""


def address(name: str, *args) -> str:
    """An address of a room above this one; '' when it has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


PAGES = {"dispatch": "clue_bulk", "pass_down": "clue_bulk", "consult": "clue_consult"}
FORMS = (
    "amend",
    "add_patch",
    "merge",
    "unmerge",
    "decline",
    "reassign",
    "extend",
    "remind",
    "withdraw",
)


def actions_for(clue: Clue, steps: set[str]) -> list[dict]:
    """The buttons of this room: {step, label, url, is_danger}, only what the person may do now."""
    steps = {"unmerge" if s.startswith("unmerge_") else s for s in steps}
    labels = {s.action: s.label for s in CLUE_LIFECYCLE.steps} | {"unmerge": _("撤销合并")}
    if clue.state_before_merge and f"unmerge_{clue.state_before_merge}" not in {
        s.action for s in CLUE_LIFECYCLE.from_state(clue.state)
    }:
        steps.discard("unmerge")
    found = []
    for step, name in PAGES.items():
        if step in steps:
            url = f"{reverse(name)}?do={step}&ids={clue.pk}"
            found.append({"step": step, "label": labels[step], "url": url})
    for step in FORMS:
        if step in steps:
            url = reverse("clue_step", args=[clue.pk, step])
            danger = step in ("decline", "withdraw")
            found.append({"step": step, "label": labels[step], "url": url, "is_danger": danger})
    return found


def facts_of(clue: Clue) -> list[tuple[str, str, str]]:
    """What the clue says, as (label, text, kind) in order."""
    problems = "、".join(code_label(p, "problem_types") for p in clue.problem_type.split(";") if p)
    source = code_label(clue.source, "clue_sources")
    where = "".join((clue.province, clue.city, clue.county, clue.township))
    return [
        (_("来源"), f"{source}（{clue.source_detail}）" if clue.source_detail else source),
        (_("原清单编号"), clue.list_number),
        (_("行政区"), f"{where}（{clue.division_code}）" if clue.division_code else where),
        (_("位置描述"), clue.place),
        (_("面积（公顷）"), hectares(clue.area_ha)),
        (_("涉及红线面积（公顷）"), hectares(clue.redline_area_ha)),
        (_("活动类型"), code_label(clue.activity_type, "activity_types")),
        (_("疑似问题类型"), problems),
        (_("管控区"), code_label(clue.control_zone, "control_zones")),
        (_("红线版本"), clue.redline_version),
        (_("核查要求"), code_label(clue.priority, "check_priorities")),
        (_("疑似重大"), _("是") if clue.is_major else _("否")),
        (_("发现日期"), clue.found_on.isoformat()),
        (_("情况描述"), clue.description),
        (_("备注"), clue.remark),
        (_("立线索"), f"{clue.owner.name} · {clue.raised_by.display_name}"),
    ]


def letters_of(person, clue: Clue):
    """The letters about the clue that the person sees."""
    found = Letter.objects.visible_to(person).filter(
        subject_kind="clue", subject_ids__contains=[clue.pk]
    )
    return found.select_related("unit", "to_unit").order_by("pk")


def reminders_of(clue: Clue):
    """The newest reminders about the clue."""
    found = Reminder.objects.filter(subject_kind="clue", subject_id=clue.pk)
    return found.select_related("unit")[:SHOWN_REMINDERS]


def config_for(person, clue: Clue, patches) -> dict:
    """What the small map needs: the run's layers and where the clue's outline is."""
    run = patches[0].run if patches else runs_for(person).first()
    run = run if run and runs_for(person).filter(pk=run.pk).exists() else None
    found = map_config(person, run) | {"clue_geojson": reverse("clue_geojson", args=[clue.pk])}
    found["layers"].pop("unseen", None)
    return found


@require_GET
def clue_geojson(request, pk: int):
    """The clue's outline, or its point, as a GeoJSON feature."""
    clue = queries.clue_for(request.user, pk)
    drawn = Clue.objects.filter(pk=clue.pk).annotate(
        outline=AsGeoJSON("geom", precision=COORDINATE_DECIMALS),
        dot=AsGeoJSON("point", precision=COORDINATE_DECIMALS),
    ).get()  # fmt: skip
    shape = drawn.outline or drawn.dot
    found = {
        "type": "Feature", "id": clue.pk, "geometry": json.loads(shape) if shape else None,
        "properties": {"number": clue.number, "state": clue.state,
                       "redline_area_ha": float(clue.redline_area_ha)},
    }  # fmt: skip
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False})
