"""Ledgers taken in from workbooks and layers: all of a file, or nothing with every fault."""

import tempfile
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ecoredline.errors import EcoredlineError
from ecoredline.ledger import (
    Book,
    Fault,
    books,
    check_row,
    kept_shape,
    read_layers,
    read_workbook,
    same_shape,
    settle,
)
from ecoredline.ledger.declare import INSIDE, VERSION
from ecoredline.ledger.geopackage import SHAPE_HEAD
from ecoredline.ledger.geopackage import shape_of as layer_shape
from ecoredline.ledger.workbook import COUNTY_HEAD, FROM_HEAD, KEY_HEAD, TO_HEAD, SheetRow
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, in_words
from ecoredline.web.files import store
from ecoredline.web.ledgers.actions import (
    Told,
    close,
    end_faults,
    faults_of,
    follow,
    is_same,
    join_faults,
    shape_faults,
    state_of,
)
from ecoredline.web.ledgers.inside import with_inside
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.ledgers.queries import mapped_names, own_rows, rows_on, shape_of

MOST_BYTES = 50 << 20
LAYERS = (".gpkg", ".zip", ".geojson", ".json", ".shz")
MOST_FAULTS = 500  # shown; the rest is counted


@dataclass
class Work:
    """One row to be written: its book, the state it follows (None: new), what it says."""

    book: Book
    held: LedgerRow | None
    values: dict
    shape: object
    told: Told
    ends: date | None
    is_dated: bool = True  # the file says since when


@transaction.atomic
def import_file(
    upload, *, by, only: str = "", day: date | None = None, system: str = "", crs: str = ""
) -> dict[str, int]:  # fmt: skip
    """Take a workbook or layers in: rows without a key are new, known keys are changed where they differ.

    A row that is not in the file stays as it is, and so do columns a layer has not. Books that
    other rooms fill are compared: a difference there is a fault. `system` reads the fields by the
    mapping to it. Raises `BadForm` (422.4) with every fault by sheet, row and column, and then
    nothing is written.
    """
    require(by, "ledger.edit")
    found = read_upload(upload, only, system, crs)
    day = day or clock.today()
    faults, counts = list(found.faults), {"new": 0, "changed": 0, "same": 0}
    work: list[Work] = []
    for name, rows in found.rows.items():
        book = books()[name]
        if book.is_own:
            same, todo = own_work(book, rows, by, day, faults, upload.name)
            counts["same"] += same
            work += todo
        else:
            counts["same"] += compare_given(book, rows, by, day, faults)
    if faults:
        more = [_("…另有 %(n)d 处") % {"n": len(faults) - MOST_FAULTS}]
        raise BadForm(*map(str, faults[:MOST_FAULTS]), *more * (len(faults) > MOST_FAULTS))
    for todo in work:
        counts[put(todo, by)] += 1
    note("ledger.import", upload.name, by=by, system=system, **counts)
    return counts


def put(todo: Work, by) -> str:
    """Write one row; tells what became of it."""
    if todo.held is None:
        state_of(todo.book, uuid.uuid4(), todo.values, todo.shape, todo.told, by).save()
        return "new"
    made = follow(todo.book, todo.held, todo.values, todo.shape, todo.told, by)
    if todo.ends:
        close(todo.book, made, by, todo.ends, todo.told.reason)
    return "changed" if todo.ends or made.pk != todo.held.pk else "same"


def read_upload(upload, only: str, system: str, crs: str):
    """The reading of an uploaded workbook or layer; raises `BadForm` (422.4)."""
    suffix = Path(upload.name or "").suffix.lower()
    if suffix not in (".xlsx", *LAYERS) or upload.size > MOST_BYTES:
        raise BadForm(
            _("文件“%(name)s”应为不超过 50 MB 的 XLSX、GeoPackage、打包的 SHP（ZIP）或 GeoJSON")
            % {"name": upload.name}
        )
    names = mapped_names(system) if system else None
    if names is not None and suffix == ".xlsx":
        raise BadForm(_("按对方字段导入应为空间图层（GeoPackage、SHP、GeoJSON），不是工作簿"))
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / f"ledger{suffix}"
        upload.seek(0)
        with path.open("wb") as stream:
            store.copy(upload, stream)
        try:
            if suffix == ".xlsx":
                return read_workbook(path, only)
            return read_layers(path, only, names=names, crs=crs or None)
        except EcoredlineError as fault:
            raise BadForm(in_words(fault, path, upload.name)) from fault


def own_work(book: Book, rows: list[SheetRow], by, day: date, faults: list, file: str):
    """What an own book's sheet asks for: how many rows stay, and the work; faults are added."""
    good = [r.key for r in rows if r.key and is_key(r.key)]
    states = own_rows(book, by).select_related(None).select_for_update().filter(
        key__in=good, retired_at=None
    )  # fmt: skip
    held = {str(r.key): r for r in states if r.valid_to is None}
    past = {(str(r.key), r.valid_from, r.valid_to): r for r in states if r.valid_to}
    found, seen, same = [], set(), 0
    for row in rows:
        mine = past.get((row.key, row.valid_from, row.valid_to)) or held.get(row.key)
        if row.key and mine is None:
            said = _("没有这一行，或已失效；新增的行请留空行标识")
            faults.append(Fault(row.number, KEY_HEAD, row.key, said, book.zh))
        if row.key and row.key in seen:
            faults.append(Fault(row.number, KEY_HEAD, row.key, _("在表中出现两次"), book.zh))
        seen.add(row.key)
        work = work_of(book, row, mine, by, day, faults, file)
        if mine is not None and mine.valid_to:
            same += past_stays(book, row, mine, work, faults)
        else:
            found.append(work)
    again = known_already(book, [w for w in found if w.held is None], by)
    return same + len(again), [w for w in found if id(w) not in again]


def known_already(book: Book, new: list[Work], by) -> set[int]:
    """The `id`s of new rows the book holds word for word: a file taken in twice.

    A row with a date is known when a state of that day says the same; one without a date, whose
    day was that of the import, when any state ever did. Each held row answers for one of the file.
    """
    if not new:
        return set()
    states = own_rows(book, by).select_related(None)
    if all(w.is_dated for w in new):
        states = states.filter(
            retired_at=None, valid_to=None, valid_from__in={w.told.valid_from for w in new}
        )
    held: dict[str, list[LedgerRow]] = {}
    for row in states:
        held.setdefault(content_of(book, row.values), []).append(row)
    again, taken = set(), set()
    for work in new:
        rows = held.get(content_of(book, work.values), [])
        twin = next((r for r in rows if r.key not in taken and is_twin(r, work)), None)
        if twin:
            taken.add(twin.key)
            again.add(id(work))
    return again


def content_of(book: Book, values: dict) -> str:
    """What a row says, without what is made from its shape by a day."""
    made = {book.made(INSIDE), book.made(VERSION)}
    return repr(sorted((k, v) for k, v in values.items() if k not in made))


def is_twin(row: LedgerRow, work: Work) -> bool:
    """Is this state what the file's new row says?"""
    is_open = row.valid_to is None and row.retired_at is None
    if work.is_dated and not (is_open and row.valid_from == work.told.valid_from):
        return False
    told = (work.told.county, work.told.source_doc)
    return (row.division_code, row.source_doc) == told and same_shape(shape_of(row), work.shape)


def past_stays(book: Book, row: SheetRow, mine: LedgerRow, work: Work, faults: list) -> bool:
    """A state that ended can be told again, not changed."""
    if is_same(mine, work.values, work.shape, work.told):
        return True
    said = _("这一期已于 %(day)s 失效，不能修改") % {"day": mine.valid_to}
    faults.append(Fault(row.number, TO_HEAD, str(mine.valid_to), said, book.zh))
    return False


def work_of(book: Book, row: SheetRow, mine, by, day: date, faults: list, file: str) -> Work:
    """One row of a file beside the state that is held; its faults are added."""
    told_columns, start = row.told, row.valid_from or day
    values, county, source = row.values, row.county, row.source_doc
    if told_columns is not None:
        values = {k: v for k, v in (mine.values if mine else {}).items() if k not in told_columns}
        values |= row.values
        county = county or (mine.division_code if mine else "")
        source = source if "source_doc" in told_columns or not mine else mine.source_doc
        faults += lacking(book, row, mine)
    shape = row.geometry if row.is_shaped else (shape_of(mine) if mine else None)

    def fault(head: str, value, said: str) -> None:
        faults.append(Fault(row.number, head, str(value)[:60], said, book.zh))

    try:
        before = (mine.values, shape_of(mine)) if mine else None
        values, shape = settle(book, values, shape, before)
        values = with_inside(book, values, shape, start, before)
    except ValueError as wrong:
        fault(SHAPE_HEAD, "", str(wrong))
    for said in faults_of(book, county, start, by):
        fault(COUNTY_HEAD, county, said)
    for said in shape_faults(shape, county):
        fault(SHAPE_HEAD, "", said)
    for column, value, said in join_faults(book, values, by):
        fault(book.column(column).label(), value, said)
    ends = row.valid_to if row.valid_to and not (mine and mine.valid_to) else None
    if mine is not None and not mine.valid_to and start < mine.valid_from:
        fault(FROM_HEAD, start, _("早于现有一期的 %(held)s") % {"held": mine.valid_from})
    if ends and mine is None:
        fault(TO_HEAD, ends, _("新增的行不应有失效日期"))
    elif ends:
        for said in end_faults(mine, ends):
            fault(TO_HEAD, ends, said)
    told = Told(county, start, source, _("导入：%(file)s") % {"file": file})
    return Work(book, mine, values, shape, told, ends, row.valid_from is not None)


def lacking(book: Book, row: SheetRow, mine) -> list[Fault]:
    """Needed columns a layer has not, for a row that is new."""
    if mine is not None:
        return []
    return [
        Fault(row.number, c.label(), "", _("文件没有这一列，新增的行必填"), book.zh)
        for c in book.columns
        if c.needed and c.name not in row.told and c.name not in ("lon", "lat")
    ]


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
        columns = [c for c in book.columns if row.told is None or c.name in row.told]
        differ = [c for c in columns if told.get(c.name) != row.values.get(c.name)]
        for column in differ:
            value = str(row.values.get(column.name, ""))[:60]
            said = _("与业务数据不一致；请到来源页面修改")
            faults.append(Fault(row.number, column.label(), value, said, book.zh))
        moved = row.is_shaped and not same_shape(row.geometry, told_shape(book, mine))
        if moved:
            said = _("与业务数据不一致；请到来源页面修改")
            faults.append(Fault(row.number, SHAPE_HEAD, "", said, book.zh))
        same += not differ and not moved
    return same


def told_shape(book: Book, row: SheetRow):
    """The shape a row's layer has, as it is read back."""
    try:
        return kept_shape([layer_shape(book, row)], book)
    except ValueError:
        return None
