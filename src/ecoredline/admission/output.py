"""Everything a check writes: result.json, result.gpkg, summary.xlsx, a report for each project."""

import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ecoredline.admission.layers import Layers
from ecoredline.admission.report import write_report
from ecoredline.admission.report_pdf import write_pdf
from ecoredline.admission.result import AREA_METHOD, Admission, cite
from ecoredline.documents.annex_xlsx import FORMULA_STARTS
from ecoredline.documents.words import safe_name, text
from ecoredline.files import check_writable, library_error, whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.record import DEMO_NOTICE

FORMAT = 1
REPORTS_UP_TO = 20  # a report takes a good part of a second; a batch gets them when asked
COLUMNS = (
    ("项目编号", 18), ("项目名称", 26), ("人为活动类型", 22), ("结论", 26), ("情形", 8), ("准入", 8),
    ("项目面积（公顷）", 14), ("占用红线（公顷）", 14), ("其中核心保护区（公顷）", 14),
    ("涉及自然保护地", 24), ("涉及水源地", 24), ("涉及问题", 12), ("规则", 40),
    ("尚缺材料", 30), ("原因", 50), ("来源文件", 20),
)  # fmt: skip


def write_admissions(
    out: Path | str,
    admissions: Sequence[Admission],
    layers: Layers,
    *,
    reports: bool | None = None,
    pdf: bool = False,
) -> list[Path]:
    """Write the answers into a folder; `reports` None means: for up to 20 projects;
    `pdf` writes each report as PDF too.

    Returns the paths. Raises `OutputError`; each file appears whole or not at all, and
    result.json comes last.
    """
    folder = check_writable(out)
    written = [
        _workbook(folder / "summary.xlsx", admissions),
        _package(folder / "result.gpkg", admissions),
    ]
    if reports or (reports is None and len(admissions) <= REPORTS_UP_TO):
        for name, admission in zip(_names(admissions), admissions, strict=True):
            written.append(write_report(folder / f"report-{name}.docx", admission, layers.indexes))
            if pdf:
                written.append(write_pdf(folder / f"report-{name}.pdf", admission, layers.indexes))
    path = folder / "result.json"
    data = {"format": FORMAT, "results": [a.to_dict() for a in admissions]}
    with whole_file(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return [*written, path]


def _names(admissions) -> list[str]:
    """A file name for each project, none twice."""
    names, seen = [], {}
    for a in admissions:
        name = safe_name(a.project.code)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def _workbook(path: Path, admissions) -> Path:
    book = Workbook(write_only=False)
    sheet = book.active
    sheet.title = "准入核查汇总"
    demo = any(a.is_demo for a in admissions)
    sheet.append([f"{DEMO_NOTICE + '　' if demo else ''}准入核查汇总（{len(admissions)} 个项目）"])
    sheet.append([AREA_METHOD + "；" + (admissions[0].sliver_rule if admissions else "")])
    sheet.append([name for name, _ in COLUMNS])
    for admission in admissions:
        sheet.append([_safe(v) for v in summary_row(admission)])
    for number, (_, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for cell in sheet[3]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="center")
    sheet["A1"].font = Font(bold=True, size=14, color="C00000" if demo else "000000")
    for row in sheet.iter_rows(min_row=4):
        for cell in row:
            if isinstance(cell.value, float):
                cell.number_format = "0.0000"
    sheet.freeze_panes = "C4"
    sheet.auto_filter.ref = f"A3:{get_column_letter(len(COLUMNS))}{3 + len(admissions)}"
    with whole_file(path) as part:
        book.save(part)
    return path


def summary_row(a: Admission) -> list:
    """One project as a row of the summary."""
    core = sum(f.area_ha for f in a.findings if f.zone == "core")
    listed = {
        role: "、".join(dict.fromkeys(h.name or h.code for h in a.hits_of(role)))
        for role in ("protected", "water")
    }
    return [
        a.project.code, a.project.name, a.activity_zh, a.outcome_zh, a.scenario or "",
        "是" if a.admitted else "否", a.area_ha, a.redline_ha, core, listed["protected"],
        listed["water"], len(a.hits_of("clues")), "、".join(cite(r) for r in a.rules),
        "、".join(a.missing), "；".join(a.reasons), a.project.source,
    ]  # fmt: skip


def _safe(value):
    """Text that looks like a formula stays text."""
    if isinstance(value, str):
        value = text(value)
        return "'" + value if value.startswith(FORMULA_STARTS) else value
    return value


def _package(path: Path, admissions) -> Path:
    projects = [
        {
            "code": a.project.code, "name": a.project.name, "activity": a.project.activity,
            "outcome": a.outcome, "outcome_zh": a.outcome_zh, "scenario": a.scenario,
            "admitted": int(a.admitted), "area_ha": a.area_ha, "redline_ha": a.redline_ha,
            "reasons": "；".join(a.reasons), "rules": a.rule_version, "as_of": a.as_of,
            "is_demo": int(a.is_demo), "geometry": a.project.shape,
        }
        for a in admissions
    ]  # fmt: skip
    pieces = [
        {
            "project": a.project.code, "layer": h.role, "code": h.code, "name": h.name,
            "zone": h.zone, "area_ha": h.area_ha, "is_demo": int(a.is_demo), "geometry": h.shape,
        }
        for a in admissions
        for h in a.hits
        if h.shape is not None
    ]  # fmt: skip
    with whole_file(path) as part:
        try:
            _frame(projects).to_file(part, layer="projects", driver="GPKG", engine="pyogrio")
            if pieces:
                _frame(pieces).to_file(
                    part, layer="overlaps", driver="GPKG", engine="pyogrio", mode="a"
                )
        except Exception as fault:
            raise library_error(path, fault) from fault
    return path


def _frame(rows: list[dict]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_CRS)
