"""PDF pages with Chinese text, by fpdf2; the font is one of the system's and is embedded, only the letters used."""

import os
from functools import cache
from io import BytesIO
from pathlib import Path

from fpdf import FPDF, FontFace
from fpdf.enums import WrapMode

from ecoredline.errors import SourceError

# file and which face of a collection; the simplified Chinese one
KNOWN_FONTS = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/arphic/uming.ttc", 0),
    ("C:/Windows/Fonts/simhei.ttf", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 0),
)
FACE = "zh"
MARGIN_MM, PT_TO_MM = 22.0, 0.3528
HEAD_FILL = (235, 240, 236)
LINE_RATIO = 1.45


@cache
def chinese_font() -> tuple[str, int]:
    """A font file and its face; raises `SourceError` when there is none on this machine."""
    own = os.environ.get("ECOREDLINE_FONT", "").strip()
    for path, face in ((own, 0), *KNOWN_FONTS):
        if path and Path(path).is_file():
            return path, face
    raise SourceError(
        "found no font with Chinese letters; install fonts-noto-cjk or set ECOREDLINE_FONT to a TTF, OTF or TTC file"
    )


class Paper(FPDF):
    """An A4 page with a title in the properties, page numbers, and a notice at head and foot."""

    def __init__(self, title: str, notice: str = ""):
        super().__init__(format="A4")
        path, face = chinese_font()
        self.notice = notice
        self.add_font(FACE, fname=path, collection_font_number=face)
        self.set_title(title)
        self.set_lang("zh-CN")
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM)
        self.add_page()

    def header(self) -> None:
        """The notice."""
        if self.notice:
            self.set_y(10)
            self.words(self.notice, size=9, color=(170, 0, 0), align="C")
            self.set_y(MARGIN_MM)

    def footer(self) -> None:
        """The page's number, and the notice again."""
        self.set_y(-15)
        self.words(f"{self.notice}　— {self.page_no()} —".strip("　"), size=9, align="C")

    def words(self, text: str, *, size: float = 11, color=(0, 0, 0), align="L", after=0.0) -> None:
        """A paragraph over the whole width; Chinese breaks anywhere."""
        self.set_font(FACE, size=size)
        self.set_text_color(*color)
        self.multi_cell(
            0, size * PT_TO_MM * LINE_RATIO, text, align=align, wrapmode=WrapMode.CHAR,
            new_x="LMARGIN", new_y="NEXT",
        )  # fmt: skip
        self.set_text_color(0, 0, 0)
        self.ln(after)

    def rows(self, widths_mm, head, rows, *, aligns, size: float = 9, nothing: str = "") -> None:
        """A table with a head that is said again on the next page; `nothing` where there is no row."""
        if not rows and nothing:
            self.words(nothing, size=size, after=2)
            return
        self.set_font(FACE, size=size)
        with self.table(
            col_widths=tuple(widths_mm), width=sum(widths_mm), text_align=tuple(a[0].upper() for a in aligns),
            line_height=size * PT_TO_MM * LINE_RATIO, wrapmode=WrapMode.CHAR, padding=0.8,
            first_row_as_headings=bool(head), headings_style=FontFace(fill_color=HEAD_FILL),
        ) as table:  # fmt: skip
            for row in ([head] if head else []) + list(rows):
                table.row([str(cell) for cell in row])
        self.ln(2)

    def picture(self, png: bytes, width_mm: float) -> None:
        """A picture in the middle of the page."""
        self.image(BytesIO(png), x="C", w=width_mm)
        self.ln(2)
