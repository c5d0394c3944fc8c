"""A table of the board, the same for page and file: head, rows of cells, link of each number."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One cell: its value, the address of what is behind it, decimals of a number."""

    value: object = None
    url: str = ""
    decimals: int = 0

    @property
    def is_number(self) -> bool:
        """Numbers stand at the right."""
        return isinstance(self.value, int | float)


@dataclass
class Table:
    """A table of the board."""

    code: str
    title: str
    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    note: str = ""
