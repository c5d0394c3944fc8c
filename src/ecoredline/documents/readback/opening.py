"""Opening what another office sent: bounded, without macros, without foreign entities."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ecoredline.errors import InputError, SourceError
from ecoredline.record import DEMO_NOTICE

MB = 1 << 20
MOST_BYTES = 20 * MB  # of the file
MOST_XML_BYTES = 96 * MB  # of its XML, unpacked
MOST_UNPACKED_BYTES = 256 * MB  # with pictures
MOST_PARTS = 5000
MOST_ROWS, MOST_COLUMNS = 20000, 60
MOST_MERGED_CELLS = 500_000
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
XML_SUFFIXES = (".xml", ".rels", ".vml")
ENCODING = re.compile(rb"^[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*>")
MERGE_PLACE = re.compile(
    rb"\bref\s*=\s*[\"']\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})[\"']"
)
SAVE_AGAIN = "请用 Excel 或 WPS 打开后另存为 .xlsx 或 .docx，再重新提交"


@dataclass
class RawCell:
    """One cell: its value, and whether it only shows the value of a merged cell above or beside."""

    value: object = None
    below: bool = False
    beside: bool = False

    @property
    def words(self) -> str:
        """The value as text without spaces at its ends."""
        return "" if self.value is None else str(self.value).strip()


@dataclass
class RawTable:
    """A sheet or a table of a document: numbered rows of cells, and the words above it."""

    name: str
    rows: list[tuple[int, list[RawCell]]]
    above: list[str] = field(default_factory=list)
    is_sheet: bool = True
    remarks: list[tuple[int | None, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Package:
    """A checked file: its bytes, whether workbook or document, whether it says it is made data."""

    data: bytes
    is_workbook: bool
    is_demo: bool


def open_package(source: Path | str | bytes | BinaryIO) -> Package:
    """Check a file before any library opens it; raises `InputError` in words, `SourceError`.

    Refused: more than 20 MB, more than 96 MB of XML or 256 MB in all when unpacked, macros,
    the old .xls and .doc, encrypted files, XML with a document type (entities).
    """
    data = _bytes_of(source)
    if data.startswith(OLE):
        raise InputError(f"这是旧版 .xls/.doc 或加密的文件，不能读取：{SAVE_AGAIN}（不要设密码）")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return _checked(book, data)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError(f"文件不是完整的 .xlsx 或 .docx：{SAVE_AGAIN}") from fault


def _bytes_of(source) -> bytes:
    """The file's bytes, no more than it may have."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif hasattr(source, "read"):
        data = source.read(MOST_BYTES + 1)
    else:
        try:
            with open(source, "rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except OSError as fault:
            raise SourceError(f"could not read {source}: {fault.strerror or fault}") from fault
    if len(data) > MOST_BYTES:
        raise InputError(f"文件超过{MOST_BYTES // MB} MB：请删去图片或分成几个文件")
    return data


def _checked(book: zipfile.ZipFile, data: bytes) -> Package:
    """Bounds, macros and entities of an opened package."""
    names = [info.filename for info in book.infolist()]
    _check_bounds(book, names)
    is_workbook = "xl/workbook.xml" in names
    if not is_workbook and "word/document.xml" not in names:
        raise InputError(f"文件里没有工作簿或文档：{SAVE_AGAIN}")
    is_demo = False
    for name in names:
        if not name.lower().endswith(XML_SUFFIXES):
            continue
        part = book.read(name)
        _check_xml(name, part)
        is_demo = is_demo or DEMO_NOTICE.encode() in part
        if name == "[Content_Types].xml" and b"macroenabled" in part.lower():
            raise InputError(f"文件含有宏，不予读取：{SAVE_AGAIN}（选不含宏的格式）")
        if is_workbook and name.startswith("xl/worksheets/"):
            _check_merges(part)
    return Package(data, is_workbook, is_demo)


def _check_bounds(book: zipfile.ZipFile, names: list[str]) -> None:
    """Sizes as the package itself declares them: a reader never unpacks more than that."""
    infos = book.infolist()
    if len(infos) > MOST_PARTS or len(set(names)) < len(names):
        raise InputError(f"文件的内部结构不正常（{len(infos)}个部件）：{SAVE_AGAIN}")
    xml = sum(i.file_size for i in infos if i.filename.lower().endswith(XML_SUFFIXES))
    if xml > MOST_XML_BYTES or sum(i.file_size for i in infos) > MOST_UNPACKED_BYTES:
        raise InputError("文件解压后过大，不予读取：请只保留清单，删去空白行列的格式和图片")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise InputError(f"文件含有宏，不予读取：{SAVE_AGAIN}（选不含宏的格式）")


def _check_xml(name: str, part: bytes) -> None:
    """No document type, hence no entities, in any encoding that a parser knows."""
    narrow = part.replace(b"\0", b"")
    if b"<!DOCTYPE" in narrow.upper() if b"<!" in narrow else False:
        raise InputError(f"文件的 {name} 含有文档类型声明（可能引用外部实体），不予读取")
    told = ENCODING.match(narrow[:300])
    if told and told[1].lower() not in (b"utf-8", b"utf-16", b"utf8", b"us-ascii", b"ascii"):
        raise InputError(f"文件的 {name} 使用了少见的编码 {told[1].decode()}，不予读取")


def _check_merges(part: bytes) -> None:
    """Merged ranges are filled cell by cell: a range as large as the sheet is refused."""
    cells = 0
    for found in MERGE.finditer(part):
        place = MERGE_PLACE.search(found[0])
        if place is None:
            raise InputError(f"工作表有写法异常的合并单元格：{SAVE_AGAIN}")
        left, top, right, bottom = place.groups()
        wide = abs(_column(right) - _column(left)) + 1
        cells += wide * (abs(int(bottom) - int(top)) + 1)
        if cells > MOST_MERGED_CELLS:
            raise InputError("工作表的合并单元格过大（整行或整列合并）：请取消合并后重新提交")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def too_many_rows(count: int) -> None:
    """Raise `InputError` when a file has more rows than a list may have."""
    if count > MOST_ROWS:
        raise InputError(f"表格超过{MOST_ROWS}行：请分成几个文件")
