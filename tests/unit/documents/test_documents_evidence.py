import io
from html.parser import HTMLParser

import pytest
import sample
from docx import Document
from PIL import Image

from conftest import plain
from ecoredline.documents.evidence import (
    DOCUMENT_LIMIT,
    limit_note,
    listed,
    write_all_evidence,
    write_evidence,
)
from ecoredline.documents.evidence_docx import evidence_document, write_evidence_document
from ecoredline.documents.facts import patch_facts
from ecoredline.documents.words import confidence, dms, label_of, safe_name
from ecoredline.errors import Cancelled
from ecoredline.record import Job

CHIPS = (Image.new("RGB", (48, 48), "green"), Image.new("RGB", (48, 48), "brown"))


class Page(HTMLParser):
    """Addresses and text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.addresses, self.text, self.attributes = [], "", {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.attributes.setdefault(tag, []).append(dict(attrs))
        self.addresses += [v for k, v in attrs if k in ("src", "href", "action")]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def sheet(tmp_path_factory, patches):
    folder = tmp_path_factory.mktemp("evidence")
    paths = write_evidence(patches.iloc[2].to_dict(), CHIPS, sample.record(), folder)
    return paths, Page(paths[-1].read_text(encoding="utf-8"))


def test_a_sheet_is_one_page_and_two_pictures_named_by_the_patch(sheet):
    paths, _ = sheet
    name = "510422-202511-wm3x00002"
    assert [p.name for p in paths] == [f"{name}-before.png", f"{name}-after.png", f"{name}.html"]
    assert Image.open(paths[0]).size == (48, 48)


def test_a_sheet_needs_nothing_beside_it(sheet):
    paths, page = sheet
    assert len(page.addresses) == 2
    assert all(a.startswith("data:image/png;base64,") for a in page.addresses)
    html = paths[-1].read_text(encoding="utf-8")
    assert "http" not in html and "url(" not in html
    assert page.attributes["html"] == [{"lang": "zh-CN"}]


def test_a_sheet_tells_all_that_the_issue_asks_for(sheet, patches):
    _, page = sheet
    patch = patches.iloc[2]
    for words in (
        "2024-11-03", "2025-11-07", "before", "GF-2 PMS", f"{patch.lon:.6f}", "E101°", "N26°",
        f"{patch.redline_area_ha:.4f} 公顷", "盐边县", "510422", "HX-510422-002", "一般控制区",
        "2023-01 演示版", "二滩国家森林公园", "规则推断，未校准", "演示合成数据",
        *sample.REASONS,
    ):  # fmt: skip
        assert words in page.text, words


def test_a_real_sheet_has_no_demo_words(tmp_path):
    patch = sample.patch(1) | {"is_demo": False}
    record = sample.record(is_demo=False, notice="", inputs={})
    paths = write_evidence(patch, CHIPS, record, tmp_path)
    assert "演示合成数据" not in paths[-1].read_text(encoding="utf-8")
    assert "Comment" not in Image.open(paths[0]).text


def test_a_sheet_without_images_says_so(tmp_path):
    paths = write_evidence(sample.patch(0), None, sample.record(), tmp_path)
    assert len(paths) == 1
    assert "未提供影像切片" in paths[0].read_text(encoding="utf-8")


def test_names_cannot_smuggle_markup_or_leave_the_folder(tmp_path):
    patch = sample.patch(0) | {
        "patch_id": "../../x<script>", "position": "<script>alert(1)</script>", "reasons": ["<b>"],
    }  # fmt: skip
    paths = write_evidence(patch, None, sample.record(), tmp_path)
    assert paths[0].parent == tmp_path and paths[0].name == "x-script.html"
    html = paths[0].read_text(encoding="utf-8")
    assert "<script" not in html and "<b>" not in html.split("<footer>")[0]
    assert "&lt;script&gt;alert(1)" in html


def test_only_listed_patches_are_shown_suspected_and_larger_ones_first(patches):
    rows = listed(patches)
    assert {r["channel"] for r in rows} == {"suspected", "protected"}
    keys = [(r["channel"] != "suspected", -r["redline_area_ha"]) for r in rows]
    assert keys == sorted(keys)


def test_a_limit_cuts_the_sheets_and_is_said(tmp_path, patches):
    made = write_all_evidence(tmp_path, patches, sample.record(), chips=lambda r: CHIPS, limit=3)
    assert len(made.paths) == 9 and len(made.written) == 3
    assert (
        made.note
        == f"清单共 {len(listed(patches))} 个图斑，按去向和面积由大到小生成前 3 个的证据材料。"
    )
    assert f"前 {DOCUMENT_LIMIT} 个" in limit_note(DOCUMENT_LIMIT + 1, 500)


def test_each_thumbnail_belongs_to_a_written_sheet(tmp_path, patches):
    made = write_all_evidence(tmp_path, patches.head(5), sample.record(), chips=lambda r: CHIPS)
    assert set(made.thumbnails) == made.written
    assert all(t.startswith("data:image/jpeg;base64,") for t in made.thumbnails.popitem()[1])


def test_cancelling_stops_between_sheets(tmp_path, patches):
    done = []
    job = Job(report=done.append, cancelled=lambda: len(done) >= 2)
    with pytest.raises(Cancelled):
        write_all_evidence(tmp_path, patches, sample.record(), job=job)
    assert len(done) == 2
    assert not [p for p in (tmp_path / "evidence").iterdir() if ".part" in p.name]


def test_the_document_has_one_page_a_patch_with_two_pictures(tmp_path, patches):
    pages = write_all_evidence(
        tmp_path, patches.head(4), sample.record(), chips=lambda r: CHIPS
    ).pages
    document = Document(write_evidence_document(tmp_path, pages, sample.record()))
    titles = [p for p in document.paragraphs if p.text == "图斑证据材料"]
    assert len(titles) == len(document.tables) == len(pages) == 4
    breaks = [bool(p.paragraph_format.page_break_before) for p in titles]
    assert breaks == [False, True, True, True]
    assert len(document.inline_shapes) == 8
    media = [p for p in document.part.package.iter_parts() if "/media/" in str(p.partname)]
    assert len(media) == 8
    assert Image.open(io.BytesIO(media[0].blob)).format == "JPEG"
    assert "演示合成数据" in document.sections[0].header.paragraphs[0].text


def test_a_document_about_nothing_says_so():
    document = evidence_document([], sample.record(is_demo=False))
    assert "本期清单没有图斑。" in [p.text for p in document.paragraphs]


def test_blank_facts_are_said_or_left_out_but_never_invented():
    facts = dict(patch_facts({"patch_id": "a", "area_ha": 1.0}, {}))
    assert facts["行政区"] == facts["位置描述"] == facts["中心坐标"] == "未提供"
    assert facts["人类活动类型"] == facts["疑似问题"] == "待判定"
    assert facts["红线斑块"] == "不涉及"
    assert "植被指数（NDVI）" not in facts
    assert facts["前时相影像"] == "日期未知"


def test_words_for_numbers_and_codes():
    assert dms(-26.5, "lat") == "S26°30′00.00″"
    assert confidence(None) == "" and "未校准" in confidence(0.5)
    assert label_of("control_zones", "某某区") == "某某区"
    assert safe_name("///") == "patch" and safe_name("510402-202511-wm3-2") == "510402-202511-wm3-2"
    assert plain("附件 ２：") == "附件2:"
