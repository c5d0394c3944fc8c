"""A letter's words as plain data, so that an office changes them without touching code.

The templates shipped are JSON files in `templates/letters/`. Those of annexes 3 and 5 are the
words of 环办生态函〔2020〕703号; the others are EcoRedline's own and say so in `source`. Blanks
are written {name}; the names are those of the code list `letter_blanks`, and what a kind of
letter cannot do without is in `letter_kinds`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from ecoredline.codes import code_list
from ecoredline.documents.words import NOT_IN_XML
from ecoredline.errors import InputError

FOLDER = Path(__file__).parent / "templates" / "letters"
UNOFFICIAL = "EcoRedline（非官方模板）"
BLANK = re.compile(r"\{([a-z_]+)\}")
BRACE = re.compile(r"[{}]")
TITLE_CHARACTERS = 20  # of 22 pt on one line of 156 mm
MOST_PARAGRAPHS, MOST_CHARACTERS = 60, 3000
LINES = ("title", "paragraphs")
TEXTS = ("id", "kind", "zh", "en", "valid_from", "source")
OPTIONAL = ("addressee", "sender", "annex", "list_title", "contact")


class TemplateFaults(InputError):
    """A letter template that cannot be used; `faults` says all that is wrong with it."""

    def __init__(self, faults: tuple[str, ...]):
        self.faults = faults
        super().__init__("函件模板有误：" + "；".join(faults))


@dataclass(frozen=True)
class LetterTemplate:
    """One kind of letter in an office's own words; every text may hold blanks such as {count}.

    `title` and `paragraphs` are lines; `annex` is the note under the text and `list_title` the
    title over the list, both blank for a letter without a list; `defaults` fill blanks that
    nobody has filled (我部, 你省（区、市）).
    """

    id: str
    kind: str
    zh: str
    en: str
    valid_from: date
    source: str
    title: tuple[str, ...]
    paragraphs: tuple[str, ...]
    addressee: str = ""
    sender: str = ""
    annex: str = ""
    list_title: str = ""
    contact: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping) -> "LetterTemplate":
        """A template from plain data; raises `TemplateFaults` with everything that is wrong.

        >>> LetterTemplate.read({"id": "x"}).faults
        Traceback (most recent call last):
        ...
        ecoredline.documents.letter_template.TemplateFaults: 函件模板有误：缺少“kind”...
        """
        if faults := template_faults(given):
            raise TemplateFaults(faults)
        values = {name: given[name].strip() for name in TEXTS}
        values |= {name: str(given.get(name, "")).strip() for name in OPTIONAL}
        values |= {name: tuple(line.strip() for line in given[name]) for name in LINES}
        values["valid_from"] = date.fromisoformat(values["valid_from"])
        return cls(**values, defaults=dict(given.get("defaults", {})))

    def as_mapping(self) -> dict:
        """The template as plain data again: what `read` takes and JSON can hold.

        >>> t = shipped_template("annex-3")
        >>> LetterTemplate.read(t.as_mapping()) == t
        True
        """
        made = asdict(self) | {name: list(getattr(self, name)) for name in LINES}
        return made | {"valid_from": self.valid_from.isoformat()}

    @property
    def is_official(self) -> bool:
        """Are these the words of the notice itself, or of an office, and not EcoRedline's?"""
        return not self.source.startswith("EcoRedline")

    @property
    def blanks(self) -> frozenset[str]:
        """The blanks that its texts hold.

        >>> sorted(shipped_template("annex-5").blanks)
        ['area', 'contact', 'count', 'our', 'our_office', 'your']
        """
        texts = (*self.title, *self.paragraphs, *(getattr(self, n) for n in OPTIONAL))
        return frozenset(name for said in texts for name in BLANK.findall(said))


def template_faults(given: Mapping) -> tuple[str, ...]:
    """Everything that is wrong with a template's plain data, in Chinese; nothing when it is whole.

    >>> template_faults(shipped_template("annex-3").as_mapping())
    ()
    """
    if not isinstance(given, Mapping):
        return (f"模板应为键值数据，实为{type(given).__name__}",)
    shape = _shape_faults(given)
    if shape:
        return tuple(shape)
    checks = (_field_faults, _blank_faults, _list_faults, _text_faults)
    return tuple(fault for check in checks for fault in check(given))


def _shape_faults(given: Mapping) -> list[str]:
    """Keys missing or unknown, and values of the wrong type."""
    known = {*TEXTS, *LINES, *OPTIONAL, "defaults"}
    faults = [f"缺少“{name}”" for name in (*TEXTS, *LINES) if name not in given]
    faults += [f"不认识的键“{name}”" for name in given if name not in known]
    for name in (*TEXTS, *OPTIONAL):
        if not isinstance(given.get(name, ""), str):
            faults.append(f"“{name}”应为文字")
    for name in LINES:
        lines = given.get(name, [])
        if not isinstance(lines, list | tuple) or not all(isinstance(v, str) for v in lines):
            faults.append(f"“{name}”应为若干行文字")
    pairs = given.get("defaults", {})
    if not isinstance(pairs, Mapping) or not all(isinstance(v, str) for v in pairs.values()):
        faults.append("“defaults”应为空格名与文字的对照")
    return faults


def _field_faults(given: Mapping) -> list[str]:
    """Blank or malformed fields, and a title that does not fit its line."""
    faults = [f"“{name}”不能为空" for name in TEXTS if not given[name].strip()]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", given["id"].strip()):
        faults.append(f"“id”为“{given['id']}”，只能用小写字母、数字和连字符")
    if given["kind"].strip() not in code_list("letter_kinds"):
        known = "、".join(code_list("letter_kinds"))
        faults.append(f"不认识的函件种类“{given['kind']}”，可用：{known}")
    try:
        date.fromisoformat(given["valid_from"].strip())
    except ValueError:
        faults.append(f"启用日期“{given['valid_from']}”应为年-月-日，如 2026-03-31")
    if not any(line.strip() for line in given["title"]):
        faults.append("缺少标题")
    if not any(line.strip() for line in given["paragraphs"]):
        faults.append("缺少正文")
    for line in given["title"]:
        if len(line.strip()) > TITLE_CHARACTERS:
            faults.append(f"标题行“{line}”超过{TITLE_CHARACTERS}字，请分行")
    return faults


def _places(given: Mapping):
    """(where, text) for every text that may hold blanks."""
    for number, line in enumerate(given["title"], start=1):
        yield f"标题第{number}行", line
    for number, line in enumerate(given["paragraphs"], start=1):
        yield f"正文第{number}段", line
    yield from ((name, given.get(name, "")) for name in OPTIONAL)


def _blank_faults(given: Mapping) -> list[str]:
    """Blanks that nobody can fill, stray braces, and blanks that the kind cannot do without."""
    known, faults, found = code_list("letter_blanks"), [], set()
    for where, said in _places(given):
        names = BLANK.findall(said)
        found.update(names)
        faults += [f"{where}有不认识的空格{{{n}}}" for n in names if n not in known]
        if BRACE.search(BLANK.sub("", said)):
            faults.append(f"{where}有不成对或写法不对的花括号，空格应写作{{count}}这样")
    faults += [f"defaults 有不认识的空格“{n}”" for n in given.get("defaults", {}) if n not in known]
    kind = code_list("letter_kinds").get(given["kind"].strip())
    for name in kind["required"].split(";") if kind else ():
        if name not in found:
            faults.append(f"缺少必需的空格{{{name}}}（{known[name]['zh']}）")
    return faults


def _list_faults(given: Mapping) -> list[str]:
    """A letter with a list names it; one without does not."""
    kind = code_list("letter_kinds").get(given["kind"].strip())
    annex, title = (bool(given.get(n, "").strip()) for n in ("annex", "list_title"))
    faults = []
    if kind and kind["list"] in ("patches", "problems") and not annex:
        faults.append("此类函件附有清单，缺少附件说明“annex”")
    if annex != title and (annex or title):
        faults.append("附件说明“annex”与清单标题“list_title”应同时填写或同时留空")
    return faults


def _text_faults(given: Mapping) -> list[str]:
    """Texts that no document can hold."""
    faults = [
        f"{where}含有文档不能保存的控制字符"
        for where, said in _places(given)
        if NOT_IN_XML.search(said)
    ]
    faults += [
        f"{where}超过{MOST_CHARACTERS}字"
        for where, said in _places(given)
        if len(said) > MOST_CHARACTERS
    ]
    if len(given["paragraphs"]) > MOST_PARAGRAPHS:
        faults.append(f"正文超过{MOST_PARAGRAPHS}段")
    return faults


def read_template(path: Path | str) -> LetterTemplate:
    """A template from a JSON file; raises `TemplateFaults` or `InputError`."""
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as fault:
        raise InputError(f"could not read {path}: {fault.strerror or fault}") from fault
    except ValueError as fault:
        raise InputError(f"got {path}, which is not JSON ({fault}); wanted a template") from fault
    return LetterTemplate.read(given)


@cache
def shipped_templates() -> tuple[LetterTemplate, ...]:
    """All templates that come with EcoRedline, by id and date."""
    found = (read_template(path) for path in FOLDER.glob("*.json"))
    return tuple(sorted(found, key=lambda t: (t.id, t.valid_from)))


def shipped_template(template_id: str, on: date | None = None) -> LetterTemplate:
    """The shipped template of an id that is valid on a day, by default the latest.

    >>> shipped_template("annex-3").source
    '环办生态函〔2020〕703号 附件3'
    """
    named = [t for t in shipped_templates() if t.id == template_id]
    valid = [t for t in named if on is None or t.valid_from <= on]
    if not valid:
        known = ", ".join(sorted({t.id for t in shipped_templates()}))
        raise InputError(f"got letter template {template_id!r} on {on}; wanted one of {known}")
    return valid[-1]
