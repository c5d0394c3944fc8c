"""A letter template filled: every sentence with its blanks, from the parties, the lists, the values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ecoredline.codes import code_list
from ecoredline.documents import official
from ecoredline.documents.letter_template import BLANK, LetterTemplate
from ecoredline.documents.words import hectares, text
from ecoredline.errors import InputError

OWN_WORDS = (  # how a letter speaks to the government it is sent to
    ("自治区人民政府", "你区"),
    ("自治州人民政府", "你州"),
    ("省人民政府", "你省"),
    ("市人民政府", "你市"),
    ("州人民政府", "你州"),
    ("县人民政府", "你县"),
    ("区人民政府", "你区"),
)
OFFICE_ENDINGS = "司局厅委处科队"  # 你司, 你局 …: of the last character of a department's name
ABOUT_A_PLACE = "verify"  # a kind of letter that says what lies in the addressee's land
FROM_LISTS = ("count", "area")
ITEM_END = "；。;."


@dataclass(frozen=True)
class LetterParties:
    """Who writes to whom. What is left blank is the template's, derived from the list, or XX.

    By default the ministry's office writes to the office of the province's government, as in
    annex 3; a city writes to a county by giving `addressee`, `sender`, `our_name` (我局) and
    `your_name` (你县). `our_office` is the division that writes (我司, 我科), read from the
    sender's name when blank. `reply_by` and `dated` are ISO dates (2026-03-31) or blank.
    """

    addressee: str = ""
    sender: str = ""
    our_name: str = ""
    your_name: str = ""
    contact: str = ""
    number: str = ""
    mark: str = ""
    reply_by: str = ""
    dated: str = ""
    our_office: str = ""


@dataclass(frozen=True)
class LetterText:
    """A letter's sentences, filled."""

    mark: str
    number: str
    title: tuple[str, ...]
    addressee: str
    paragraphs: tuple[str, ...]
    annex: str
    contact: str
    sender: str
    dated: str


def chinese_date(value: str | date, blank: str) -> str:
    """A date in Arabic digits without leading zeros; blank stays the template's XX.

    Raises `InputError` for what is not an ISO date.

    >>> chinese_date("2026-03-05", "XX")
    '2026年3月5日'
    """
    if not value:
        return blank
    try:
        found = value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError as fault:
        raise InputError(f"got date {value!r}; wanted year-month-day, as in 2026-03-31") from fault
    return f"{found.year}年{found.month}月{found.day}日"


def your_name_of(template: LetterTemplate, parties: LetterParties, addressee: str) -> str:
    """How the addressee is spoken to: given, read from its name, or the template's words.

    >>> from ecoredline.documents.letter_template import shipped_template
    >>> your_name_of(shipped_template("annex-5"), LetterParties(), "攀枝花市水利局")
    '你局'
    """
    fallback = template.defaults.get("your", code_list("letter_blanks")["your"]["empty"])
    if parties.your_name:
        return parties.your_name
    if "XX" in addressee:
        return fallback
    for ending, word in OWN_WORDS:
        if re.search(f".{ending}", addressee):
            return word
    last = addressee.rstrip("：:")[-1:]
    if template.kind != ABOUT_A_PLACE and last and last in OFFICE_ENDINGS:
        return f"你{last}"
    return fallback


def fill(
    template: LetterTemplate,
    parties: LetterParties | None = None,
    values: Mapping | None = None,
    tables: Sequence = (),
) -> LetterText:
    """Every sentence of a letter with its blanks filled.

    `tables` are the lists behind it (`AnnexTable`, `ProblemTable`): {count} is their rows and
    {area} the sum of their areas, so giving either in `values` too raises `InputError`, as does
    a value that no blank of `letter_blanks` is called after.

    >>> from ecoredline.documents.letter_template import shipped_template
    >>> fill(shipped_template("annex-3")).paragraphs[0][:12]
    '经我部生态保护红线监管平'
    """
    parties = parties or LetterParties()
    blanks = _values(template, parties, values or {}, tables)
    sender = parties.sender or _filled(template.sender, blanks) or "XX"
    addressee = parties.addressee or _filled(template.addressee, blanks) or "XX"
    blanks["your"] = text((values or {}).get("your")) or your_name_of(template, parties, addressee)
    mark = parties.mark or (official.LETTER_MARK if sender == official.LETTER_SENDER else sender)
    return LetterText(
        mark,
        blanks["number"],
        tuple(_filled(line, blanks) for line in template.title),
        addressee.rstrip("：:") + "：",
        tuple(line for said in template.paragraphs for line in _lines(said, blanks)),
        _filled(template.annex, blanks),
        _filled(template.contact, blanks),
        sender,
        blanks["dated"],
    )


def _values(template, parties: LetterParties, values: Mapping, tables: Sequence) -> dict:
    """Each blank's words: given, of the parties, of the lists, the template's own, or XX."""
    catalogue = code_list("letter_blanks")
    _check_values(values, tables, catalogue)
    province = next((t.province for t in tables if t.province), "")
    known = {
        "our": parties.our_name,
        "our_office": parties.our_office or _office(parties.sender),
        "contact": parties.contact,
        "number": parties.number,
        "reply_by": parties.reply_by,
        "dated": parties.dated,
        "province": province,
    }
    if tables:
        known["count"] = sum(len(t.rows) for t in tables)
        known["area"] = sum((t.area_ha for t in tables), Decimal("0.0000"))
    made = {}
    for name, row in catalogue.items():
        given = values.get(name, known.get(name))
        empty = template.defaults.get(name, row["empty"])
        made[name] = _said(row["kind"], given, empty)
    return made


def _check_values(values: Mapping, tables: Sequence, catalogue: Mapping) -> None:
    """No value without a blank, and no count or area beside the list's own."""
    strange = [name for name in values if name not in catalogue]
    if strange:
        raise InputError(
            f"got values {', '.join(strange)}; wanted names of codes/letter_blanks.csv: "
            f"{', '.join(catalogue)}"
        )
    twice = [name for name in FROM_LISTS if tables and name in values]
    if twice:
        raise InputError(
            f"got {' and '.join(twice)} beside the letter's list; wanted the list alone: a letter "
            "states the count and the sum of its own list"
        )


def _office(sender: str) -> str:
    """What the sending division calls itself, from its name; blank for a whole agency."""
    return f"我{sender[-1]}" if sender[-1:] in ("司", "处", "科", "局", "厅", "队") else ""


def _said(kind: str, value, empty: str):
    """One value as it stands in a sentence; lists stay lists until their place is known."""
    if value is None or value == "" or value == ():
        return empty
    if kind == "date":
        return chinese_date(value, empty)
    if kind == "area":
        return str(hectares(value))
    if kind == "list" and isinstance(value, list | tuple):
        return [text(v) for v in value if text(v)]
    return text(value)


def _filled(said: str, blanks: Mapping) -> str:
    """A text with its blanks filled; a list inside a sentence is joined by 、."""

    def word(found: re.Match) -> str:
        value = blanks[found[1]]
        return "、".join(v.rstrip(ITEM_END) for v in value) if isinstance(value, list) else value

    return BLANK.sub(word, said)


def _lines(said: str, blanks: Mapping) -> list[str]:
    """A paragraph; one that is nothing but a list becomes a numbered line for each item."""
    alone = BLANK.fullmatch(said.strip())
    if alone and isinstance(items := blanks[alone[1]], list):
        ends = ["；"] * (len(items) - 1) + ["。"]
        pairs = zip(items, ends, strict=True)
        return [f"{n}. {i.rstrip(ITEM_END)}{e}" for n, (i, e) in enumerate(pairs, start=1)]
    return [line.strip() for line in _filled(said, blanks).split("\n") if line.strip()]
