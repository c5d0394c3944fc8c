"""Which encoding is the text in? Decided by whether the bytes can be decoded at all."""

import codecs
import struct
from pathlib import Path

from ecoredline.errors import InputError, SourceError

CANDIDATES = ("utf-8", "gb18030")
SAMPLE_BYTES = 32 << 20  # of a table; text of another encoding shows up long before
BOM = codecs.BOM_UTF8


def sibling(path: Path, suffix: str) -> Path | None:
    """The file beside `path` with another suffix, in any case of letters; None if absent."""
    for other in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if other.exists():
            return other
    wanted = (path.stem + suffix).lower()
    return next((p for p in path.parent.iterdir() if p.name.lower() == wanted), None)


def dbf_encoding(path: Path, given: str | None, notes: list[str]) -> str | None:
    """Encoding of a shapefile's table: the user's word, else what its bytes allow.

    UTF-8 is tried first (its rules are strict), then GB18030. A `.cpg` that the bytes
    contradict is overruled. Returns None without a table; raises `InputError` when the
    given encoding, or every candidate, fails.
    """
    table = sibling(path, ".dbf")
    if table is None:
        notes.append("缺少 .dbf 属性表：只有图形，没有名称和编码")
        return None
    texts = table_texts(table)
    if given:
        if not fits(texts, given):
            raise InputError(
                f"got encoding {given} for {table}, but its bytes cannot be {given}; "
                "leave the option out to have it detected, or try GB18030"
            )
        return given
    stated = stated_encoding(path)
    order = ([stated] if stated else []) + [c for c in CANDIDATES if c != stated]
    found = next((c for c in order if fits(texts, c)), None)
    if found is None:
        raise InputError(f"got {table} with text neither UTF-8 nor GB18030: give its encoding")
    if any(t.strip(b"\0 ") and not t.isascii() for t in texts) and found != stated:
        reason = f"与 .cpg（{stated}）不符" if stated else "缺少 .cpg"
        notes.append(f"属性表编码{reason}，按字节判定为 {found.upper()}")
    return found


def stated_encoding(path: Path) -> str | None:
    """What the `.cpg` beside a shapefile says, when Python knows it and it says anything."""
    page = sibling(path, ".cpg")
    if page is None:
        return None
    word = page.read_bytes().decode("ascii", "ignore").strip()
    word = {"936": "gb18030", "54936": "gb18030", "65001": "utf-8"}.get(word, word)
    word = word.replace("ANSI ", "cp")
    try:
        name = codecs.lookup(word).name
    except LookupError:
        return None
    return "gb18030" if name in ("gbk", "gb2312", "cp936") else name


def table_texts(table: Path) -> list[bytes]:
    """Names of the fields and the text values of a dBASE table, undecoded."""
    try:
        with table.open("rb") as stream:
            head = stream.read(32)
            head_bytes, row_bytes = struct.unpack("<HH", head[8:12])
            fields = stream.read(max(0, head_bytes - 32))
            body = stream.read(SAMPLE_BYTES)
    except (OSError, struct.error) as fault:
        raise SourceError(f"could not read {table}: {fault}") from fault
    texts, spans, at = [], [], 1
    for start in range(0, len(fields) - 31, 32):
        field = fields[start : start + 32]
        if field[0] == 0x0D:
            break
        texts.append(field[:11].split(b"\0")[0])
        if field[11:12] in (b"C", b"M"):
            spans.append((at, at + field[16]))
        at += field[16]
    for row in range(0, len(body) - row_bytes + 1, max(1, row_bytes)):
        texts.extend(body[row + a : row + b].rstrip(b" \0") for a, b in spans)
    return texts


def fits(texts: list[bytes], encoding: str) -> bool:
    """Can every text be decoded? A character cut off at a field's end is forgiven."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)
        for text in texts:
            if not text.isascii():
                decoder().decode(text, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def text_bytes(path: Path, given: str | None, notes: list[str]) -> bytes | None:
    """The bytes of a GeoJSON file as UTF-8, or None when the file is that already.

    A byte order mark is taken off; GB18030 text is translated with a note.
    """
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault
    had_mark = raw.startswith(BOM)
    raw = raw.removeprefix(BOM)
    for encoding in (given,) if given else CANDIDATES:
        try:
            text = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if codecs.lookup(encoding).name == "utf-8":
            return raw if had_mark else None
        notes.append(f"文件不是 UTF-8，按 {encoding.upper()} 读取")
        return text.encode("utf-8")
    wanted = given or " or ".join(CANDIDATES)
    raise InputError(
        f"got {path} whose text is not {wanted}: save it as UTF-8 or give its encoding"
    )
