"""Approved, exceeding or unapproved: shown on the pages of patches and clues, and a filter of patches."""

from collections import defaultdict

from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from ecoredline.web.admissions.approved import matches
from ecoredline.web.admissions.match_views import KINDS, rows_of
from ecoredline.web.admissions.models import Admission
from ecoredline.web.core import clock
from ecoredline.web.core.parts import MoreFilter
from ecoredline.web.core.permissions import may
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for


def by_day(patches) -> dict[int, dict]:
    """What is found for each patch beside the projects approved on the day of its later image."""
    days = defaultdict(list)
    for pk, day in patches.order_by().values_list("pk", "after_on"):
        days[day or clock.today()].append(pk)
    found: dict[int, dict] = {}
    for day, keys in days.items():
        found |= matches(Patch.objects.filter(pk__in=keys), day)
    return found


def section(request, patches) -> str:
    """The section of a page about some patches; nothing for who may not see checks."""
    if not may(request.user, "admission.view"):
        return ""
    found = by_day(patches)
    rows = rows_of(request.user, patches.filter(pk__in=found).defer("geom_raw"), found)
    return render_to_string("admissions/match_part.html", {"rows": rows}, request) if rows else ""


def of_patch(request, patch) -> str:
    """Of one patch."""
    return section(request, patches_for(request.user).filter(pk=patch.pk))


def of_clue(request, clue) -> str:
    """Of the patches of a clue."""
    return section(request, patches_for(request.user).filter(clue_link__clue=clue))


def condition(kind: str) -> Q:
    """The patches of a kind; only those that touch a project ever approved are looked at closely."""
    granted = Admission.objects.filter(approvals__kind="granted", geom__intersects=OuterRef("geom"))
    found = by_day(Patch.objects.filter(Exists(granted)))
    keys = [pk for pk, row in found.items() if row["match"] == kind]
    if kind != "unapproved":
        return Q(pk__in=keys)
    return ~Q(pk__in=[pk for pk, row in found.items() if row["match"] != kind])


PARTS = {"patch": of_patch, "clue": of_clue}
FILTERS = [MoreFilter("approval", _("与批准项目比对"), KINDS, condition)]
