"""Every step people take has its address in the API, and a case can be closed by it alone."""

import json
import re
from datetime import timedelta

import case_story as story
import pytest
import verifying
from photographs import picture

from ecoredline.web.api.covered import ADDRESSES, FOLLOWING
from ecoredline.web.api.service import api
from ecoredline.web.api.urls import api_patterns
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue, ListVersion
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.letters.models import Letter
from ecoredline.web.measures.models import Proposal, Referral, SupervisoryMeasure
from ecoredline.web.patches.lifecycle import PATCH_LIFECYCLE
from ecoredline.web.patches.models import Patch
from ecoredline.web.plans.actions import make_year
from ecoredline.web.verifications.models import Judgement

pytestmark = pytest.mark.django_db


def posts() -> set[str]:
    """The addresses something can be sent to."""
    assert api_patterns
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return {
        re.sub(r"\{(?:int:)?pk\}", "{pk}", path) for path, how in paths.items() if "post" in how
    }


@pytest.mark.parametrize("lifecycle", [PATCH_LIFECYCLE, CLUE_LIFECYCLE, CASE_LIFECYCLE])
def test_every_step_has_an_address(lifecycle):
    known = {f"{lifecycle.name}.{step.action}" for step in lifecycle.steps}
    told = {name for name in ADDRESSES | FOLLOWING if name.startswith(f"{lifecycle.name}.")}
    assert known == told
    assert {ADDRESSES[name] for name in known & ADDRESSES.keys()} <= posts()
    assert set(FOLLOWING.values()) <= ADDRESSES.keys()


def test_a_case_is_closed_by_the_api_alone(ask, cast, units):
    """From a dispatched clue without a word to a closed case with photographs and rechecks."""
    clue = verifying.send_down(cast)
    county, city = "yanbian_officer", "city_supervisor"
    at, soon = f"/clues/{clue.pk}", (clock.today() + timedelta(days=60)).isoformat()
    ask(county, f"{at}/verification", verifying.whole_facts(problem_type="space;vegetation"))
    for item, bearings in (("overview", (10, 120)), ("inside", (200, 300)), ("pit", (20, 90))):
        for bearing in bearings:
            lon, lat = verifying.INSIDE
            shot = picture(lon=lon, lat=lat, bearing=bearing, colour=(bearing % 255, len(item), 3))
            sent = ask.upload(county, f"{at}/verification/files", {"item": item, "upload": shot})
            assert sent.status_code == 200, sent.content.decode()
    assert ask(county, f"{at}/submit")["state"] == "submitted"
    case = Case.objects.get(pk=ask(city, "/cases", {"clues": [clue.pk]})["id"])
    at = f"/cases/{case.pk}"
    ask(city, f"{at}/describe", {"reason": "补充", "responsible": "某矿业公司"})
    ask(city, f"{at}/hand-over", {"to_unit": units["510422"].pk, "due_on": soon, "asked": "整改"})
    items = [i | {"due_on": soon} for i in story.items()]
    ask(
        county,
        f"{at}/plan",
        {"goal": "恢复", "responsible": "某公司", "due_on": soon, "items": items},
    )
    ask(city, f"{at}/remind", {"said": "请抓紧"})
    rows = ask(county, f"{at}/items", method="GET")
    ask(county, f"/items/{rows[0]['id']}/finish", status=422)  # without evidence
    for row in rows:
        sent = {"said": "已完成", "photos": [story.photo(f"{row['id']}.jpg")]}
        found = ask.upload(county, f"/items/{row['id']}/finish", sent)
        assert found.status_code == 200, found.content.decode()
    ask(county, f"{at}/request-closing", {"said": "请复核"})
    met = {str(row["id"]): {"met": True} for row in rows}
    round_ = {"passed": True, "checked_on": clock.today().isoformat(), "checkers": "甲、乙",
              "found": "植被恢复良好", "conditions": met}  # fmt: skip
    ask(city, f"{at}/recheck", round_, status=422)  # neither photographs nor why
    ask(city, f"{at}/recheck", round_ | {"no_photo": "照片随纸件报送"})
    assert ask(city, f"{at}/close", {"reason": "同意销号"})["state"] == "closed"
    steps = [row["step"] for row in ask(city, f"{at}/history", method="GET")]
    assert {"describe", "finish_item", "recheck", "close"} <= set(steps)
    assert AccessRecord.objects.filter(action="api.history", thing=f"cases {case.pk}").exists()


def test_measures_of_a_plan_and_sending_back(ask, cast, units):
    case = story.handed_case(cast, units)
    story.plan_case(case, cast)
    first, second = case.plans.get().items.order_by("pk")
    later = (clock.today() + timedelta(days=80)).isoformat()
    ask("city_supervisor", f"/items/{first.pk}/extend", {"reason": "雨季", "due_on": later})
    ask("city_supervisor", f"/items/{second.pk}/cancel", {"reason": "不再需要"})
    ask("miyi_officer", f"/items/{first.pk}/cancel", {"reason": "不再需要"}, status=404)
    story.finish_all(case, cast)
    ask("yanbian_officer", f"/cases/{case.pk}/request-closing")
    round_ = {"passed": False, "checked_on": clock.today().isoformat(), "checkers": "甲、乙",
              "found": "未恢复", "conditions": {str(first.pk): {"met": False, "note": "裸地"}}}  # fmt: skip
    ask("city_supervisor", f"/cases/{case.pk}/recheck", round_)
    found = ask("city_supervisor", f"/cases/{case.pk}/send-back", {"reason": "裸地"})
    assert found["state"] == "rectifying"


def test_clues_amended_reminded_drawn(ask, cast, run):
    told = {
        "source": "public",
        "source_detail": "电话",
        "lon": 101.5,
        "lat": 26.7,
        "division_code": "510422",
    }
    clue = ask("city_supervisor", "/clues", told)["id"]
    ask("city_supervisor", f"/clues/{clue}/amend", {"reason": "更正", "place": "某村北"})
    assert Clue.objects.get(pk=clue).place == "某村北"
    down = verifying.send_down(cast)
    ask("city_supervisor", f"/clues/{down.pk}/remind", {"reason": "请抓紧"})
    up = story.submitted_clue(cast)
    drawn = ask("city_supervisor", "/spot-checks", {"name": "抽查", "size": 1, "seed": 7})
    word = {"clue": up.pk, "agrees": True, "said": "一致"}
    ask("city_supervisor", f"/spot-checks/{drawn['id']}/record", word)
    assert Judgement.objects.get().kind == "spot_check"


def test_patches_refined_and_put_behind_a_clue(ask, run):
    mine = Patch.objects.filter(division_code__startswith="5104", state="screened")
    first, second = mine.order_by("pk")[:2]
    types = {"activity_type": "1", "problem_type": "vegetation"}
    shape = json.loads(first.geom.geojson)
    at = f"/patches/{first.pk}"
    ask("city_analyst", f"{at}/refine", {"outline": shape, "reason": "边界"})
    ask("city_analyst", f"{at}/accept", types)
    assert ask("city_analyst", "/reviews/undo")["state"] == "screened"
    for patch in (first, second):
        ask("city_analyst", f"/patches/{patch.pk}/accept", types)
        ask("city_checker", f"/patches/{patch.pk}/release")
    clue = ask("city_analyst", "/clues", {"patches": [first.pk]})["id"]
    ask("city_analyst", f"/clues/{clue}/add-patches", {"patches": [second.pk], "reason": "相邻"})
    assert Clue.objects.get(pk=clue).links.count() == 2


def test_departments_lists_and_letters(ask, cast, units):
    city = "city_supervisor"
    case = story.handed_case(cast, units)
    more = story.submitted_clue(cast, "C-9", place=(60, 30, 10, 10))
    ask(city, f"/cases/{case.pk}/add-clues", {"clues": [more.pk], "reason": "相邻"})
    ask(city, "/pushes", {"cases": [case.pk], "asked": "执法"})
    (_, push) = ask(city, f"/cases/{case.pk}/handovers", method="GET")
    ask(city, f"/handovers/{push['id']}/reply", {"reply": "已立案"})
    ask("yanbian_officer", f"/handovers/{push['id']}/reply", {"reply": "再次"}, status=422)
    made = ask(city, "/lists", {"kind": "problems", "year": case.year})
    assert ListVersion.objects.get(pk=made["id"]).count == 1
    body = {"kind": "handover", "addressee": "某局", "department": "forestry", "cases": [case.pk]}
    letter = ask(city, "/letters", body)["id"]
    assert Letter.objects.get(pk=letter).count == 1
    ask(city, f"/letters/{letter}/amend", {"addressee": "某某局"})
    ask(city, f"/letters/{letter}/void", {"reason": "另拟"})
    assert Letter.objects.get(pk=letter).state == "void"


def test_measures_referrals_and_the_year(ask, cast, units):
    city = "city_supervisor"
    case = story.handed_case(cast, units)
    facts = {"case": case, "unit": units["5104"], "towards": units["510422"], "kind": "letter",
             "because": "逾期"}  # fmt: skip
    taken, left = (
        Proposal.objects.create(rule=r, proposed_on=clock.today(), **facts) for r in ("a", "b")
    )
    measure = ask(city, f"/proposals/{taken.pk}/take", {"with_letter": False})["id"]
    ask(city, f"/proposals/{left.pk}/set-aside", {"reason": "已函告"})
    ask("yanbian_officer", f"/proposals/{left.pk}/set-aside", {"reason": "已函告"}, status=404)
    ask(city, f"/measures/{measure}/result", {"result": "已整改"})
    assert SupervisoryMeasure.objects.get(pk=measure).result == "已整改"
    ask(city, f"/cases/{case.pk}/refer", {"kind": "criminal", "facts": "涉嫌"})
    row = Referral.objects.get()
    ask(city, f"/referrals/{row.pk}/clock", {"code": row.clocks[0]["code"]})
    row.refresh_from_db()
    assert row.clocks[0]["done_on"]
    task = make_year(units["5104"], clock.today().year)[0]
    ask(city, f"/tasks/{task.pk}/done", {"with_what": "清单第1版"})
    task.refresh_from_db()
    assert task.done_with == "清单第1版"


def test_what_follows_closing(ask, cast, units):
    case = story.closed_case(cast, units)
    ask("city_supervisor", f"/cases/{case.pk}/keep-closed", {"reason": "恢复良好"}, status=409)
    ask("city_supervisor", f"/cases/{case.pk}/observe", {"run": 10**9}, status=422)
    found = ask("city_supervisor", f"/cases/{case.pk}/reopen", {"reason": "再次破坏"})
    assert found["state"] == "rectifying"
