"""The English text: reads django.po, says what lacks a translation, writes django.mo.

Pure Python, so that a machine without GNU gettext can run the platform. The source
text is Chinese and is its own catalogue; `en` translates it. django.mo is made, never
committed: `scripts/messages` makes it at set-up, the platform when it is older than
django.po.
"""

import ast
import logging
import os
import re
import struct
from pathlib import Path

from ecoredline.errors import InputError

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
WEB = HERE.parent
PO = HERE / "en" / "LC_MESSAGES" / "django.po"
MO_MAGIC = 0x950412DE  # gettext manual, "The Format of GNU MO Files"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop"}

TRANSLATE = re.compile(r"""{%\s*translate\s+(["'])(.+?)\1""")
UNDERSCORE = re.compile(r"""\b_\((["'])(.+?)\1\)""")
BLOCK = re.compile(r"{%\s*blocktranslate\b([^%]*)%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
VARIABLE = re.compile(r"{{\s*([\w.]+)\s*}}")
HAN = re.compile(r"[\u4e00-\u9fff]")


def read_po(text: str) -> dict[str, str]:
    r"""The entries of a .po file, msgid → msgstr; raises `InputError` at a line it cannot read.

    >>> read_po('msgid "图斑"\nmsgstr "Patch"\n')
    {'图斑': 'Patch'}
    """
    entries: dict[str, list[str]] = {}
    key: list[str] = []
    parts: list[str] = key
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        word, _, quoted = line.partition(" ") if not line.startswith('"') else ("", "", line)
        try:
            value = ast.literal_eval(quoted)
        except (SyntaxError, ValueError) as fault:
            raise InputError(
                f"line {number} of the .po file: got {line!r}; wanted a quoted text"
            ) from fault
        if word == "msgid":
            key = parts = []
        elif word == "msgstr":
            parts = entries.setdefault("".join(key), [])
            if parts:
                raise InputError(
                    f"line {number} of the .po file: {''.join(key)!r} stands there twice"
                )
        elif word:
            raise InputError(f"line {number} of the .po file: got {word!r}; wanted msgid or msgstr")
        parts.append(value)
    return {key: "".join(value) for key, value in entries.items()}


def write_mo(entries: dict[str, str], path: Path) -> None:
    """Write entries as a .mo file, whole or not at all; those without a translation are left out."""
    pairs = sorted((k.encode(), v.encode()) for k, v in entries.items() if v)
    table, blob = [], b""
    start = 7 * 4 + 16 * len(pairs)  # header, then two tables of (length, offset)
    for column in (0, 1):
        for pair in pairs:
            table += [len(pair[column]), start + len(blob)]
            blob += pair[column] + b"\0"
    head = struct.pack("<7I", MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    part = path.with_suffix(f".{os.getpid()}.part")  # own name: several processes may start at once
    try:
        part.write_bytes(head + struct.pack(f"<{len(table)}I", *table) + blob)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def texts_of_template(text: str) -> set[str]:
    """Every msgid a Django template asks for.

    >>> sorted(texts_of_template('{% translate "图斑" %}{{ x|default:_("无") }}'))
    ['图斑', '无']
    """
    found = {m.group(2) for m in TRANSLATE.finditer(text)} | {
        m.group(2) for m in UNDERSCORE.finditer(text)
    }
    for options, body in BLOCK.findall(text):
        if "trimmed" in options:
            body = " ".join(line.strip() for line in body.strip().splitlines())
        found.add(VARIABLE.sub(r"%(\1)s", body))
    return found


def texts_of_python(text: str) -> set[str]:
    """Every msgid a Python module asks for, as a constant in a gettext call.

    >>> texts_of_python('x = gettext_lazy("图斑")')
    {'图斑'}
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if (
                name in CALLS
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                found.add(node.args[0].value)
    return found


def texts(web: Path = WEB) -> dict[str, str]:
    """Every msgid of the web half that holds Chinese → the file that asks for it first."""
    found: dict[str, str] = {}
    for pattern, read in (("**/*.html", texts_of_template), ("**/*.py", texts_of_python)):
        for path in sorted(web.glob(pattern)):
            if path.parent != HERE:
                for text in sorted(read(path.read_text(encoding="utf-8"))):
                    found.setdefault(text, str(path.relative_to(web)))
    return {text: path for text, path in found.items() if HAN.search(text)}


def missing(po: Path = PO, web: Path = WEB) -> dict[str, str]:
    """Texts without an English entry → the file that asks for each."""
    entries = read_po(po.read_text(encoding="utf-8"))
    return {text: path for text, path in texts(web).items() if not entries.get(text)}


def compile_if_older(po: Path = PO) -> bool:
    """Write django.mo when it is not there or older than django.po; True when it was written.

    A folder that cannot be written leaves the pages in Chinese, which is the source text.
    """
    mo = po.with_suffix(".mo")
    if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
        return False
    try:
        write_mo(read_po(po.read_text(encoding="utf-8")), mo)
    except OSError as fault:
        log.warning("could not write %s (%s): pages stay Chinese", mo, fault)
        return False
    return True
