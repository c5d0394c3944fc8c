"""Reminders of clues: by the day before and after the date, and by hand from above."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.problems import BadForm
from ecoredline.web.letters.models import Reminder
from ecoredline.web.letters.reminders import give

WAITING = ("dispatched", "submitted")
REMINDER_LENGTH = Reminder._meta.get_field("text").max_length


def remind_clues(today: date | None = None) -> list[Reminder]:
    """Remind every holder of what is due soon, today or overdue; each reminder is given once.

    A missed day is made up by the newest reminder that is due.
    """
    today = today or clock.today()
    waiting = Clue.objects.filter(state__in=WAITING, due_on__isnull=False).select_related("holder")
    given = (
        give(
            subject_kind="clue", subject_id=clue.pk, unit=clue.holder, due_on=clue.due_on,
            text=f"{clue.number}（{clue.get_state_display()}）", today=today,
        )
        for clue in waiting.iterator()
    )  # fmt: skip
    return [reminder for reminder in given if reminder is not None]


@transaction.atomic
def remind(clue: Clue, *, by, reason: str, seen=None):
    """Urge the holder by hand; it is in the history and among the holder's reminders."""
    if not reason.strip():
        raise BadForm(_("须写明催办内容"))
    written = move(
        clue, "remind", by=by, reason=reason, details={"holder": clue.holder.name}, seen=seen
    )
    Reminder.objects.get_or_create(
        subject_kind="clue", subject_id=clue.pk, unit=clue.holder,
        kind=f"by_hand_{clue.version}"[:20], due_on=clue.due_on or clock.today(),
        defaults={"on": clock.today(), "text": f"{clue.number}：{reason}"[:REMINDER_LENGTH]},
    )  # fmt: skip
    return written
