"""All faults of a table at once: row, column, value, reason."""

from dataclasses import dataclass

from ecoredline.errors import InputError

MOST_SAID = 20  # faults written out in a message; `faults` holds all


@dataclass(frozen=True)
class Fault:
    """One fault: the sheet's own row number (1 is the head), column, value, reason."""

    row: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"第 {self.row} 行 {self.column}：{self.value!r} {self.reason}"


class TableFaults(InputError):
    r"""A table cannot be used; `faults` lists every reason, and nothing of it was taken.

    >>> str(TableFaults("a.csv", [Fault(2, "lon", "x", "不是坐标")]))
    "a.csv 有 1 处错误，未采用其中任何内容：\n  第 2 行 lon：'x' 不是坐标"
    """

    def __init__(self, name, faults: list[Fault]):
        self.faults = list(faults)
        said = "\n  ".join(str(f) for f in self.faults[:MOST_SAID])
        more = f"\n  … 共 {len(self.faults)} 处" if len(self.faults) > MOST_SAID else ""
        super().__init__(
            f"{name} 有 {len(self.faults)} 处错误，未采用其中任何内容：\n  {said}{more}"
        )
