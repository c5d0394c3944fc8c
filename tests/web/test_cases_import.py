"""Annex 4 of another office: all faults or all rows, once, and never a silent change of our own cases."""

import io
from dataclasses import replace

import case_story as story
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.problems import CaseRow, problem_table
from ecoredline.errors import InputError
from ecoredline.web.cases.importing import import_problems, read_problems, take_over
from ecoredline.web.cases.lists import problem_rows
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotAllowed, NotFound
from ecoredline.web.regions.models import Division

pytestmark = pytest.mark.django_db
ROW = CaseRow(
    number="川环督-7", province="四川省", city="攀枝花市", county="盐边县", township="红格镇",
    lon=101.71, lat=26.61, patch_ids=("510422-A", "510422-B"), photo_index="P001、P002",
    problem_type="vegetation", description="采石场占用林地，破坏面积1.2公顷。",
    handling="2026年3月1日责令停止。", remark="督察交办",
)  # fmt: skip
OTHER = replace(ROW, number="川环督-8", county="米易县", handling="", patch_ids=())


@pytest.fixture(autouse=True)
def april():
    with clock.standing_at(story.START):
        yield


def workbook(*rows, maker=annex_workbook) -> bytes:
    body = io.BytesIO()
    maker(problem_table(rows)).save(body)
    return body.getvalue()


def taken_in(source, by):
    return import_problems(source, by=by, name="附件4.xlsx", detail="川环督函〔2026〕3号")


@pytest.mark.parametrize("maker", [annex_workbook, annex_document], ids=["xlsx", "docx"])
def test_each_new_number_is_a_case_with_its_clue_once(cast, maker):
    city, source = cast["city_supervisor"], workbook(ROW, OTHER, maker=maker)
    made = {case.list_number: case for case in taken_in(source, city)}
    case = made["川环督-7"]
    assert (case.state, case.owner, case.holder) == ("opened", city.unit, city.unit)
    assert (case.division_code, made["川环督-8"].division_code) == ("510422", "510421")
    clue = case.clues.get()
    assert (clue.source, clue.state, clue.list_number) == ("list", "confirmed", "川环督-7")
    assert [t.step for t in history(clue)] == ["raise", "adopt"]
    row = problem_rows([case])[0]
    assert row.patch_ids == ROW.patch_ids and row.description == ROW.description
    assert "2026年3月1日责令停止" in row.handling
    for words in ("原问题编号：川环督-7", "督察交办", "P001、P002"):
        assert words in row.remark
    assert row.redline_area_ha is None  # annex 4 states none, and nobody has measured it
    with pytest.raises(InputError, match=case.number):
        _ = problem_table([row]).area_ha
    assert taken_in(source, city) == [] and taken_in(workbook(ROW), city) == []
    assert Case.objects.count() == Clue.objects.count() == 2
    assert not read_problems(source, by=city, year=2026).updates


def test_every_fault_is_told_and_nothing_is_written(cast):
    book = openpyxl.load_workbook(io.BytesIO(workbook(ROW, OTHER, replace(ROW, number="川环督-9"))))
    sheet = book.active
    first = next(r for r in range(1, 12) if sheet.cell(r, 1).value == "川环督-7")
    sheet.cell(first, 4).value = "不存在县"
    sheet.cell(first + 1, 6).value = "东经一百度"
    sheet.cell(first + 2, 1).value = sheet.cell(first, 1).value
    body = io.BytesIO()
    book.save(body)
    with pytest.raises(BadForm) as refused:
        taken_in(body.getvalue(), cast["city_supervisor"])
    said = "\n".join(refused.value.details)
    assert "不存在县" in said and "东经一百度" in said and "重复" in said and f"第{first}行" in said
    assert not Case.objects.exists() and not Clue.objects.exists()
    Division.objects.create(code="530723", name="华坪县", level="county", geom=story.outline())
    with pytest.raises(BadForm, match="辖区"):
        taken_in(workbook(replace(ROW, province="云南省", city="丽江市", county="华坪县", lon=101.2, lat=26.6)),
                 cast["city_supervisor"])  # fmt: skip


@pytest.mark.parametrize("who", ["yanbian_officer", "city_analyst", "city_auditor"])
def test_only_a_supervisor_takes_a_list_in(cast, as_person, who):
    with pytest.raises(NotAllowed):
        taken_in(workbook(ROW), cast[who])
    assert as_person(who).get(reverse("case_import")).status_code == 403


def test_what_a_list_says_of_our_case_is_taken_over_only_by_a_person(cast, units):
    city, case = cast["city_supervisor"], story.handed_case(cast, units)
    before = problem_rows([case])[0]
    source = workbook(replace(before, handling="已责令停产并罚款2万元。"))
    found = read_problems(source, by=city, year=2026)
    assert not found.new and [u["case"] for u in found.updates] == [case]
    assert taken_in(source, city) == [] and problem_rows([case])[0] == before
    facts = {"number": case.number, "name": "来函", "year": 2026}
    with pytest.raises(NotAllowed):
        take_over(source, by=cast["yanbian_officer"], **facts)
    with pytest.raises(MovedMeanwhile):
        take_over(source, by=city, seen=case.version + 1, **facts)
    take_over(source, by=city, seen=case.version, **facts)
    last = history(case).last()
    assert (last.step, last.details["list_handling"]) == (
        "describe",
        ["", "已责令停产并罚款2万元。"],
    )
    after = problem_rows([case])[0].handling
    assert "已责令停产并罚款2万元" in after and before.handling in after
    with pytest.raises(NotFound):
        take_over(source, by=city, **facts)


def test_the_page_previews_confirms_and_takes_over(cast, as_person, units):
    client, address = as_person("city_supervisor"), reverse("case_import")
    case = story.handed_case(cast, units)
    mine = replace(problem_rows([case])[0], handling="已处罚。")
    upload = SimpleUploadedFile("附件4.xlsx", workbook(ROW, mine))
    page = client.post(address, {"file": upload, "year": "2026", "detail": "川环督函〔2026〕3号"})
    assert page.status_code == 200 and Case.objects.count() == 1
    shown = page.context["preview"]
    assert (len(shown.new), len(shown.updates)) == (
        1,
        1,
    ) and "采纳清单所载" in page.content.decode()
    kept = {"token": page.context["token"], "year": "2026", "detail": "川环督函〔2026〕3号"}
    version = {f"version-{case.number}": str(case.version)}
    page = client.post(address, kept | version | {"take_over": case.number})
    assert page.status_code == 200 and not page.context["preview"].updates
    assert client.post(address, kept | {"confirm": "1"}).status_code == 302
    assert (
        Case.objects.get(list_number="川环督-7").clues.get().source_detail == "川环督函〔2026〕3号"
    )
    bad = client.post(address, {"file": SimpleUploadedFile("x.xlsx", b"no"), "year": "2026"})
    assert bad.status_code == 422 and bad.context["faults"]
