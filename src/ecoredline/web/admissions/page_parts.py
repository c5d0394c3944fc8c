"""Approved, exceeding or unapproved: shown on the pages of patches and clues, and a filter of patches."""

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from ecoredline.web.admissions.approved import matches, near_approved
from ecoredline.web.admissions.match_views import KINDS, rows_of
from ecoredline.web.core.parts import MoreFilter
from ecoredline.web.core.permissions import may
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for


def section(request, patches) -> str:
    """The section of a page about some patches; nothing for who may not see checks."""
    if not may(request.user, "admission.view"):
        return ""
    found = matches(patches)
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
    found = matches(Patch.objects.filter(pk__in=near_approved()))
    keys = [pk for pk, row in found.items() if row["match"] == kind]
    if kind != "unapproved":
        return Q(pk__in=keys)
    return ~Q(pk__in=[pk for pk, row in found.items() if row["match"] != kind])


PARTS = {"patch": of_patch, "clue": of_clue}
FILTERS = [MoreFilter("approval", _("与批准项目比对"), KINDS, condition)]
