"""`move`: the one function that takes a subject from state to state, and writes it down."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from ecoredline.web.core import clock
from ecoredline.web.core.as_of import REPLACED, replaced
from ecoredline.web.core.models import Stay, Transition
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import MovedMeanwhile, StepNotAllowed


@cache
def followers() -> dict:
    """What follows which step: the `AFTER` of every app's `after.py` (`clue.dispatch` → functions).

    Each is called inside the transaction with (subject, transition); slow work is deferred from there.
    """
    found: dict[str, list] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.after"
        if config.name.startswith("ecoredline.") and find_spec(name):
            for step, functions in import_module(name).AFTER.items():
                found.setdefault(step, []).extend(functions)
    return found


def kind_of(subject) -> str:
    """`clue`, `case`, `patch` …: the name of its lifecycle."""
    return subject.LIFECYCLE.name


@transaction.atomic
def begin(subject, *, by, step: str = "begin", reason: str = "", details: dict | None = None):
    """Save a new subject in its first state and write the first row of its history.

    Permission is asked by the action that calls this.
    """
    subject.state = subject.state or subject.LIFECYCLE.first
    subject.entered_at = clock.now()
    subject.save()
    written = write(subject, step, "", by=by, reason=reason, details=details)
    open_stay(subject)
    follow(subject, written)
    return written


@transaction.atomic
def move(
    subject,
    action: str,
    *,
    by,
    reason: str = "",
    details: dict | None = None,
    seen: int | None = None,
    **changes,
) -> Transition:
    """Take one step of the subject's lifecycle and write it down; gives the row of history.

    `by` None is the system itself (a scheduled job), which no permission binds. `changes` are
    fields written with the step (`holder=`, `due_on=`); the history keeps what they were. `seen` is the version the person looked
    at; another one means that somebody acted meanwhile.

    Raises `NotAllowed` (403.1), `StepNotAllowed` (409.4), `MovedMeanwhile` (409.5).
    """
    step = subject.LIFECYCLE.step(action)
    row = type(subject).objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)
    if row.state != subject.state or (seen is not None and row.version != seen):
        raise MovedMeanwhile(*last_word(row))
    if by is not None:
        require(by, subject.LIFECYCLE.permission(action), row)
    if row.state not in step.start:
        state = subject.LIFECYCLE.states[row.state]
        raise StepNotAllowed(f"{step.label}（{state}）")
    start, end = row.state, step.leads_to(row.state)
    turned = end != start or ("holder" in changes and changes["holder"] != row.holder)
    if before := replaced(row, changes):
        details = {**(details or {}), REPLACED: before}
    put(row, end, turned, changes)
    for field in row._meta.concrete_fields:  # the caller's copy is the present one again
        setattr(subject, field.attname, getattr(row, field.attname))
    for name, value in changes.items():
        setattr(subject, name, value)
    written = write(subject, action, start, by=by, reason=reason, details=details)
    if turned:
        close_stay(subject)
        open_stay(subject)
    follow(subject, written)
    return written


def lock(subject, *, seen: int | None = None) -> None:
    """Lock a subject's row until the transaction ends; the caller's copy becomes the present one.

    Whatever is checked before a step (open items, the last recheck) is checked behind this lock,
    and everybody locks the subject before its records. Raises `MovedMeanwhile` (409.5) when its
    state is no longer the caller's, or its version no longer `seen`.
    """
    row = type(subject).objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)
    if row.state != subject.state or (seen is not None and row.version != seen):
        raise MovedMeanwhile(*last_word(row))
    for field in row._meta.concrete_fields:
        setattr(subject, field.attname, getattr(row, field.attname))


def put(row, end: str, turned: bool, changes: dict) -> None:
    """Write the new state and fields to the locked row."""
    row.state, row.version = end, row.version + 1
    if turned:
        row.entered_at = clock.now()
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "version", "entered_at", *changes])


def write(subject, step: str, start: str, *, by, reason: str, details: dict | None) -> Transition:
    """One row of history."""
    unit = getattr(by, "unit", None)
    return Transition.objects.create(
        at=clock.now(),
        subject_kind=kind_of(subject),
        subject_id=subject.pk,
        subject_name=str(subject)[:100],
        step=step,
        start=start,
        end=subject.state,
        person=by,
        person_name=by.get_username() if by else "",
        unit=unit,
        unit_name=unit.name if unit else "",
        role=getattr(by, "role", ""),
        reason=reason,
        details=details or {},
    )


def open_stay(subject) -> None:
    """The subject begins to stand where it now is; things without a holder are not followed."""
    if hasattr(subject, "holder_id"):
        Stay.objects.create(
            subject_kind=kind_of(subject),
            subject_id=subject.pk,
            state=subject.state,
            unit=subject.holder,
            level=subject.holder.level,
            division_code=subject.division_code,
            entered_at=clock.now(),
        )


def close_stay(subject) -> None:
    """The subject no longer stands where it stood."""
    if hasattr(subject, "holder_id"):
        mine = Stay.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
        mine.filter(left_at=None).update(left_at=clock.now())


def follow(subject, written: Transition) -> None:
    """Call what follows this step."""
    for function in followers().get(f"{kind_of(subject)}.{written.step}", ()):
        function(subject, written)


def last_word(row) -> list[str]:
    """Who moved it last and when, for the person who came second."""
    last = history(row).last()
    if last is None:
        return []
    who = last.person.display_name if last.person else last.person_name
    return [f"{last.unit_name} {who} {timezone.localtime(last.at):%Y-%m-%d %H:%M:%S}"]


def history(subject):
    """The subject's transitions, oldest first."""
    return Transition.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk)
