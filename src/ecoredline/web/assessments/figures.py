"""Numbers as they are collected: value, where from, and what each record or polygon adds to it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ecoredline.effectiveness.numbers import COLUMNS, MORE
from ecoredline.files import whole_file


@dataclass
class Figure:
    """One number and its parts (code → amount)."""

    value: float
    source: str
    parts: dict[str, float] = field(default_factory=dict)


def counted(refs: Iterable[str], source: str) -> Figure:
    """A count of records."""
    parts = dict.fromkeys(sorted(set(refs)), 1.0)
    return Figure(float(len(parts)), source, parts)


@dataclass
class Ledger:
    """All figures of an assessment by (place, year, name), and the places' names."""

    names: dict[str, str] = field(default_factory=dict)
    figures: dict[tuple[str, int, str], Figure] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, place: str, year: int, name: str, figure: Figure | None) -> None:
        """Keep a figure; what is not known is left out, never 0."""
        if figure is not None:
            self.figures[place, year, name] = figure

    def say(self, words: str) -> None:
        """Note what the reader must know; once."""
        if words not in self.notes:
            self.notes.append(words)

    @property
    def parts(self) -> dict:
        """As kept beside the result: place → year → name → [[ref, amount]]."""
        made: dict = {}
        for (place, year, name), figure in sorted(self.figures.items()):
            if figure.parts:
                rows = [[r, round(a, 6)] for r, a in sorted(figure.parts.items())]
                made.setdefault(place, {}).setdefault(str(year), {})[name] = rows
        return made

    def by_place(self, name: str) -> dict:
        """One number of every place: place → year → value."""
        made: dict = {}
        for (place, year, one), figure in sorted(self.figures.items()):
            if one == name:
                made.setdefault(place, {})[str(year)] = figure.value
        return made

    def write(self, path: Path) -> Path:
        """The frozen CSV the computing half reads; the same figures give the same bytes."""
        with whole_file(path) as part, part.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\r\n")
            writer.writerow([*COLUMNS, *MORE])
            for (place, year, name), figure in sorted(self.figures.items()):
                refs = ";".join(sorted(figure.parts))
                value = f"{figure.value:.10g}"
                writer.writerow([place, self.names[place], year, name, value, figure.source, refs])
        return path
