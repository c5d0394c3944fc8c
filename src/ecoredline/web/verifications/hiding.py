"""The files of a draft are the writing unit's own until it goes up."""

from ecoredline.web.verifications.models import Verification

RECORD = "verification:"


def hidden(rows, person) -> set[int]:
    """The keys of attachments that hang on an unsubmitted verification of another unit."""
    drafts = {
        row.pk: int(row.record.removeprefix(RECORD))
        for row in rows
        if row.record.startswith(RECORD) and row.record.removeprefix(RECORD).isdecimal()
    }
    open_ = Verification.objects.filter(pk__in=set(drafts.values()), submitted_at=None)
    foreign = set(open_.exclude(unit_id=person.unit_id).values_list("pk", flat=True))
    return {pk for pk, draft in drafts.items() if draft in foreign}
