"""How a list of 703号 lies on paper: labels, merged heads, widths, number formats, notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecoredline.documents import official

UNIT_LINE = "单位：面积，公顷；经纬度，度（CGCS2000）"
LONLAT_UNIT_LINE = "单位：经纬度，度（CGCS2000）"
MIDDLE, LEFT = "center", "left"


@dataclass(frozen=True)
class ListLayout:
    """One table as it is printed, in a workbook and in a document.

    `groups` are (first, one after last, words) of the heads that span several columns; with
    any, the head has two rows and every other label spans both. `formats` are the number
    formats of the columns that hold numbers; `decimals` their decimals on paper.
    """

    columns: tuple[str, ...]
    label_lines: tuple[str, ...]
    notes: tuple[str, ...]
    unit_line: str
    widths: tuple[float, ...]  # characters
    widths_mm: tuple[float, ...]  # 225 mm in all: the core of a turned A4
    aligns: tuple[str, ...]
    formats: Mapping[int, str] = field(default_factory=dict)
    groups: tuple[tuple[int, int, str], ...] = ()
    notice_columns: int = 9  # of the line above the table; the units stand right of them
    splits_rows: bool = False  # a row longer than what is left of a page goes on over the next

    @property
    def head_rows(self) -> int:
        """Rows of the head: two when some labels stand under a group.

        >>> PATCH_LIST.head_rows, PROBLEM_LIST.head_rows
        (1, 2)
        """
        return 2 if self.groups else 1

    def group_of(self, column: int) -> tuple[int, int, str] | None:
        """The group a column stands under, or None."""
        return next((g for g in self.groups if g[0] <= column < g[1]), None)


PATCH_LIST = ListLayout(  # annexes 1 and 2
    official.ANNEX_COLUMNS,
    official.ANNEX_LABEL_LINES,
    official.ANNEX_NOTES,
    UNIT_LINE,
    (16, 9, 9.5, 9.5, 11.5, 10.5, 22, 10, 21, 12, 26),
    (25, 14, 15, 15, 22, 20, 27, 17, 26, 17, 27),
    (MIDDLE, MIDDLE, MIDDLE, MIDDLE, MIDDLE, MIDDLE, LEFT, MIDDLE, LEFT, MIDDLE, LEFT),
    {4: "0.000000", 5: "0.000000", 7: "0.0000"},
)

PROBLEM_LIST = ListLayout(  # annex 4
    official.PROBLEM_COLUMNS,
    official.PROBLEM_LABEL_LINES,
    official.PROBLEM_NOTES,
    LONLAT_UNIT_LINE,
    (12, 8.5, 9, 9, 9, 11, 10.5, 15, 10, 11, 26, 26, 14),
    (18, 13, 13, 13, 13, 21.5, 20, 23, 13, 14, 25, 24.5, 14),
    (*[MIDDLE] * 10, LEFT, LEFT, LEFT),
    {5: "0.000000", 6: "0.000000"},
    official.PROBLEM_GROUPS,
    notice_columns=10,
    splits_rows=True,  # 整改查处情况 may fill pages
)
