"""Charts as Word knows them (DrawingML): sharp at any size, editable, no font or picture inside.

Each chart carries its numbers twice, as the format wants: cached in the chart, and in a small
workbook behind it that opens when somebody edits the data.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from docx.document import Document as DocumentType
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from ecoredline.documents.ooxml import EMU_PER_MM, LATIN, SONG, paragraph
from ecoredline.documents.steady import steady
from ecoredline.documents.words import text
from ecoredline.errors import InputError

CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHART_URI = "http://schemas.openxmlformats.org/drawingml/2006/chart"
MAIN_URI = "http://schemas.openxmlformats.org/drawingml/2006/main"
RELATION_URI = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PLACE_URI = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
COLOURS = ("2F6B4F", "C77C2E", "3E6FA3", "8A8A8A")  # told apart in grey print too
FORMS = ("bar", "column", "line", "stacked")  # stacked: lying bars, each filled to the whole
MOST_LABELS = 16  # of standing bars: more run into each other
CATEGORY_AXIS, VALUE_AXIS = 111, 112
WIDTH_MM, HEIGHT_MM = 150.0, 78.0


@dataclass(frozen=True)
class Chart:
    """What is drawn: bars lying (bar) or standing (column), shares of a whole (stacked), lines (line).

    `series` are (name, values), each with one value a category; NaN leaves a gap. `colours` (RRGGBB)
    are those of the series, or of the bars where there is one series and a colour a category.
    """

    form: str
    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    unit: str = ""
    colours: tuple[str, ...] = ()
    most: float | None = None  # upper end of the value axis

    def __post_init__(self):
        if self.form not in FORMS:
            raise InputError(f"got chart form {self.form!r}; wanted one of {', '.join(FORMS)}")
        short = [name for name, values in self.series if len(values) != len(self.categories)]
        if short or not self.series or not self.categories:
            raise InputError(
                f"got a chart {self.title!r} of {len(self.categories)} categories with "
                f"{'other counts of values in ' + '、'.join(short) if short else 'nothing in it'}; "
                "wanted one value a category"
            )


def add_chart(
    document: DocumentType,
    chart: Chart,
    *,
    width_mm: float = WIDTH_MM,
    height_mm: float = HEIGHT_MM,
):
    """Add a chart in a centred paragraph of its own; gives the paragraph.

    >>> from docx import Document
    >>> made = Document()
    >>> _ = add_chart(made, Chart("bar", "环节", ("发现", "确认"), (("个", (5, 3)),)))
    >>> [str(p.partname) for p in made.part.package.iter_parts() if "/charts/" in str(p.partname)]
    ['/word/charts/chart1.xml']
    """
    package = document.part.package
    number = 1 + sum("/charts/" in str(p.partname) for p in package.iter_parts())
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, b"", package)
    book = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), BOOK_TYPE, _book(chart), package)
    link = part.relate_to(book, RELATIONSHIP_TYPE.PACKAGE)
    part._blob = chart_xml(chart, link).encode("utf-8")
    place = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    made = paragraph(document, align="center", size=10.5)
    made.paragraph_format.keep_with_next = True
    made.add_run()._element.append(_inline(chart, number, place, width_mm, height_mm))
    return made


def _inline(chart: Chart, number: int, place: str, width_mm: float, height_mm: float):
    """The drawing that holds the chart; its words for those who cannot see it."""
    said = escape(_spoken(chart), {'"': "&quot;"})
    size = f'cx="{round(width_mm * EMU_PER_MM)}" cy="{round(height_mm * EMU_PER_MM)}"'
    return parse_xml(
        f'<w:drawing {nsdecls("w")} xmlns:wp="{PLACE_URI}" xmlns:a="{MAIN_URI}">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
        f'<wp:docPr id="{300 + number}" name="chart {number}" descr="{said}"/>'
        f'<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{CHART_URI}">'
        f'<c:chart xmlns:c="{CHART_URI}" xmlns:r="{RELATION_URI}" r:id="{place}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def _spoken(chart: Chart) -> str:
    """The chart in words."""
    parts = (
        f"{name}："
        + "，".join(f"{c}{_plain(v)}" for c, v in zip(chart.categories, values, strict=True))
        for name, values in chart.series
    )
    return text(f"{chart.title}。" + "；".join(parts))


def _plain(value: float) -> str:
    if value != value:
        return "—"
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _book(chart: Chart) -> bytes:
    """The numbers as a workbook: categories down, series across."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    sheet.append(["", *(text(name) for name, _ in chart.series)])
    for i, category in enumerate(chart.categories):
        sheet.append([text(category), *(_known(values[i]) for _, values in chart.series)])
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # a name that begins with = is no formula
    stream = io.BytesIO()
    book.save(stream)
    return steady(stream.getvalue(), timeless=True)  # openpyxl writes the moment of saving


def _known(value: float) -> float | None:
    return value if value == value else None


def chart_xml(chart: Chart, book: str) -> str:
    """The chart part as XML text; `book` is the relation to its workbook."""
    series = "".join(_series(chart, i) for i in range(len(chart.series)))
    axes = f'<c:axId val="{CATEGORY_AXIS}"/><c:axId val="{VALUE_AXIS}"/>'
    if chart.form == "line":
        plot = (
            f'<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}'
            f'<c:marker val="1"/>{axes}</c:lineChart>'
        )
    else:
        lying = "col" if chart.form == "column" else "bar"
        whole = chart.form == "stacked"
        plot = (
            f'<c:barChart><c:barDir val="{lying}"/><c:grouping val="{"percentStacked" if whole else "clustered"}"/>'
            f'<c:varyColors val="0"/>{series}<c:gapWidth val="60"/>'
            f"{'<c:overlap val=' + chr(34) + '100' + chr(34) + '/>' if whole else ''}{axes}</c:barChart>"
        )
    legend = '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<c:chartSpace xmlns:c="{CHART_URI}" xmlns:a="{MAIN_URI}" xmlns:r="{RELATION_URI}">'
        '<c:date1904 val="0"/><c:roundedCorners val="0"/>'
        f'<c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>{plot}{_axes(chart)}</c:plotArea>'
        f'{legend if len(chart.series) > 1 else ""}<c:plotVisOnly val="1"/>'
        f'<c:dispBlanksAs val="gap"/></c:chart>{_font(900)}'
        f'<c:externalData r:id="{book}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )


def _font(hundredths: int) -> str:
    """Lettering of the chart, in hundredths of a point."""
    return (
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{hundredths}">'
        f'<a:latin typeface="{LATIN}"/><a:ea typeface="{SONG}"/></a:defRPr></a:pPr>'
        '<a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )


def _series(chart: Chart, index: int) -> str:
    """One series: name, colour, labels, categories, values."""
    name, values = chart.series[index]
    colours, column = chart.colours or COLOURS, get_column_letter(index + 2)
    last = len(chart.categories) + 1
    fill = _fill(colours[index % len(colours)])
    line = chart.form == "line"
    look = f'<a:ln w="25400">{fill}</a:ln>' if line else fill
    dot = f'<c:marker><c:symbol val="circle"/><c:size val="5"/><c:spPr>{fill}</c:spPr></c:marker>'
    extra = dot if line else '<c:invertIfNegative val="0"/>' + _bar_colours(chart)
    crowded = chart.form == "column" and len(chart.series) * len(chart.categories) > MOST_LABELS
    crowded |= chart.form == "stacked" or (line and len(chart.series) > 1)
    shown = "" if crowded else _labels()
    return (
        f'<c:ser><c:idx val="{index}"/><c:order val="{index}"/>'
        f"<c:tx>{_texts(f'Sheet1!${column}$1', (name,))}</c:tx><c:spPr>{look}</c:spPr>{extra}{shown}"
        f"<c:cat>{_texts(f'Sheet1!$A$2:$A${last}', chart.categories)}</c:cat>"
        f"<c:val>{_numbers(f'Sheet1!${column}$2:${column}${last}', values)}</c:val>"
        f"{'<c:smooth val=' + chr(34) + '0' + chr(34) + '/>' if line else ''}</c:ser>"
    )


def _fill(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


def _bar_colours(chart: Chart) -> str:
    """A colour of its own for each bar, where there is one series with a colour a category."""
    if len(chart.series) > 1 or len(chart.colours) != len(chart.categories):
        return ""
    return "".join(
        f'<c:dPt><c:idx val="{i}"/><c:invertIfNegative val="0"/><c:bubble3D val="0"/>'
        f"<c:spPr>{_fill(colour)}</c:spPr></c:dPt>"
        for i, colour in enumerate(chart.colours)
    )


def _labels() -> str:
    """Each value beside its bar."""
    off = "".join(
        f'<c:{name} val="0"/>'
        for name in ("showCatName", "showSerName", "showPercent", "showBubbleSize")
    )
    return f'<c:dLbls><c:showLegendKey val="0"/><c:showVal val="1"/>{off}</c:dLbls>'


def _texts(place: str, said: Sequence[str]) -> str:
    points = "".join(
        f'<c:pt idx="{i}"><c:v>{escape(text(t))}</c:v></c:pt>' for i, t in enumerate(said)
    )
    return (
        f'<c:strRef><c:f>{place}</c:f><c:strCache><c:ptCount val="{len(said)}"/>{points}'
        "</c:strCache></c:strRef>"
    )


def _numbers(place: str, values: Sequence[float]) -> str:
    points = "".join(
        f'<c:pt idx="{i}"><c:v>{v}</c:v></c:pt>' for i, v in enumerate(values) if v == v
    )
    return (
        f"<c:numRef><c:f>{place}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(values)}"/>{points}</c:numCache></c:numRef>'
    )


def _axes(chart: Chart) -> str:
    """Category and value axis; lying bars read from the top down."""
    lying = chart.form in ("bar", "stacked")
    most = "" if chart.most is None else f'<c:max val="{chart.most:g}"/>'
    order, sides = ("maxMin", ("l", "b")) if lying else ("minMax", ("b", "l"))
    grid = '<a:ln w="6350"><a:solidFill><a:srgbClr val="D9D9D9"/></a:solidFill></a:ln>'
    title = ""
    if chart.unit and not lying:
        title = (
            '<c:title><c:tx><c:rich><a:bodyPr rot="-5400000" vert="horz"/><a:lstStyle/><a:p><a:r>'
            f'<a:rPr lang="zh-CN" sz="900" b="0"/><a:t>{escape(chart.unit)}</a:t></a:r></a:p></c:rich>'
            '</c:tx><c:overlay val="0"/></c:title>'
        )
    return (
        f'<c:catAx><c:axId val="{CATEGORY_AXIS}"/><c:scaling><c:orientation val="{order}"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="{sides[0]}"/><c:numFmt formatCode="General" sourceLinked="0"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        f'<c:crossAx val="{VALUE_AXIS}"/><c:crosses val="autoZero"/></c:catAx>'
        f'<c:valAx><c:axId val="{VALUE_AXIS}"/><c:scaling><c:orientation val="minMax"/>{most}<c:min val="0"/>'
        f'</c:scaling><c:delete val="{int(lying)}"/><c:axPos val="{sides[1]}"/>'
        f"{'' if lying else f'<c:majorGridlines><c:spPr>{grid}</c:spPr></c:majorGridlines>'}{title}"
        '<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
        '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        f'<c:crossAx val="{CATEGORY_AXIS}"/><c:crosses val="autoZero"/>'
        '<c:crossBetween val="between"/></c:valAx>'
    )
