"""The error report to send back: one HTML page that opens without a server, one workbook."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import shapely
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ecoredline.codes import code_list
from ecoredline.documents.annex_xlsx import FORMULA_STARTS
from ecoredline.documents.report_map import WIDTH_PX, path_of, view_of
from ecoredline.documents.words import text
from ecoredline.files import whole_file
from ecoredline.quality.catalogue import FAIL, PASS, SKIP, WARN
from ecoredline.quality.repair import Change
from ecoredline.quality.run import QualityReport
from ecoredline.record import DEMO_NOTICE

WORDS = {code: row["zh"] for code, row in code_list("quality_verdicts").items()}
COLOURS = {PASS: "1E7B34", WARN: "9A6700", FAIL: "B3261E", SKIP: "6B6B6B"}
SHOWN_PLACES = 50
RESULT_HEAD = (("检查项", 34), ("标识", 26), ("对象", 14), ("图层或文件", 30), ("结果", 10),
               ("问题数", 10), ("依据", 34), ("说明", 40))  # fmt: skip
PLACE_HEAD = (("检查项", 34), ("图层或文件", 30), ("结果", 10), ("要素", 30), ("问题", 70),
              ("经度", 14), ("纬度", 14))  # fmt: skip
CHANGE_HEAD = (("图层", 30), ("要素", 30), ("修改", 50), ("处理", 10), ("修改前（公顷）", 16),
               ("修改后（公顷）", 16))  # fmt: skip
STYLE = (
    "body{font:15px/1.6 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:64rem;margin:1rem auto;"
    "padding:0 1rem;color:#222}table{border-collapse:collapse;width:100%;margin:.6rem 0}"
    "td,th{border:1px solid #ccc;padding:.25rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{background:#f3f3f3}svg{width:100%;max-width:40rem;height:auto;border:1px solid #ccc}"
    ".pass{color:#1e7b34}.warn{color:#9a6700}.fail{color:#b3261e}.skip{color:#6b6b6b}"
    ".demo{color:#b3261e;font-weight:bold}h3{margin:1.2rem 0 .2rem}@media(max-width:40rem){td,th{padding:.15rem}}"
)


def report_html(report: QualityReport, changes: Sequence[Change] = ()) -> str:
    """The page: verdict, what failed with its places, a map of them, the whole list."""
    told = {s: len(report.of(s)) for s in (FAIL, WARN, PASS, SKIP)}
    parts = [
        f"<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport "
        f'content="width=device-width"><title>数据质量检查 {escape(report.delivery)}</title><style>{STYLE}</style>',
        f"<h1>数据质量检查报告</h1><p>{escape(report.delivery)}　SHA-256 {report.sha256[:16]}…</p>",
        f'<p class="demo">{DEMO_NOTICE}</p>' if report.is_demo else "",
        f'<p><b class="{report.status}">总评：{WORDS[report.status]}</b>　'
        + "　".join(f"{WORDS[s]} {n}" for s, n in told.items())
        + "</p>",
        _map(report),
    ]
    for result in [*report.of(FAIL), *report.of(WARN)]:
        parts.append(_section(result))
    parts += [_changes(changes), _list(report)]
    if report.notes:
        parts.append(
            "<h2>读取说明</h2><ul>" + "".join(f"<li>{_e(n)}" for n in report.notes) + "</ul>"
        )
    return "".join(parts) + "</html>"


def _e(value) -> str:
    return escape(text(value))


def _section(result) -> str:
    rows = "".join(
        f"<tr><td>{_e(p.feature)}<td>{_e(p.words)}<td>{_coordinates(p)}"
        for p in result.places[:SHOWN_PLACES]
    )
    more = result.count - min(len(result.places), SHOWN_PLACES)
    rest = f"<p>另有 {more} 处，见工作簿。</p>" if more > 0 else ""
    return (
        f'<h3><span class="{result.status}">{WORDS[result.status]}</span> {_e(result.check.zh)}</h3>'
        f"<p>{_e(result.item)}　{result.count} 处　依据：{_e(result.check.cite)}</p>"
        f"<table><tr><th>要素<th>问题<th>位置（经度, 纬度）</tr>{rows}</table>{rest}"
    )


def _coordinates(place) -> str:
    return "" if place.lon is None else f"{place.lon:.6f}, {place.lat:.6f}"


def _list(report: QualityReport) -> str:
    rows = "".join(
        f'<tr><td>{_e(r.check.zh)}<td>{_e(r.item)}<td class="{r.status}">{WORDS[r.status]}'
        f"<td>{r.count or ''}<td>{_e(r.note or r.check.cite)}"
        for r in report.results
    )
    head = "<tr><th>检查项<th>图层或文件<th>结果<th>问题数<th>依据或说明</tr>"
    return f"<h2>全部检查</h2><table>{head}{rows}</table>"


def _changes(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    rows = "".join(
        f"<tr><td>{_e(c.item)}<td>{_e(c.feature)}<td>{_e(c.what)}<td>{c.before_ha:.4f}<td>{c.after_ha:.4f}"
        for c in changes
    )
    head = "<tr><th>图层<th>要素<th>修改<th>修改前（公顷）<th>修改后（公顷）</tr>"
    return f"<h2>修复记录</h2><table>{head}{rows}</table>"


def _map(report: QualityReport) -> str:
    """The places as dots; nothing where there are none."""
    dots = [(r.status, p) for r in report.of(FAIL, WARN) for p in r.places if p.lon is not None]
    dots = [(s, p) for s, p in dots if abs(p.lon) <= 360 and abs(p.lat) <= 90]
    if not dots:
        return ""
    boxes = shapely.points([(p.lon, p.lat) for _, p in dots])
    view = view_of(shapely.total_bounds(np.concatenate([boxes, report.outlines])))
    drawn = path_of(report.outlines, view) if len(report.outlines) else ""
    across, down = view.per_degree
    marks = "".join(
        f'<circle cx="{(p.lon - view.west) * across:.1f}" cy="{(view.north - p.lat) * down:.1f}" r="6" '
        f'fill="#{COLOURS[s]}" fill-opacity=".7"><title>{_e(p.feature)} {_e(p.words)}</title></circle>'
        for s, p in dots
    )
    words = f"{view.west:.4f}–{view.east:.4f}°E，{view.south:.4f}–{view.north:.4f}°N"
    return (
        f'<h2>问题位置</h2><svg viewBox="0 0 {WIDTH_PX} {view.height_px}" role="img" '
        f'aria-label="问题位置"><path d="{drawn}" fill="#eee" stroke="#999"/>{marks}</svg><p>{words}，{len(dots)} 处</p>'
    )


def report_workbook(report: QualityReport, changes: Sequence[Change] = ()) -> Workbook:
    """Sheets: results, places, changes."""
    book = Workbook()
    rows = [
        (
            r.check.zh,
            r.check.id,
            r.check.object,
            r.item,
            WORDS[r.status],
            r.count,
            r.check.cite,
            r.note,
        )
        for r in report.results
    ]
    _sheet(book.active, "检查结果", RESULT_HEAD, rows, 5)
    places = [
        (r.check.zh, r.item, WORDS[r.status], p.feature, p.words, p.lon, p.lat)
        for r in report.of(FAIL, WARN)
        for p in r.places
    ]
    _sheet(book.create_sheet(), "问题位置", PLACE_HEAD, places, 3)
    if changes:
        _changes_sheet(book.create_sheet(), changes)
    book.properties.title = f"数据质量检查 {report.delivery}"
    book.properties.subject = DEMO_NOTICE if report.is_demo else ""
    return book


def changes_workbook(delivery: str, changes: Sequence[Change], is_demo: bool = False) -> Workbook:
    """What a repair did and what it left alone, one row a change."""
    book = Workbook()
    _changes_sheet(book.active, changes)
    book.properties.title = f"数据修复记录 {delivery}"
    book.properties.subject = DEMO_NOTICE if is_demo else ""
    return book


def _changes_sheet(sheet, changes: Sequence[Change]) -> None:
    rows = [
        (c.item, c.feature, c.what, "已修改" if c.done else "未改", c.before_ha, c.after_ha)
        for c in changes
    ]
    _sheet(sheet, "修复记录", CHANGE_HEAD, rows, 0)


def _sheet(sheet, title: str, head, rows, coloured: int) -> None:
    sheet.title = title
    sheet.append([name for name, _ in head])
    fills = {WORDS[s]: PatternFill("solid", fgColor=f"FF{c}") for s, c in COLOURS.items()}
    for row in rows:
        sheet.append([_safe(v) for v in row])
        if coloured:
            cell = sheet.cell(sheet.max_row, coloured)
            cell.fill, cell.font = fills[cell.value], Font(color="FFFFFFFF")
    for number, (_, width) in enumerate(head, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.cell(1, number).font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _safe(value):
    if isinstance(value, str):
        value = text(value)
        return "'" + value if value.startswith(FORMULA_STARTS) else value
    return value


def write_reports(
    folder: Path | str, report: QualityReport, changes: Sequence[Change] = ()
) -> list[Path]:
    """quality.html and quality.xlsx in a folder; raises `OutputError`."""
    page, book = Path(folder) / "quality.html", Path(folder) / "quality.xlsx"
    with whole_file(page) as part:
        part.write_text(report_html(report, changes), encoding="utf-8")
    with whole_file(book) as part:
        report_workbook(report, changes).save(part)
    return [page, book]
