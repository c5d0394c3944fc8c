"""What of the board is shown: year, county, month, stage; read from the query string."""

from dataclasses import dataclass
from datetime import date

from ecoredline.web.board.stages import BY_CODE
from ecoredline.web.core import clock
from ecoredline.web.core.selection import Selection, digits

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class BoardFilter(Selection):
    """One selection for page, list and file; empty values select all, `year` is this year."""

    year: str = ""
    county: str = ""
    month: str = ""
    stage: str = ""

    def faults(self) -> list[str]:
        """What cannot be read."""
        found = []
        if self.year and not (digits(self.year, 4) and FIRST_YEAR <= int(self.year) <= LAST_YEAR):
            found.append(f"year={self.year!r}: {FIRST_YEAR}–{LAST_YEAR}")
        if self.county and self.county != "-" and not digits(self.county, 6):
            found.append(f"county={self.county!r}: 1–6 digits, -")
        if self.month and self.first_day is None:
            found.append(f"month={self.month!r}: YYYY-MM")
        if self.stage and self.stage not in BY_CODE:
            found.append(f"stage={self.stage!r}: {', '.join(BY_CODE)}")
        return found

    @property
    def number(self) -> int:
        """The year as a number."""
        return int(self.year) if self.year else clock.today().year

    @property
    def first_day(self) -> date | None:
        """The first day of the month; None when it cannot be read.

        >>> BoardFilter(month="2026-03").first_day
        datetime.date(2026, 3, 1)
        """
        try:
            return date.fromisoformat(f"{self.month}-01") if len(self.month) == 7 else None
        except ValueError:
            return None

    @property
    def span(self) -> tuple[date, date]:
        """First and last month that are counted, by their first days."""
        if self.month:
            return self.first_day, self.first_day
        return date(self.number, 1, 1), date(self.number, 12, 1)
