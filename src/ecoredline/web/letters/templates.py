"""Which words a unit's letter of a kind has on a day: its own, its parents', else the shipped ones."""

from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.documents.letter_template import LetterTemplate as Words
from ecoredline.documents.letter_template import shipped_templates, template_faults
from ecoredline.errors import UnknownCode
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.letters.models import LetterTemplate

SHIPPED_LOCK = (4490, 11)


def shipped(kind: str, on: date) -> Words:
    """The shipped words of a kind on a day; before the first day of any, the first.

    Raises `UnknownCode` for a kind that has none.
    """
    named = [t for t in shipped_templates() if t.kind == kind]
    if not named:
        known = ", ".join(code_list("letter_kinds"))
        raise UnknownCode(f"got letter kind {kind!r}; wanted one of {known}")
    valid = [t for t in named if t.valid_from <= on]
    return max(valid, key=lambda t: t.valid_from) if valid else named[0]


def own_template(unit, kind: str, on: date) -> LetterTemplate | None:
    """The newest row of the unit, or of the nearest unit above it, that is valid on the day."""
    rows = LetterTemplate.objects.filter(kind=kind, valid_from__lte=on)
    while unit is not None:
        if found := rows.filter(unit=unit).order_by("-valid_from", "-pk").first():
            return found
        unit = unit.parent
    return None


def template_for(unit, kind: str, on: date | None = None) -> LetterTemplate:
    """The row a letter of this unit and kind is written with; shipped words become a row when used."""
    on = on or clock.today()
    return own_template(unit, kind, on) or shipped_row(shipped(kind, on))


@transaction.atomic
def shipped_row(words: Words) -> LetterTemplate:
    """The row of shipped words; words that changed with the program become a new row."""
    body = words.as_mapping()
    rows = LetterTemplate.objects.filter(unit=None, kind=words.kind, body=body)
    if found := rows.first():
        return found
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", SHIPPED_LOCK)
    return rows.first() or LetterTemplate.objects.create(
        kind=words.kind, name=words.zh, valid_from=words.valid_from, body=body, source=words.source
    )


def source_faults(body: dict) -> list[str]:
    """Words that were changed do not name the notice they came from: they are no longer its words."""
    for words in shipped_templates():
        same = [list(words.title), list(words.paragraphs)] == [
            body.get("title"),
            body.get("paragraphs"),
        ]
        if words.source == body.get("source") and words.kind == body.get("kind") and not same:
            return [_("文字已改动，依据不能仍写“%(source)s”") % {"source": words.source}]
    return []


def words_of(row: LetterTemplate) -> Words:
    """A row as the documents read it."""
    return Words.read(row.body)


@transaction.atomic
def save_template(*, unit, kind: str, body: dict, by) -> LetterTemplate:
    """New words for a kind from a day on; letters already written keep theirs.

    Raises `NotAllowed` (403.1), `BadForm` (422.4) with every fault of the template.
    """
    require(by, "letter.template")
    faults = list(template_faults(body))
    if unit != by.unit:
        faults.append(_("只能修改本单位的模板"))
    if body.get("kind") != kind:
        faults.append(_("模板的公文类型与所选不符"))
    faults += source_faults(body)
    if faults:
        raise BadForm(*faults)
    words = Words.read(body)
    made = LetterTemplate.objects.create(
        kind=kind, name=words.zh, unit=unit, valid_from=words.valid_from,
        body=words.as_mapping(), source=words.source, by=by,
    )  # fmt: skip
    note(
        "letter.template",
        f"template {made.pk}",
        by=by,
        kind=kind,
        valid_from=words.valid_from.isoformat(),
    )
    return made
