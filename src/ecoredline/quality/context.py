"""What checks may ask besides the item itself: options, reference, last edition, code tables."""

import csv
import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.files import as_text, read_bytes
from ecoredline.vector import Layer, read_layer
from ecoredline.vector.fields import plain_name

CODE_NAMES = ("代码", "code", "extid", "区划代码", "行政区划代码")
NAME_NAMES = ("名称", "name", "extname")
SUCCESSOR_NAMES = ("新代码", "successor", "后继代码")
ENDED_NAMES = ("变更/弃用时间", "validto", "废止时间", "失效日期")


@dataclass(frozen=True)
class CheckOptions:
    """What the user gives besides the delivery; all of it optional."""

    role: str = ""
    crs: str | None = None
    reference: Path | None = None  # a trusted layer: GCJ-02 and extent
    previous: Path | None = None  # the last edition
    codes: Path | None = None  # GB/T 2260 with dates and successors
    statistical: Path | None = None  # statistical county codes: development zones among them
    townships: tuple[Path, ...] = ()
    max_pixel_m: float | None = None
    coverage: bool = False  # the layer must cover without gaps
    year: int | None = None  # the year the delivery speaks of; codes are judged by it


@dataclass(frozen=True)
class Division:
    """A division code: name, last year of force ('' still in force), successors."""

    name: str
    ended: str = ""
    successors: tuple[str, ...] = ()


@dataclass
class Context:
    """Options and what they lead to, read when first asked for."""

    options: CheckOptions
    items: list = field(default_factory=list)

    @cached_property
    def reference(self) -> Layer | None:
        """The trusted layer."""
        return read_layer(self.options.reference) if self.options.reference else None

    @cached_property
    def previous(self) -> Layer | None:
        """The last edition."""
        return (
            read_layer(self.options.previous, crs=self.options.crs)
            if self.options.previous
            else None
        )

    @cached_property
    def divisions(self) -> dict[str, Division]:
        """Division codes: the operator's table, else the built-in one, which covers the demo."""
        if self.options.codes:
            return read_divisions_table(self.options.codes)
        return {code: Division(row["zh"]) for code, row in code_list("divisions").items()}

    @cached_property
    def statistical(self) -> dict[str, Division]:
        """Statistical county codes; empty when not given."""
        return read_divisions_table(self.options.statistical) if self.options.statistical else {}

    @cached_property
    def townships(self) -> dict[str, dict[str, Division]]:
        """Township tables by file name."""
        return {p.name: read_divisions_table(p) for p in self.options.townships}


def read_divisions_table(path: Path) -> dict[str, Division]:
    """A code table (CSV with a head, or lines `code name`); codes without trailing zeros of 12.

    A code that stands twice (abolished, used again) is in force when one of its rows is.
    """
    rows = _rows(Path(path))
    found: dict[str, Division] = {}
    for code, name, ended, successors in rows:
        short = code[:9] if len(code) == 12 and code.endswith("000") else code
        short = short[:6] if len(short) == 9 and short.endswith("000") else short
        known = found.get(short)
        if known is None or (known.ended and (not ended or ended > known.ended)):
            found[short] = Division(name, ended, successors)
    if not found:
        raise InputError(f"got {path} without a single code; wanted a column 代码 or code")
    return found


def _rows(path: Path):
    text = as_text(read_bytes(path), path.name)
    if "," not in text.split("\n", 1)[0]:
        for line in text.splitlines():
            code, _, name = line.strip().partition(" ")
            if code.isdigit():
                yield code, name.strip(), "", ()
        return
    table = csv.DictReader(io.StringIO(text))
    own = {plain_name(n): n for n in table.fieldnames or ()}
    picked = [
        next((own[plain_name(n)] for n in names if plain_name(n) in own), None)
        for names in (
            ("ext_id", *CODE_NAMES),
            ("ext_name", *NAME_NAMES),
            ENDED_NAMES,
            SUCCESSOR_NAMES,
        )
    ]
    if picked[0] is None:
        raise InputError(f"got {path} with columns {', '.join(own)}; wanted a column 代码 or code")
    for row in table:
        code, name, ended, after = ((row.get(n) or "").strip() if n else "" for n in picked)
        if code:
            yield (
                code,
                name,
                ended,
                tuple(after.replace("；", ";").replace(",", ";").split(";")) if after else (),
            )


def blank(count: int) -> np.ndarray:
    """A column of empty text."""
    return np.full(count, "", dtype=object)
