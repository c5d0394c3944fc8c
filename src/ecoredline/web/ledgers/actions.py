"""Writes: rows of the own ledgers, each a new state; baselines; mappings."""

import uuid
from dataclasses import dataclass
from datetime import date

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.ledger import Book, books, check_row, joins, same_shape, settle
from ecoredline.ledger.shapes import placed
from ecoredline.ledger.workbook import fingerprint
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, MovedMeanwhile
from ecoredline.web.ledgers.inside import with_inside
from ecoredline.web.ledgers.models import Baseline, FieldMapping, LedgerRow
from ecoredline.web.ledgers.queries import (
    OWN_FIELDS,
    as_geos,
    names_in,
    open_row,
    own_rows,
    shape_of,
)
from ecoredline.web.regions.models import Division, RedlineVersion

FULL = 6
KEEP = "keep"  # the shape stays what it is


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


def shape_faults(shape, county: str) -> list[str]:
    """A shape must touch the county it is told for, where that county's boundary is loaded."""
    held = Division.objects.filter(code=county)
    if shape is None or not held.exists():
        return []
    if held.filter(geom__intersects=as_geos(shape)).exists():
        return []
    return [_("图形不在县级区划 %(code)s 范围内") % {"code": county}]


def join_faults(book: Book, values: dict, by) -> list[tuple[str, str, str]]:
    """(column, value, reason) where a row should belong to one of another ledger and none has it."""
    found = []
    for join in joins():
        value = values.get(join.column)
        if join.ledger == book.name and join.is_checked and value not in (None, ""):
            target = books()[join.to]
            if value not in names_in(join, by):
                said = _("“%(book)s”中没有这一“%(column)s”")
                words = {"book": target.zh, "column": target.column(join.to_column).zh}
                found.append((join.column, str(value), said % words))
    return found


def state_of(book: Book, key, values: dict, shape, told: Told, by) -> LedgerRow:
    """A new state of a row, not yet written."""
    content = values | {"book": book.name, "key": str(key), "county": told.county}
    if shape is not None:
        content["geom"] = shapely.to_wkb(shape, hex=True)
    return LedgerRow(
        book=book.name, key=key, values=values, division_code=told.county,
        geom=None if shape is None else as_geos(shape),
        scope_codes=prefixes([told.county]), valid_from=told.valid_from,
        source_doc=told.source_doc[:300], reason=told.reason[:300], by=by, unit=by.unit,
        sha256=fingerprint(content),
        is_demo=RedlineVersion.objects.filter(is_demo=True).exists(),
    )  # fmt: skip


def checked(book: Book, cells: dict, shape, told: Told, by, held: LedgerRow | None = None):
    """Values and shape of a row as typed; raises `BadForm` (422.4) with every fault.

    `shape` is shapely's, None, or KEEP for what the held state has.
    """
    before = (held.values, shape_of(held)) if held else None
    shape = (before[1] if before else None) if isinstance(shape, str) else shape
    values, wrong = check_row(book, placed(cells, shape), 0)
    faults = [
        *faults_of(book, told.county, told.valid_from, by),
        *(f"{f.column}：{f.reason}" for f in wrong),
        *(f"{book.column(c).label()}“{v}”：{said}" for c, v, said in join_faults(book, values, by)),
    ]
    try:
        values, shape = settle(book, values, shape, before)
        values = with_inside(book, values, shape, told.valid_from, before)
    except ValueError as fault:
        faults.append(str(fault))
    faults += shape_faults(shape, told.county)
    if held and told.valid_from < held.valid_from:
        faults.append(
            _("生效日期：%(day)s 早于现有一期的 %(held)s")
            % {"day": told.valid_from, "held": held.valid_from}
        )
    if faults:
        raise BadForm(*faults)
    return values, shape


@transaction.atomic
def add_row(book: Book, cells: dict, told: Told, *, by, shape=None) -> LedgerRow:
    """Write a new row; `cells` are values by column as typed. All faults at once (422.4)."""
    require(by, "ledger.edit")
    made = state_of(book, uuid.uuid4(), *checked(book, cells, shape, told, by), told, by)
    made.save()
    note(
        "ledger.write", f"{book.name} {made.key}", by=by, row=made.pk, sha256=made.sha256, how="add"
    )
    return made


@transaction.atomic
def change_row(
    book: Book, key: str, cells: dict, told: Told, *, by, seen: int | None = None, shape=KEEP
) -> LedgerRow:  # fmt: skip
    """Write a new state of a row: from its day on; on the same first day it corrects the old one.

    `seen` is the state the person looked at. Raises `BadForm` (422.4), `MovedMeanwhile` (409.5).
    """
    require(by, "ledger.edit")
    held = locked_row(book, by, key)
    if seen is not None and held.pk != seen:
        raise MovedMeanwhile(f"{held.by} {held.recorded_at:%Y-%m-%d %H:%M}")
    return follow(book, held, *checked(book, cells, shape, told, by, held), told, by)


def locked_row(book: Book, by, key: str) -> LedgerRow:
    """The open state of a row, held until the transaction ends; raises `NotFound` (404.1).

    One that somebody ended or changed while we waited: `MovedMeanwhile` (409.5).
    """
    before = open_row(book, by, key)
    rows = own_rows(book, by).select_related(None).select_for_update()
    held = rows.filter(pk=before.pk, valid_to=None, retired_at=None).first()
    if held is None:
        raise MovedMeanwhile(_("这一行刚刚被更改或结束，请重新打开"))
    return held


def is_same(held: LedgerRow, values: dict, shape, told: Told) -> bool:
    """Does a held state say this already?"""
    said = (held.values, held.division_code, held.source_doc)
    return said == (values, told.county, told.source_doc) and same_shape(shape_of(held), shape)


def follow(book: Book, held: LedgerRow, values: dict, shape, told: Told, by) -> LedgerRow:
    """End the held state and write the next one; the same content changes nothing."""
    if is_same(held, values, shape, told):
        return held
    how = "correct" if told.valid_from == held.valid_from else "change"
    held.ended_by = by
    if how == "correct":
        held.retired_at = clock.now()
    else:
        held.valid_to = told.valid_from
    held.save(update_fields=["ended_by", "retired_at", "valid_to"])
    made = state_of(book, held.key, values, shape, told, by)
    made.save()
    note("ledger.write", f"{book.name} {made.key}", by=by, row=made.pk, sha256=made.sha256, how=how,
         before=held.pk)  # fmt: skip
    return made


@transaction.atomic
def end_row(book: Book, key: str, *, by, day: date, reason: str) -> LedgerRow:
    """A row holds no longer from a day on; it stays in history.

    Raises `BadForm` (422.4), `NotFound` (404.1), `MovedMeanwhile` (409.5).
    """
    require(by, "ledger.edit")
    held = locked_row(book, by, key)
    faults = [] if reason.strip() else [_("原因：未填写")]
    faults += end_faults(held, day)
    if faults:
        raise BadForm(*faults)
    return close(book, held, by, day, reason)


def end_faults(held: LedgerRow, day: date) -> list[str]:
    """What is wrong with the day a row is to end on."""
    if held.valid_from < day <= clock.today():
        return []
    said = _("失效日期：%(day)s 应晚于生效日期 %(held)s 且不晚于今天")
    return [said % {"day": day, "held": held.valid_from}]


def close(book: Book, held: LedgerRow, by, day: date, reason: str) -> LedgerRow:
    """Write the day a row ended."""
    held.valid_to, held.ended_by = day, by
    held.save(update_fields=["valid_to", "ended_by"])
    note(
        "ledger.end",
        f"{book.name} {held.key}",
        by=by,
        row=held.pk,
        day=day.isoformat(),
        reason=reason,
    )
    return held


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
