"""The rule table as dated editions: the shipped one until somebody edits it here."""

import csv
import hashlib
import io
from dataclasses import asdict, fields

from django.db import connection, transaction
from django.utils.translation import gettext as _

from ecoredline.admission import RuleTable, TableFaults, read_rules, table_of
from ecoredline.admission.rules import NATION, Rule
from ecoredline.errors import InputError, SourceError
from ecoredline.files import as_text
from ecoredline.web.admissions.models import RuleEdition
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile

COLUMNS = tuple(f.name for f in fields(Rule))
MOST_ROWS = 2000
LOCK = (0x414D4954, 0)  # one edition is made at a time


def edition_now() -> RuleEdition | None:
    """The newest edition; None while the shipped table is in force."""
    return RuleEdition.objects.first()


def table_for(edition: RuleEdition | None) -> RuleTable:
    """The table of an edition; the shipped one for None."""
    if edition is None:
        return read_rules()
    return table_of(edition.rows, edition.name, edition.sha256)


def rows_now() -> list[dict]:
    """The rules in force as rows of text."""
    return [asdict(rule) for rule in table_for(edition_now()).rules]


def as_csv(rows: list[dict]) -> str:
    """The table as an operator edits it: UTF-8 with a mark, so that a spreadsheet reads it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()


def from_csv(raw: bytes) -> list[dict]:
    """Rows of an uploaded table (UTF-8 or GB18030); raises `BadForm` when it is no table."""
    try:
        found = csv.DictReader(io.StringIO(as_text(raw, "")))
    except SourceError as fault:
        raise BadForm(_("文件不是 UTF-8 或 GB 18030 文本")) from fault
    strange = [n for n in found.fieldnames or () if n not in COLUMNS]
    if not found.fieldnames or strange:
        got = "、".join(strange) or _("空文件")
        raise BadForm(
            _("列名“%(got)s”不认识；应为 %(wanted)s") % {"got": got, "wanted": "、".join(COLUMNS)}
        )
    return [{c: (row.get(c) or "").strip() for c in COLUMNS} for row in found]


@transaction.atomic
def make_edition(*, rows: list[dict], by, said: str, seen: int | None = None) -> RuleEdition:
    """A new edition of the whole table; all faults at once, and nothing of a faulty one is kept.

    `seen` is the number of the edition the person started from (0: the shipped table).
    Raises `BadForm`, `NotAllowed`, `MovedMeanwhile`.
    """
    require(by, "admission.rules")
    with connection.cursor() as cursor:  # two at once: the second sees the edition of the first
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", LOCK)
    last = RuleEdition.objects.first()
    number = last.number if last else 0
    if seen is not None and seen != number:
        raise MovedMeanwhile(_("规则已是第 %(n)d 版") % {"n": number})
    faults = [] if said.strip() else [_("修改说明：未填写")]
    if len(rows) > MOST_ROWS:
        faults.append(_("规则 %(n)d 条，最多 %(most)d 条") % {"n": len(rows), "most": MOST_ROWS})
    clean = [{c: str(row.get(c) or "").strip() for c in COLUMNS} for row in rows]
    try:
        table_of(clean, _("规则表"), "")
    except TableFaults as fault:
        faults += [str(f) for f in fault.faults]
    except InputError as fault:
        faults.append(str(fault))
    changed = changes(rows_now(), clean)
    faults += [
        _("规则 %(code)s：适用范围 %(place)s 不在本单位辖区，不能修改")
        % {"code": row["code"], "place": row["province"]}
        for row in changed
        if not may_change(by, row["province"])
    ]
    if not changed and not faults:
        faults.append(_("与现行规则相同，没有修改"))
    if faults:
        raise BadForm(*faults)
    digest = hashlib.sha256(as_csv(clean).encode()).hexdigest()
    made = RuleEdition.objects.create(
        number=number + 1, rows=clean, sha256=digest, said=said.strip(), by=by,
        changed=sorted({row["code"] for row in changed}),
    )  # fmt: skip
    note("admission.rules", str(made), by=by, sha256=digest, changed=made.changed)
    return made


def changes(old: list[dict], new: list[dict]) -> list[dict]:
    """The rows that are in one of the tables and not, or not so, in the other."""
    before = {tuple(row[c] for c in COLUMNS) for row in old}
    after = {tuple(row[c] for c in COLUMNS) for row in new}
    return [dict(zip(COLUMNS, row, strict=True)) for row in before ^ after]


def may_change(person, place: str) -> bool:
    """May the person's unit change rules for a place? A top unit may change all of them."""
    unit = person.unit
    if unit.parent_id is None:
        return True
    return place != NATION and place.startswith(unit.division_code)
