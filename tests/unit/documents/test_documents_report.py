import re

import numpy as np
import pytest
import sample
import shapely
from test_documents_evidence import CHIPS, Page

from ecoredline.documents import annex_table, report_html
from ecoredline.documents.evidence import Evidence, write_all_evidence
from ecoredline.documents.report_map import bounds_of, dots_of, overview, path_of, view_of
from ecoredline.documents.report_tables import bars, county_of, facts_table, quality_words
from ecoredline.grid import ELLIPSOID


def build(count=28, record=None, evidence=None, patches=None, **options):
    return report_html(
        sample.patches(count) if patches is None else patches,
        sample.dropped(6 if count else 0), sample.unseen(), record or sample.record(),
        redline=sample.redline(), divisions=sample.divisions(), evidence=evidence, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def html(tmp_path_factory, patches):
    folder = tmp_path_factory.mktemp("report")
    evidence = write_all_evidence(folder, patches, sample.record(), chips=lambda row: CHIPS)
    return build(evidence=evidence, files=["annex-1.xlsx", "letter.docx"])


def rows_in(html):
    return re.findall(r'<tr id="row-([^"]+)">', html)


def test_the_report_asks_nothing_of_a_network(html):
    page = Page(html)
    allowed = ("data:image/", "evidence/", "#row-", "annex-1.xlsx", "letter.docx")
    assert page.addresses and all(a.startswith(allowed) for a in page.addresses)
    for loader in ("http:", "https:", "url(http", "@import", "fetch(", "//cdn"):
        assert loader not in html
    assert page.attributes["html"] == [{"lang": "zh-CN"}]


def test_the_numbers_at_the_head_are_those_of_the_annexes(html, patches):
    table = annex_table(patches)
    text = Page(html).text
    expected = (
        f"发现疑似生态破坏问题 {len(table.rows)} 个，涉及生态保护红线面积 {table.area_ha:,} 公顷"
    )
    assert expected in text
    assert "12.5%" in text  # 12.5 of (115 - 15) ha


def test_every_section_that_the_issue_asks_for_is_there(html):
    text = Page(html).text
    for words in (
        "演示合成数据", "总览图", "小于最小上图面积", "耕作轮换", "东区（510402）", "25.0%",
        "配准良好", "未提供地名数据", "before.tif", "ab" * 32, "detection.threshold", "待判定",
    ):  # fmt: skip
        assert words in text, words


def test_paths_of_the_machine_are_not_told(html):
    assert "/somewhere" not in html


def test_each_row_leads_to_its_sheet_and_shows_both_dates(html, patches):
    ids = rows_in(html)
    assert sorted(ids) == sorted(patches["patch_id"])
    links = re.findall(r'href="evidence/([^"]+)\.html"', html)
    assert set(links) == set(patches["patch_id"][patches["channel"] != "outside"])
    assert html.count("data:image/jpeg") == 2 * len(set(links))


def test_columns_can_be_sorted_by_value(html):
    values = re.findall(r'data-label="红线内公顷" data-value="([\d.]+)"', html)
    assert len(values) == 28 and all(float(v) >= 0 for v in values)
    assert "addEventListener" in html and 'aria-sort="descending"' in html


def test_nothing_found_is_a_whole_report(html):
    empty = build(0)
    text = Page(empty).text
    assert "本期未发现疑似生态破坏问题。" in text and "本期没有图斑。" in text
    assert "<svg" in empty and "没有剔除" in text


def test_a_run_that_knows_almost_nothing_still_has_a_report():
    record = {"is_demo": False, "inputs": {}, "parameters": {}}
    made = report_html(sample.patches(0), sample.dropped(0), None, record)
    text = Page(made).text
    assert "没有可以绘制的范围" in text and "本次运行未统计" in text and "未记录配准结果" in text
    assert "演示合成数据" not in made


def test_thousands_of_patches_are_cut_to_a_thousand_and_it_is_said(patches):
    base = sample.patches(36)
    many = base.loc[np.arange(1500) % 36].reset_index(drop=True)
    many["patch_id"] = [f"p{i}" for i in range(1500)]
    made = build(patches=many)
    assert len(rows_in(made)) == 1000
    assert "本表只列前 1000 个" in made and 'href="annex-2.xlsx"' in made
    assert "图斑（1500 个）" in made
    assert 'class="dots suspected"' in made and "<circle" not in made


def test_names_cannot_smuggle_markup(patches):
    evil = "<script>alert(1)</script>"
    bad = patches.head(3).assign(position=evil, county=evil, patch_id=['"><img src=x>', "b", "c"])
    made = build(patches=bad, record=sample.record(warnings=[evil]))
    assert evil not in made and "<img src=x>" not in made


def test_the_note_on_missing_sheets_is_shown():
    made = build(evidence=Evidence(note="清单共 900 个图斑"))
    assert "清单共 900 个图斑" in made


def test_the_map_puts_a_place_where_plain_proportion_puts_it():
    view = view_of((101.0, 26.0, 101.4, 26.3))
    x, y = view.place(np.array([[(view.west + view.east) / 2, view.north]]))[0]
    assert (x, y) == pytest.approx((480, 0))
    east_m = ELLIPSOID.inv(101.0, 26.15, 101.4, 26.15)[2]
    x0, x1 = view.place(np.array([[101.0, 26.15], [101.4, 26.15]]))[:, 0]
    assert (x1 - x0) * view.metres_per_px == pytest.approx(east_m, rel=1e-3)


@pytest.mark.parametrize(
    "bounds", [(101, 26, 101.1, 26.9), (101, 26, 101.9, 26.1), (101, 26, 101, 26)]
)
def test_the_map_keeps_its_proportions_whatever_the_shape(bounds):
    view = view_of(bounds)
    middle = (view.south + view.north) / 2
    down_m = ELLIPSOID.inv(view.west, view.south, view.west, view.north)[2]
    assert down_m / view.height_px == pytest.approx(view.metres_per_px, rel=0.02), middle
    assert 420 <= view.height_px <= 900


def test_outlines_keep_their_area_and_are_cut_at_the_frame():
    view = view_of((101.0, 26.0, 101.4, 26.3))
    ring = shapely.box(101.1, 26.1, 101.2, 26.2).difference(
        shapely.box(101.14, 26.14, 101.16, 26.16)
    )
    rings = [
        np.array([p.split() for p in part.rstrip("Z").split("L")], float)
        for part in path_of([ring], view).split("M")[1:]
    ]
    areas = sorted(shapely.Polygon(r).area for r in rings)
    across, down = view.per_degree
    assert areas == pytest.approx([0.0004 * across * down, 0.01 * across * down], rel=0.01)
    far = path_of([shapely.box(0, 0, 170, 60)], view)
    numbers = np.array(re.findall(r"-?[\d.]+", far), float).reshape(-1, 2)
    assert numbers.min() >= -0.1 and numbers[:, 0].max() <= 960.1


def test_a_broken_outline_does_not_break_the_map():
    view = view_of((0, 0, 2, 2))
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert path_of([bow_tie], view).count("M") == 2


def test_dots_leave_out_patches_without_a_place():
    view = view_of((0, 0, 1, 1))
    assert dots_of([{"lon": float("nan"), "lat": 0.5}], view) == ""
    assert dots_of([{"lon": 0.5, "lat": 0.5}], view).startswith("M480.0 ")


def test_the_map_frame_is_the_images_when_the_record_tells_them(patches):
    record = sample.record()
    assert bounds_of(record, patches) == tuple(record["grid"]["bounds_lonlat"])
    assert bounds_of({}, patches) == pytest.approx(tuple(patches.total_bounds))
    assert overview(sample.patches(0), None, None, None, {}) is None


def test_bars_add_up_to_the_listed_area(patches):
    rows = patches.to_dict("records")
    made = bars(rows, county_of)
    kept = patches[patches["channel"] != "outside"]
    assert sum(b["sum"] for b in made) == pytest.approx(kept.redline_area_ha.sum(), abs=1e-6)
    assert max(b["suspected"] + b["protected"] for b in made) == pytest.approx(100, abs=0.02)
    assert [b["sum"] for b in made] == sorted((b["sum"] for b in made), reverse=True)


@pytest.mark.parametrize(
    ("residual", "said"), [(0.3, "配准良好"), (0.8, "配准可用"), (1.7, "配准残差偏大")]
)
def test_registration_is_judged_in_words(residual, said):
    words = quality_words({"registration": {"rms_after_px": residual}})
    assert any(said in sentence for sentence in words)


def test_parameters_are_told_flat():
    pairs = dict(facts_table({"a": {"b": [1, 2], "c": None}, "d": False}))
    assert pairs == {"a.b": "1、2", "a.c": "默认", "d": "否"}
