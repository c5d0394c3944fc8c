"""Word is strict about the order of properties: every document is checked against ECMA-376."""

import sample
from docx.oxml.ns import qn
from lxml import etree

from ecoredline.documents.annex import annex_table
from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.evidence_docx import evidence_document
from ecoredline.documents.letter import run_letter
from ecoredline.documents.png import jpeg_bytes

ORDER = {  # ECMA-376 part 1: 17.3.1.26, 17.3.2.28, 17.4.59, 17.4.69, 17.6.17
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi "
    "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents jc textDirection "
    "textAlignment outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps strike noProof snapToGrid vanish webHidden color spacing "
    "w kern position sz szCs highlight u lang",
    "tblPr": "tblStyle tblW jc tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg docGrid",
}


def parts_of(document):
    for part in document.part.package.iter_parts():
        name = str(part.partname)
        if name.startswith("/word/") and name.endswith(".xml"):
            yield name, etree.fromstring(part.blob)


def misplaced(root):
    for tag, names in ORDER.items():
        order = names.split()
        for element in root.iter(qn(f"w:{tag}")):
            found = [etree.QName(child).localname for child in element]
            if tag == "sectPr":
                found = [n for n in found if not n.endswith("Reference")]
            unknown = [n for n in found if n not in order]
            if unknown or found != sorted(found, key=order.index):
                yield tag, found


def built():
    from PIL import Image

    patches = sample.patches(9)
    table = annex_table(patches)
    chip = jpeg_bytes(Image.new("RGB", (60, 40), "green"))
    pages = [(row, (chip, chip)) for row in patches.head(2).to_dict("records")]
    yield annex_document(table)
    yield run_letter(table)
    yield evidence_document(pages, sample.record())


def test_properties_stand_in_the_order_that_the_schema_wants():
    for document in built():
        for name, root in parts_of(document):
            if name in ("/word/document.xml",) or "header" in name or "footer" in name:
                assert list(misplaced(root)) == [], name


def test_no_theme_font_overrides_the_chinese_ones():
    for document in built():
        styles = next(root for name, root in parts_of(document) if name == "/word/styles.xml")
        fonts = styles.find(f".//{qn('w:rPrDefault')}//{qn('w:rFonts')}")
        assert fonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
        assert not [name for name in fonts.attrib if name.endswith("Theme")]
        language = styles.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
        assert language.get(qn("w:eastAsia")) == "zh-CN"
