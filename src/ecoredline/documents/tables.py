"""Tables of a document built as XML in one go: 5,000 rows in seconds, not minutes."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx.document import Document as DocumentType
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ecoredline.documents.ooxml import FANGSONG, HEI, LATIN, TWIPS_PER_MM
from ecoredline.documents.words import text as clean

CELL_MARGIN_TWIPS = 57  # 1 mm


def run_properties(font: str, half_points: int) -> str:
    """Properties of a run, as XML text."""
    return (
        f'<w:rPr><w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}"/>'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'
    )


def cell_xml(words: str, width: int, align: str, run: str, span: int = 1, merge: str = "") -> str:
    """One cell as XML text; `words` are escaped here.

    `merge` joins it downwards: restart for the upper cell, continue for the ones below.
    """
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    spanned += f'<w:vMerge w:val="{merge}"/>' if merge else ""
    said = escape(clean(words)).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    body = f'<w:r>{run}<w:t xml:space="preserve">{said}</w:t></w:r>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}<w:vAlign w:val="center"/>'
        f'</w:tcPr><w:p><w:pPr><w:snapToGrid w:val="0"/><w:jc w:val="{align}"/></w:pPr>{body}'
        "</w:p></w:tc>"
    )


def add_table(
    document: DocumentType,
    widths_mm: Sequence[float],
    labels: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    aligns: Sequence[str],
    size: float = 9,
    nothing: str = "",
    centred: bool = True,
    groups: Sequence[tuple[int, int, str]] = (),
    splits_rows: bool = False,
):
    """Add a boxed table at the end of the body; its head repeats on each page.

    `rows` hold text. With no rows and a `nothing`, one row across says so. A row is not
    cut by a page break unless `splits_rows`. Without `labels` there is no head. `groups` (first, one after last,
    words) make a head of two rows.
    """
    widths = [round(w * TWIPS_PER_MM) for w in widths_mm]
    half_points = round(size * 2)
    head, body = run_properties(HEI, half_points), run_properties(FANGSONG, half_points)
    pieces = [_table_start(widths, centred)]
    if labels:
        pieces += [
            f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"
            for cells in _head(labels, widths, head, groups)
        ]
    whole = "" if splits_rows else "<w:trPr><w:cantSplit/></w:trPr>"
    for row in rows:
        cells = zip(row, widths, aligns, strict=True)
        inner = "".join(cell_xml(t, w, a, body) for t, w, a in cells)
        pieces.append(f"<w:tr>{whole}{inner}</w:tr>")
    if not rows and nothing:
        across = cell_xml(nothing, sum(widths), "center", body, span=len(widths))
        pieces.append(f"<w:tr>{across}</w:tr>")
    pieces.append("</w:tbl>")
    element = parse_xml("".join(pieces))
    document.element.body._insert_tbl(element)
    return element


def _head(labels, widths, run: str, groups) -> list[str]:
    """Cells of the head, row by row: one row, or two when some labels stand under a group."""
    if len(labels) != len(widths):
        raise ValueError(f"got {len(labels)} labels for {len(widths)} columns; wanted one each")
    columns = range(len(labels))
    if not groups:
        return ["".join(cell_xml(labels[i], widths[i], "center", run) for i in columns)]
    upper, lower = [], []
    for i in columns:
        group = next((g for g in groups if g[0] <= i < g[1]), None)
        if group is None:
            upper.append(cell_xml(labels[i], widths[i], "center", run, merge="restart"))
            lower.append(cell_xml("", widths[i], "center", run, merge="continue"))
            continue
        first, end, words = group
        if i == first:
            wide = sum(widths[first:end])
            upper.append(cell_xml(words, wide, "center", run, span=end - first))
        lower.append(cell_xml(labels[i], widths[i], "center", run))
    return ["".join(upper), "".join(lower)]


def _table_start(widths: Sequence[int], centred: bool) -> str:
    """Opening of a table: fixed widths, single lines, narrow cell margins."""
    sides = "".join(
        f'<w:{s} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for s in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    margins = "".join(
        f'<w:{s} w:w="{CELL_MARGIN_TWIPS // (1 if s in ("left", "right") else 2)}" w:type="dxa"/>'
        for s in ("top", "left", "bottom", "right")
    )
    columns = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    place = '<w:jc w:val="center"/>' if centred else ""
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{place}'
        f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
    )
