"""What was put beside another source's patch, and taking it apart."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import Blocked, NotFound
from ecoredline.web.reviews import queries
from ecoredline.web.reviews import sightings as actions

PAGE_ROWS = 50


@require_GET
def sightings(request):
    """Every patch that waits for nobody because another stands for its place."""
    require(request.user, "review.work")
    found = queries.sightings_for(request.user)
    context = {"page": Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))}
    for row in context["page"].object_list:
        row.may_separate = may(request.user, "review.separate", row.kept)
    return render(request, "reviews/sightings.html", context)


@require_POST
def separate(request, pk: int):
    """The two are two places."""
    row = queries.sightings_for(request.user).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    try:
        actions.separate(row, by=request.user, reason=request.POST.get("reason", ""))
    except Blocked as problem:
        messages.error(request, "；".join(problem.details) or str(problem.message))
    else:
        messages.success(request, _("已拆分，图斑回到待审核。"))
    return redirect("sightings")
