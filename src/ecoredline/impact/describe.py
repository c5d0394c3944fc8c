"""The three groups of HJ 1175 for one polygon, from two class maps, service maps and targets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd

from ecoredline.ecosystem.pattern import overall_dynamic_degree
from ecoredline.geodesy import area_ha, round_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.impact.extent import Target, checked, evaluation_area, near_targets
from ecoredline.record import Job
from ecoredline.zonal import as_matrix, transition_areas, zonal_numbers

BY_REFERENCE = "HJ 1175-2021 适用于法定禁止开发区域以外的项目，此处仅参照其方法描述，不作结论"
UNLIKE = 0.001  # share of the land by which two maps may differ in what they cover
BUILT_CLASSES = (61.0, 63.0)  # HJ 1166: 居住地, 工矿交通 (城市绿地 62 is not sealed)


@dataclass
class Impact:
    """What was found; areas in hectares, `transition` (before, after) → ha, services name → numbers."""

    area_ha: float
    evaluated_ha: float
    transition: dict[tuple[float, float], float] = field(default_factory=dict)
    built_before_ha: float = 0.0
    built_after_ha: float = 0.0
    changed_percent: float = float("nan")
    services: dict[str, dict] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=lambda: [BY_REFERENCE])


def describe_impact(
    project, *, before: Path | str, after: Path | str,
    services: Mapping[str, tuple[Path, Path]] | None = None,
    targets: gpd.GeoDataFrame | None = None, built=BUILT_CLASSES, job: Job | None = None,
) -> Impact:  # fmt: skip
    """Describe what a lon, lat polygon took, lost and threatens.

    Parameters
    ----------
    before, after : class maps on one grid (HJ 1166 class II codes).
    services : name → (map before, map after); loss is before less after, over the project's land.
    targets : sensitive targets with kind and name (redlines, reserves, habitats, water sources).
    built : codes that count as sealed.

    Raises `GridMismatch`, `InvalidGeometry`. What the maps do not cover is said in `notes`.
    """
    checked(project)
    made = Impact(round_ha(area_ha(project)), round_ha(area_ha(evaluation_area(project, targets))))
    zone = gpd.GeoDataFrame(geometry=[project], crs=STORAGE_CRS)
    made.transition = transition_areas(before, after, zone, job=job)[0]
    seen = sum(made.transition.values())
    if seen < made.area_ha * (1 - UNLIKE):
        made.notes.append(f"类型图只覆盖 {seen:.4f} 公顷")
    made.built_before_ha = round_ha(sum(a for (b, _), a in made.transition.items() if b in built))
    made.built_after_ha = round_ha(sum(a for (_, e), a in made.transition.items() if e in built))
    made.changed_percent = changed_share(made.transition)
    for name, (old, new) in (services or {}).items():
        made.services[name] = service_loss(old, new, zone)
        if words := coverage_note(name, made.services[name], made.area_ha):
            made.notes.append(words)
    made.targets = [] if targets is None else near_targets(project, targets)
    return made


def changed_share(transition: dict) -> float:
    """Share of the land that changed its class, per cent.

    >>> changed_share({(11.0, 11.0): 6.0, (11.0, 63.0): 2.0})
    25.0
    """
    classes, matrix = as_matrix(transition)
    return float(overall_dynamic_degree(matrix)) if classes else float("nan")


def service_loss(old: Path, new: Path, zone: gpd.GeoDataFrame) -> dict:
    """Mean and total before and after, and what was lost, with the unit of means and that of totals.

    Land that only one of the maps shows is neither lost nor gained: unless both cover the same
    hectares `lost` is NaN, and `seen_ha`, `seen_after_ha` tell why.
    """
    first, last = zonal_numbers(old, zone), zonal_numbers(new, zone)
    a, b = first.iloc[0], last.iloc[0]
    alike = abs(a["seen_ha"] - b["seen_ha"]) <= UNLIKE * max(a["seen_ha"], b["seen_ha"])
    return {
        "unit": first.attrs["unit"], "total_unit": first.attrs["total_unit"],
        "mean_before": float(a["mean"]), "mean_after": float(b["mean"]),
        "total_before": float(a["total"]), "total_after": float(b["total"]),
        "lost": float(a["total"] - b["total"]) if alike else math.nan,
        "seen_ha": float(a["seen_ha"]), "seen_after_ha": float(b["seen_ha"]),
    }  # fmt: skip


def coverage_note(name: str, found: Mapping, area_ha: float) -> str:
    """In words, what a service's two maps do not show of the land; empty when they show it all.

    >>> coverage_note("水土保持", {"seen_ha": 20.0, "seen_after_ha": 12.0}, 20.0)
    '水土保持前后两期图分别覆盖 20.0000、12.0000 公顷，占用 20.0000 公顷：覆盖不同，未计损失'
    """
    before, after = found["seen_ha"], found["seen_after_ha"]
    if min(before, after) >= area_ha * (1 - UNLIKE):
        return ""
    alike = abs(before - after) <= UNLIKE * max(before, after)
    told = "损失只指有数据的部分" if alike else "覆盖不同，未计损失"
    return (
        f"{name}前后两期图分别覆盖 {before:.4f}、{after:.4f} 公顷，占用 {area_ha:.4f} 公顷：{told}"
    )
