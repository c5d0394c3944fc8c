"""The 24 books and their columns, read from the code lists `ledgers` and `ledger_columns`."""

from dataclasses import dataclass, field
from functools import cache

from ecoredline.codes import code_list
from ecoredline.errors import UnknownCode

OWN = "own"
INSIDE, VERSION = "shape.inside", "shape.version"
KINDS = ("text", "long", "int", "number", "ha", "date", "year", "bool", "lon", "lat", "code")
UNITS_EN = {"公顷": "ha", "千米": "km", "米": "m", "万元": "10 000 yuan"}


@dataclass(frozen=True)
class Column:
    """One column: kind (with the code list's name for codes), unit, labels, where its value comes from.

    `path` is the attribute of the source's object, for books that are filled from elsewhere; in an
    own book `shape.inside` (hectares of the row's area inside the redline) and `shape.version`
    (the version they were cut with) are made from the shape.
    """

    name: str
    zh: str
    en: str
    kind: str
    codes: str = ""
    unit: str = ""
    needed: bool = False
    guarded: bool = False  # shown only to who works on the matter
    path: str = ""
    source: str = ""

    def label(self, language: str = "zh") -> str:
        """The head in a language, with its unit.

        >>> book("redline_patch").column("area_ha").label()
        '面积（公顷）'
        >>> book("redline_patch").column("area_ha").label("en")
        'Area (ha)'
        """
        words = self.zh if language == "zh" else self.en
        if not self.unit:
            return words
        if language == "zh":
            return f"{words}（{self.unit}）"
        return f"{words} ({UNITS_EN.get(self.unit, self.unit)})"


@dataclass(frozen=True)
class Book:
    """One ledger: its class, labels, where its rows come from (`own` or a source), if it is spatial."""

    name: str
    group: str
    zh: str
    en: str
    rows: str
    spatial: str  # kinds of shapes its rows may have: "", point, line, polygon, several by ;
    help_zh: str
    help_en: str
    source: str
    columns: tuple[Column, ...] = field(default=(), compare=False)

    @property
    def is_own(self) -> bool:
        """Are its rows written here, and not taken from another room?"""
        return self.rows == OWN

    @property
    def shapes(self) -> tuple[str, ...]:
        """The kinds of shapes its rows may have.

        >>> book("existing_right").shapes, book("institution").shapes
        (('polygon', 'point'), ())
        """
        return tuple(self.spatial.split(";")) if self.spatial else ()

    def label(self, language: str = "zh") -> str:
        """Its name."""
        return self.zh if language == "zh" else self.en

    def help(self, language: str = "zh") -> str:
        """What it holds."""
        return self.help_zh if language == "zh" else self.help_en

    def made(self, what: str) -> str:
        """The column of an own book that is made from the shape, by its path; blank without one.

        >>> book("existing_right").made("shape.inside"), book("patrol").made("shape.inside")
        ('area_ha', '')
        """
        return next((c.name for c in self.columns if c.path == what and self.is_own), "")

    def column(self, name: str) -> Column:
        """A column by its name."""
        return next(c for c in self.columns if c.name == name)


@cache
def books() -> dict[str, Book]:
    """Every book by its name, in the order of the classes.

    >>> len(books()), len(classes())
    (24, 5)
    """
    columns: dict[str, list[Column]] = {}
    for row in code_list("ledger_columns").values():
        columns.setdefault(row["ledger"], []).append(column_of(row))
    return {
        name: Book(
            name, row["class"], row["zh"], row["en"], row["rows"], row["spatial"], row["help_zh"],
            row["help_en"], row["source"], tuple(columns.get(name, ())),
        )
        for name, row in code_list("ledgers").items()
    }  # fmt: skip


def column_of(row: dict) -> Column:
    """A column out of its row of the list; `kind` may be `code:list`."""
    kind, _, codes = row["kind"].partition(":")
    if kind not in KINDS:
        raise UnknownCode(f"got kind {kind!r} of column {row['code']}; wanted {', '.join(KINDS)}")
    return Column(
        row["column"], row["zh"], row["en"], kind, codes, row["unit"], row["needed"] == "1",
        row["guarded"] == "1", row["path"], row["source"],
    )  # fmt: skip


def book(name: str) -> Book:
    """A book by its name; raises `UnknownCode`."""
    if name not in books():
        raise UnknownCode(f"got ledger {name!r}; wanted one of {', '.join(books())}")
    return books()[name]


def classes() -> dict[str, list[Book]]:
    """Class code → its books."""
    found: dict[str, list[Book]] = {c: [] for c in code_list("ledger_classes")}
    for one in books().values():
        found[one.group].append(one)
    return found


@dataclass(frozen=True)
class Join:
    """Rows of `ledger` belong to rows of `to`: their `column` is the other's `to_column`.

    With `is_checked` a value that names no row there is a fault.
    """

    ledger: str
    column: str
    to: str
    to_column: str
    is_checked: bool


@cache
def joins() -> tuple[Join, ...]:
    """How ledgers belong together, from the code list `ledger_joins`.

    >>> [j.ledger for j in joins() if j.to == "monitor_station"]
    ['monitor_value']
    """
    return tuple(
        Join(r["ledger"], r["column"], r["to"], r["to_column"], r["checked"] == "1")
        for r in code_list("ledger_joins").values()
    )
