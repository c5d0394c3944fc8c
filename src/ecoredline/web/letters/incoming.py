"""Letters from outside the platform, entered into the register with the paper they came on."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.documents.readback.letters import LetterReading, read_letter
from ecoredline.errors import EcoredlineError
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotFound, StepNotAllowed
from ecoredline.web.files.actions import attach
from ecoredline.web.letters.models import IncomingLetter

DOCX_SUFFIX = ".docx"
TEXTS = ("number", "title", "sender", "addressee", "remark")


def read_upload(upload) -> LetterReading:
    """What a DOCX says of itself; nothing for any other file. Raises `BadForm` (422.4)."""
    if not (upload.name or "").lower().endswith(DOCX_SUFFIX):
        return LetterReading()
    upload.seek(0)
    try:
        return read_letter(upload)
    except EcoredlineError as fault:
        raise BadForm(str(fault)) from fault
    finally:
        upload.seek(0)


@transaction.atomic
def register_letter(
    *, by, number, title, sender, addressee="", kind="", dated=None, received_on=None,
    reply_by=None, count=None, area_ha=None, remark="", files=(), is_demo=False,
) -> IncomingLetter:  # fmt: skip
    """Enter a letter that came from outside, with its scan or document.

    Raises `NotAllowed` (403.1), `BadForm` (422.4) with all faults; a number that the same sender
    already used is named.
    """
    require(by, "letter.register")
    row = IncomingLetter(
        unit=by.unit, by=by, kind=kind, dated=dated, received_on=received_on or clock.today(),
        reply_by=reply_by, count=count, area_ha=area_ha, is_demo=is_demo or by.unit.is_demo,
        number=number, title=title, sender=sender, addressee=addressee or by.unit.name, remark=remark,
    )  # fmt: skip
    for name in TEXTS:
        setattr(row, name, str(getattr(row, name) or "").strip())
    if faults := faults_of(row):
        raise BadForm(*faults)
    row.save()
    for upload in files:
        attach(row, upload, kind="document", by=by, record="letter", room="letters")
    note("letter.register", f"incoming {row.pk}", by=by, number=row.number, sender=row.sender)
    return row


def faults_of(row: IncomingLetter) -> list[str]:
    """What is wrong with a letter that is to be entered."""
    faults, today = [], clock.today()
    for name in ("number", "title", "sender"):
        if not getattr(row, name):
            faults.append(_("“%(name)s”不能为空") % {"name": label(name)})
    for name in ("number", "title", "sender", "addressee"):
        most = IncomingLetter._meta.get_field(name).max_length
        if len(getattr(row, name)) > most:
            faults.append(_("“%(name)s”超过%(most)s字") % {"name": label(name), "most": most})
    if row.kind and row.kind not in code_list("letter_kinds"):
        faults.append(_("不认识的公文类型“%(kind)s”") % {"kind": row.kind})
    if row.dated is None or row.dated > today:
        faults.append(_("成文日期不能为空，也不能晚于今天"))
    elif row.received_on < row.dated or row.received_on > today:
        faults.append(_("收文日期应在成文日期与今天之间"))
    if row.dated and row.reply_by and row.reply_by < row.dated:
        faults.append(_("反馈期限 %(reply)s 早于成文日期 %(dated)s") % {
            "reply": row.reply_by, "dated": row.dated})  # fmt: skip
    known = IncomingLetter.objects.filter(unit=row.unit, sender=row.sender, number=row.number)
    if row.number and known.exists():
        faults.append(
            _("%(sender)s的%(number)s已登记") % {"sender": row.sender, "number": row.number}
        )
    return faults


def label(name: str) -> str:
    """What a field is called."""
    return str(IncomingLetter._meta.get_field(name).verbose_name)


@transaction.atomic
def answer_incoming(row: IncomingLetter, *, by, number, dated) -> IncomingLetter:
    """Write down that the unit has answered, once."""
    require(by, "letter.register")
    found = IncomingLetter.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if found.unit_id != by.unit_id:
        raise NotFound()
    if found.replied_on is not None:
        raise StepNotAllowed(_("已登记回复"))
    if dated is None or not (found.dated <= dated <= clock.today()):
        raise BadForm(_("回复日期应在来文日期与今天之间"))
    found.replied_on, found.reply_number = dated, str(number or "").strip()[:60]
    found.save(update_fields=["replied_on", "reply_number"])
    note("letter.answered", f"incoming {found.pk}", by=by, number=found.reply_number)
    return found
