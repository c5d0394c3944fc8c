"""A letter of the register as words and as a document, its list beside it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO

from ecoredline.codes import code_list
from ecoredline.documents.annex import ANNEX_1, AnnexTable, annex_row
from ecoredline.documents.letter import letter_document
from ecoredline.documents.letter_fill import ABOUT_A_PLACE, LetterParties, LetterText, fill
from ecoredline.documents.problems import problem_row, problem_table
from ecoredline.documents.words import hectares, number, text
from ecoredline.errors import InputError
from ecoredline.web.letters.models import Letter
from ecoredline.web.letters.templates import words_of
from ecoredline.web.regions.models import Division

PARTY_VALUES = ("sender", "mark", "our_name", "your_name", "our_office")
OWN_WORD = {"ministry": "部", "province": "厅", "city": "局", "county": "局"}
PLACE_WORD = {"province": "省（区、市）", "city": "市", "county": "县（区）"}
PLACE_WORDS = "省市州县区旗盟"
PATCH_KINDS, PROBLEM_KINDS = ("patches",), ("problems",)


def frozen(row) -> dict:
    """A row of a list as JSON keeps it: areas as text with four decimals, dates as ISO text.

    >>> frozen({"redline_area_ha": Decimal("1.2"), "found_on": date(2026, 3, 1), "lon": 101.5})
    {'redline_area_ha': '1.2000', 'found_on': '2026-03-01', 'lon': 101.5}
    """
    given = asdict(row) if is_dataclass(row) else dict(row)
    return {key: plain(value) for key, value in given.items()}


def plain(value):
    """One value as JSON keeps it."""
    if isinstance(value, Decimal):
        return str(hectares(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def holds_problems(letter: Letter) -> bool:
    """Is its list one of problems (annex 4), not of suspected places (annex 1)?"""
    listed = code_list("letter_kinds")[letter.kind]["list"]
    return listed in PROBLEM_KINDS or (listed not in PATCH_KINDS and letter.subject_kind == "case")


def row_of(row: Mapping, problems: bool) -> tuple:
    """One frozen row as the official table's values; raises `InputError` for what cannot stand there."""
    return problem_row(row) if problems else annex_row(row)


def area_of(row: Mapping) -> Decimal:
    """The redline area of a frozen row; raises `InputError` when there is none."""
    return hectares(row.get("redline_area_ha"), f"redline_area_ha of {name_of(row)}")


def name_of(row: Mapping) -> str:
    """The number of a row."""
    return text(row.get("patch_id") or row.get("number"))


def row_faults(rows, problems: bool) -> list[str]:
    """Everything that keeps rows from standing in the list, each with its place."""
    faults = []
    for place, row in enumerate(rows, start=1):
        for check in (area_of, lambda r: row_of(r, problems)):
            try:
                check(row)
            except (InputError, ValueError, TypeError) as fault:
                said = f"清单第{place}行（{name_of(row) or '—'}）：{fault}"
                if said not in faults:
                    faults.append(said)
    return faults


def tables_of(letter: Letter) -> tuple:
    """The letter's list as the table of its annex, from the frozen rows; none without rows."""
    if not letter.rows:
        return ()
    if holds_problems(letter):
        return (problem_table(letter.rows, demo=letter.is_demo),)
    provinces = {text(row.get("province")) for row in letter.rows} - {""}
    province = provinces.pop() if len(provinces) == 1 else ""
    rows = tuple(annex_row(row) for row in letter.rows)
    return (AnnexTable(ANNEX_1, province, rows, letter.is_demo),)


def plain_name(name: str) -> str:
    """A unit's name without what stands in brackets after it.

    >>> plain_name("攀枝花市生态环境局（演示单位）")
    '攀枝花市生态环境局'
    """
    return re.sub(r"[（(][^（）()]*[）)]$", "", name).strip()


def our_name(unit) -> str:
    """What a unit calls itself: 我 with the last character of its name, by its level where that says nothing."""
    last = plain_name(unit.name)[-1:]
    return "我" + (last if last in "部厅局委" else OWN_WORD[unit.level])


def your_name(unit, kind: str) -> str:
    """How a unit is spoken to: its place in a letter about what lies there (你县), else the office (你局)."""
    if kind == ABOUT_A_PLACE:
        place = (
            Division.objects.filter(code=unit.division_code).values_list("name", flat=True).first()
        )
        return "你" + (
            place[-1] if place and place[-1] in PLACE_WORDS else PLACE_WORD.get(unit.level, "单位")
        )
    last = plain_name(unit.name)[-1:]
    return f"你{last}" if last in "部厅局委" else ""


def parties_of(letter: Letter) -> LetterParties:
    """Who writes to whom."""
    given = {name: letter.values[name] for name in PARTY_VALUES if letter.values.get(name)}
    given.setdefault("our_name", our_name(letter.unit))
    if letter.unit.level != "ministry":  # whose divisions are 司, as the notice's words have it
        given.setdefault("our_office", given["our_name"])
    if letter.to_unit:
        given.setdefault("your_name", your_name(letter.to_unit, letter.kind))
    elif letter.addressee.endswith("部门"):
        given.setdefault("your_name", "你部门")
    given.setdefault("sender", letter.unit.name)
    given.setdefault("mark", given["sender"])
    return LetterParties(
        addressee=letter.addressee, contact=letter.contact, number=letter.number,
        reply_by=letter.reply_by.isoformat() if letter.reply_by else "",
        dated=letter.dated.isoformat() if letter.dated else "", **given,
    )  # fmt: skip


def blanks_of(letter: Letter) -> dict:
    """The values that fill blanks of the template."""
    return {k: v for k, v in letter.values.items() if k not in PARTY_VALUES}


def words_now(letter: Letter) -> LetterText:
    """The letter's sentences: frozen ones of a letter that was sent, else filled now."""
    if letter.words:
        lines = {name: tuple(letter.words[name]) for name in ("title", "paragraphs")}
        return LetterText(**(letter.words | lines))
    return fill(words_of(letter.template), parties_of(letter), blanks_of(letter), tables_of(letter))


def letter_docx(letter: Letter) -> BytesIO:
    """The letter with its list as a DOCX; a sent letter's from its frozen words and rows."""
    words, template = words_now(letter), words_of(letter.template)
    said = replace(  # nothing is left to fill, so that a later template or program changes nothing
        template, title=words.title, paragraphs=words.paragraphs, annex=words.annex,
        contact=words.contact, addressee=words.addressee, sender=words.sender,
    )  # fmt: skip
    parties = replace(parties_of(letter), sender=words.sender, mark=words.mark, number=words.number)
    document = letter_document(said, parties, tables=tables_of(letter), demo=letter.is_demo)
    body = BytesIO()
    document.save(body)
    body.seek(0)
    return body


def measured(rows) -> tuple[int, Decimal]:
    """Count and area of frozen rows: what the letter states."""
    areas = [
        hectares(row["redline_area_ha"])
        for row in rows
        if number(row.get("redline_area_ha")) is not None
    ]
    return len(rows), sum(areas, Decimal("0.0000"))
