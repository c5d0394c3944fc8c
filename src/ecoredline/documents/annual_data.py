"""What an annual report is made of: plain figures, checked against each other before printing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ecoredline.documents.words import hectares, text
from ecoredline.errors import InputError

# Stages of 703号: from patch to closing; a report may leave out the last ones, never these two.
STAGES = (
    "detected",
    "suspected",
    "dispatched",
    "verified",
    "confirmed",
    "rectified",
    "rechecked",
    "closed",
    "reopened",
)
NEEDED = ("suspected", "confirmed")
BY_COUNTY = ("suspected", "confirmed", "rectified", "closed", "reopened")


@dataclass(frozen=True)
class StageFigure:
    """How many came to a stage in the year, and their redline area in hectares."""

    code: str
    zh: str
    count: int
    area_ha: Decimal | float = 0


@dataclass(frozen=True)
class CountyFigures:
    """One county's year. `observed_km2` is the redline area that images showed; None unknown."""

    name: str
    suspected: int = 0
    confirmed: int = 0
    rectified: int = 0
    closed: int = 0
    reopened: int = 0
    overdue: int = 0
    area_ha: Decimal | float = 0
    observed_km2: float | None = None

    @property
    def per_100_km2(self) -> float | None:
        """Confirmed problems per 100 km² of observed redline; None where nothing was observed.

        >>> CountyFigures("盐边县", confirmed=3, observed_km2=600.0).per_100_km2
        0.5
        """
        return self.confirmed * 100 / self.observed_km2 if self.observed_km2 else None


@dataclass(frozen=True)
class TypeFigure:
    """Confirmed problems of one type of activity or damage."""

    name: str
    count: int
    area_ha: Decimal | float = 0


@dataclass(frozen=True)
class MonthFigures:
    """What one month brought; `month` is 2026-03."""

    month: str
    suspected: int = 0
    confirmed: int = 0
    closed: int = 0


@dataclass(frozen=True)
class NamedCount:
    """A count with its name: a source of clues, a measure taken, a referral, a thing reported."""

    name: str
    count: int
    remark: str = ""


@dataclass(frozen=True)
class Handover:
    """Problems handed to one department by letters of annex 5, and how many letters were answered."""

    department: str
    letters: int
    problems: int
    area_ha: Decimal | float = 0
    replied: int = 0


@dataclass(frozen=True)
class Indicator:
    """One figure of the year's effectiveness, with the clause it comes from."""

    name: str
    value: str
    unit: str = ""
    source: str = ""


@dataclass(frozen=True)
class TypicalCase:
    """A case told: heading, text (paragraphs), up to two pictures as (bytes or path, caption)."""

    title: str
    paragraphs: tuple[str, ...]
    pictures: tuple[tuple[bytes | Path, str], ...] = ()


@dataclass(frozen=True)
class AnnualReport:
    """A year of supervision in figures. All counts are of the same year, region and moment.

    `redline_km2` and `observed_km2` are square kilometres; `dated` is an ISO date; `statements`
    say where the data come from and what they leave out.
    """

    year: int
    region: str
    author: str
    dated: str
    stages: tuple[StageFigure, ...]
    counties: tuple[CountyFigures, ...] = ()
    activity_types: tuple[TypeFigure, ...] = ()
    problem_types: tuple[TypeFigure, ...] = ()
    months: tuple[MonthFigures, ...] = ()
    sources: tuple[NamedCount, ...] = ()
    handovers: tuple[Handover, ...] = ()
    measures: tuple[NamedCount, ...] = ()
    referrals: tuple[NamedCount, ...] = ()
    upward: tuple[NamedCount, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    cases: tuple[TypicalCase, ...] = ()
    statements: tuple[str, ...] = ()
    effectiveness: str = ""
    redline_km2: float | None = None
    observed_km2: float | None = None
    overdue: int = 0
    is_demo: bool = False

    def stage(self, code: str) -> StageFigure:
        """A stage's figures; nothing came to a stage that is not given.

        >>> AnnualReport(2026, "攀枝花市", "", "", ()).stage("closed").count
        0
        """
        return next((s for s in self.stages if s.code == code), StageFigure(code, "", 0))

    def has(self, code: str) -> bool:
        """Was this stage counted at all?"""
        return any(s.code == code for s in self.stages)


def report_faults(data: AnnualReport) -> tuple[str, ...]:
    """Figures that contradict each other, in Chinese: the same number stands everywhere.

    >>> report_faults(AnnualReport(2026, "攀枝花市", "某局", "2026-12-01", ()))[0]
    '缺少环节“suspected”的数字'
    """
    codes = [s.code for s in data.stages]
    faults = [f"缺少环节“{code}”的数字" for code in NEEDED if code not in codes]
    faults += [f"不认识的环节“{code}”" for code in codes if code not in STAGES]
    faults += [f"环节“{code}”出现多次" for code in sorted({c for c in codes if codes.count(c) > 1})]
    faults += [f"缺少{zh}" for zh, v in (("地区", data.region), ("编制单位", data.author)) if not v]
    if faults:
        return tuple(faults)
    faults = [fault for code in BY_COUNTY if code in codes for fault in _county_fault(data, code)]
    confirmed = data.stage("confirmed")
    # A problem may be of several damage types, so only the activity types must add up.
    kinds = data.activity_types
    faults += _sum_fault("人类活动类型个数", [r.count for r in kinds], confirmed.count)
    faults += _sum_fault("人类活动类型面积", _areas(kinds), hectares(confirmed.area_ha))
    faults += _sum_fault("各县面积", _areas(data.counties), hectares(confirmed.area_ha))
    faults += _sum_fault("线索来源", [s.count for s in data.sources], data.stage("suspected").count)
    faults += _sum_fault("各县逾期", [c.overdue for c in data.counties], data.overdue)
    for code in ("suspected", "confirmed", "closed"):
        if code in codes:
            monthly = [getattr(m, code) for m in data.months]
            faults += _sum_fault(f"各月{data.stage(code).zh}", monthly, data.stage(code).count)
    faults += [
        f"{h.department}：已反馈{h.replied}件，多于移交函{h.letters}件"
        for h in data.handovers if h.replied > h.letters
    ]  # fmt: skip
    if data.redline_km2 and (data.observed_km2 or 0) > data.redline_km2:
        faults.append(f"观测面积{data.observed_km2}平方千米大于红线面积{data.redline_km2}平方千米")
    return tuple(faults)


def _areas(rows: Sequence) -> list[Decimal]:
    return [hectares(row.area_ha) for row in rows]


def _county_fault(data: AnnualReport, code: str) -> list[str]:
    stage = data.stage(code)
    return _sum_fault(f"各县{stage.zh}", [getattr(c, code) for c in data.counties], stage.count)


def _sum_fault(what: str, parts: list, whole) -> list[str]:
    """A fault when parts are given and do not add up."""
    if not parts or sum(parts) == whole:
        return []
    return [f"{what}合计{sum(parts)}，与总数{whole}不一致"]


def check_report(data: AnnualReport) -> None:
    """Raise `InputError` with every contradiction; nothing is printed that does not add up."""
    faults = report_faults(data)
    if faults:
        raise InputError("年度报告的数字有误：" + "；".join(text(f) for f in faults))
