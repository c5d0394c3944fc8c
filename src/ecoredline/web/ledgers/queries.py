"""Reads: a book as of a day, its editions, a row's history, mappings, the baseline."""

from dataclasses import replace
from datetime import date

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Q, QuerySet

from ecoredline.codes import code_list
from ecoredline.ledger import Book, Join, books, joins, same_shape
from ecoredline.ledger.workbook import SheetRow
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import NotFound
from ecoredline.web.ledgers.models import Baseline, FieldMapping, LedgerRow
from ecoredline.web.ledgers.sources import rows_of
from ecoredline.web.regions.models import STORAGE_SRID

OWN_FIELDS = ("row_key", "county_code", "valid_from", "valid_to", "source_doc")


def book_named(name: str) -> Book:
    """A book by its name; raises `NotFound` (404.1)."""
    if name not in books():
        raise NotFound()
    return books()[name]


def held_on(day: date) -> Q:
    """States of rows that were true on a day, as we know it now."""
    return Q(valid_from__lte=day, retired_at=None) & (Q(valid_to=None) | Q(valid_to__gt=day))


def own_rows(book: Book, person) -> QuerySet[LedgerRow]:
    """Every state of the rows of an own book in the person's divisions."""
    return LedgerRow.objects.visible_to(person).filter(book=book.name).select_related("by", "unit")


def shape_of(row: LedgerRow):
    """The shape of a state as shapely's; None without one."""
    return None if row.geom is None else shapely.from_wkb(bytes(row.geom.wkb))


def as_geos(shape) -> GEOSGeometry:
    """A shapely shape as the database's."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=STORAGE_SRID)


def as_sheet_row(row: LedgerRow) -> SheetRow:
    """A state of a row as workbooks and pages have it."""
    shape = shape_of(row)
    return SheetRow(
        str(row.key),
        row.division_code,
        row.valid_from,
        row.valid_to,
        row.source_doc,
        row.values,
        shape,
    )


def rows_on(book: Book, person, day: date | None = None, county: str = "") -> list[SheetRow]:
    """A book as of a day, guarded columns left out for whoever does not work on the matter."""
    day = day or clock.today()
    if book.is_own:
        found = [as_sheet_row(r) for r in own_rows(book, person).filter(held_on(day))]
    else:
        found = rows_of(book, person, day)
    if county:
        found = [r for r in found if r.county == county]
    return found if may(person, "ledger.guarded") else [unguarded(book, r) for r in found]


def unguarded(book: Book, row: SheetRow) -> SheetRow:
    """The row without what is guarded; a guarded position takes its geometry with it."""
    hidden = {c.name for c in book.columns if c.guarded}
    values = {k: v for k, v in row.values.items() if k not in hidden}
    return replace(row, values=values, geometry=None if "lon" in hidden else row.geometry)


def changes_between(book: Book, person, start: date, end: date, county: str = "") -> list[dict]:
    """变化: rows that were added, ended or changed between two days: {how, row, before, fields}."""
    old = {r.key: r for r in rows_on(book, person, start, county)}
    new = {r.key: r for r in rows_on(book, person, end, county)}
    found = []
    for key in [*new, *(k for k in old if k not in new)]:
        before, after = old.get(key), new.get(key)
        how = "added" if before is None else "ended" if after is None else "changed"
        fields = [
            (c, before.values.get(c.name), after.values.get(c.name))
            for c in book.columns
            if before and after and before.values.get(c.name) != after.values.get(c.name)
        ]
        moved = how == "changed" and not same_shape(before.geometry, after.geometry)
        if how != "changed" or fields or moved:
            found.append({"how": how, "row": after or before, "before": before, "fields": fields,
                          "moved": moved})  # fmt: skip
    return found


def names_in(join: Join, person, day: date | None = None) -> set:
    """The values a join can point at: those of the other ledger's rows on a day."""
    rows = rows_on(books()[join.to], person, day)
    return {r.values.get(join.to_column) for r in rows} - {None, ""}


def with_places(book: Book, rows: list[SheetRow], person, day: date | None) -> list[SheetRow]:
    """Rows of a form ledger with the shapes of the spatial rows they are joined to."""
    join = next((j for j in joins() if j.ledger == book.name and books()[j.to].shapes), None)
    if book.shapes or join is None:
        return rows
    there = rows_on(books()[join.to], person, day)
    places = {r.values.get(join.to_column): r.geometry for r in there if r.geometry is not None}
    return [replace(r, geometry=places.get(r.values.get(join.column))) for r in rows]


def joined_to(book: Book, values: dict, person, day: date | None = None) -> list[dict]:
    """Rows of other ledgers that belong to a row, or that it belongs to: {book, rows}."""
    found = []
    for join in joins():
        for here, mine, there, theirs in (
            (join.ledger, join.column, join.to, join.to_column),
            (join.to, join.to_column, join.ledger, join.column),
        ):
            if here == book.name and values.get(mine) not in (None, ""):
                rows = rows_on(books()[there], person, day)
                same = [r for r in rows if r.values.get(theirs) == values[mine]]
                found.append({"book": books()[there], "rows": same})
    return found


def history_of(book: Book, person, key: str) -> list[LedgerRow]:
    """Every state of a row, oldest first; raises `NotFound` (404.1)."""
    found = list(own_rows(book, person).filter(key=key).order_by("valid_from", "recorded_at", "pk"))
    if not found:
        raise NotFound()
    return found


def open_row(book: Book, person, key: str) -> LedgerRow:
    """The state of a row that holds now and was not ended; raises `NotFound` (404.1)."""
    found = own_rows(book, person).filter(key=key, valid_to=None, retired_at=None).first()
    if found is None:
        raise NotFound()
    return found


def baseline_for(person) -> Baseline | None:
    """The baseline that counts for the person's unit: its own, else the nearest above."""
    seen = scope(person)
    if seen is None:
        return None
    codes = [seen.prefix[:n] for n in (6, 4, 2, 0) if n <= len(seen.prefix)]
    held = {
        b.division_code: b
        for b in Baseline.objects.filter(division_code__in=codes).order_by("created_at", "pk")
    }
    return next((held[c] for c in codes if c in held), None)


def mappings(system: str) -> list[dict]:
    """Every column's field in another system that is known: the shipped list, then what people wrote."""
    found: dict[tuple, dict] = {}
    for row in code_list("ledger_mappings").values():
        if row["system"] == system:
            found[row["ledger"], row["column"]] = {
                "book": row["ledger"], "column": row["column"], "field": row["field"],
                "confidence": row["confidence"], "source": row["source"], "by": None,
            }  # fmt: skip
    for held in FieldMapping.objects.filter(system=system).select_related("by"):
        found[held.book, held.column] = {
            "book": held.book, "column": held.column, "field": held.field,
            "confidence": held.confidence, "source": held.source, "by": held.by,
        }  # fmt: skip
    return [row for row in found.values() if row["field"]]


def mapped_names(system: str) -> dict[str, dict[str, str]]:
    """Book → {our column: their field}."""
    found: dict[str, dict[str, str]] = {}
    for row in mappings(system):
        found.setdefault(row["book"], {})[row["column"]] = row["field"]
    return found
