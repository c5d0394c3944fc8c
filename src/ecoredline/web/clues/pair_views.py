"""Clues that may be one: looked at side by side and decided."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ecoredline.web.clues import duplicates, merging
from ecoredline.web.clues.models import DuplicateProposal
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotFound, StepNotAllowed

PAGE_ROWS = 20


@require_GET
def duplicate_list(request):
    """The open proposals."""
    require(request.user, "clue.merge")
    page = Paginator(duplicates.proposals_for(request.user), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    for row in page.object_list:
        row.sides = [
            {"clue": a, "other": b, "may": may(request.user, "clue.merge", a)
             and {a.state, b.state} <= set(merging.OPEN_FOR_MERGING)}
            for a, b in ((row.first, row.second), (row.second, row.first))
        ]  # fmt: skip
    return render(request, "clues/duplicates.html", {"page": page, "query": ""})


@require_POST
def duplicate_decide(request, pk: int):
    """One problem (and which clue stays), or two."""
    row = duplicates.proposals_for(request.user).filter(pk=pk).first()
    if row is None:
        known = DuplicateProposal.objects.filter(pk=pk).exists()
        if not known:
            raise NotFound()
        messages.info(request, _("他人已先行处理，请刷新后再办"))
        return redirect("duplicate_list")
    reason = request.POST.get("reason", "").strip()
    try:
        if request.POST.get("decision") == "different":
            duplicates.decide_different(row, by=request.user)
            messages.success(request, _("已判断为不同问题。"))
        else:
            keep, gone = row.first, row.second
            if request.POST.get("keep") == str(row.second.pk):
                keep, gone = gone, keep
            merging.merge(gone, into=keep, by=request.user, reason=reason)
            messages.success(request, _("%(gone)s 已并入 %(keep)s") % {"gone": gone, "keep": keep})
    except (BadForm, MovedMeanwhile, StepNotAllowed) as problem:
        messages.error(request, str(problem))
    return redirect("duplicate_list")
