"""Unpacking what came from outside: under plain names, and never more than is reasonable."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ecoredline.errors import InputError, SourceError

MOST_FILES = 5000
MOST_BYTES = 2 << 30
FREE_BYTES = 64 << 20  # below this no one asks how well it was packed
MOST_RATIO = 100
MOST_WORKBOOK_BYTES = 256 << 20
MOST_ROWS, MOST_COLUMNS, MOST_BLANK = 500_000, 1000, 10_000
BROKEN = (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)


def unpack_all(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Unpack an archive into a folder; raises `SourceError` (broken, too many, too big)."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_bounds(archive, path, most_bytes=most_bytes)
            for member in archive.infolist():
                unpack(archive, member, folder)
    except BROKEN as fault:
        raise SourceError(f"could not unpack {path}: {fault}; pack it again") from fault


def check_bounds(archive: zipfile.ZipFile, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Count, size and ratio as the archive declares them: a reader never unpacks more than that."""
    members = archive.infolist()
    whole, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > MOST_FILES:
        raise SourceError(f"got {path} with {len(members)} files; wanted at most {MOST_FILES}")
    if whole > most_bytes or (whole > FREE_BYTES and whole > MOST_RATIO * max(packed, 1)):
        raise SourceError(
            f"got {path}, {packed} bytes that unpack to {whole}; wanted at most {most_bytes} "
            f"and {MOST_RATIO} times its size: pack the layer alone"
        )


def check_workbook(path: Path) -> None:
    """The same for an .xlsx before a library unpacks it into memory; a file that is no archive passes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_bounds(archive, path, most_bytes=MOST_WORKBOOK_BYTES)


def rows_of(sheet, name: str) -> Iterator[tuple]:
    """The rows of a read-only sheet of openpyxl, as wide as the widest so far; blank ones at its end left out.

    What the sheet says of its own size is not believed: a few kilobytes can claim a million rows of
    16,384 cells. Raises `InputError` beyond `MOST_ROWS`, `MOST_COLUMNS` or `MOST_BLANK` blank rows.
    """
    sheet.reset_dimensions()
    blank = wide = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        width = next((k for k in range(len(cells), 0, -1) if cells[k - 1] not in (None, "")), 0)
        if not width:
            blank += 1
            continue
        wide = max(wide, width)
        if number > MOST_ROWS or wide > MOST_COLUMNS or blank > MOST_BLANK:
            raise InputError(
                f"got {name}, sheet {sheet.title}, with content in row {number}, {width} columns wide, after "
                f"{blank} blank rows; wanted at most {MOST_ROWS} rows, {MOST_COLUMNS} columns and "
                f"{MOST_BLANK} blank rows between: delete what is not part of the table"
            )
        for _ in range(blank):
            yield (None,) * wide
        blank = 0
        yield tuple(cells[:width]) + (None,) * (wide - width)


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """One file; names packed on a Chinese Windows are GBK, and none leads out of the folder."""
    name = member.filename
    if not member.flag_bits & 0x800:  # not marked UTF-8
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".", "..")]
    if member.is_dir() or not parts or parts[0] == "__MACOSX":
        return
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("wb") as stream:
        shutil.copyfileobj(packed, stream, 1 << 20)
