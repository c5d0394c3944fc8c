"""Measured numbers from a CSV: taken whole, or not at all with every fault by row and column."""

import csv
import io
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.effectiveness.numbers import COLUMNS, integer, limit_of, real
from ecoredline.errors import SourceError
from ecoredline.files import as_text
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments.models import LedgerNumber, NumbersUpload
from ecoredline.web.assessments.places import counties_of_place
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.files.store import digest

MOST_BYTES, MOST_ROWS, MOST_FAULTS = 20 << 20, 100_000, 500
ALL_COLUMNS = (*COLUMNS, "source", "refs")


@dataclass
class Taking:
    """A file being read: rows that are good, faults in words."""

    rows: list
    faults: list[str]


def decoded(upload) -> str:
    """The text of an upload: UTF-8 or GB 18030; raises `BadForm`."""
    if upload.size > MOST_BYTES:
        raise BadForm(_("文件过大：%(got)s 字节，应不超过 %(most)s") % {"got": upload.size, "most": MOST_BYTES})  # fmt: skip
    try:
        return as_text(upload.read(), upload.name)
    except SourceError as fault:
        raise BadForm(_("文件不是 UTF-8 或 GB 18030 文本")) from fault


def read_table(text: str, by) -> Taking:
    """Every row with its faults: row, column, value, reason."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise BadForm(_("缺少列：%(names)s；应有 %(all)s") % {"names": "、".join(missing), "all": "、".join(COLUMNS)})  # fmt: skip
    taking, seen, places = Taking([], []), {}, {}
    for line, row in enumerate(reader, 2):
        if line > MOST_ROWS:
            taking.faults.append(_("超过 %(most)s 行") % {"most": MOST_ROWS})
            break
        take_row(taking, {k: (v or "").strip() for k, v in row.items() if isinstance(v, str)}, line, seen, places, by)  # fmt: skip
    if not taking.rows and not taking.faults:
        taking.faults.append(_("没有一行数据"))
    return taking


def take_row(taking: Taking, row: dict, line: int, seen: dict, places: dict, by) -> None:
    """One row: kept, or its faults noted."""
    found = row_faults(row, places, by)
    place, year, name = row.get("unit", ""), integer(row.get("year", "")), row.get("name", "")
    if not found and (place, year, name) in seen:
        found.append(("unit", place, _("与第 %(n)s 行重复") % {"n": seen[place, year, name]}))
    seen.setdefault((place, year, name), line)
    for column, value, reason in found:
        taking.faults.append(_("第 %(line)s 行 %(column)s：%(value)s %(reason)s") % {
            "line": line, "column": column, "value": value or "—", "reason": reason})  # fmt: skip
    if not found:
        refs = [r for r in row.get("refs", "").split(";") if r]
        taking.rows.append(LedgerNumber(
            place=place, place_name=row.get("unit_zh") or place, year=year, name=name,
            value=real(row["value"]), source=row.get("source", "")[:300], refs=refs,
        ))  # fmt: skip


def row_faults(row: dict, places: dict, by) -> list[tuple[str, str, str]]:
    """(column, value, reason) of one row."""
    place, found = row.get("unit", ""), []
    if place not in places:
        places[place] = counties_of_place(place)
    if not places[place]:
        found.append(("unit", place, _("不是已载入的县级区划或红线斑块编码")))
    elif not scope(by).covers(places[place]):
        found.append(("unit", place, _("不在您的行政区范围内")))
    if integer(row.get("year", "")) is None:
        found.append(("year", row.get("year", ""), _("应为四位年份")))
    name = row.get("name", "")
    if not name or len(name) > 40:
        found.append(("name", name, _("应为数据项编码")))
    value, most = real(row.get("value", "")), limit_of(name)
    if value is None:
        found.append(("value", row.get("value", ""), _("应为不小于 0 的数")))
    elif value > most:
        found.append(("value", row["value"], _("应不超过 %(most)s") % {"most": f"{most:g}"}))
    return found


@transaction.atomic
def take_numbers(upload, *, by, is_demo: bool = False) -> NumbersUpload:
    """Take a CSV of measured numbers; raises `BadForm` with all faults, and then nothing is kept."""
    require(by, "numbers.upload")
    taking = read_table(decoded(upload), by)
    if taking.faults:
        more = len(taking.faults) - MOST_FAULTS
        shown = taking.faults[:MOST_FAULTS]
        raise BadForm(*shown, *([_("另有 %(n)s 处") % {"n": more}] if more > 0 else []))
    made = NumbersUpload.objects.create(
        unit=by.unit, name=upload.name[:200], sha256=digest(upload), count=len(taking.rows), by=by,
        is_demo=is_demo,
    )  # fmt: skip
    for row in taking.rows:
        row.upload = made
    LedgerNumber.objects.bulk_create(taking.rows, batch_size=2000)
    note("numbers.upload", f"upload {made.pk}", by=by, rows=made.count, sha256=made.sha256)
    return made


def template_csv() -> str:
    """An empty table with every known name as an example of a row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(ALL_COLUMNS)
    for code, row in code_list("effectiveness_numbers").items():
        if not row["kind"]:
            writer.writerow(["510000", "示例县", "2026", code, "0", row["zh"], ""])
    return "\ufeff" + stream.getvalue()
