"""report.html: the whole run on one page that opens without a server and without a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ecoredline.documents import report_tables as tables
from ecoredline.documents.annex import only_province
from ecoredline.documents.evidence import Evidence
from ecoredline.documents.pages import render
from ecoredline.documents.report_map import overview
from ecoredline.documents.words import as_list, is_demo, rows_of, text
from ecoredline.files import whole_file

REPORT_NAME = "report.html"
FILE_WORDS = {
    "annex-1.xlsx": "附件1 疑似生态破坏问题清单（表格）",
    "annex-1.docx": "附件1 疑似生态破坏问题清单（文档）",
    "annex-2.xlsx": "附件2 人类活动清单（表格）",
    "annex-2.docx": "附件2 人类活动清单（文档）",
    "letter.docx": "建议核实函（未用印草稿）",
    "evidence.docx": "图斑证据材料汇编",
    "patches.gpkg": "图斑、剔除图斑与不可见范围（GeoPackage）",
    "patches.geojson": "图斑（GeoJSON）",
}


def report_html(
    patches, dropped, unseen, record: Mapping, *,
    redline=None, divisions=None, evidence: Evidence | None = None, files: Sequence[str] = (),
) -> str:  # fmt: skip
    """The report as one page: style, script, map and thumbnails are inside it.

    Frames as written to `patches.gpkg` (EPSG:4490); `record` is the content of `run.json`.
    The patch table stops at 1,000 rows and says so. Nothing found is a whole report too.
    """
    evidence = evidence or Evidence()
    rows, removed = rows_of(patches), rows_of(dropped)
    shown = tables.patch_rows(rows, evidence)
    return render(
        "report.html",
        is_demo=is_demo(record, *rows),
        province=only_province(rows),
        period=period_words(rows, record),
        made_on=text(record.get("started_at"))[:10],
        version=text(record.get("versions", {}).get("ecoredline")),
        cards=tables.cards(rows, removed, record),
        summary=summary_words(rows, record),
        warnings=as_list(record.get("warnings")),
        map=overview(patches, unseen, redline, divisions, record),
        patches=shown,
        patch_count=len(rows),
        activities=tables.bars(rows, tables.activity_of),
        counties=tables.bars(rows, tables.county_of),
        screening=tables.screening(removed),
        dropped=tables.dropped_rows(removed),
        dropped_count=len(removed),
        unseen=tables.unseen_table(record),
        quality=tables.quality_words(record),
        quality_figures=tables.quality_table(record),
        inputs=tables.input_rows(record),
        parameters=tables.facts_table(record.get("parameters", {})),
        versions=tables.facts_table(record.get("versions", {})),
        evidence_note=evidence.note,
        files=[(name, FILE_WORDS[name]) for name in FILE_WORDS if name in files],
    )


def period_words(rows: Sequence[Mapping], record: Mapping) -> str:
    """Dates of the two images: from the record, else from the patches."""
    said = []
    for role in ("before", "after"):
        told = text(record.get("inputs", {}).get(role, {}).get("acquired_on"))
        said.append(told or next((text(r.get(f"{role}_on")) for r in rows), "") or "日期未知")
    return " 至 ".join(said)


def summary_words(rows: Sequence[Mapping], record: Mapping) -> str:
    """What was found, in one sentence; the numbers are those of the annexes."""
    found = [r for r in rows if text(r.get("channel")) == "suspected"]
    if not found:
        said = "本期未发现疑似生态破坏问题。"
    else:
        hectares = tables.area(tables.total(found, "redline_area_ha"))
        said = f"发现疑似生态破坏问题 {len(found)} 个，涉及生态保护红线面积 {hectares} 公顷。"
    share, _ = tables.unseen_share(record)
    if share:
        said += f"红线范围内有 {share:.1%} 因云、影、无数据等不可见，其中的变化本期无法判断。"
    return said


def write_report(folder: Path, html: str) -> Path:
    """Write report.html; raises `OutputError`. It appears whole or not at all."""
    path = Path(folder) / REPORT_NAME
    with whole_file(path) as part:
        part.write_text(html, encoding="utf-8")
    return path
