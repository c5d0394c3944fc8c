"""What python-docx has no words for: GB/T 9704-2012 pages, grids, fonts, rules and fast tables.

Page geometry: standards 10.5. Lengths on paper are millimetres; twips are 1/20 point.
"""

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Pt, RGBColor, Twips
from docx.text.paragraph import Paragraph

from ecoredline.documents.words import text as clean

TWIPS_PER_MM = 1440 / 25.4
EMU_PER_MM = 36000
A4_TWIPS = (11906, 16838)
GRID_LINES, GRID_CHARACTERS = 22, 28  # GB/T 9704-2012
GRID_LINE_TWIPS = 580  # 225 mm / 22
GRID_CHAR_SPACE = -848  # 156 mm / 28 against 16 pt, in 1/4096 pt
GRID_CHAR_TWIPS = 315.86  # 16 pt + charSpace
BODY_PT, TITLE_PT, PAGE_NUMBER_PT = 16, 22, 14  # 3号, 2号, 4号
# Core 156 × 225 mm: the bottom takes what the 22 grid lines leave (34.9 mm of 35 ± 1).
PORTRAIT_MM = {"top": 37.0, "right": 26.0, "bottom": 34.92, "left": 28.0}
# The same leaf turned so that the head of a wide table lies at the binding side.
LANDSCAPE_MM = {"top": 28.0, "right": 37.0, "bottom": 26.0, "left": 34.92}
HEADER_MM, NOTICE_LINE_PT = 15.0, 16
PAGE_NUMBER_BELOW_CORE_MM = 7.0

SONG, FANGSONG, HEI, KAI = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312"
XIAOBIAOSONG, LATIN = "方正小标宋简体", "Times New Roman"
FONT_FALLBACKS = {  # the named fonts are licensed: a reader without them gets the next one
    FANGSONG: ("roman", "仿宋,FangSong,STFangsong,Source Han Serif SC,Noto Serif CJK SC"),
    XIAOBIAOSONG: ("roman", "小标宋,FZXiaoBiaoSong-B05S,Source Han Serif SC,Noto Serif CJK SC"),
    KAI: ("roman", "楷体,KaiTi,STKaiti,Source Han Serif SC,Noto Serif CJK SC"),
    HEI: ("swiss", "SimHei,STHeiti,Source Han Sans SC,Noto Sans CJK SC"),
    SONG: ("roman", "SimSun,STSong,Source Han Serif SC,Noto Serif CJK SC"),
}
BODY_PITCH_TWIPS = -5  # 16 pt drawn together to 15.75 pt: 28 of them fill 441 of 442 points
# Schema order (ECMA-376 17.3.1.26, 17.3.2.28): what may follow the two elements set here.
AFTER_SNAP = (
    "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:jc", "w:textAlignment",
    "w:outlineLvl", "w:rPr", "w:sectPr", "w:vanish", "w:webHidden", "w:color", "w:w", "w:kern",
    "w:position", "w:sz", "w:szCs", "w:highlight", "w:u", "w:lang",
)  # fmt: skip
AFTER_SPACING = AFTER_SNAP[AFTER_SNAP.index("w:w") :]
RED = "FF0000"
NOTICE_RED = "C00000"
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
SHAPE_NAMESPACES = (
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)


def mm(value: float) -> Twips:
    """Millimetres on paper as twips.

    >>> int(mm(25.4)) // 635
    1440
    """
    return Twips(round(value * TWIPS_PER_MM))


def new_document(title: str, subject: str = "") -> DocumentType:
    """An empty Chinese document: 仿宋_GB2312 16 pt, no theme fonts, odd and even footers."""
    document = Document()
    document.core_properties.title, document.core_properties.author = title, "EcoRedline"
    document.core_properties.subject, document.core_properties.comments = subject, ""
    document.core_properties.language = "zh-CN"
    _default_fonts(document)
    _font_table(document)
    settings = document.settings.element
    document.settings.odd_and_even_pages_header_footer = True
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    mode = settings.find(qn("w:compat")).findall(qn("w:compatSetting"))[0]
    mode.set(qn("w:val"), "15")
    return document


def _default_fonts(document: DocumentType) -> None:
    """Body font and language in the document defaults and in the style Normal."""
    properties = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    fonts = properties.find(qn("w:rFonts"))
    fonts.attrib.clear()
    for slot, name in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", FANGSONG), ("cs", LATIN)):
        fonts.set(qn(f"w:{slot}"), name)
    for slot in ("sz", "szCs"):
        properties.find(qn(f"w:{slot}")).set(qn("w:val"), str(BODY_PT * 2))
    properties.find(qn("w:lang")).set(qn("w:eastAsia"), "zh-CN")
    spacing = document.styles.element.find(f".//{qn('w:pPrDefault')}//{qn('w:spacing')}")
    spacing.attrib.clear()
    spacing.set(qn("w:after"), "0")
    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(BODY_PT), LATIN
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)


def _font_table(document: DocumentType) -> None:
    """Name the fallbacks of the licensed fonts (`w:altName`), in the font table."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
        for name, (family, others) in FONT_FALLBACKS.items()
    )
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = (
                '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
                f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>"
            ).encode()


def set_page(section: Section, *, landscape: bool = False, grid: bool = True) -> Section:
    """A4 with the margins of GB/T 9704-2012; `grid` sets 22 lines of 28 characters."""
    width, height = A4_TWIPS[::-1] if landscape else A4_TWIPS
    margins = LANDSCAPE_MM if landscape else PORTRAIT_MM
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Twips(width), Twips(height)
    section.top_margin, section.bottom_margin = mm(margins["top"]), mm(margins["bottom"])
    section.left_margin, section.right_margin = mm(margins["left"]), mm(margins["right"])
    section.header_distance = mm(HEADER_MM)
    below = margins["bottom"] - PAGE_NUMBER_BELOW_CORE_MM - PAGE_NUMBER_PT * 25.4 / 72
    section.footer_distance = mm(below)
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    kind = "linesAndChars" if grid and not landscape else "lines"
    pitch = GRID_LINE_TWIPS if grid and not landscape else 312
    space = f' w:charSpace="{GRID_CHAR_SPACE}"' if kind == "linesAndChars" else ""
    section._sectPr.append(
        parse_xml(f'<w:docGrid {nsdecls("w")} w:type="{kind}" w:linePitch="{pitch}"{space}/>')
    )
    return section


def add_section(document: DocumentType, *, landscape: bool = False) -> Section:
    """A new section on a new page, with headers and footers of its own page setup."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.different_first_page_header_footer = False
    return set_page(section, landscape=landscape)


def keep_pitch(made: Paragraph) -> None:
    """Give body text its 28 characters a line in every reader.

    The section declares the grid; some readers take two cells for a 16 pt character on it,
    so the text itself is set off the grid and drawn together to 15.75 pt.
    """
    _off_grid(made._element.get_or_add_pPr())
    for run in made.runs:
        properties = run._element.get_or_add_rPr()
        _off_grid(properties)
        spacing = parse_xml(f'<w:spacing {nsdecls("w")} w:val="{BODY_PITCH_TWIPS}"/>')
        properties.insert_element_before(spacing, *AFTER_SPACING)


def _off_grid(properties) -> None:
    """Set `w:snapToGrid` off, at its place in the properties of a paragraph or a run."""
    element = parse_xml(f'<w:snapToGrid {nsdecls("w")} w:val="0"/>')
    properties.insert_element_before(element, *AFTER_SNAP)


def style_run(run, *, font=FANGSONG, size=BODY_PT, bold=False, color=None) -> None:
    """Font of a run: Latin letters and digits in Times New Roman, Chinese in `font`."""
    run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), bold
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    if color:
        run.font.color.rgb = RGBColor.from_string(color)


def paragraph(
    container, words: str = "", *, font=FANGSONG, size=BODY_PT, bold=False, color=None,
    align="left", first_line=0, right_characters=0.0, line_pt=None, before_pt=0.0,
) -> Paragraph:  # fmt: skip
    """Add a paragraph; indents are in characters, `line_pt` is an exact line height."""
    made = container.add_paragraph()
    made.alignment = ALIGN[align]
    layout = made.paragraph_format
    layout.space_before, layout.space_after = Pt(before_pt), Pt(0)
    if line_pt:
        layout.line_spacing = Pt(line_pt)
    if first_line or right_characters:
        indent(made, first_line=first_line, right=right_characters, size=size)
    lines = clean(words).split("\n")
    for number, line in enumerate(lines):
        run = made.add_run(line)
        style_run(run, font=font, size=size, bold=bold, color=color)
        if number < len(lines) - 1:
            run.add_break()
    if size == BODY_PT:
        keep_pitch(made)
    else:
        _off_grid(made._element.get_or_add_pPr())
    return made


def indent(made: Paragraph, *, first_line=0.0, right=0.0, left=0.0, size=BODY_PT) -> None:
    """Indents in characters, with twips beside them for readers that know only lengths."""
    element = made._element.get_or_add_pPr().get_or_add_ind()
    one = GRID_CHAR_TWIPS if size == BODY_PT else size * 20
    for name, characters in (("firstLine", first_line), ("right", right), ("left", left)):
        if characters:
            element.set(qn(f"w:{name}Chars"), str(round(characters * 100)))
            element.set(qn(f"w:{name}"), str(round(characters * one)))


def page_number(footer, align: str) -> None:
    """Page number as — 1 —, 4号 宋, half-width digits, one character in from the outer side."""
    made = footer.paragraphs[0]
    made.alignment = ALIGN[align]
    indent(made, right=align == "right", left=align == "left", size=PAGE_NUMBER_PT)
    for words in ("— ", None, " —"):
        run = made.add_run(words or "")
        style_run(run, font=SONG, size=PAGE_NUMBER_PT)
        run.font.name = SONG
        if words is None:
            for kind, inner in (("begin", ""), ("", "PAGE"), ("end", "")):
                run._element.append(_field(kind, inner))


def _field(kind: str, instruction: str):
    """One piece of a complex field."""
    if instruction:
        return parse_xml(
            f'<w:instrText {nsdecls("w")} xml:space="preserve"> {instruction} </w:instrText>'
        )
    return parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>')


def page_numbers(section: Section) -> None:
    """Page numbers at the outer side: odd pages right, even pages left."""
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        page_number(footer, align)


def notices(section: Section, words: str) -> None:
    """Words that must be seen on every page (draft, demo data), at the head on the right."""
    headers = [section.header, section.even_page_header]
    if section.different_first_page_header_footer:
        headers.append(section.first_page_header)
    for header in headers:
        header.is_linked_to_previous = False
        made = header.paragraphs[0]
        made.alignment = ALIGN["right"]
        made.paragraph_format.line_spacing = Pt(NOTICE_LINE_PT)
        made.paragraph_format.space_before = made.paragraph_format.space_after = Pt(0)
        _off_grid(made._element.get_or_add_pPr())
        style_run(made.add_run(words), font=HEI, size=12, bold=True, color=NOTICE_RED)


def anchored(made: Paragraph, number: int, x_mm, y_mm, width_mm, height_mm, inside: str) -> None:
    """Fix a shape to a place on the page, counted from the paper's upper left corner."""
    x, y, width, height = (round(v * EMU_PER_MM) for v in (x_mm, y_mm, width_mm, height_mm))
    made.add_run()._element.append(
        parse_xml(
            f'<mc:AlternateContent {nsdecls("w")} {SHAPE_NAMESPACES}><mc:Choice Requires="wps">'
            '<w:drawing><wp:anchor distT="0" distB="0" distL="0" '
            f'distR="0" simplePos="0" relativeHeight="{number}" behindDoc="0" locked="1" '
            'layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
            f'<wp:positionH relativeFrom="page"><wp:posOffset>{x}</wp:posOffset></wp:positionH>'
            f'<wp:positionV relativeFrom="page"><wp:posOffset>{y}</wp:posOffset></wp:positionV>'
            f'<wp:extent cx="{width}" cy="{height}"/><wp:wrapNone/>'
            f'<wp:docPr id="{number}" name="shape {number}"/><wp:cNvGraphicFramePr/>'
            "<a:graphic><a:graphicData "
            'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
            f'<wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" '
            f'cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{inside}'
            "</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>"
            "</mc:AlternateContent>"
        )
    )


def anchored_bar(made: Paragraph, number: int, x_mm, y_mm, width_mm, height_mm) -> None:
    """A red bar: two of them, thick and thin, make a double rule."""
    inside = (
        f'<a:solidFill><a:srgbClr val="{RED}"/></a:solidFill><a:ln><a:noFill/></a:ln></wps:spPr>'
        "<wps:bodyPr/>"
    )
    anchored(made, number, x_mm, y_mm, width_mm, height_mm, inside)
