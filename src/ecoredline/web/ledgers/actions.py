"""Writes: rows of the own ledgers, each a new state; workbooks taken in; baselines; mappings."""

import tempfile
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ecoredline.codes import code_list
from ecoredline.errors import EcoredlineError
from ecoredline.ledger import Book, Fault, books, check_row, read_workbook
from ecoredline.ledger.workbook import FROM_HEAD, KEY_HEAD, SheetRow, fingerprint
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile
from ecoredline.web.files import store
from ecoredline.web.ledgers.models import Baseline, FieldMapping, LedgerRow
from ecoredline.web.ledgers.queries import OWN_FIELDS, open_row, own_rows, rows_on
from ecoredline.web.regions.models import STORAGE_SRID, RedlineVersion

MOST_BYTES = 50 << 20
FULL = 6


@dataclass(frozen=True)
class Told:
    """What a person says of a row beside its values."""

    county: str
    valid_from: date
    source_doc: str = ""
    reason: str = ""


def faults_of(book: Book, county: str, valid_from: date, by) -> list[str]:
    """What is wrong with where and since when a row holds."""
    faults = []
    if not book.is_own:
        faults.append(_("“%(book)s”由业务数据生成，不能在此填写") % {"book": book.zh})
    if not (county.isascii() and county.isdigit() and len(county) == FULL):
        faults.append(_("县级区划代码“%(code)s”应为 6 位数字") % {"code": county})
    elif not county.startswith(by.unit.division_code):
        faults.append(_("县级区划代码“%(code)s”不在本单位辖区内") % {"code": county})
    if valid_from > clock.today():
        faults.append(_("生效日期：%(day)s 晚于今天") % {"day": valid_from})
    return faults


def state_of(book: Book, key, values: dict, told: Told, by) -> LedgerRow:
    """A new state of a row, not yet written."""
    lon, lat = values.get("lon"), values.get("lat")
    spot = Point(lon, lat, srid=STORAGE_SRID) if lon is not None and lat is not None else None
    return LedgerRow(
        book=book.name, key=key, values=values, geom=spot, division_code=told.county,
        scope_codes=prefixes([told.county]), valid_from=told.valid_from,
        source_doc=told.source_doc[:300], reason=told.reason[:300], by=by, unit=by.unit,
        sha256=fingerprint(values | {"book": book.name, "key": str(key), "county": told.county}),
        is_demo=RedlineVersion.objects.filter(is_demo=True).exists(),
    )  # fmt: skip


@transaction.atomic
def add_row(book: Book, cells: dict, told: Told, *, by) -> LedgerRow:
    """Write a new row; `cells` are values by column as typed. All faults at once (422.4)."""
    require(by, "ledger.edit")
    values, wrong = check_row(book, cells, 0)
    faults = [
        *faults_of(book, told.county, told.valid_from, by),
        *(f"{f.column}：{f.reason}" for f in wrong),
    ]
    if faults:
        raise BadForm(*faults)
    made = state_of(book, uuid.uuid4(), values, told, by)
    made.save()
    note(
        "ledger.write", f"{book.name} {made.key}", by=by, row=made.pk, sha256=made.sha256, how="add"
    )
    return made


@transaction.atomic
def change_row(
    book: Book, key: str, cells: dict, told: Told, *, by, seen: int | None = None
) -> LedgerRow:  # fmt: skip
    """Write a new state of a row: from its day on; on the same first day it corrects the old one.

    `seen` is the state the person looked at. Raises `BadForm` (422.4), `MovedMeanwhile` (409.5).
    """
    require(by, "ledger.edit")
    values, wrong = check_row(book, cells, 0)
    held = own_rows(book, by).select_related(None).select_for_update().filter(
        key=key, valid_to=None, retired_at=None
    ).first() or open_row(book, by, key)  # fmt: skip
    if seen is not None and held.pk != seen:
        raise MovedMeanwhile(f"{held.by} {held.recorded_at:%Y-%m-%d %H:%M}")
    faults = [
        *faults_of(book, told.county, told.valid_from, by),
        *(f"{f.column}：{f.reason}" for f in wrong),
    ]
    if told.valid_from < held.valid_from:
        faults.append(
            _("生效日期：%(day)s 早于现有一期的 %(held)s")
            % {"day": told.valid_from, "held": held.valid_from}
        )
    if faults:
        raise BadForm(*faults)
    return follow(book, held, values, told, by)


def follow(book: Book, held: LedgerRow, values: dict, told: Told, by) -> LedgerRow:
    """End the held state and write the next one; the same content changes nothing."""
    same = (held.values, held.division_code, held.source_doc) == (
        values,
        told.county,
        told.source_doc,
    )
    if same:
        return held
    how = "correct" if told.valid_from == held.valid_from else "change"
    held.ended_by = by
    if how == "correct":
        held.retired_at = clock.now()
    else:
        held.valid_to = told.valid_from
    held.save(update_fields=["ended_by", "retired_at", "valid_to"])
    made = state_of(book, held.key, values, told, by)
    made.save()
    note("ledger.write", f"{book.name} {made.key}", by=by, row=made.pk, sha256=made.sha256, how=how,
         before=held.pk)  # fmt: skip
    return made


@transaction.atomic
def end_row(book: Book, key: str, *, by, day: date, reason: str) -> LedgerRow:
    """A row holds no longer from a day on; it stays in history."""
    require(by, "ledger.edit")
    held = open_row(book, by, key)
    faults = [] if reason.strip() else [_("原因：未填写")]
    if not held.valid_from < day <= clock.today():
        faults.append(
            _("失效日期：%(day)s 应晚于生效日期 %(held)s 且不晚于今天")
            % {"day": day, "held": held.valid_from}
        )
    if faults:
        raise BadForm(*faults)
    held.valid_to, held.ended_by = day, by
    held.save(update_fields=["valid_to", "ended_by"])
    note("ledger.end", f"{book.name} {key}", by=by, row=held.pk, day=day.isoformat(), reason=reason)
    return held


@transaction.atomic
def import_workbook(upload, *, by, only: str = "", day: date | None = None) -> dict[str, int]:
    """Take a workbook in: rows without a key are new, known keys are changed where they differ.

    A row that is not in the file stays as it is. Sheets of the books that other rooms fill are
    compared: a difference there is a fault. Raises `BadForm` (422.4) with every fault by sheet,
    row and column, and then nothing is written.
    """
    require(by, "ledger.edit")
    found = read_upload(upload, only)
    day = day or clock.today()
    faults, counts = list(found.faults), {"new": 0, "changed": 0, "same": 0}
    work = []
    for name, rows in found.rows.items():
        book = books()[name]
        if book.is_own:
            work += own_work(book, rows, by, day, faults)
        else:
            counts["same"] += compare_given(book, rows, by, day, faults)
    if faults:
        raise BadForm(*map(str, faults))
    for book, held, row in work:
        told = Told(
            row.county,
            row.valid_from or day,
            row.source_doc,
            _("导入：%(file)s") % {"file": upload.name},
        )
        if held is None:
            state_of(book, uuid.uuid4(), row.values, told, by).save()
            counts["new"] += 1
        else:
            same = follow(book, held, row.values, told, by).pk == held.pk
            counts["same" if same else "changed"] += 1
    note("ledger.import", upload.name, by=by, **counts)
    return counts


def read_upload(upload, only: str):
    """The reading of an uploaded workbook; raises `BadForm` (422.4)."""
    if not (upload.name or "").lower().endswith(".xlsx") or upload.size > MOST_BYTES:
        raise BadForm(_("文件“%(name)s”应为不超过 50 MB 的 XLSX") % {"name": upload.name})
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / "ledger.xlsx"
        upload.seek(0)
        with path.open("wb") as stream:
            store.copy(upload, stream)
        try:
            return read_workbook(path, only)
        except EcoredlineError as fault:
            raise BadForm(str(fault)) from fault


def own_work(book: Book, rows: list[SheetRow], by, day: date, faults: list) -> list[tuple]:
    """What an own book's sheet asks for: (book, held state or None, row); faults are added."""
    wanted = [r.key for r in rows if r.key]
    good = [k for k in wanted if is_key(k)]
    held = {
        str(r.key): r
        for r in own_rows(book, by).select_related(None).select_for_update().filter(
            key__in=good, valid_to=None, retired_at=None
        )
    }  # fmt: skip
    found, seen = [], set()
    for row in rows:
        mine = held.get(row.key)
        if row.key and mine is None:
            said = _("没有这一行，或已失效；新增的行请留空行标识")
            faults.append(Fault(row.number, KEY_HEAD, row.key, said, book.zh))
        if row.key and row.key in seen:
            faults.append(Fault(row.number, KEY_HEAD, row.key, _("在表中出现两次"), book.zh))
        seen.add(row.key)
        start = row.valid_from or day
        wrong = faults_of(book, row.county, start, by)
        faults += [Fault(row.number, "县级区划代码", row.county, w, book.zh) for w in wrong]
        if mine is not None and start < mine.valid_from:
            said = _("早于现有一期的 %(held)s") % {"held": mine.valid_from}
            faults.append(Fault(row.number, FROM_HEAD, str(start), said, book.zh))
        found.append((book, mine, row))
    return found


def is_key(word: str) -> bool:
    """Is it a row's key?

    >>> is_key("x"), is_key("1b4e28ba-2fa1-41d2-883f-0016d3cca427")
    (False, True)
    """
    try:
        return str(uuid.UUID(word)) == word
    except ValueError:
        return False


def compare_given(book: Book, rows: list[SheetRow], by, day: date, faults: list) -> int:
    """Rows of a book that another room fills must be as they are there; gives how many were."""
    with override("zh-hans"):  # as files are written
        known = {r.key: r for r in rows_on(book, by, day)}
    same = 0
    for row in rows:
        mine = known.get(row.key)
        if mine is None:
            said = _("由业务数据生成，不能在此新增")
            faults.append(Fault(row.number, KEY_HEAD, row.key, said, book.zh))
            continue
        told = check_row(book, mine.values, 0)[0]
        differ = [c for c in book.columns if told.get(c.name) != row.values.get(c.name)]
        for column in differ:
            value = str(row.values.get(column.name, ""))[:60]
            said = _("与业务数据不一致；请到来源页面修改")
            faults.append(Fault(row.number, column.label(), value, said, book.zh))
        same += not differ
    return same


def set_baseline(*, by, day: date, document: str) -> Baseline:
    """Say which day the unit's ledgers are compared with."""
    require(by, "ledger.baseline")
    if day > clock.today():
        raise BadForm(_("本底日期：%(day)s 晚于今天") % {"day": day})
    made = Baseline.objects.create(
        division_code=by.unit.division_code, day=day, document=document, by=by
    )
    note("ledger.baseline", f"division {made.division_code}", by=by, day=day.isoformat())
    return made


def set_mapping(
    *, by, system: str, book: str, column: str, field: str, source: str = ""
) -> FieldMapping:
    """Write a column's field in another system; a blank field takes the mapping away."""
    require(by, "ledger.map")
    faults = (
        [] if system in code_list("ledger_systems") else [_("没有系统“%(got)s”") % {"got": system}]
    )
    if book not in books():
        faults.append(_("没有台账“%(got)s”") % {"got": book})
    elif column not in OWN_FIELDS and column not in {c.name for c in books()[book].columns}:
        faults.append(
            _("台账“%(book)s”没有列“%(got)s”") % {"book": books()[book].zh, "got": column}
        )
    if field and not field.isidentifier():
        faults.append(
            _("对方字段“%(got)s”应由字母、汉字、数字和下划线组成，不以数字开头") % {"got": field}
        )
    if faults:
        raise BadForm(*faults)
    made = FieldMapping.objects.create(
        system=system, book=book, column=column, field=field, source=source, by=by
    )
    note("ledger.map", f"{system} {book}.{column}", by=by, field=field)
    return made
