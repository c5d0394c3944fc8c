"""Letters: drafted, numbered and sent, received, answered, made void. Each written down."""

from dataclasses import asdict

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.documents.letter_template import BRACE
from ecoredline.errors import EcoredlineError
from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, StepNotAllowed
from ecoredline.web.letters.document import (
    PARTY_VALUES,
    frozen,
    holds_problems,
    measured,
    row_faults,
    words_now,
)
from ecoredline.web.letters.models import Letter, LetterReply, NumberWord
from ecoredline.web.letters.templates import template_for
from ecoredline.web.regions.queries import redline_in_use

State = Letter.State


@transaction.atomic
def draft_letter(
    *, kind, by, addressee, to_unit=None, department="", reply_by=None, dated=None, contact="",
    values=None, rows=(), subject_kind="", subject_ids=(), scope_codes=(), is_demo=False,
) -> Letter:  # fmt: skip
    """Write a letter of the person's unit down as a draft; its list is frozen here.

    `rows` are mappings or dataclasses as annex 1 (`patch_id`, `redline_area_ha` …) or annex 4
    (`number` …) wants them; `values` fill the template's blanks (`codes/letter_blanks`), and
    `sender`, `mark`, `our_name`, `your_name`, `our_office` say how the unit speaks.

    Raises `NotAllowed` (403.1), `BadForm` (422.4) with all faults.
    """
    require(by, "letter.draft")
    if kind not in code_list("letter_kinds"):
        raise BadForm(_("不认识的公文类型“%(kind)s”") % {"kind": kind})
    letter = Letter(
        kind=kind, unit=by.unit, by=by, addressee=addressee.strip(), to_unit=to_unit,
        department=department, reply_by=reply_by, dated=dated, contact=contact or by.display_name,
        values=dict(values or {}), rows=[frozen(row) for row in rows], subject_kind=subject_kind,
        subject_ids=list(subject_ids), is_demo=is_demo or by.unit.is_demo,
        scope_codes=list(scope_codes) or scope_of(by.unit, to_unit),
    )  # fmt: skip
    version = redline_in_use(dated)
    letter.redline_version = version.name if version else ""
    put_together(letter)
    letter.save()
    note("letter.draft", f"letter {letter.pk}", by=by, kind=kind, title=letter.title)
    return letter


def scope_of(*units) -> list[str]:
    """The divisions of the letter's two sides with their parents."""
    return prefixes([unit.division_code for unit in units if unit is not None])


def put_together(letter: Letter) -> None:
    """Template, title, count and area of a draft; raises `BadForm` with all that is wrong."""
    faults = party_faults(letter) + row_faults(letter.rows, holds_problems(letter))
    letter.template = template_for(letter.unit, letter.kind, letter.dated)
    if not faults:
        letter.count, letter.area_ha = measured(letter.rows)
        try:
            words = words_now(letter)
        except EcoredlineError as fault:
            faults.append(str(fault))
        else:
            letter.title = "".join(words.title)[: Letter._meta.get_field("title").max_length]
    if faults:
        raise BadForm(*faults)


def party_faults(letter: Letter) -> list[str]:
    """What is wrong with addressee, dates and values."""
    faults = []
    longest = {name: Letter._meta.get_field(name).max_length for name in ("addressee", "contact")}
    if not letter.addressee:
        faults.append(_("主送不能为空"))
    for name, most in longest.items():
        if len(getattr(letter, name)) > most:
            faults.append(_("“%(name)s”超过%(most)s字") % {"name": name, "most": most})
    if letter.dated and letter.reply_by and letter.reply_by < letter.dated:
        faults.append(_("反馈期限 %(reply)s 早于成文日期 %(dated)s") % {
            "reply": letter.reply_by, "dated": letter.dated})  # fmt: skip
    known = {*code_list("letter_blanks"), *PARTY_VALUES}
    texts = {"addressee": letter.addressee, "contact": letter.contact, **letter.values}
    faults += [_("不认识的填充项“%(name)s”") % {"name": n} for n in letter.values if n not in known]
    faults += [
        _("“%(name)s”不能含花括号") % {"name": name}
        for name, said in texts.items()
        if any(BRACE.search(str(s)) for s in (said if isinstance(said, list | tuple) else [said]))
    ]
    return faults


@transaction.atomic
def amend_letter(letter: Letter, *, by, **facts) -> Letter:
    """Change a draft: addressee, to_unit, department, reply_by, dated, contact, values.

    Raises `StepNotAllowed` (409.4) once it is sent, `BadForm` (422.4).
    """
    row = locked(letter, (State.DRAFT,), "letter.amend", by)
    for name in ("addressee", "to_unit", "department", "reply_by", "dated", "contact", "values"):
        if name in facts:
            setattr(row, name, facts[name])
    put_together(row)
    row.save()
    note("letter.amend", f"letter {row.pk}", by=by)
    return row


def locked(letter: Letter, states: tuple, action: str, by) -> Letter:
    """The row, locked, when it stands in one of the states and the person may."""
    row = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    require(by, action, row)
    if row.state not in states:
        if row.state != letter.state:
            raise MovedMeanwhile(row.get_state_display())
        raise StepNotAllowed(row.get_state_display())
    return row


@transaction.atomic
def send_letter(letter: Letter, *, by) -> Letter:
    """Send a draft: it gets the unit's next number of the year and its words are frozen.

    Raises `StepNotAllowed` (409.4), `MovedMeanwhile` (409.5), `NotAllowed` (403.1), `BadForm` (422.4).
    """
    row = locked(letter, (State.DRAFT,), "letter.send", by)
    if needs_list(row.kind) and not row.rows:
        raise BadForm(_("此类公文须附清单，清单为空不能发出"))
    row.dated = row.dated or clock.today()
    row.year, row.serial = row.dated.year, next_serial(row.unit_id, row.dated.year)
    row.number = number_text(row.unit, row.dated, row.serial)
    row.values = {"sender": row.unit.name, "mark": row.unit.name} | row.values
    put_together(row)
    row.words = {
        k: list(v) if isinstance(v, tuple) else v for k, v in asdict(words_now(row)).items()
    }
    row.state, row.sent_at = State.SENT, clock.now()
    row.save()
    copy_to(letter, row)
    note(
        "letter.send",
        f"letter {row.pk}",
        by=by,
        number=row.number,
        count=row.count,
        area_ha=str(row.area_ha),
    )
    return letter


def needs_list(kind: str) -> bool:
    """Does a letter of this kind state what its list adds up to?"""
    return code_list("letter_kinds")[kind]["list"] in ("patches", "problems")


def next_serial(unit: int, year: int) -> int:
    """The number after the unit's last of the year; the unit stays locked, so none is given twice."""
    Unit.objects.select_for_update(no_key=True).get(pk=unit)
    last = Letter.objects.filter(unit=unit, year=year).aggregate(last=Max("serial"))["last"]
    return (last or 0) + 1


def number_text(unit, dated, serial: int) -> str:
    """发文字号 by GB/T 9704: words of the office, year in 〔〕, serial without leading zeros."""
    words = NumberWord.objects.filter(unit=unit, valid_from__lte=dated).order_by(
        "-valid_from", "-pk"
    )
    found = words.first()
    return f"{found.word if found else unit.name}〔{dated.year}〕{serial}号"


@transaction.atomic
def receive_letter(letter: Letter, *, by) -> Letter:
    """The receipt: only people of the unit it was sent to. A second receipt changes nothing."""
    require(by, "letter.receive", letter)
    row = locked(letter, (State.SENT, State.RECEIVED, State.REPLIED), "letter.receive", by)
    if row.received_at is None:
        row.received_at, row.received_by = clock.now(), by
        if row.state == State.SENT:
            row.state = State.RECEIVED
        row.save(update_fields=["received_at", "received_by", "state"])
        note("letter.receive", f"letter {row.pk}", by=by, number=row.number)
    return copy_to(letter, row)


@transaction.atomic
def reply_to_letter(letter: Letter, *, by, said, dated, number="") -> LetterReply:
    """A reply, by those it was sent to or entered from paper by those who wrote; several may come."""
    row = locked(letter, (State.SENT, State.RECEIVED, State.REPLIED), "letter.reply", by)
    faults = []
    if not said.strip():
        faults.append(_("回复内容不能为空"))
    if dated is None or dated > clock.today():
        faults.append(_("来文日期不能为空，也不能晚于今天"))
    elif row.dated and dated < row.dated:
        faults.append(
            _("来文日期 %(reply)s 早于去函日期 %(dated)s") % {"reply": dated, "dated": row.dated}
        )
    if faults:
        raise BadForm(*faults)
    made = LetterReply.objects.create(
        letter=row, number=number, dated=dated, said=said.strip(), by=by
    )
    row.state = State.REPLIED
    if row.received_at is None:
        row.received_at, row.received_by = clock.now(), by if by.unit_id == row.to_unit_id else None
    row.save(update_fields=["state", "received_at", "received_by"])
    note("letter.reply", f"letter {row.pk}", by=by, number=row.number, reply=made.pk)
    copy_to(letter, row)
    return made


@transaction.atomic
def void_letter(letter: Letter, *, by, reason) -> Letter:
    """Make a letter void; it keeps its number, so that the register has no gap."""
    row = locked(letter, (State.DRAFT, State.SENT, State.RECEIVED), "letter.void", by)
    if not reason.strip():
        raise BadForm(_("请写明作废原因"))
    row.state, row.void_reason = State.VOID, reason.strip()
    row.save(update_fields=["state", "void_reason"])
    note("letter.void", f"letter {row.pk}", by=by, number=row.number, reason=row.void_reason)
    return copy_to(letter, row)


def copy_to(letter: Letter, row: Letter) -> Letter:
    """The caller's copy is the present one again."""
    for field in row._meta.concrete_fields:
        setattr(letter, field.attname, getattr(row, field.attname))
    return letter


@transaction.atomic
def set_number_word(*, unit, word: str, valid_from, by) -> NumberWord:
    """The words of a unit's numbers (机关代字) from a day on."""
    require(by, "letter.template")
    if unit != by.unit or not word.strip() or len(word.strip()) > 20:
        raise BadForm(_("机关代字应为本单位的1至20个字"))
    made = NumberWord.objects.create(unit=unit, word=word.strip(), valid_from=valid_from, by=by)
    note("letter.number_word", f"unit {unit.pk}", by=by, word=made.word)
    return made
