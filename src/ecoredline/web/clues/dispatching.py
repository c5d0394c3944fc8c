"""Dispatch 下发: a clue given from hand to hand down the chain, each hand a row, with its letter."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.clues.dated import default_due
from ecoredline.web.clues.facts import names_of
from ecoredline.web.clues.models import Clue, Dispatch
from ecoredline.web.clues.rows import list_rows
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.letters import actions as letters
from ecoredline.web.letters.models import Letter

LETTER_KIND = "verify"


@transaction.atomic
def dispatch_clues(
    *, clues, to_unit: Unit, due_on: date | None = None, by, letter: bool = True, seen=None,
    reason: str = "", **letter_facts,
) -> Letter | None:  # fmt: skip
    """Dispatch listed clues to the next unit below, with the letter of annex 3; all or nothing.

    Parameters
    ----------
    due_on : by when it must reply; default the dated period of its level.
    letter : draft the letter from the same rows, give it its number and send it.
    letter_facts : `contact`, `values`, `addressee`, `dated` of the letter.
    seen : clue number (pk) → version the person looked at.

    Raises `BadForm` (422.4), `NotAllowed` (403.1), `StepNotAllowed`, `MovedMeanwhile` (409).
    """
    return hand_on(
        "dispatch", clues=clues, to_unit=to_unit, due_on=due_on, by=by, letter=letter, seen=seen,
        reason=reason, **letter_facts,
    )  # fmt: skip


@transaction.atomic
def pass_down_clues(
    *, clues, to_unit: Unit, due_on: date | None = None, by, letter: bool = True, seen=None,
    reason: str = "", **letter_facts,
) -> Letter | None:  # fmt: skip
    """Give clues that stand with the person's unit on to the next unit below. See `dispatch_clues`."""
    return hand_on(
        "pass_down", clues=clues, to_unit=to_unit, due_on=due_on, by=by, letter=letter, seen=seen,
        reason=reason, **letter_facts,
    )  # fmt: skip


def pass_down(clue: Clue, *, to_unit: Unit, by, due_on=None, letter: bool = True, **facts):
    """Give one clue on to the next unit below. See `dispatch_clues`."""
    return pass_down_clues(
        clues=[clue], to_unit=to_unit, due_on=due_on, by=by, letter=letter, **facts
    )


def hand_on(
    step: str, *, clues, to_unit: Unit, due_on, by, letter: bool, seen, reason: str, **letter_facts
) -> Letter | None:
    """One step of all these clues down to one unit, in order of number so that locks never cross."""
    clues = sorted(clues, key=lambda c: c.pk)
    for clue in clues:
        require(by, f"clue.{step}", clue)
    own = own_due(clues, by.unit) if step == "pass_down" else None
    due_on = due_on or min(d for d in (default_due(to_unit), own) if d)
    check_hand(clues, by.unit, to_unit, due_on, latest=own)
    written = draft(clues, to_unit, due_on, by=by, **letter_facts) if letter else None
    for clue in clues:
        said = {"to": to_unit.name, "due_on": str(due_on)}
        if written:
            said["letter"] = written.pk
        move(
            clue, step, by=by, reason=reason, details=said, seen=(seen or {}).get(clue.pk),
            holder=to_unit, due_on=due_on, scope_codes=scope_with(clue, to_unit),
        )  # fmt: skip
        give(clue, to_unit, due_on, by=by, kind=step, letter=written, reason=reason)
    if written:
        letters.send_letter(written, by=by)
    return written


def give(clue: Clue, to_unit: Unit, due_on, *, by, kind: str, letter=None, reason="") -> Dispatch:
    """The row of one hand."""
    return Dispatch.objects.create(
        clue=clue, letter=letter, from_unit=by.unit, to_unit=to_unit, kind=kind,
        sent_at=clock.now(), due_on=due_on, reason=reason, by=by,
    )  # fmt: skip


def scope_with(clue: Clue, unit: Unit) -> list[str]:
    """The clue's divisions with the unit's own: whoever is given a clue sees it."""
    return sorted({*clue.scope_codes, *prefixes([unit.division_code])})


def check_hand(clues, from_unit: Unit, to_unit: Unit, due_on, *, latest=None) -> None:
    """Raise `BadForm` with everything that is wrong with a hand."""
    faults = []
    if not clues:
        faults.append(_("须选择至少一条线索"))
    if to_unit.parent_id != from_unit.pk:
        faults.append(_("%(to)s 不是本单位的下一级单位，不能越级下发") % {"to": to_unit.name})
    if due_on < clock.today():
        faults.append(_("反馈期限 %(day)s 早于今天") % {"day": due_on})
    if latest and due_on > latest:
        faults.append(
            _("反馈期限 %(day)s 晚于上级要求的 %(latest)s") % {"day": due_on, "latest": latest}
        )
    if faults:
        raise BadForm(*faults)


def own_due(clues, unit: Unit) -> date | None:
    """The earliest date by which the unit itself must reply for these clues; None when past."""
    days = [row.due_on for clue in clues if (row := open_to(clue, unit))]
    earliest = min(days, default=None)
    return earliest if earliest and earliest >= clock.today() else None


def draft(clues, to_unit: Unit, due_on, *, by, addressee: str = "", **facts) -> Letter:
    """The letter of annex 3 with the rows of these clues."""
    return letters.draft_letter(
        kind=LETTER_KIND, by=by, addressee=addressee or to_unit.name, to_unit=to_unit,
        reply_by=due_on, rows=list_rows(clues), subject_kind="clue",
        subject_ids=[c.pk for c in clues],
        scope_codes=prefixes([to_unit.division_code]), is_demo=any(c.is_demo for c in clues),
        **facts,
    )  # fmt: skip


def open_dispatches(clue: Clue):
    """The hands that have not been answered, the first given first."""
    return clue.dispatches.filter(ended_at=None).order_by("pk")


def open_dispatch(clue: Clue) -> Dispatch | None:
    """The last hand that has not been answered: what the holder owes, and to whom."""
    return open_dispatches(clue).select_related("from_unit", "to_unit", "letter").last()


def open_to(clue: Clue, unit: Unit) -> Dispatch | None:
    """The open hand to this unit."""
    return open_dispatches(clue).filter(to_unit=unit).last()


def end_dispatch(row: Dispatch, how: str, *, reason: str = "") -> None:
    """A hand is answered: submitted, declined, reassigned …"""
    row.ended_at, row.ended_how = clock.now(), how
    if reason:
        row.reason = reason
    row.save(update_fields=["ended_at", "ended_how", "reason"])


@transaction.atomic
def receive(clue: Clue, *, by, seen=None):
    """The holder signs for the clue, and with it for its letter (`after.py`). Twice does no harm."""
    row = open_to(clue, by.unit)
    if row is not None and row.received_at:
        require(by, "clue.receive", clue)
        return None
    said = {"from": row.from_unit.name} if row else {}
    written = move(clue, "receive", by=by, details=said, seen=seen)
    if row is not None:
        row.received_at, row.received_by = clock.now(), by
        row.save(update_fields=["received_at", "received_by"])
    return written


@transaction.atomic
def decline(clue: Clue, *, by, reason: str, seen=None):
    """The holder sends it back as none of its own (wrong routing) to whoever gave it."""
    require(by, "clue.decline", clue)
    if not reason.strip():
        raise BadForm(_("须写明退回理由（如实际所在行政区）"))
    row = open_dispatch(clue)
    back = row.from_unit if row else clue.owner
    upper = open_to(clue, back)
    written = move(
        clue, "decline", by=by, reason=reason, details={"back_to": back.name}, seen=seen,
        holder=back, due_on=upper.due_on if upper else clue.due_on,
    )  # fmt: skip
    if row:
        end_dispatch(row, "declined", reason=reason)
    return written


@transaction.atomic
def reassign(
    clue: Clue, *, to_unit: Unit, by, due_on=None, reason: str = "", letter: bool = True, seen=None,
    **letter_facts,
):  # fmt: skip
    """Give a wrongly routed clue to another unit below; what was done stays in the history.

    Every hand given by the person's unit or below it ends. A county that the clue was not known
    to touch becomes its county, for that is what the wrong routing was.
    """
    if not reason.strip():
        raise BadForm(_("须写明改派理由"))
    own = open_to(clue, by.unit)
    latest = own.due_on if own and own.due_on >= clock.today() else None
    due_on = due_on or min(d for d in (default_due(to_unit), latest) if d)
    check_hand([clue], by.unit, to_unit, due_on, latest=latest)
    if to_unit.pk == clue.holder_id:
        raise BadForm(_("此线索已在 %(unit)s") % {"unit": to_unit.name})
    require(by, "clue.reassign", clue)
    fields = right_county(clue, to_unit) | {"scope_codes": scope_with(clue, to_unit)}
    said = {"from": clue.holder.name, "to": to_unit.name, "due_on": str(due_on)}
    said |= {"county": [clue.county, fields["county"]]} if "county" in fields else {}
    ended = [r for r in open_dispatches(clue) if own is None or r.pk > own.pk]
    written = move(
        clue, "reassign", by=by, reason=reason, details=said, seen=seen, holder=to_unit,
        due_on=due_on, **fields,
    )  # fmt: skip
    for row in ended:
        end_dispatch(row, "reassigned")
    paper = draft([clue], to_unit, due_on, by=by, **letter_facts) if letter else None
    give(clue, to_unit, due_on, by=by, kind="reassign", letter=paper, reason=reason)
    if paper:
        letters.send_letter(paper, by=by)
    return written


def right_county(clue: Clue, unit: Unit) -> dict:
    """The clue's county after it was given to a county it was not known to touch; {} otherwise."""
    if unit.level != Unit.Level.COUNTY or unit.division_code in clue.scope_codes:
        return {}
    return {"division_code": unit.division_code, **names_of(unit.division_code)}


@transaction.atomic
def extend(clue: Clue, *, due_on: date, by, reason: str, seen=None):
    """Give the holder more time: the owner freely, a unit between not beyond its own date."""
    require(by, "clue.extend", clue)
    faults = []
    if not reason.strip():
        faults.append(_("须写明延期理由"))
    if clue.due_on and due_on <= clue.due_on:
        faults.append(_("新的期限须晚于 %(day)s") % {"day": clue.due_on})
    own = open_to(clue, by.unit)
    if own and due_on > own.due_on:
        faults.append(_("不能晚于上级要求的 %(day)s") % {"day": own.due_on})
    if faults:
        raise BadForm(*faults)
    said = {"due_on": [str(clue.due_on), str(due_on)]}
    written = move(clue, "extend", by=by, reason=reason, details=said, seen=seen, due_on=due_on)
    given = open_dispatches(clue).filter(due_on__lt=due_on)
    if own:
        given = given.filter(pk__gt=own.pk)
    given.update(due_on=due_on)
    return written
