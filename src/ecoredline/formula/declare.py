"""The declaration of a formula; `@formula` only registers and gives the function back unchanged.

From the declaration come the reference page, the command `ecoredline formula`, the
check of inputs and the metadata of results.
"""

import difflib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

from ecoredline.errors import InputError, UnknownCode

NOT_CHECKED_ZH = "公式来源未经原文核对"
TAGS = {
    "X": "原文已核对",
    "S": "二手来源",
    "M": "凭记忆",
    "C": "自行推算",
    "P": "本平台建议",
}
AXES = {
    "cell": "(rows, cols)",
    "times": "(times, rows, cols)",
    "list": "(times,)",
    "number": "one number",
    "table": "a table",
}


@dataclass(frozen=True)
class Clause:
    """Where a formula stands, and how sure we are of it (`tag`, one of `TAGS`).

    >>> Clause("HJ 1173-2021", "附录A", "X").cite
    'HJ 1173-2021 附录A'
    >>> Clause("环办生态〔2017〕48号", "附录", "M").cite
    '公式来源未经原文核对'
    """

    standard: str
    clause: str
    tag: str

    def __post_init__(self):
        if self.tag not in TAGS:
            raise InputError(f"got tag {self.tag!r}; wanted one of {', '.join(TAGS)}")

    @property
    def official(self) -> bool:
        """Was the text of the document itself seen?"""
        return self.tag == "X"

    @property
    def cite(self) -> str:
        """What an output may say: the document only when its text was seen."""
        return f"{self.standard} {self.clause}".strip() if self.official else NOT_CHECKED_ZH


@dataclass(frozen=True)
class Input:
    """One input: unit, Chinese name, valid range, and the size its largest value must reach.

    `reach` catches a wrong unit that the range cannot: a map of yearly rain whose wettest
    pixel has 2 is in metres. `axis` is one of `AXES`; `codes` names the code list of a class map.
    """

    unit: str
    zh: str
    low: float = -math.inf
    high: float = math.inf
    reach: float = 0.0
    axis: str = "cell"
    codes: str = ""


@dataclass(frozen=True)
class Output:
    """What comes out: unit, Chinese name, shape (`axis`, one of `AXES`)."""

    unit: str
    zh: str
    axis: str = "cell"


@dataclass(frozen=True)
class Formula:
    """A declared formula; `notes` say what an output must say besides its source."""

    name: str
    zh: str
    source: Clause
    inputs: dict[str, Input]
    output: Output
    notes: str
    function: Callable

    @property
    def required(self) -> tuple[str, ...]:
        """Inputs without a default."""
        found = inspect.signature(self.function).parameters.values()
        return tuple(p.name for p in found if p.default is p.empty)

    @property
    def equation(self) -> str:
        """The equation: what follows `.. math::` in the docstring, on one line."""
        lines = inspect.getdoc(self.function).partition(".. math::")[2].split("\n\n")[0]
        return " ".join(lines.split())

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return inspect.getdoc(self.function).splitlines()[0]

    @property
    def example(self) -> str:
        """The doctest, as it stands in the docstring."""
        kept = inspect.getdoc(self.function).splitlines()
        start = next((i for i, line in enumerate(kept) if line.startswith(">>>")), len(kept))
        return "\n".join(kept[start:])


FORMULAS: dict[str, Formula] = {}


def formula(
    *, zh: str, source: Clause, inputs: dict[str, Input], output: Output, notes: str = ""
) -> Callable:
    """Register a function with its declaration and give it back unchanged.

    The declared inputs must be the function's parameters, in order; names are unique.
    """

    def register(function: Callable) -> Callable:
        name = function.__name__
        parameters = list(inspect.signature(function).parameters)
        if parameters != list(inputs):
            raise InputError(f"{name} takes {parameters} but declares {list(inputs)}")
        known = FORMULAS.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise InputError(f"{name} is declared twice: in {known.function.__module__} too")
        FORMULAS[name] = Formula(name, zh, source, dict(inputs), output, notes, function)
        return function

    return register


def named(name: str) -> Formula:
    """The formula called `name`; raise `UnknownCode` with the nearest names."""
    if name not in FORMULAS:
        near = difflib.get_close_matches(name, FORMULAS, n=3, cutoff=0.4) or sorted(FORMULAS)[:3]
        raise UnknownCode(
            f"got formula {name!r}; nearest: {', '.join(near)}; "
            "`ecoredline formula` alone lists them all"
        )
    return FORMULAS[name]
