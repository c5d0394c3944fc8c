"""The annexes of a person: whole for who sees the run, an extract that says so for the others."""

import io

import openpyxl
import pytest
import sample_run
from django.urls import reverse

from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db
SUBJECT = "生态保护红线疑似生态破坏问题"
NOTHING = "本期未发现"


def lines(client, run, number=1, **query) -> list[str]:
    """Every text of the workbook, row by row."""
    got = client.get(reverse("annex", args=[run.pk, number]), query)
    assert got.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(got.getvalue())).active
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize(
    "query",
    [{"activity": "2"}, {"q": "nowhere"}, {"min_area": "1000"}, {"county": "530723"},
     {"min_area": "nonsense"}],
)  # fmt: skip
def test_the_filters_of_the_page_do_not_shorten_an_official_list(as_person, run, query):
    client = as_person("yanbian_officer")
    assert lines(client, run, **query) == lines(client, run)
    found = lines(client, run, **query)
    assert f"四川省{SUBJECT}" in found
    assert "510422-202603-000000001" in found
    assert not any(NOTHING in line for line in found)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("who", "said"),
    [("yanbian_officer", "节选：仅含510422 county（510422）范围内的图斑"),
     ("province_supervisor", "节选：仅含51 province（51）范围内的图斑"),
     ("ministry_analyst", "")],
)  # fmt: skip
def test_an_extract_says_what_it_is_limited_to(as_person, run, who, said, number):
    found = lines(as_person(who), run, number)
    assert [line for line in found if "节选" in line] == ([f"演示合成数据　{said}"] if said else [])


@pytest.mark.parametrize(
    ("who", "title"),
    [("yanbian_officer", "四川省"), ("huaping_officer", "云南省"), ("city_analyst", "四川省"),
     ("ministry_analyst", "XX省（区、市）")],
)  # fmt: skip
def test_the_province_of_the_title_is_that_of_the_run(as_person, run, who, title):
    assert f"{title}{SUBJECT}" in lines(as_person(who), run)


def test_nothing_found_is_said_only_of_the_divisions_that_were_looked_at(as_person, run):
    Patch.objects.filter(division_code="530723").delete()
    found = lines(as_person("huaping_officer"), run)
    assert f"530723 county（530723）范围内{NOTHING}疑似生态破坏问题" in found
    assert f"云南省{SUBJECT}" in found
    assert not any(NOTHING in line for line in lines(as_person("miyi_officer"), run))


def test_a_list_of_a_run_in_one_province_has_its_name_for_the_ministry(
    as_person, tmp_path, monkeypatch
):
    only = tuple(p for p in sample_run.PATCHES if p[1].startswith("51"))
    counties = {c: v for c, v in sample_run.COUNTIES.items() if c.startswith("51")}
    monkeypatch.setattr(sample_run, "PATCHES", only)
    monkeypatch.setattr(sample_run, "COUNTIES", counties)
    found = lines(as_person("ministry_analyst"), load_run(sample_run.make_run(tmp_path)))
    assert f"四川省{SUBJECT}" in found
    assert not any("节选" in line for line in found)
