"""Labels of codes on the pages: short in the table, whole where there is room."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from ecoredline.codes import code_list
from ecoredline.web.core.templatetags.ecoredline import code_label, code_short


@pytest.mark.parametrize("code", code_list("activity_types"))
def test_an_activity_has_a_short_label_in_chinese_and_its_label_in_english(code):
    row = code_list("activity_types")[code]
    with translation.override("zh-hans"):
        assert code_short(code, "activity_types") == row["short_zh"]
    with translation.override("en"):
        assert code_short(code, "activity_types") == row["en"]


@pytest.mark.parametrize(("code", "name"), [("suspected", "channels"), ("9", "activity_types")])
def test_a_code_without_a_short_label_is_shown_by_its_label(code, name):
    assert code_short(code, name) == code_label(code, name)


@pytest.mark.parametrize("nothing", ["", None])
def test_no_code_has_no_label(nothing):
    assert code_short(nothing, "activity_types") == ""


@pytest.mark.django_db
def test_the_table_shows_the_short_label_and_tells_the_whole_one(as_person, run):
    page = as_person("yanbian_officer").get(reverse("patch_table", args=[run.pk])).content.decode()
    cells = re.findall(
        r'class="activity"><span class="clip" title="(.*?)">.*?</i>(.*?)</span>', page
    )
    assert ("矿产资源开发（含采石、采砂）", "矿产资源开发") in cells
    assert all(len(short) <= 8 for _, short in cells)
    assert len(cells) == 3
