"""Writes about rule sets: versions, edits, signatures. What was used or signed is never changed."""

import json
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ecoredline.effectiveness import faults_of, shipped_rules, signed
from ecoredline.effectiveness.store import FOLDER
from ecoredline.web.assessments.models import RuleBook
from ecoredline.web.assessments.rule_form import empty_faults
from ecoredline.web.assessments.rule_words import fault_said
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotAllowed, StepNotAllowed
from ecoredline.web.files import store


def ensure_shipped() -> None:
    """The rule sets that come with the program stand in the table; done once."""
    for path in sorted(FOLDER.glob("*.json")):
        if not RuleBook.objects.filter(code=path.stem, number=1).exists():
            data = json.loads(shipped_rules(path.stem).as_json())
            RuleBook.objects.get_or_create(code=path.stem, number=1, defaults={"data": data})


def said(data: dict) -> list[str]:
    """All faults of a rule set in words."""
    faults = [*empty_faults(data), *faults_of(data)]
    return list(dict.fromkeys(fault_said(f) for f in faults))


def unsigned(data: dict) -> dict:
    """The data without anybody's word."""
    return data | {"verified_by": "", "verified_on": "", "signature": ""}


SAMPLE_WORD = "示例"  # stands in the basis of everything nobody has compared with a document


@transaction.atomic
def new_version(book: RuleBook, *, by) -> RuleBook:
    """A draft of the person's own unit with the same words; the old version stays as it is."""
    require(by, "rules.edit")
    last = RuleBook.objects.filter(code=book.code).aggregate(n=Max("number"))["n"]
    made = RuleBook.objects.create(
        code=book.code, number=last + 1, data=unsigned(book.data), unit=by.unit, by=by
    )
    note("rules.version", f"rules {made.pk}", by=by, code=made.code, number=made.number)
    return made


def locked(book: RuleBook, *, by, action: str) -> RuleBook:
    """The row, held, when the person may change it; raises 403.1 and 409.4."""
    require(by, action)
    row = RuleBook.objects.select_for_update(of=("self",)).get(pk=book.pk)
    if row.unit_id != by.unit_id:
        raise NotAllowed(action)
    return row


@transaction.atomic
def save_rules(book: RuleBook, *, by, data: dict, seen: int | None = None) -> RuleBook:
    """Write a draft anew; raises `BadForm` with all faults, `StepNotAllowed` once used or signed."""
    row = locked(book, by=by, action="rules.edit")
    if row.is_locked:
        raise StepNotAllowed(_("已使用或已核定的版本不能修改，请建立新版本"))
    if seen is not None and seen != row.saves:
        raise MovedMeanwhile()
    faults = said(data)
    if faults:
        raise BadForm(*faults)
    row.data, row.saves, row.by = unsigned(data) | {"id": row.code}, row.saves + 1, by
    row.save(update_fields=["data", "saves", "by"])
    note("rules.save", f"rules {row.pk}", by=by, content=row.rules.content_hash)
    return row


@transaction.atomic
def sign_rules(book: RuleBook, *, by, on: date, basis: str, document=None) -> RuleBook:
    """Say that the person compared the rule set with the document `basis` on a day.

    A version that was used already stays as it is: the signature stands on the next one.
    """
    row = locked(book, by=by, action="rules.sign")
    faults = sign_faults(row, on, basis)
    if faults:
        raise BadForm(*faults)
    if row.is_used:
        row = new_version(row, by=by)
    person = f"{by.unit.name} {by.display_name}"
    row.data = json.loads(signed(row.rules, person, on.isoformat(), basis).as_json())
    row.signed_by, row.signed_at = by, clock.now()
    if document is not None:
        row.document_name, row.document_sha256 = document.name[:200], store.keep(document)
    row.save()
    note(
        "rules.sign", f"rules {row.pk}", by=by, basis=basis, on=on.isoformat(),
        signature=row.data["signature"], document=row.document_sha256,
    )  # fmt: skip
    return row


def sign_faults(row: RuleBook, on: date, basis: str) -> list[str]:
    """Why it cannot be signed."""
    faults = []
    if row.signed_by_id is not None:
        faults.append(_("本版本已经核定"))
    if not basis.strip():
        faults.append(_("依据文件：未填写名称和文号"))
    if SAMPLE_WORD in basis:
        faults.append(_("依据文件：仍写着“示例”，应为正式文件的名称和文号"))
    samples = [i["zh"] for i in row.data["indicators"] if SAMPLE_WORD in i.get("basis", "")]
    if samples:
        faults.append(
            _("指标依据仍写着“示例”：%(names)s；请逐项对照正式文件录入后再核定")
            % {"names": "、".join(samples)}
        )
    if on > clock.today():
        faults.append(_("核定日期：%(on)s 晚于今天") % {"on": on})
    return faults + said(row.data)
