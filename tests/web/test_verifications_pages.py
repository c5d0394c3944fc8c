"""The county's page: nothing typed is lost, everything missing is said, levels above judge in their turn."""

import pytest
from photographs import picture
from verifying import INSIDE, send_down, take_photographs, whole_draft, whole_facts

from ecoredline.web.files.models import Attachment
from ecoredline.web.verifications.actions import draw_spot_check, save_draft, submit
from ecoredline.web.verifications.models import Verification

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def clue(cast):
    return send_down(cast)


def typed(**other) -> dict:
    """What a county's browser sends."""
    facts = {k: v for k, v in whole_facts().items() if isinstance(v, str)}
    facts |= {"problem_type": ["space"], "check-at_work": "yes", "check-stopped": "yes",
              "check-restored": "no", "check-protected": "no", "approval-eia-has": "no",
              "approval-land-has": "yes", "approval-land-number": "8号"}  # fmt: skip
    return facts | other


def test_what_was_typed_comes_back_with_all_faults(clue, as_person):
    county = as_person("yanbian_officer")
    address = f"/clues/{clue.pk}/verify/"
    answer = county.post(
        address, typed(area_ha="很大", checked_on="2999-01-01", found="采坑<b>一处")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    kept = (
        Verification.objects.get()
    )  # what could be read is kept, what could not stops nothing else
    assert (kept.found, kept.area_ha, kept.checked_on) == ("采坑<b>一处", None, None)
    assert (
        "很大" in page
        and "采坑&lt;b&gt;一处" in page
        and "晚于今天" in page
        and "应为公顷数" in page
    )
    assert 'value="8号"' in page and "<b>一处" not in page
    answer = county.post(address, typed(then="submit", saves=kept.saves))
    page = answer.content.decode()
    assert answer.status_code == 409 and "现场照片（在范围内拍摄）" in page and "林草审批" in page
    assert Verification.objects.get().found  # the draft is kept


def test_a_script_saves_and_is_told_what_is_missing(clue, as_person):
    county = as_person("yanbian_officer")
    address = f"/clues/{clue.pk}/verify/"
    told = county.post(address, typed(), **JSON).json()
    assert told["saves"] == 1 and told["missing"] and not told["submitted"]
    stale = county.post(address, typed(saves="0", found="另一人的话"), **JSON)
    assert (stale.status_code, stale.json()["code"]) == (409, "409.5")
    told_once = county.post(address, typed(saves="0", found="我的话"))
    assert told_once.status_code == 409 and "我的话" in told_once.content.decode()
    assert 'name="saves" value="1"' in told_once.content.decode()  # told, they may save over it
    bad = county.post(address, typed(area_ha="x", found="新写的话", saves="1"), **JSON).json()
    assert bad["saves"] == 2 and "应为公顷数" in bad["missing"][0]
    assert Verification.objects.get().found == "新写的话"


def test_photographs_go_up_one_by_one_with_the_phones_own_position(clue, as_person, cast):
    county = as_person("yanbian_officer")
    facts = {"item": "inside", "file": picture(taken=""), "told_lon": INSIDE[0], "told_lat": INSIDE[1],
             "told_accuracy": "12.4", "told_bearing": "90"}  # fmt: skip
    answer = county.post(f"/clues/{clue.pk}/verify/files/", facts)
    assert answer.status_code == 200 and "范围内" in answer.content.decode()
    made = Attachment.objects.get()
    assert "浏览器定位" in made.position_note and "精度约12米" in made.position_note
    assert (made.bearing, made.record) == (90.0, f"verification:{Verification.objects.get().pk}")
    refused = county.post(f"/clues/{clue.pk}/verify/files/", {"item": "inside"})
    assert refused.status_code == 422
    strange = county.post(f"/clues/{clue.pk}/verify/files/", {"item": "at_work", "file": picture()})
    assert strange.status_code == 422
    for person in ("miyi_officer", "panzhou_officer"):
        assert as_person(person).post(f"/clues/{clue.pk}/verify/files/", facts).status_code == 404
    away = as_person("yanbian_officer").post(f"/clues/{clue.pk}/verify/files/{made.pk}/remove/")
    assert away.status_code == 302 and not Attachment.objects.exists()


def test_each_person_sees_their_own_part_of_the_page(clue, cast, as_person):
    address = f"/clues/{clue.pk}/verify/"
    assert 'id="verify-form"' in as_person("yanbian_officer").get(address).content.decode()
    assert 'id="verify-form"' not in as_person("city_supervisor").get(address).content.decode()
    assert as_person("miyi_officer").get(address).status_code == 404
    assert as_person("city_supervisor").post(address, typed()).status_code == 403
    county = cast["yanbian_officer"]
    submit(whole_draft(clue, county), by=county)
    page = as_person("yanbian_officer").get(address).content.decode()
    assert 'id="verify-form"' not in page and "第1轮核实" in page and "攀环审〔2019〕8号" in page
    assert "h-judge" not in page
    assert "h-judge" in as_person("city_supervisor").get(address).content.decode()


def test_sending_back_tells_the_county_what_is_missing(clue, cast, as_person):
    county = cast["yanbian_officer"]
    submit(whole_draft(clue, county), by=county)
    clue.refresh_from_db()
    city, address = as_person("city_supervisor"), f"/clues/{clue.pk}/judge/send_back/"
    refused = city.post(address, {"reason": "", "missing": "四至照片", "version": clue.version})
    assert refused.status_code == 422 and "四至照片" in refused.content.decode()
    late = city.post(address, {"reason": "补充", "due_on": "2020-01-01", "version": clue.version})
    assert late.status_code == 422
    stale = city.post(address, {"reason": "补充", "version": clue.version - 1})
    assert stale.status_code == 409 and "补充" in stale.content.decode()
    done = city.post(
        address, {"reason": "补充", "missing": "四至照片\n\n批文", "version": clue.version}
    )
    assert done.status_code == 302
    page = as_person("yanbian_officer").get(f"/clues/{clue.pk}/verify/").content.decode()
    assert (
        "退回补正" in page and "四至照片" in page and "批文" in page and 'id="verify-form"' in page
    )
    assert as_person("city_supervisor").post(f"/clues/{clue.pk}/judge/confirm/").status_code == 404


def test_a_form_without_script_brings_its_photographs_along(clue, as_person):
    answer = as_person("yanbian_officer").post(
        f"/clues/{clue.pk}/verify/",
        typed() | {"file-overview": picture(lon=INSIDE[0], lat=INSIDE[1])},
    )
    assert answer.status_code == 302 and Attachment.objects.get().purpose == "overview"


def test_spot_checks_are_drawn_and_recorded_on_their_pages(clue, cast, as_person):
    county = cast["yanbian_officer"]
    draft = save_draft(clue=clue, by=county, **whole_facts())
    take_photographs(draft, county)
    submit(draft, by=county)
    city = as_person("city_supervisor")
    refused = city.post("/spot-checks/", {"name": "季度抽查", "size": "9"})
    assert (
        refused.status_code == 422
        and "季度抽查" in refused.content.decode()
        and "1至1" in refused.content.decode()
    )
    made = city.post("/spot-checks/", {"name": "季度抽查", "size": "1", "seed": "5"})
    page = city.get(made["Location"]).content.decode()
    assert clue.number in page and "得到同一名单" in page
    record = f"{made['Location']}clues/{clue.pk}/"
    assert city.post(record, {"said": "现场"}).status_code == 422
    assert city.post(record, {"agrees": "no", "said": "现场已停工"}).status_code == 302
    page = city.get(made["Location"]).content.decode()
    assert "不一致" in page and "现场已停工" in page and "0 %" in page
    for person, status in (
        ("yanbian_officer", 403),
        ("province_supervisor", 200),
        ("city_auditor", 200),
    ):
        assert as_person(person).get("/spot-checks/").status_code == status
    assert as_person("miyi_officer").get(made["Location"]).status_code == 403


def test_another_citys_spot_check_is_not_seen(clue, cast, as_person):
    county = cast["yanbian_officer"]
    submit(whole_draft(clue, county), by=county)
    check = draw_spot_check(by=cast["province_supervisor"], name="省级抽查", size=1, year=clue.year)
    assert as_person("city_supervisor").get(f"/spot-checks/{check.pk}/").status_code == 404
    assert as_person("ministry_supervisor").get(f"/spot-checks/{check.pk}/").status_code == 200
