"""What the page of a case shows."""

from collections import defaultdict

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.timeline import path_of, steps_for, timeline
from ecoredline.web.files.models import Attachment
from ecoredline.web.files.queries import hidden_from
from ecoredline.web.maps.context import map_config, scene_config
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for, runs_for

# step → (address name, label is the step's own); in the order the buttons stand
STEP_PAGES = {
    "hand_over": "case_hand_over", "plan": "case_plan", "progress": "case_progress",
    "request_closing": "case_request_closing", "recheck": "case_recheck", "close": "case_close",
    "send_back": "case_send_back", "reopen": "case_reopen", "investigate": "case_investigate",
    "revise_plan": "case_plan", "hand_to_department": "case_department", "push": "case_push",
    "add_clue": "case_add_clue", "describe": "case_describe", "extend": "case_extend",
    "remind": "case_remind", "strike_off": "case_strike_off", "watch": "case_observe",
}  # fmt: skip
MAIN = {
    "opened": ("hand_over",), "handed_over": ("plan",),
    "rectifying": ("progress", "request_closing"), "rechecking": ("recheck", "close", "send_back"),
    "closed": ("reopen",),
}  # fmt: skip
MANY = ("hand_to_department", "push")  # their pages take several cases


def page_context(person, case: Case) -> dict:
    """Context of the page: records with their files, steps, history, map and chart."""
    clues = list(case.clues.select_related("holder").order_by("pk"))
    steps = steps_for(person, case)
    files = files_of(person, case, clues)
    plans, patches = plans_of(case, files), seen_patches(person, clues)
    seen = observations_of(case)
    proposed = [o for o in seen if o.proposes_reopening and not o.decided]
    return {
        "case": case, "steps": steps, "path": path_of(case), "clues": clues,
        "patches": patches,
        "verifications": verifications_of(clues, files),
        "photos": case.photos.select_related("attachment"),
        "plans": plans, "plan": plans[-1] if plans else None, "is_overdue": is_overdue(case),
        "handovers": with_files(case.handovers.select_related("to_unit", "letter", "by"), files, "handover"),
        "investigations": with_files(case.investigations.select_related("by__unit"), files, "investigation"),
        "progress": with_files(
            case.progress.select_related("by__unit", "item").order_by("-on", "-pk"), files, "progress"
        ),
        "rechecks": with_files(case.rechecks.select_related("unit", "by"), files, "recheck"),
        "other_files": [f for f in files["case"] if not f.record or f.record in ("closing", "reopening")],
        "watch_dates": case.watch_dates.select_related("run"),
        "observations": seen,
        "proposed": proposed if case.state == "closed" else [],
        "timeline": timeline(case, *clues), "subjects_shown": True, "today": clock.today(),
        "buttons": buttons(case, steps, bool(proposed)), "map_config": case_map(person, case, patches, seen),
        "chart": chart_of(case, seen),
    }  # fmt: skip


def is_overdue(case: Case) -> bool:
    """Open and past its date."""
    return bool(case.due_on and case.state != "closed" and case.due_on < clock.today())


def files_of(person, case: Case, clues) -> dict:
    """The attachments of the case and its clues the person may open: by kind of subject, and by record."""
    mine = Q(subject_kind="case", subject_id=case.pk)
    theirs = Q(subject_kind="clue", subject_id__in=[clue.pk for clue in clues])
    numbers = dict(case.photos.values_list("attachment", "number"))
    found = defaultdict(list)
    rows = list(Attachment.objects.filter(mine | theirs).select_related("unit"))
    hidden = hidden_from(person, rows)
    for row in (row for row in rows if row.pk not in hidden):
        row.index = f"P{numbers[row.pk]:03d}" if row.pk in numbers else ""
        found[row.subject_kind].append(row)
        found[f"{row.subject_kind} {row.record}"].append(row)
    return found


def with_files(rows, files: dict, kind: str, subject: str = "case") -> list:
    """Records, each with its `files`."""
    found = list(rows)
    for row in found:
        row.files = files[f"{subject} {kind}:{row.pk}"]
    return found


def verifications_of(clues, files: dict) -> list:
    """What the units found about the clues, submitted only, oldest first."""
    found = []
    for clue in clues:
        rows = clue.verifications.exclude(submitted_at=None).select_related("unit", "by")
        found += with_files(rows.prefetch_related("approvals"), files, "verification", "clue")
    return sorted(found, key=lambda row: row.submitted_at)


def plans_of(case: Case, files: dict) -> list:
    """Every version of the plan with its items, oldest first."""
    plans = with_files(case.plans.prefetch_related("items").select_related("by"), files, "plan")
    today = clock.today()
    for plan in plans:
        plan.rows = list(plan.items.all())
        for item in plan.rows:
            item.files = files[f"case item:{item.pk}"]
            item.is_overdue = item.state == "open" and item.due_on < today
    return plans


def seen_patches(person, clues) -> list[Patch]:
    """The patches behind the clues that the person may see, with their run."""
    rows = patches_for(person).filter(clue_link__clue__in=[c.pk for c in clues])
    rows = rows.select_related("run").defer("geom", "geom_raw", "run__record")
    return list(rows.order_by("pk"))


def observations_of(case: Case) -> list:
    """Newest first."""
    rows = case.observations.select_related("scene", "run", "watch", "decided_by")
    return list(rows.order_by("-observed_on", "-pk"))


def buttons(case: Case, steps: set[str], proposed: bool) -> dict:
    """The steps the person may take, as links: what is next first, the rest beside it."""
    labels = {s.action: s.label for s in case.LIFECYCLE.steps}
    found = {"main": [], "more": []}
    for step, name in STEP_PAGES.items():
        if step == "reopen" and proposed:
            continue  # stands with what proposes it
        if step in steps and (address := address_of(step, name, case)):
            where = "main" if step in MAIN.get(case.state, ()) else "more"
            found[where].append({"step": step, "label": labels[step], "url": address})
    return found


def address_of(step: str, name: str, case: Case) -> str:
    """The page of a step; blank where no room has it."""
    try:
        if step in MANY:
            return f"{reverse(name)}?case={case.pk}"
        return reverse(name, args=[case.pk])
    except NoReverseMatch:
        return ""


def case_map(person, case: Case, patches, observations) -> dict:
    """The map of the case: the run that found it, newest image of the satellite rechecks as after."""
    runs = runs_for(person).defer("record")
    first = runs.filter(pk__in={p.run_id for p in patches}).order_by("after_on").first()
    config = map_config(person, first)
    last = next((o for o in observations if o.run_id), None)
    later = runs.filter(pk=last.run_id).first() if last else None
    if later is not None:
        config["scenes"]["after"] = scene_config(later.after)
    config["layers"].pop("patches", None)
    config |= {
        "extent": list(case.geom.extent) if case.geom else config["extent"],
        "outline": reverse("case_geojson", args=[case.pk]) if case.geom else "",
    }
    return config


def chart_of(case: Case, observations) -> dict | None:
    """The index over time, inside and around, for the chart; None when nothing was observed.

    It begins with the images before the damage, of it and at closing.
    """
    rows = [o for o in reversed(observations) if o.ndvi_inside is not None]
    if not rows:
        return None
    last = rows[-1]
    return {
        "inside": points_of(rows, "inside"), "ring": points_of(rows, "ring"),
        "before": rounded(last.ndvi_before), "at_closing": rounded(last.ndvi_at_closing),
        "closed_on": case.closed_on.isoformat() if case.closed_on else "",
        "words": {
            "inside": _("范围内"), "ring": _("周边"), "before": _("破坏前"),
            "at_closing": _("销号时"), "closed": _("销号"),
            "index": "NDVI" if last.index == "ndvi" else _("亮度"),
        },
    }  # fmt: skip


def rounded(value: float | None) -> float | None:
    """An index with the decimals it is worth."""
    return None if value is None else round(value, 4)


def points_of(rows, name: str) -> list[tuple[str, float]]:
    """Day and index of every image the observations rest on, in order; a day once."""
    found = {}
    for row in rows:
        for one in row.looks.values():
            if one["on"] and one[name] is not None:
                found[one["on"]] = one[name]
    return sorted(found.items())
