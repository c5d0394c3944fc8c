"""Later patches beside approved projects: approved, exceeding, unapproved."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from ecoredline.web.admissions.approved import matches
from ecoredline.web.admissions.models import Admission
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.patches.queries import patches_for, run_for, runs_for

KINDS = {"approved": _("批准范围内"), "exceeding": _("超出批准范围"), "unapproved": _("未见批准")}
PAGE_ROWS = 100
MOST_PATCHES = 20_000
LONGEST_KEY = 18


def chosen_run(request):
    """The run of `?run=`, else the newest the person sees."""
    wanted = request.GET.get("run", "")
    if not wanted:
        return runs_for(request.user).first()
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= LONGEST_KEY):
        raise BadFilter(f"run={wanted!r}")
    return run_for(request.user, int(wanted))


@require_GET
def admission_matches(request):
    """The patches of a run, each with the approved projects that explain it or do not."""
    require(request.user, "admission.view")
    kind = request.GET.get("match", "")
    if kind and kind not in KINDS:
        raise BadFilter(f"match={kind!r}: {', '.join(KINDS)}")
    run = chosen_run(request)
    rows, counts, day = [], [], clock.today()
    if run is not None:
        day = run.after_on or day
        patches = patches_for(request.user, run)
        found = matches(patches.order_by("pk")[:MOST_PATCHES], day)
        counts = [
            (k, label, sum(f["match"] == k for f in found.values())) for k, label in KINDS.items()
        ]
        keys = [pk for pk, f in found.items() if not kind or f["match"] == kind]
        rows = rows_of(request.user, patches.filter(pk__in=keys).defer("geom", "geom_raw"), found)
    context = {
        "run": run, "runs": runs_for(request.user), "kind": kind, "counts": counts, "day": day,
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "query": f"run={run.pk if run else ''}&match={kind}",
    }  # fmt: skip
    return render(request, "admissions/matches.html", context)


def rows_of(person, patches, found: dict) -> list[dict]:
    """Patches with what was found; projects the person may not see are named by their number only."""
    keys = {int(code) for f in found.values() for code in f["project_codes"]}
    seen = set(
        Admission.objects.visible_to(person).filter(pk__in=keys).values_list("pk", flat=True)
    )
    named = Admission.objects.defer("answer", "geom").in_bulk(keys)
    return [
        {
            "patch": patch, "kind": found[patch.pk]["match"],
            "label": KINDS[found[patch.pk]["match"]],
            "projects": [(named[int(c)], int(c) in seen) for c in found[patch.pk]["project_codes"]],
            "approved_ha": found[patch.pk]["approved_ha"],
            "outside_ha": found[patch.pk]["outside_ha"],
        }
        for patch in patches
    ]  # fmt: skip
