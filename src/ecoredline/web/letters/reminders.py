"""Reminders before, on and after a date; when they are given is dated data (`codes/reminders`)."""

from datetime import date

from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.letters.models import Letter, Reminder

TEXT_LENGTH = Reminder._meta.get_field("text").max_length


def rules_on(day: date) -> list[tuple[int, str]]:
    """(days after the date, code) of every reminder in force on a day, earliest first.

    >>> rules_on(date(2026, 3, 1))[0]
    (-7, 'before_7')
    """
    found = []
    for code, row in code_list("reminders").items():
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        if date.fromisoformat(row["valid_from"]) <= day <= until:
            found.append((int(row["days"]), code))
    return sorted(found)


def kind_on(due_on: date, today: date) -> str:
    """The reminder that is due today: the last one reached, so that a missed day is made up once.

    >>> kind_on(date(2026, 3, 31), date(2026, 3, 20)), kind_on(date(2026, 3, 31), date(2026, 3, 26))
    ('', 'before_7')
    >>> kind_on(date(2026, 3, 31), date(2026, 3, 31)), kind_on(date(2026, 3, 31), date(2026, 4, 9))
    ('on_day', 'overdue_7')
    """
    reached = [code for days, code in rules_on(today) if (today - due_on).days >= days]
    return reached[-1] if reached else ""


def when(due_on: date, today: date) -> str:
    """How the date stands to today, in words."""
    days = (due_on - today).days
    if days > 0:
        return _("还有%(days)d天到期") % {"days": days}
    return _("已逾期%(days)d天") % {"days": -days} if days else _("今天到期")


def give(*, subject_kind, subject_id, unit, due_on, text, today) -> Reminder | None:
    """Remind a unit of a date; None when nothing is due today or it was given already.

    `text` names the thing; how many days are left or over is added.
    """
    kind = kind_on(due_on, today)
    if not kind:
        return None
    said = f"{text}：{when(due_on, today)}"[:TEXT_LENGTH]
    made, is_new = Reminder.objects.get_or_create(
        subject_kind=subject_kind, subject_id=subject_id, unit=unit, kind=kind, due_on=due_on,
        defaults={"on": today, "text": said},
    )  # fmt: skip
    return made if is_new else None


def remind(today: date) -> list[Reminder]:
    """Remind of every letter whose reply has not come: who was written to, else who wrote."""
    waiting = Letter.objects.filter(
        state__in=(Letter.State.SENT, Letter.State.RECEIVED), reply_by__isnull=False
    ).select_related("unit", "to_unit")
    given = (
        give(
            subject_kind="letter", subject_id=letter.pk, unit=letter.to_unit or letter.unit,
            due_on=letter.reply_by, text=f"{letter.number}《{letter.title}》", today=today,
        )
        for letter in waiting.iterator()
    )  # fmt: skip
    return [reminder for reminder in given if reminder is not None]


def reminders_for(person, *, subject_kind: str = "", subject_id: int | None = None):
    """The reminders given to the person's unit, newest first, of everything or of one subject."""
    found = Reminder.objects.filter(unit=person.unit_id)
    if subject_kind:
        found = found.filter(subject_kind=subject_kind)
    return found if subject_id is None else found.filter(subject_id=subject_id)
