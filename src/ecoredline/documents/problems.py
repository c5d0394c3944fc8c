"""Annex 4 of 环办生态函〔2020〕703号: the list of damage problems, filled from the cases."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.layouts import PROBLEM_LIST, ListLayout
from ecoredline.documents.official import ANNEX_4, Annex
from ecoredline.documents.words import as_list, hectares, labels, number, text
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.patches.columns import LONLAT_DECIMALS


@dataclass(frozen=True)
class CaseRow:
    """One case (生态破坏问题) as annex 4 needs it; `problem_type` is a code, or several joined by ;.

    `redline_area_ha` is the part inside the redline, hectares: no column of annex 4, but what
    the letter of annex 5 adds up. None where nobody has measured it yet.
    """

    number: str
    province: str = ""
    city: str = ""
    county: str = ""
    township: str = ""
    lon: float | None = None
    lat: float | None = None
    patch_ids: tuple[str, ...] = ()
    photo_index: str = ""
    problem_type: str = ""
    description: str = ""
    handling: str = ""
    remark: str = ""
    redline_area_ha: Decimal | float | None = None
    division_code: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class ProblemTable:
    """A filled annex 4: its rows of thirteen values and, beside them, their redline areas."""

    province: str
    rows: tuple[tuple, ...]
    areas: tuple[Decimal | None, ...] = ()
    is_demo: bool = False
    extract: str = ""
    annex: ClassVar[Annex] = ANNEX_4
    caution: ClassVar[str] = ""  # cases are verified on the ground
    layout: ClassVar[ListLayout] = PROBLEM_LIST

    @property
    def title(self) -> str:
        """The official title with the province filled in.

        >>> ProblemTable("四川省", ()).title
        '四川省生态保护红线生态破坏问题清单'
        """
        return self.annex.title(self.province)

    @property
    def extract_line(self) -> str:
        """What stands under the title of an extract; blank for a whole list."""
        return f"节选：仅含{self.extract}的问题" if self.extract else ""

    @property
    def nothing(self) -> str:
        """What stands for the rows when there are none."""
        return f"{self.extract}范围内{self.annex.nothing}" if self.extract else self.annex.nothing

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Numbers of the problems without a redline area."""
        pairs = zip(self.rows, self.areas, strict=True)
        return tuple(row[0] for row, area in pairs if area is None)

    @property
    def area_ha(self) -> Decimal:
        """Sum of the rounded areas: the number the letter states.

        Raises `InputError` naming the problems whose area nobody has measured.

        >>> ProblemTable("四川省", ()).area_ha
        Decimal('0.0000')
        """
        if self.unmeasured:
            named = "、".join(self.unmeasured[:10])
            raise InputError(
                f"got no redline area for {len(self.unmeasured)} problems ({named}); wanted one for "
                "each, as a letter states their sum: measure them first"
            )
        return sum(self.areas, Decimal("0.0000"))

    @property
    def summary(self) -> str:
        """Count and total area in words; printed under the notes, not in the official table.

        >>> ProblemTable("", ()).summary
        '合计：0处问题，涉及生态保护红线面积0.0000公顷。'
        """
        if self.unmeasured:
            return f"合计：{len(self.rows)}处问题，其中{len(self.unmeasured)}处涉及红线面积待核定。"
        return f"合计：{len(self.rows)}处问题，涉及生态保护红线面积{self.area_ha}公顷。"


def problem_table(
    cases: Iterable[CaseRow | Mapping],
    *,
    province: str | None = None,
    demo: bool = False,
    extract: str = "",
) -> ProblemTable:
    """The cases as the official rows, in order of division code and problem number.

    `province` stands in the title: by default the one province of the rows. Raises `InputError`
    for a number that is blank or comes twice, `UnknownCode` for a strange problem type.

    >>> problem_table([CaseRow("甲-1", "四川省", redline_area_ha=1.25)]).summary
    '合计：1处问题，涉及生态保护红线面积1.2500公顷。'
    """
    found = [asdict(c) if isinstance(c, CaseRow) else c for c in cases]
    found.sort(key=lambda c: (text(c.get("division_code")), text(c.get("number"))))
    _check_numbers(found)
    if province is None:
        names = {text(c.get("province")) for c in found} - {""}
        province = names.pop() if len(names) == 1 else ""
    return ProblemTable(
        province,
        tuple(problem_row(c) for c in found),
        tuple(_area(c) for c in found),
        demo or any(c.get("is_demo") in (True, 1) for c in found),
        extract,
    )


def _check_numbers(cases: list[Mapping]) -> None:
    """Every problem has a number of its own."""
    numbers = [text(c.get("number")) for c in cases]
    twice = sorted(n for n, times in Counter(numbers).items() if times > 1 and n)
    if "" in numbers or twice:
        said = f"numbers twice ({'、'.join(twice)})" if twice else "a problem without number"
        raise InputError(f"got {said}; wanted a number of its own for each problem")


def _area(case: Mapping) -> Decimal | None:
    """Redline area of a case, hectares with 4 decimals; None where it is not measured."""
    if number(case.get("redline_area_ha")) is None:
        return None
    return hectares(case["redline_area_ha"])


def problem_row(case: Mapping) -> tuple:
    """One case as the thirteen values of the official table."""
    lon, lat = (number(case.get(name)) for name in ("lon", "lat"))
    return (
        *(text(case.get(n)) for n in ("number", "province", "city", "county", "township")),
        None if lon is None else round(lon, LONLAT_DECIMALS),
        None if lat is None else round(lat, LONLAT_DECIMALS),
        "、\n".join(as_list(case.get("patch_ids"))),
        text(case.get("photo_index")),
        labels("problem_types", case.get("problem_type")),
        *(text(case.get(n)) for n in ("description", "handling", "remark")),
    )


def write_problem_xlsx(path: Path, table: ProblemTable) -> Path:
    """Write annex 4 as a workbook; raises `OutputError`. It appears whole or not at all."""
    return _write(Path(path), annex_workbook(table))


def write_problem_docx(path: Path, table: ProblemTable) -> Path:
    """Write annex 4 as a document; raises `OutputError`. It appears whole or not at all."""
    return _write(Path(path), annex_document(table))


def _write(path: Path, made) -> Path:
    with whole_file(path) as part:
        made.save(part)
    return path
