"""Administrative divisions as a dated table: codes with predecessors and successors, names with aliases.

A list comes from the operator's file; the built-in one only covers the demo. A year without a day
means its first day: GB/T 2260 lists tell no more.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.files import as_text, read_bytes

HEADS = {
    "code": ("代码", "code", "区划代码", "行政区划代码", "ext_id"),
    "name": ("名称", "name", "ext_name"),
    "since": ("启用时间", "valid_from", "启用日期", "生效日期"),
    "ended": ("变更/弃用时间", "valid_to", "废止时间", "失效日期"),
    "successors": ("新代码", "successor", "successors", "后继代码"),
    "aliases": ("别名", "曾用名", "aliases", "alias"),
}
DAY = re.compile(r"^((?:19|20|21)\d\d)(?:[-./年]?(\d{1,2})(?:[-./月]?(\d{1,2})日?)?)?$")
AFTER = re.compile(r"^(\d{6})(?:\[((?:19|20|21)\d\d)\])?$")
SUFFIXES = (
    "维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "自治州", "自治县", "自治旗",
    "地区", "林区", "特区", "新区", "省", "市", "州", "盟", "县", "区", "旗",
)  # fmt: skip
LEVELS = {"0000": "province", "00": "city"}


@dataclass(frozen=True)
class DivisionRow:
    """A code as it stood from `since` to the day before `ended` (blank: still)."""

    code: str
    name: str
    since: date | None = None
    ended: date | None = None
    successors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """province, city or county, by its zeros."""
        return next((v for zeros, v in LEVELS.items() if self.code.endswith(zeros)), "county")

    def holds_on(self, day: date) -> bool:
        """Was it in force on a day?"""
        return (self.since is None or self.since <= day) and (
            self.ended is None or day < self.ended
        )


@dataclass
class DivisionReading:
    """Rows of a list, and every fault as (row, column, value, reason)."""

    rows: list[DivisionRow] = field(default_factory=list)
    faults: list[tuple[int, str, str, str]] = field(default_factory=list)


def plain(name: str) -> str:
    """A name without its kind, to find it by what people call it.

    >>> plain("米易县"), plain("攀枝花市"), plain("东区"), plain("宁夏回族自治区")
    ('米易', '攀枝花', '东区', '宁夏')
    """
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name.removesuffix(suffix)
    return name


class DivisionBook:
    """A list of divisions, asked by day.

    >>> built_in().names_on(date(2026, 1, 1))["510422"]
    '盐边县'
    """

    def __init__(self, rows: Iterable[DivisionRow]):
        self.rows = list(rows)

    @cached_property
    def by_code(self) -> dict[str, list[DivisionRow]]:
        """Code → its rows, oldest first."""
        found: dict[str, list[DivisionRow]] = {}
        for row in sorted(self.rows, key=lambda r: r.since or date.min):
            found.setdefault(row.code, []).append(row)
        return found

    @cached_property
    def by_name(self) -> dict[str, list[DivisionRow]]:
        """Name, name without its kind, or alias → rows."""
        found: dict[str, list[DivisionRow]] = {}
        for row in self.rows:
            for word in {row.name, plain(row.name), *row.aliases}:
                found.setdefault(word, []).append(row)
        return found

    @cached_property
    def before(self) -> dict[str, tuple[str, ...]]:
        """Code → the codes that became it."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            for code in row.successors:
                if code != row.code:
                    found.setdefault(code, []).append(row.code)
        return {code: tuple(dict.fromkeys(codes)) for code, codes in found.items()}

    def row_on(self, code: str, day: date) -> DivisionRow | None:
        """A code's row on a day."""
        return next((r for r in reversed(self.by_code.get(code, [])) if r.holds_on(day)), None)

    def names_on(self, day: date) -> dict[str, str]:
        """Code → name of every division in force on a day."""
        return {c: r.name for c in self.by_code if (r := self.row_on(c, day)) is not None}

    def now_called(self, code: str, day: date) -> tuple[str, ...]:
        """The codes in force on a day that a code became, through any number of changes."""
        found, todo, seen = [], [code], set()
        while todo:
            one = todo.pop(0)
            if one in seen:
                continue
            seen.add(one)
            if self.row_on(one, day) is not None:
                found.append(one)
            else:
                todo += [c for r in self.by_code.get(one, []) for c in r.successors]
        return tuple(found)

    def match(self, name: str, day: date, *, within: str = "", level: str = "") -> tuple[str, ...]:
        """Codes in force on a day that a name, short name, alias or former name means.

        `within` is the beginning of the code; several codes mean that the name alone does not tell.

        >>> built_in().match("米易", date(2026, 1, 1), within="5104")
        ('510421',)
        """
        word = name.strip()
        found: dict[str, None] = {}
        exact = [r for r in self.by_name.get(word, []) if r.holds_on(day)]
        for row in exact or self.by_name.get(word, []):
            for code in self.now_called(row.code, day):
                now = self.row_on(code, day)
                if code.startswith(within) and (not level or now.level == level):
                    found.setdefault(code)
        return tuple(found)


def built_in() -> DivisionBook:
    """The list that covers the demo."""
    return DivisionBook(DivisionRow(c, r["zh"]) for c, r in code_list("divisions").items())


def read_divisions(path: Path | str) -> DivisionReading:
    """A list as CSV (UTF-8 or GBK) with heads such as 代码, 名称, 启用时间, 变更/弃用时间, 新代码, 别名.

    Raises `SourceError` (unreadable) and `InputError` (no such columns, not a single code).
    """
    heads, lines = table_of(Path(path))
    where = {k: next((h for h in names if h in heads), None) for k, names in HEADS.items()}
    lacking = [HEADS[k][0] for k in ("code", "name") if where[k] is None]
    if lacking:
        raise InputError(f"表头有：{'、'.join(heads) or '无'}；缺少列：{'、'.join(lacking)}")
    found = DivisionReading()
    for number, cells in lines:
        told = {k: (cells.get(h) or "").strip() if h else "" for k, h in where.items()}
        if any(told.values()):
            take(told, {k: h or k for k, h in where.items()}, number, found)
    if not found.rows and not found.faults:
        raise InputError("文件中没有一个区划代码；请检查分隔符和表头")
    check_twice(found)
    return found


def table_of(path: Path) -> tuple[list[str], list[tuple[int, dict]]]:
    """Heads and numbered lines."""
    table = csv.DictReader(io.StringIO(as_text(read_bytes(path), path.name)))
    heads = [h.strip() for h in table.fieldnames or () if h]
    table.fieldnames = [h.strip() if h else h for h in table.fieldnames or ()]
    return heads, [(table.line_num, row) for row in table]


def take(told: dict, heads: dict, number: int, found: DivisionReading) -> None:
    """One line: a row, or its faults."""
    faults = []
    if not (told["code"].isascii() and told["code"].isdigit() and len(told["code"]) == 6):
        faults.append((number, heads["code"], told["code"], "应为 6 位数字"))
    if not told["name"]:
        faults.append((number, heads["name"], "", "未填写"))
    days = {}
    for key in ("since", "ended"):
        try:
            days[key] = day_of(told[key])
        except ValueError as fault:
            faults.append((number, heads[key], told[key], str(fault)))
    if all(days.get(k) for k in ("since", "ended")) and days["ended"] < days["since"]:
        faults.append((number, heads["ended"], told["ended"], "早于启用时间"))
    codes, changes = [], told["successors"].replace("；", ";").replace("、", ";").split(";")
    for word in filter(None, (c.strip() for c in changes)):
        match = AFTER.match(word)
        if match is None:
            faults.append((number, heads["successors"], word, "应为 6 位代码，多个以分号分开"))
        elif days.get("ended") is not None or match[2] is None:
            codes.append(match[1])  # one with a year of its own: a part left, the code stays
    found.faults += faults
    if not faults:
        aliases = re.split(r"[;；、]", told["aliases"])
        found.rows.append(
            DivisionRow(
                told["code"], told["name"], days["since"], days["ended"], tuple(codes),
                tuple(a.strip() for a in aliases if a.strip()),
            )
        )  # fmt: skip


def day_of(word: str) -> date | None:
    """A year, month or day as its first day; None when blank.

    >>> day_of("1987"), day_of("2010-07-01"), day_of("")
    (datetime.date(1987, 1, 1), datetime.date(2010, 7, 1), None)
    """
    if not word:
        return None
    match = DAY.match(word)
    if match is None:
        raise ValueError("应为年份或日期，如 2010 或 2010-07-01")
    return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))


def check_twice(found: DivisionReading) -> None:
    """A code that is in force twice at once is a fault."""
    book = DivisionBook(found.rows)
    for code, rows in book.by_code.items():
        for one, after in pairwise(rows):
            if one.ended is None or (after.since and one.ended > after.since):
                found.faults.append((0, "代码", code, "同一时间有两行有效"))
