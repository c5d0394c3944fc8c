"""What reading an annex gives: rows, faults and notes, all or nothing."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from ecoredline.documents.problems import CaseRow
from ecoredline.errors import InputError

KINDS = {"annex-1": "附件1", "annex-2": "附件2", "annex-4": "附件4"}
SHOWN_VALUE = 60


@dataclass(frozen=True)
class PatchRow:
    """One row of annex 1 or 2 as read: degrees, hectares with 4 decimals, types as codes."""

    patch_id: str
    province: str = ""
    city: str = ""
    county: str = ""
    lon: float | None = None
    lat: float | None = None
    position: str = ""
    area_ha: Decimal | None = None
    activity_type: str = ""
    problem_type: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Remark:
    """Something said of one cell, row or table: `row` is as the office sees it, None for the whole.

    `column` is the column and its heading, `value` what stood there, `reason` is Chinese.
    """

    table: str
    row: int | None
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = [self.table, f"第{self.row}行" if self.row else "", self.column]
        value = f"“{self.value[:SHOWN_VALUE]}”" if self.value else ""
        return " ".join(p for p in place if p) + f"：{value}{self.reason}"


class Fault(Remark):
    """A reason not to take the file."""


class Note(Remark):
    """A conversion, or something left out, that a person should see."""


class AnnexFaults(InputError):
    """An annex that cannot be taken; `faults` is the whole list."""

    def __init__(self, faults: tuple[Fault, ...]):
        self.faults = faults
        said = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"共{len(faults)}处有误，未读入任何一行：\n{said}")


@dataclass(frozen=True)
class Reading:
    """An annex read back: which one, its rows, and all that was found on the way.

    `rows` are `PatchRow` (annexes 1 and 2) or `CaseRow` (annex 4): those without a fault, for a
    preview. `places` says for each its table and row. `title` is the line above the table.
    """

    kind: str
    rows: tuple[PatchRow | CaseRow, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[Note, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    title: str = ""
    is_demo: bool = False

    def accept(self) -> tuple[PatchRow | CaseRow, ...]:
        """All rows, or `AnnexFaults` with everything that is wrong.

        >>> Reading("annex-1").accept()
        ()
        """
        if self.faults:
            raise AnnexFaults(self.faults)
        return self.rows

    @property
    def area_ha(self) -> Decimal:
        """Sum of the areas read; annex 4 has none."""
        areas = (getattr(row, "area_ha", None) for row in self.rows)
        return sum((a for a in areas if a is not None), Decimal("0.0000"))

    def as_mapping(self) -> dict:
        """The reading as plain data that JSON can hold; areas are text, to keep their digits."""
        rows = []
        for row, (table, number) in zip(self.rows, self.places, strict=True):
            plain = {k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(row).items()}
            rows.append({"table": table, "row": number} | plain)
        return {
            "kind": self.kind,
            "title": self.title,
            "is_demo": self.is_demo,
            "rows": rows,
            "faults": [asdict(fault) for fault in self.faults],
            "notes": [asdict(note) for note in self.notes],
        }
