"""Reads for the pages of verification: what was said in each round, by whom, with which photographs."""

from django.db.models import QuerySet

from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.verifications.models import SpotCheck, Verification


def submitted_of(clue) -> list[Verification]:
    """The verifications that went up, oldest first, with approvals and judgements.

    The caller has already asked whether the person sees the clue.
    """
    rows = Verification.objects.filter(clue=clue, submitted_at__isnull=False)
    rows = rows.select_related("clue", "unit", "by").order_by("submitted_at", "pk")
    return list(rows.prefetch_related("approvals", "judgements__unit", "judgements__by"))


def last_word_back(clue):
    """The judgement that sent the clue back, when it now waits for a new round; else None."""
    rounds = submitted_of(clue)
    if clue.state != "dispatched" or not rounds:
        return None
    words = [w for w in rounds[-1].judgements.all() if w.kind in ("send_back", "reopen")]
    return words[-1] if words else None


def spot_checks_for(person) -> QuerySet[SpotCheck]:
    """The spot checks of the person's unit and of those below it."""
    require(person, "spot_check.view")
    mine = SpotCheck.objects.filter(unit__division_code__startswith=person.unit.division_code)
    return mine.select_related("unit", "by").prefetch_related("judgements")


def spot_check_for(person, pk: int) -> SpotCheck:
    """One spot check; raises `NotFound` (404.1) for one the person may not see."""
    found = spot_checks_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found
