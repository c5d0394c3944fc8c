"""Reads about people and what they did."""

from django.db.models import QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.models import AccessRecord


def records_for(person) -> QuerySet[AccessRecord]:
    """The access records of the people in the person's divisions, newest first.

    What nobody of a unit did (the operator, a log-in that failed) is shown to the top unit.
    """
    seen = scope(person)
    if seen is None:
        return AccessRecord.objects.none()
    mine = AccessRecord.objects.filter(unit_code__startswith=seen.prefix)
    return mine if seen.unplaced else mine.exclude(unit_name="")
