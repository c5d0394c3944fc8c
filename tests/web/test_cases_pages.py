"""Pages of cases and rectification: who sees what, nothing typed is lost, files of what is shown."""

import io

import case_story as story
import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import ListVersion
from ecoredline.web.core import clock
from ecoredline.web.rectification.models import Recheck

pytestmark = pytest.mark.django_db
LETTER = {"letter": "on"}


@pytest.fixture(autouse=True)
def april():
    with clock.standing_at(story.START):
        yield


def post(client, name, pk, version, **fields):
    return client.post(reverse(name, args=[pk]), {"version": version, **fields})


def test_a_case_is_seen_where_it_lies_and_nowhere_else(as_person, cast, units):
    case = story.handed_case(cast, units)
    for who in ("yanbian_officer", "city_auditor", "ministry_supervisor"):
        assert as_person(who).get(reverse("case", args=[case.pk])).status_code == 200
    stranger = as_person("miyi_officer")
    names = (
        "case",
        "case_geojson",
        "case_investigate",
        "case_plan",
        "case_progress",
        "case_recheck",
    )
    assert {stranger.get(reverse(n, args=[case.pk])).status_code for n in names} == {404}
    assert case.number not in stranger.get(reverse("case_list")).content.decode()


def test_buttons_stand_for_what_the_person_may_do_now(as_person, cast, units):
    case = story.handed_case(cast, units)
    address = reverse("case", args=[case.pk])
    county = as_person("yanbian_officer").get(address).context["buttons"]
    assert [b["step"] for b in county["main"]] == ["plan"]
    assert "extend" not in {b["step"] for b in county["more"]}
    city = as_person("city_supervisor").get(address).context["buttons"]
    assert city["main"] == []
    assert {"extend", "hand_to_department", "push", "strike_off"} <= {
        b["step"] for b in city["more"]
    }
    auditor = as_person("city_auditor").get(address)
    assert auditor.context["buttons"] == {"main": [], "more": []}
    assert as_person("city_auditor").get(reverse("case_plan", args=[case.pk])).status_code == 403


def test_the_whole_path_by_its_pages(as_person, cast, units):
    clue = story.submitted_clue(cast)
    city = as_person("city_supervisor")
    page = city.get(reverse("case_open"), {"clue": clue.pk})
    facts = page.context["form"].initial
    answer = city.post(f"{reverse('case_open')}?clue={clue.pk}", {**facts, "is_serious": ""})
    case = Case.objects.get()
    assert answer.url == reverse("case", args=[case.pk])
    due = "2026-12-31"
    assert (
        post(city, "case_hand_over", case.pk, 0, to_unit=units["510422"].pk, due_on=due).status_code
        == 302
    )
    county = as_person("yanbian_officer")
    rows = {"item_kind": ["regreen", ""], "item_title": ["复绿", ""], "item_owner_name": ["某公司", ""],
            "item_due_on": ["2026-10-01", ""], "item_condition": ["", ""]}  # fmt: skip
    plan = {"goal": "恢复", "responsible": "某公司", "due_on": due}
    bad = post(county, "case_plan", case.pk, 1, **plan | {"goal": ""}, **rows)
    assert bad.status_code == 422
    assert "复绿" in bad.content.decode()
    assert post(county, "case_plan", case.pk, 1, **plan, **rows).status_code == 302
    item = case.plans.get().items.get()
    assert "85%" in item.condition
    assert post(county, "case_progress", case.pk, 2, item=item.pk, said="已种植", percent=60,
                photos=[story.photo("a.jpg"), story.photo("b.jpg")]).status_code == 302  # fmt: skip
    blocked = post(county, "case_request_closing", case.pk, 3, said="")
    assert blocked.status_code == 422
    assert "复绿" in blocked.content.decode()
    assert post(county, "item_finish", item.pk, 3, said="完成").status_code == 302
    assert post(county, "case_request_closing", case.pk, 4, said="请复核").status_code == 302
    city = as_person("city_supervisor")
    told = post(city, "case_recheck", case.pk, 5, passed="yes", checkers="甲", found="良好")
    assert told.status_code == 422 and not Recheck.objects.exists()
    assert post(city, "case_recheck", case.pk, 5, passed="yes", checkers="甲", found="良好",
                no_photo="夜间", **{f"met_{item.pk}": "yes"}).status_code == 302  # fmt: skip
    assert post(city, "case_close", case.pk, 6, reason="同意销号").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.photos.count()) == ("closed", 2)
    shown = city.get(reverse("case", args=[case.pk])).content.decode()
    assert all(
        word in shown
        for word in ("已种植", "同意销号", "第 1 轮", "P002", "销号后第一个生长季中期")
    )
    assert post(city, "case_reopen", case.pk, 7, reason="反弹").status_code == 302
    assert "重新立案 1 次" in city.get(reverse("case", args=[case.pk])).content.decode()


def test_the_second_of_two_is_told_and_keeps_what_they_typed(as_person, cast, units):
    case = story.handed_case(cast, units)
    county = as_person("yanbian_officer")
    page = county.get(reverse("case_investigate", args=[case.pk]))
    version = page.context["form"].initial["version"]
    facts = {"department": "forestry", "findings": "第一个"}
    assert post(county, "case_investigate", case.pk, version, **facts).status_code == 302
    told = post(
        county, "case_investigate", case.pk, version, **facts | {"findings": "第二个人写的"}
    )
    body = told.content.decode()
    assert told.status_code == 409
    assert "第二个人写的" in body and "yanbian_officer" in body
    assert case.investigations.count() == 1
    again = post(
        county, "case_investigate", case.pk, told.context["form"]["version"].value(), **facts
    )
    assert again.status_code == 302


def test_annex_4_holds_exactly_what_the_list_shows(as_person, cast, units):
    story.handed_case(cast, units, "C-1", place=(10, 10, 4, 4))
    story.opened_case(cast, "C-2", place=(20, 20, 4, 4))
    closed = story.closed_case(cast, units, "C-3")
    city = as_person("city_supervisor")
    for query, count in (
        ({}, 3),
        ({"state": "closed"}, 1),
        ({"q": "C-2"}, 1),
        ({"turn": "mine"}, 1),
    ):
        shown = city.get(reverse("case_list"), query).context["page"].paginator.count
        book = openpyxl.load_workbook(io.BytesIO(
            city.get(reverse("problem_list", args=["xlsx"]), query | {"reason": "核对导出内容"}).getvalue()))  # fmt: skip
        cells = [c.value for row in book.active.iter_rows() for c in row if c.value]
        assert shown == count
        assert sum(str(c).startswith("WT510400") for c in cells) == count
    body = city.get(
        reverse("problem_list", args=["docx"]), {"state": "closed", "reason": "核对导出内容"}
    ).getvalue()
    table = Document(io.BytesIO(body)).tables[0]
    assert len(table.columns) == 13
    assert closed.number in table.rows[2].cells[0].text
    assert (
        as_person("city_administrator").get(reverse("problem_list", args=["xlsx"])).status_code
        == 403
    )


def test_pages_cost_a_bounded_number_of_queries(as_person, cast, units):
    case = story.closed_case(cast, units)
    for number in range(3):
        story.opened_case(cast, f"C-2{number}", place=(10 * number, 10, 4, 4))
    city = as_person("city_supervisor")
    city.get(reverse("case_list"))
    for address, most in ((reverse("case_list"), 20), (reverse("case", args=[case.pk]), 55)):
        with CaptureQueriesContext(connection) as asked:
            assert city.get(address).status_code == 200
        assert len(asked) <= most


def test_bad_filters_are_told_and_show_everything(as_person, cast):
    story.opened_case(cast)
    page = as_person("city_supervisor").get(reverse("case_list"), {"state": "gone", "year": "x"})
    assert len(page.context["faults"]) == 2
    assert page.context["total"]["count"] == 1


def test_cases_chosen_in_the_list_go_to_a_department_by_one_letter(as_person, cast):
    cases = [story.opened_case(cast, "C-1"), story.opened_case(cast, "C-2", place=(50, 50, 4, 4))]
    city = as_person("city_supervisor")
    query = "&".join(f"case={case.pk}" for case in cases)
    page = city.get(f"{reverse('case_department')}?{query}")
    assert all(case.number in page.content.decode() for case in cases)
    answer = city.post(
        f"{reverse('case_department')}?{query}", {"department": "forestry", **LETTER}
    )
    assert answer.status_code == 302
    handed = {case.handovers.get() for case in cases}
    assert len({row.letter_id for row in handed}) == 1
    reply = reverse("case_reply", args=[handed.pop().pk])
    assert as_person("miyi_officer").get(reply).status_code == 404
    assert as_person("city_analyst").get(reply).status_code == 403


def test_the_frozen_list_keeps_its_rows_when_cases_go_on(as_person, cast, units):
    case = story.handed_case(cast, units)
    city = as_person("city_supervisor")
    assert city.post(reverse("problem_freeze"), {"year": "2026"}).status_code == 302
    version = ListVersion.objects.get()
    before = version.rows
    assert before[0]["cells"][0] == case.number and len(before[0]["cells"]) == 13
    story.plan_case(case, cast)
    city.post(reverse("problem_freeze"), {"year": "2026"})
    assert ListVersion.objects.count() == 2
    version.refresh_from_db()
    assert version.rows == before
    assert city.post(reverse("problem_freeze"), {"year": "26"}).status_code == 422
