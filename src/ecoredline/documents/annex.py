"""Annexes 1 and 2 of 环办生态函〔2020〕703号: the official table, filled from the patches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.layouts import PATCH_LIST, ListLayout
from ecoredline.documents.official import (
    ANNEX_1,
    ANNEX_2,
    UNDETERMINED_ACTIVITY,
    UNDETERMINED_PROBLEM,
    Annex,
)
from ecoredline.documents.words import as_list, hectares, is_demo, labels, number, rows_of, text
from ecoredline.files import whole_file
from ecoredline.patches.columns import LONLAT_DECIMALS


@dataclass(frozen=True)
class AnnexTable:
    """A filled annex: which one, for which province, and its rows of eleven values.

    In a row the coordinates are floats or None, the area a Decimal, the rest text.
    `extract` names the part of the province the rows are limited to; blank for all of it.
    `caution` is what the reader must know of the pair (季节差…天，未经第三时相确认).
    """

    annex: Annex
    province: str
    rows: tuple[tuple, ...]
    is_demo: bool = False
    extract: str = ""
    caution: str = ""
    layout: ClassVar[ListLayout] = PATCH_LIST

    @property
    def title(self) -> str:
        """The official title with the province filled in."""
        return self.annex.title(self.province)

    @property
    def extract_line(self) -> str:
        """What stands under the title of an extract; blank for a whole list.

        >>> AnnexTable(ANNEX_1, "", (), extract="盐边县（510422）").extract_line
        '节选：仅含盐边县（510422）范围内的图斑'
        """
        return f"节选：仅含{self.extract}范围内的图斑" if self.extract else ""

    @property
    def nothing(self) -> str:
        """What stands for the rows when there are none; an extract says only where it looked.

        >>> AnnexTable(ANNEX_1, "", (), extract="盐边县（510422）").nothing
        '盐边县（510422）范围内本期未发现疑似生态破坏问题'
        """
        return f"{self.extract}范围内{self.annex.nothing}" if self.extract else self.annex.nothing

    @property
    def area_ha(self) -> Decimal:
        """Sum of the rounded areas: the number the letter states."""
        return sum((row[7] for row in self.rows), Decimal("0.0000"))

    @property
    def summary(self) -> str:
        """Count and total area in words; printed under the notes, not in the official table.

        >>> AnnexTable(ANNEX_1, "", ()).summary
        '合计：0个图斑，涉及生态保护红线面积0.0000公顷。'
        """
        return f"合计：{len(self.rows)}个图斑，涉及生态保护红线面积{self.area_ha}公顷。"


def annex_table(
    patches,
    annex: Annex = ANNEX_1,
    *,
    province: str | None = None,
    demo: bool = False,
    extract: str = "",
    caution: str = "",
) -> AnnexTable:
    """Choose the patches of an annex's channels and write them as its official rows.

    Parameters
    ----------
    patches : frame with the columns of `patches.columns`; rows are put in order of division
        code and patch id. The area is `redline_area_ha`, the part inside the redline.
    province : name in the title; by default the one province of the rows, blank when there
        are several or none.
    demo : mark the annex as made data even when it has no row that says so.
    extract : the part of the province that `patches` are limited to, said under the title.
    caution : what the run's record says of its pair (`caution_of`), said there too.

    Raises `InputError` when a chosen patch has no area, `UnknownCode` for a strange type.

    >>> import pandas as pd
    >>> annex_table(pd.DataFrame({"channel": []})).title
    'XX省（区、市）生态保护红线疑似生态破坏问题'
    """
    known = rows_of(patches)
    rows = tuple(annex_row(r) for r in known if text(r.get("channel")) in annex.channels)
    if province is None:
        province = only_province(known)
    return AnnexTable(annex, province, rows, demo or is_demo(None, *known), extract, caution)


def caution_of(record: Mapping) -> str:
    """What every list of a run must say of its two dates; blank when nothing.

    >>> caution_of({"season": {"said": "季节差161天，未经第三时相确认"}}), caution_of({})
    ('季节差161天，未经第三时相确认', '')
    """
    return text((record.get("season") or {}).get("said"))


def only_province(rows: Iterable[Mapping]) -> str:
    """The one province that patch rows lie in; blank when there are several or none."""
    names = {text(r.get("province")) for r in rows} - {""}
    return names.pop() if len(names) == 1 else ""


def annex_row(patch: Mapping) -> tuple:
    """One patch as the eleven values of the official table."""
    lon, lat = (number(patch.get(name)) for name in ("lon", "lat"))
    return (
        text(patch.get("patch_id")),
        text(patch.get("province")),
        text(patch.get("city")),
        text(patch.get("county")),
        None if lon is None else round(lon, LONLAT_DECIMALS),
        None if lat is None else round(lat, LONLAT_DECIMALS),
        text(patch.get("position")),
        hectares(patch.get("redline_area_ha"), f"redline_area_ha of {patch.get('patch_id')}"),
        labels("activity_types", patch.get("activity_type")),
        labels("problem_types", patch.get("problem_type")),
        remark(patch),
    )


def remark(patch: Mapping) -> str:
    """The remark column: what was said of the patch, and what the other ten cannot say.

    >>> remark({"redline_area_ha": 1.0, "area_ha": 2.5, "activity_type": "1", "problem_type": "space"})
    '图斑总面积2.5000公顷'
    """
    said = [text(patch.get("remark"))]
    if source := text(patch.get("clue_source")):
        said.append(f"线索来源：{source}")
    if not text(patch.get("activity_type")):
        said.append(UNDETERMINED_ACTIVITY)
    if not text(patch.get("problem_type")):
        said.append(UNDETERMINED_PROBLEM)
    if number(patch.get("area_ha")) is not None:
        whole = hectares(patch["area_ha"])
        if whole > hectares(patch.get("redline_area_ha")):
            said.append(f"图斑总面积{whole}公顷")
    if text(patch.get("channel")) == "protected":
        names = "、".join(as_list(patch.get("protected_names")))
        said.append(f"位于自然保护地：{names}" if names else "位于自然保护地")
    said.append(text(patch.get("division_note")))
    return "；".join(dict.fromkeys(s.rstrip("；。") for s in said if s))


def write_annexes(
    folder: Path, patches, *, province: str | None = None, demo: bool = False, caution: str = ""
) -> list[Path]:
    """Write annex-1 and annex-2 as XLSX and DOCX; an empty list is a whole document too.

    Raises `OutputError`; each file appears whole or not at all.
    """
    written = []
    for annex in (ANNEX_1, ANNEX_2):
        table = annex_table(patches, annex, province=province, demo=demo, caution=caution)
        for suffix, build in ((".xlsx", annex_workbook), (".docx", annex_document)):
            path = Path(folder) / f"{annex.stem}{suffix}"
            with whole_file(path) as part:
                build(table).save(part)
            written.append(path)
    return written
