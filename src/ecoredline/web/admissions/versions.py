"""Which version of redline and protected areas speaks for some counties on a day: a dated one that covers them."""

from datetime import date

from ecoredline.web.regions.models import (
    LayerVersion,
    ProtectedArea,
    ProtectedAreaVersion,
    RedlinePolygon,
    RedlineVersion,
)
from ecoredline.web.regions.queries import box_around, held_on

__all__ = ["box_around", "covers_of", "protected_for", "redline_for", "why_no_version"]
FEATURES = {RedlineVersion: RedlinePolygon, ProtectedAreaVersion: ProtectedArea}
COUNTY_DIGITS = 6


def redline_for(codes, day: date) -> RedlineVersion | None:
    """The redline version in force on the day that covers every county; None where none does.

    One without dates, which only a run brought, answers nothing.
    """
    return version_for(RedlineVersion, codes, day)


def protected_for(codes, day: date) -> ProtectedAreaVersion | None:
    """The version of protected areas in force on the day that covers every county, likewise."""
    return version_for(ProtectedAreaVersion, codes, day)


def version_for(versions, codes, day: date) -> LayerVersion | None:
    """The newest version in force on the day that covers every county; None without counties."""
    held = held_on(versions.objects.all(), day) if codes else ()
    return next((v for v in held if not uncovered(v, codes)), None)


def uncovered(version: LayerVersion, codes) -> list[str]:
    """The counties a version does not speak for."""
    covers = covers_of(version)
    return [code for code in codes if not any(code.startswith(c) for c in covers)]


def covers_of(version: LayerVersion) -> tuple[str, ...]:
    """What a version was declared to cover, else its owner's division, else the counties it touches."""
    if version.covers:
        return tuple(version.covers)
    if isinstance(version, RedlineVersion):
        owned = version.deliveries.exclude(owner__division_code="").exclude(state="refused")
        if found := sorted(set(owned.values_list("owner__division_code", flat=True))):
            return tuple(found)
    rows = FEATURES[type(version)].objects.filter(version=version)
    touched = {c for row in rows.values_list("scope_codes", flat=True) for c in row}
    return tuple(sorted(c for c in touched if len(c) == COUNTY_DIGITS))


def why_no_version(versions, codes, day: date, zh: str) -> str:
    """In words why no version speaks for the counties, and what to do."""
    if not codes:
        return "项目所在地不在已载入的县级区划内，不能确认图层是否覆盖：请载入行政区划边界"
    held = held_on(versions.objects.all(), day).first()
    if held is not None:
        lacking = "、".join(uncovered(held, codes))
        return f"版本“{held.name}”不覆盖 {lacking}：请交付覆盖该区划的{zh}版本"
    if versions.objects.filter(valid_from=None).exists():
        return (
            f"在 {day} 没有生效的{zh}版本，只有监测批次带入的无日期版本：请交付{zh}并写明生效日期"
        )
    return f"在 {day} 数据库中没有覆盖项目所在地的{zh}版本：请交付{zh}并写明生效日期"
