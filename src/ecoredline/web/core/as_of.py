"""What a subject's fields were on an earlier day: every step keeps the values it replaced, sealed."""

from datetime import date, datetime, time
from decimal import Decimal

from django.contrib.gis.geos import GEOSGeometry
from django.db import models
from django.utils import timezone

from ecoredline.web.core.models import Transition

REPLACED = "fields_before"
MOST_NAMED = 1000


def end_of(day: date) -> datetime:
    """The last instant of a day."""
    return timezone.make_aware(datetime.combine(day, time.max))


def replaced(row, changes: dict) -> dict:
    """The values of the fields that `changes` will change on a row, as JSON keeps them."""
    found = {}
    for name, value in changes.items():
        field = row._meta.get_field(name)
        if isinstance(field, models.JSONField):
            continue  # summaries that are made anew
        old, new = plain(field.value_from_object(row)), plain(getattr(value, "pk", value))
        if old != new:
            found[name] = old
    return found


def plain(value):
    """A field's value as JSON keeps it: geometries as EWKB in hex, days and decimals as text."""
    if isinstance(value, GEOSGeometry):
        return value.hexewkb.decode()
    if isinstance(value, date):
        return value.isoformat()
    return str(value.normalize()) if isinstance(value, Decimal) else value


def roll_back(kind: str, subjects: list, day: date) -> None:
    """Make `subjects` what they were at the end of a day, in memory: never save them after.

    A change made before steps kept what they replaced cannot be taken back.
    """
    known = {s.pk: s for s in subjects}
    later = Transition.objects.filter(
        subject_kind=kind, at__gt=end_of(day), details__has_key=REPLACED
    )
    if len(known) <= MOST_NAMED:  # of many it is quicker to look at every later step
        later = later.filter(subject_id__in=known)
    for pk, details in later.order_by("-at", "-pk").values_list("subject_id", "details"):
        if pk in known:
            for name, old in details[REPLACED].items():
                put_back(known[pk], name, old)


def put_back(subject, name: str, old) -> None:
    """Set one field to a value that was kept."""
    field = subject._meta.get_field(name)
    if old is not None and hasattr(field, "geom_type"):
        old = GEOSGeometry(old)
    setattr(subject, field.attname, old if field.is_relation else field.to_python(old))
