"""A letter read back: number, addressee, dates and sums, where it is laid out as our own are."""

import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from docx import Document

from ecoredline.documents.readback.opening import open_package
from ecoredline.errors import InputError

NUMBER = re.compile(r"^(\S{1,30}[〔\[（(]\d{4}[〕\]）)]\d{1,5}号)$")
DAY = r"(\d{4})年(\d{1,2})月(\d{1,2})日"
DATED = re.compile(rf"^{DAY}$")
REPLY_BY = re.compile(rf"{DAY}(?:之)?前[^。]{{0,12}}?(?:反馈|回复|报送|报告|函复)")
SUMS = re.compile(r"问题(?:共)?(\d+)(?:个|处)[^。]*?面积([\d,]+\.?\d*)公顷")
DRAFT = re.compile(r"^（.*草稿.*）$")


@dataclass(frozen=True)
class LetterReading:
    """What a letter says of itself; blank or None is what could not be read and a person fills in."""

    number: str = ""
    title: str = ""
    addressee: str = ""
    sender: str = ""
    dated: date | None = None
    reply_by: date | None = None
    count: int | None = None
    area_ha: Decimal | None = None

    @property
    def is_known(self) -> bool:
        """The layout was recognised: number, title and addressee stand where they belong."""
        return bool(self.number and self.title and self.addressee)


def read_letter(source: Path | str | bytes | BinaryIO) -> LetterReading:
    """Read a letter in DOCX; a layout that is not ours gives what was found, never a guess.

    Raises `InputError` for a file that is refused as a whole, `SourceError`.
    """
    package = open_package(source)
    if package.is_workbook:
        raise InputError("got a workbook; wanted a letter as .docx")
    document = Document(io.BytesIO(package.data))
    return read_lines([paragraph.text for paragraph in document.paragraphs])


def read_lines(lines: list[str]) -> LetterReading:
    """The letter of these paragraphs.

    >>> said = "发现你省存在问题2个，涉及生态保护红线面积1.3350公顷。望于2026年3月31日前反馈我部。"
    >>> found = read_lines(["环办函〔2026〕3号", "", "关于核实的函", "四川省：", said, "某部", "2026年3月2日"])
    >>> found.number, found.addressee, found.count, str(found.reply_by), found.sender
    ('环办函〔2026〕3号', '四川省', 2, '2026-03-31', '某部')
    """
    said = [text for line in lines if (text := squeezed(line))]
    first = next((i for i, line in enumerate(said) if NUMBER.match(line)), None)
    if first is None:
        return LetterReading()
    called = next((i for i, x in enumerate(said) if i > first and x.endswith(("：", ":"))), None)
    ended = next((i for i, x in enumerate(said) if i > first and DATED.match(x)), None)
    body = "".join(said[first + 1 : ended])
    sums, reply = SUMS.search(body), REPLY_BY.search(body)
    signed = [x for x in said[first + 1 : ended] if not DRAFT.match(x)] if ended else []
    return LetterReading(
        number=said[first],
        title="".join(said[first + 1 : called]) if called else "",
        addressee=said[called].rstrip("：:") if called else "",
        sender=signed[-1] if signed and called and said.index(signed[-1]) > called else "",
        dated=day_of(DATED.match(said[ended])) if ended else None,
        reply_by=day_of(reply),
        count=int(sums[1]) if sums else None,
        area_ha=Decimal(sums[2].replace(",", "")) if sums else None,
    )


def squeezed(line: str) -> str:
    r"""A line without any blank.

    >>> squeezed(" 关于 核实\n的函 ")
    '关于核实的函'
    """
    return re.sub(r"\s+", "", line)


def day_of(found: re.Match | None) -> date | None:
    """The day that was matched; None for none, or for one that no calendar has."""
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
