"""Reads: the attachments of a subject, and one by its number for whoever sees its subject."""

from django.db.models import QuerySet

from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.files.models import Attachment
from ecoredline.web.files.subjects import kind_of, sees


def attachments_of(subject, record: str | None = None) -> QuerySet[Attachment]:
    """What hangs on a subject, oldest first; with `record` only what hangs on that record of it.

    The caller has already asked whether the person sees the subject.
    """
    found = Attachment.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
    found = found if record is None else found.filter(record=record)
    return found.select_related("unit", "by")


def attachment_for(person, pk: int) -> Attachment:
    """One attachment; raises `NotFound` (404.1) when its subject is not the person's to see."""
    require(person, "file.open")
    found = Attachment.objects.filter(pk=pk).first()
    if found is None or not sees(found.subject_kind, found.subject_id, person):
        raise NotFound()
    return found
