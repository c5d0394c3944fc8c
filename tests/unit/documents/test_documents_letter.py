import re
import unicodedata
import zipfile
from decimal import Decimal

import pytest
import sample
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from lxml import etree

from conftest import plain
from ecoredline.documents import LetterParties, annex_table, official, write_letter
from ecoredline.documents.letter import chinese_date, letter_words, mark_size
from ecoredline.documents.letter_fill import fill
from ecoredline.documents.letter_template import shipped_template
from ecoredline.errors import InputError

PARTIES = LetterParties(
    reply_by="2026-03-05",
    dated="2026-01-09",
    contact="王某 010-00000000",
    number="环办函〔2026〕7号",
)
MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


@pytest.fixture(scope="module")
def table(patches):
    return annex_table(patches)


@pytest.fixture(scope="module")
def letter(tmp_path_factory, table):
    return Document(write_letter(tmp_path_factory.mktemp("letter"), table, PARTIES))


def lines_of(document):
    return [p.text for p in document.paragraphs]


@pytest.mark.parametrize(
    ("template", "start", "end"),
    [("annex-3", "附件 3\n", "附件 4\n"), ("annex-5", "附件 5\n", "抄送")],
)
def test_the_unfilled_letter_is_the_laws_template_word_by_word(law, template, start, end):
    words = fill(shipped_template(template))
    printed = plain(law.split(start, 1)[1].split(end, 1)[0])
    expected = [
        *words.title,
        words.addressee,
        *words.paragraphs,
        *(words.annex, words.contact, words.sender, words.dated),
    ]
    assert printed.replace("(模板)", "") == "".join(plain(w) for w in expected)


def test_the_title_stands_on_two_lines(letter):
    assert "关于建议核实生态保护红线\n疑似生态破坏问题的函" in lines_of(letter)


def test_count_and_area_are_those_of_the_list_behind_the_letter(letter, table):
    text = "\n".join(lines_of(letter))
    count, area = re.search(r"问题(\d+)个，涉及生态保护红线面积([\d.]+)公顷", text).groups()
    rows = letter.tables[0].rows[1:]
    assert int(count) == len(rows) == len(table.rows)
    assert Decimal(area) == sum(Decimal(r.cells[7].text) for r in rows)


def test_the_addressee_stands_flush_left_with_a_full_width_colon(letter):
    line = next(p for p in letter.paragraphs if p.text.endswith("："))
    assert line.text == "四川省人民政府办公厅："
    assert line.paragraph_format.first_line_indent is None


def test_paragraphs_begin_two_characters_in(letter):
    for start in ("经我部", "建议你省", "附件：", "联系人："):
        made = next(p for p in letter.paragraphs if p.text.startswith(start))
        assert made._element.pPr.ind.get(qn("w:firstLineChars")) == "200"


def test_dates_have_arabic_digits_without_leading_zeros(letter):
    text = "\n".join(lines_of(letter))
    assert "望于2026年3月5日前反馈我部" in text
    assert "2026年1月9日" in lines_of(letter)


def test_the_date_ends_four_characters_from_the_right_and_the_sender_is_centred_over_it(letter):
    day = next(p for p in letter.paragraphs if p.text == "2026年1月9日")
    sender = next(p for p in letter.paragraphs if p.text == "生态环境部办公厅")
    right = {p.text: int(p._element.pPr.ind.get(qn("w:rightChars"))) for p in (day, sender)}

    def middle(words):
        wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)
        return right[words] / 100 + wide / 4

    assert right[day.text] == 400
    assert middle(day.text) == middle(sender.text)


def test_page_1_has_the_margins_and_the_core_of_the_standard(letter):
    page = letter.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert page.top_margin.mm == pytest.approx(37, abs=0.05)
    assert page.left_margin.mm == pytest.approx(28, abs=0.05)
    width = page.page_width - page.left_margin - page.right_margin
    height = page.page_height - page.top_margin - page.bottom_margin
    assert width / 36000 == pytest.approx(156, abs=0.1)
    assert height / 36000 == pytest.approx(225, abs=0.1)


def test_the_grid_holds_22_lines_of_28_characters(letter):
    page = letter.sections[0]
    grid = page._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    assert (grid.get(qn("w:linePitch")), grid.get(qn("w:charSpace"))) == ("580", "-848")
    height = (page.page_height - page.top_margin - page.bottom_margin) / 635
    width = (page.page_width - page.left_margin - page.right_margin) / 635
    pitch = (16 - 848 / 4096) * 20
    assert int(height // 580) == 22
    assert int(width // pitch) == 28


def test_body_text_is_16_point_fangsong_at_the_grids_pitch(letter):
    made = next(p for p in letter.paragraphs if p.text.startswith("经我部"))
    run = made.runs[0]
    assert run.font.size.pt == 16
    assert run._element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert made.paragraph_format.line_spacing.pt == 29
    spacing = int(run._element.rPr.find(qn("w:spacing")).get(qn("w:val")))
    page = letter.sections[0]
    width = (page.page_width - page.left_margin - page.right_margin) / 635
    assert int(width // (16 * 20 + spacing)) == 28


def test_the_title_is_22_point_small_standard_song_in_the_middle(letter):
    made = next(p for p in letter.paragraphs if p.text.startswith("关于建议"))
    assert made.runs[0].font.size.pt == 22
    assert made.runs[0]._element.rPr.rFonts.get(qn("w:eastAsia")) == "方正小标宋简体"
    assert made.alignment == 1


def test_fallbacks_of_the_licensed_fonts_are_named(letter):
    part = next(
        p for p in letter.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml"
    )
    fonts = etree.fromstring(part.blob)
    named = {
        f.get(qn("w:name")): f.find(qn("w:altName")).get(qn("w:val"))
        for f in fonts.findall(qn("w:font"))
    }
    assert "FangSong" in named["仿宋_GB2312"] and "Noto Serif CJK SC" in named["方正小标宋简体"]


def test_red_double_rules_lie_where_the_letter_form_wants_them(letter):
    header = letter.sections[0].first_page_header
    boxes = []
    for anchor in header._element.iter(f"{MAIN}anchor"):
        x, y = (int(o.text) / 36000 for o in anchor.iter(f"{MAIN}posOffset"))
        extent = anchor.find(f"{MAIN}extent")
        boxes.append((x, y, int(extent.get("cx")) / 36000, int(extent.get("cy")) / 36000))
    top, bottom = sorted(boxes, key=lambda b: b[1])[:2], sorted(boxes, key=lambda b: b[1])[2:]
    assert all(x == pytest.approx(20) and w == pytest.approx(170) for x, _, w, _ in boxes)
    assert top[0][3] > top[1][3]  # thick over thin
    assert bottom[0][3] < bottom[1][3]  # thin over thick
    mark_mm = mark_size(official.LETTER_MARK) * 25.4 / 72
    assert top[0][1] == pytest.approx(30 + mark_mm + 4)
    assert bottom[1][1] + bottom[1][3] == pytest.approx(297 - 20)


def test_the_red_mark_begins_30_mm_from_the_page_top(letter):
    notice, mark = letter.sections[0].first_page_header.paragraphs
    assert mark.text == "中华人民共和国生态环境部办公厅"
    assert str(mark.runs[0].font.color.rgb) == "FF0000"
    above = letter.sections[0].header_distance.mm + notice.paragraph_format.line_spacing.mm
    assert above + mark.paragraph_format.space_before.mm == pytest.approx(30, abs=0.05)


def test_page_1_bears_no_number_and_the_others_do(letter):
    section = letter.sections[0]
    assert section.different_first_page_header_footer

    def has_number(footer):
        return "PAGE" in "".join(e.text or "" for e in footer._element.iter(qn("w:instrText")))

    assert not has_number(section.first_page_footer)
    assert has_number(section.footer) and has_number(section.even_page_footer)
    assert letter.settings.odd_and_even_pages_header_footer


def test_the_draft_mark_is_on_every_page_and_beside_the_signature(letter):
    section = letter.sections[0]
    for header in (section.header, section.even_page_header, section.first_page_header):
        assert "未用印草稿" in header.paragraphs[0].text
        assert "演示合成数据" in header.paragraphs[0].text
    assert letter.sections[1].header.is_linked_to_previous
    assert "（未用印草稿）" in lines_of(letter)


def test_the_list_follows_on_landscape_pages_of_its_own(letter):
    section = letter.sections[1]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert not section.different_first_page_header_footer
    lines = lines_of(letter)
    label = lines.index("附件")
    assert lines[label + 1] == "疑似生态破坏问题清单"
    run = letter.paragraphs[label].runs[0]
    assert run.font.size.pt == 16
    assert run._element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"


def test_what_is_not_known_stays_the_templates_blank(table):
    words = letter_words(table, LetterParties())
    assert words.dated == "XXXX年XX月XX日"
    assert words.contact == "联系人：XXXXXXXX"
    assert "望于XX年XX月XX日前" in words.paragraphs[1]
    assert words.number == "XX〔XXXX〕XX号"


def test_a_city_can_write_to_a_county(table):
    parties = LetterParties(
        addressee="盐边县人民政府办公室", sender="攀枝花市生态环境局", our_name="我局"
    )
    words = letter_words(table, parties)
    assert words.mark == words.sender == "攀枝花市生态环境局"
    assert words.paragraphs[0].startswith("经我局生态保护红线监管平台监测，发现你县存在")
    assert words.paragraphs[1].endswith("前反馈我局。") and "你省" not in words.paragraphs[1]


@pytest.mark.parametrize(
    ("addressee", "your"),
    [
        ("四川省人民政府办公厅", "你省"),
        ("重庆市人民政府办公厅", "你市"),
        ("广西壮族自治区人民政府办公厅", "你区"),
        ("凉山彝族自治州人民政府办公室", "你州"),
        ("攀枝花市自然资源和规划局", "你省（区、市）"),
    ],
)
def test_the_addressee_is_spoken_to_by_its_own_name(table, addressee, your):
    assert (
        f"发现{your}存在" in letter_words(table, LetterParties(addressee=addressee)).paragraphs[0]
    )


def test_a_letter_about_nothing_says_that_it_need_not_be_sent(tmp_path):
    empty = annex_table(sample.patches(0), province="四川省")
    document = Document(write_letter(tmp_path, empty, PARTIES))
    assert "本函无需印发" in document.sections[0].first_page_header.paragraphs[0].text
    assert "问题0个，涉及生态保护红线面积0.0000公顷" in "\n".join(lines_of(document))


def test_a_letter_on_real_data_has_no_demo_mark(tmp_path):
    path = write_letter(tmp_path, annex_table(sample.patches(4, demo=False)), PARTIES)
    with zipfile.ZipFile(path) as book:
        assert all("演示".encode() not in book.read(name) for name in book.namelist())


def test_a_long_agency_mark_shrinks_to_the_width_of_the_text():
    assert mark_size("攀枝花市生态环境局") == 36
    assert mark_size("某" * 30) * 30 / 72 * 25.4 <= 156


def test_a_date_that_is_none_is_refused():
    with pytest.raises(InputError, match="2026-03-31"):
        chinese_date("31.3.2026", "XX")
