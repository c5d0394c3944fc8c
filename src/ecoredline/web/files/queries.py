"""Reads: the attachments of a subject, and one by its number for whoever may open it."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db.models import QuerySet

from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.files.models import Attachment
from ecoredline.web.files.subjects import MODELS, kind_of, sees


@cache
def hiders() -> tuple:
    """What else is hidden from whom: the `hidden(rows, person)` of every app's `hiding.py`."""
    names = [f"{c.name}.hiding" for c in apps.get_app_configs() if c.name.startswith("ecoredline.")]
    return tuple(import_module(name).hidden for name in names if find_spec(name))


def hidden_from(person, rows) -> set[int]:
    """The keys of those attachments that this person may not open though they see the subject.

    Sensitive ones are for the unit that brought them, the owner of the subject and the units
    above either; files of a draft only for the unit that writes it.
    """
    rows = list(rows)
    found = {row.pk for row in rows if row.is_sensitive and not reads_sensitive(person, row)}
    for hidden in hiders():
        found |= hidden(rows, person)
    return found


def reads_sensitive(person, row: Attachment) -> bool:
    """Does the person's unit own the subject, or did it bring the file, or lie above one of these?"""
    if person.unit_id is None:
        return False
    code = person.unit.division_code
    subject = apps.get_model(MODELS[row.subject_kind]).objects.filter(pk=row.subject_id).first()
    owner = getattr(subject, "owner", None)
    units = [row.unit, *([owner] if owner is not None else [])]
    return any(unit.pk == person.unit_id or above(code, unit.division_code) for unit in units)


def above(code: str, other: str) -> bool:
    """Is a division above another one?

    >>> above("51", "5104"), above("5104", "5104"), above("510422", "5104")
    (True, False, False)
    """
    return other.startswith(code) and other != code


def attachments_of(subject, record: str | None = None, *, person=None) -> QuerySet[Attachment]:
    """What hangs on a subject, oldest first; with `record` only what hangs on that record of it.

    The caller has already asked whether the person sees the subject; with `person` only what
    that person may open.
    """
    found = Attachment.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
    found = found if record is None else found.filter(record=record)
    found = found.select_related("unit", "by")
    return found if person is None else found.exclude(pk__in=hidden_from(person, found))


def attachment_for(person, pk: int) -> Attachment:
    """One attachment; raises `NotFound` (404.1) when it is not the person's to open."""
    require(person, "file.open")
    found = Attachment.objects.select_related("unit").filter(pk=pk).first()
    if found is None or not sees(found.subject_kind, found.subject_id, person):
        raise NotFound()
    if hidden_from(person, [found]):
        raise NotFound()
    return found
