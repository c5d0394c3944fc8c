"""The evidence of a run in one document: 图斑证据材料, one patch a page."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from docx.document import Document as DocumentType
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm
from PIL import Image

from ecoredline.documents.facts import UNDETERMINED, patch_facts
from ecoredline.documents.ooxml import (
    EMU_PER_MM,
    FANGSONG,
    HEI,
    NOTICE_RED,
    XIAOBIAOSONG,
    new_document,
    notices,
    page_numbers,
    paragraph,
    set_page,
    style_run,
)
from ecoredline.documents.tables import add_table
from ecoredline.documents.words import UNCALIBRATED, as_list, is_demo, text
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE

DOCUMENT_NAME = "evidence.docx"
TITLE = "图斑证据材料"
CHIP_MM = 75.0  # two of them and a gap fill the 156 mm core
FACT_WIDTHS_MM = (34.0, 122.0)
FACT_PT, REASON_PT = 10, 10
MARGIN_TOP_MM, MARGIN_BOTTOM_MM = 24.0, 24.0

Page = tuple[Mapping, tuple[bytes, bytes] | None]


def evidence_document(pages: Sequence[Page], record: Mapping, note: str = "") -> DocumentType:
    """Build the document: for each patch its chips (JPEG bytes), facts and reasons on one page."""
    demo = is_demo(record, *(patch for patch, _ in pages))
    document = new_document(TITLE, DEMO_NOTICE if demo else "")
    section = set_page(document.sections[0], grid=False)
    section.top_margin, section.bottom_margin = Mm(MARGIN_TOP_MM), Mm(MARGIN_BOTTOM_MM)
    section.footer_distance = Mm(12)
    page_numbers(section)
    if demo:
        notices(section, DEMO_NOTICE)
    if not pages:
        paragraph(document, TITLE, font=XIAOBIAOSONG, size=22, align="center", line_pt=34)
        paragraph(document, "本期清单没有图斑。", align="center", line_pt=30)
    for number, (patch, chips) in enumerate(pages):
        _page(document, patch, chips, record, number)
    if note:
        paragraph(document, note, size=REASON_PT, line_pt=15, before_pt=6)
    return document


def _page(document: DocumentType, patch: Mapping, chips, record: Mapping, number: int) -> None:
    """One patch on its own page."""
    title = paragraph(document, TITLE, font=XIAOBIAOSONG, size=20, align="center", line_pt=30)
    title.paragraph_format.page_break_before = number > 0
    patch_id = text(patch.get("patch_id"))
    paragraph(document, patch_id, font=HEI, size=12, align="center", line_pt=18)
    if is_demo(record, patch):
        notice = f"（{DEMO_NOTICE}，不得作为执法依据）"
        paragraph(
            document, notice, font=HEI, size=11, bold=True, color=NOTICE_RED, align="center", line_pt=16
        )  # fmt: skip
    if chips is None:
        paragraph(document, "未提供影像切片。", size=12, align="center", line_pt=24)
    else:
        _pictures(document, chips, number)
        said = "　　".join(
            f"{name}：{text(patch.get(key)) or '日期未知'}"
            for name, key in (("前时相", "before_on"), ("后时相", "after_on"))
        )
        paragraph(
            document,
            f"{said}　（两期同一拉伸，黄线为图斑轮廓）",
            size=FACT_PT,
            align="center",
            line_pt=16,
        )
    rows = patch_facts(patch, record)
    add_table(document, FACT_WIDTHS_MM, (), rows, aligns=("center", "left"), size=FACT_PT)
    paragraph(document, f"判定依据（{UNCALIBRATED}）", font=HEI, size=11, line_pt=18, before_pt=4)
    for place, reason in enumerate(as_list(patch.get("reasons")) or [UNDETERMINED], start=1):
        paragraph(document, f"{place}. {reason}", font=FANGSONG, size=REASON_PT, line_pt=15)


def _pictures(document: DocumentType, chips: tuple[bytes, bytes], number: int) -> None:
    """Two chips side by side in one centred line."""
    made = paragraph(document, align="center", size=FACT_PT)
    for side, data in enumerate(chips):
        place = number * 2 + side + 1
        part = Part(
            PackURI(f"/word/media/chip{place}.jpeg"), "image/jpeg", data, document.part.package
        )
        # A part made here is related directly: python-docx compares each new picture with
        # every earlier one by hash, which is slow for hundreds.
        relation = document.part.relate_to(part, RT.IMAGE)
        run = made.add_run(" " if side else "")
        style_run(run, size=8)
        words = ("前时相影像", "后时相影像")[side]
        run._element.append(_picture_xml(relation, place, words, *_size_emu(data)))


def _size_emu(data: bytes) -> tuple[int, int]:
    """Width and height on paper: the longer side is `CHIP_MM`."""
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
    scale = CHIP_MM * EMU_PER_MM / max(width, height)
    return round(width * scale), round(height * scale)


def _picture_xml(relation: str, number: int, words: str, width: int, height: int):
    return parse_xml(
        f'<w:drawing {nsdecls("w", "wp", "a", "pic", "r")}><wp:inline distT="0" distB="0" distL="0" '
        f'distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{number}" '
        f'name="chip {number}" descr="{words}"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="{number}" name="chip{number}.jpeg"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch>'
        '</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def write_evidence_document(
    folder: Path, pages: Sequence[Page], record: Mapping, note: str = ""
) -> Path:
    """Write evidence.docx; raises `OutputError`. It appears whole or not at all."""
    path = Path(folder) / DOCUMENT_NAME
    with whole_file(path) as part:
        evidence_document(pages, record, note).save(part)
    return path
