"""Rectification: plan, progress, items with evidence; closing is blocked while any is open."""

from datetime import timedelta

import case_story as story
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import (
    BadForm,
    Blocked,
    MovedMeanwhile,
    NotAllowed,
    StepNotAllowed,
)
from ecoredline.web.rectification import actions, closing
from ecoredline.web.rectification.models import RectificationItem, WatchDate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def april():
    with clock.standing_at(story.START):
        yield


@pytest.fixture
def case(cast, units):
    return story.handed_case(cast, units)


def asked(case, cast):
    """All done, closing asked for."""
    story.plan_case(case, cast)
    story.finish_all(case, cast)
    actions.request_closing(case, by=cast["yanbian_officer"])
    return case


def checked(case, cast, *, passed, who="city_supervisor", note="成活率不足"):
    return actions.recheck(
        case, by=cast[who], passed=passed, found="现场查看", checkers="甲",
        conditions=story.all_met(case, passed, "" if passed else note), no_photo="相机损坏",
    )  # fmt: skip


def test_a_plan_takes_the_kinds_own_condition_and_tells_every_fault(case, cast):
    with pytest.raises(BadForm) as fault:
        story.plan_case(case, cast, goal="", items=[
            {"kind": "paint", "owner_name": "", "due_on": "2020-01-01"},
            {"kind": "regreen", "owner_name": "某公司", "due_on": clock.today() + timedelta(days=900)},
        ])  # fmt: skip
    said = "\n".join(fault.value.details)
    assert all(w in said for w in ("整改目标", "paint", "第1项 责任人", "2020-01-01", "第2项 期限"))
    assert not case.plans.exists()
    with pytest.raises(NotAllowed):
        actions.make_plan(case, by=cast["miyi_officer"], goal="x", responsible="x",
                          due_on=clock.today(), items=story.items())  # fmt: skip
    plan = story.plan_case(case, cast)
    assert case.state == "rectifying"
    assert "成活率不低于85%" in plan.items.get(kind="regreen").condition
    assert {i["kind"] for i in actions.proposed_items(case)} >= {"demolish", "slope"}


def test_closing_is_blocked_while_any_item_is_open_and_each_is_named(case, cast):
    county = cast["yanbian_officer"]
    with pytest.raises(StepNotAllowed):
        closing.close_case(case, by=cast["city_supervisor"], reason="同意")
    story.plan_case(case, cast)
    with pytest.raises(Blocked) as told:
        actions.request_closing(case, by=county)
    assert [d.split("（")[0] for d in told.value.details] == ["停止采矿", "复绿2公顷"]
    first = case.plans.get().items.first()
    with pytest.raises(BadForm, match="照片"):
        actions.finish_item(first, by=county, said="好了")
    actions.add_progress(case, by=county, said="已停工", item=first, photos=[story.photo()])
    actions.finish_item(first, by=county, said="好了")  # its photo hangs on the progress
    with pytest.raises(BadForm):
        actions.finish_item(first, by=county, said="再点一次", photos=[story.photo("2")])
    with pytest.raises(Blocked) as told:
        actions.request_closing(case, by=county)
    assert len(told.value.details) == 1
    assert Case.objects.get().state == "rectifying"


def test_a_revision_keeps_the_old_plan_and_says_what_it_dropped(case, cast):
    county = cast["yanbian_officer"]
    story.plan_case(case, cast)
    with pytest.raises(BadForm, match="修订理由"):
        story.plan_case(case, cast)
    story.plan_case(case, cast, reason="地质条件变化", items=story.items()[1:])
    old, new = case.plans.all()
    assert (old.number, new.number) == (1, 2)
    assert {i.state for i in old.items.all()} == {"cancelled"}
    assert history(case).last().details["dropped"] == ["停止采矿", "复绿2公顷"]
    with pytest.raises(BadForm, match="现行"):
        actions.add_progress(case, by=county, said="x", item=old.items.first())


def test_a_round_that_does_not_pass_opens_the_unmet_items_again(case, cast, units):
    asked(case, cast)
    assert case.holder == case.owner
    with pytest.raises(NotAllowed):
        checked(case, cast, passed=True, who="yanbian_officer")
    with pytest.raises(BadForm) as fault:
        actions.recheck(case, by=cast["city_supervisor"], passed=True, found="x", checkers="甲",
                        conditions={})  # fmt: skip
    assert len(fault.value.details) == 3
    assert "未拍照的原因" in "".join(fault.value.details)
    with pytest.raises(Blocked, match="复核"):
        closing.close_case(case, by=cast["city_supervisor"], reason="同意")
    checked(case, cast, passed=False, who="province_supervisor")
    assert set(case.plans.get().items.values_list("state", flat=True)) == {"open"}
    with pytest.raises(Blocked):
        closing.close_case(case, by=cast["city_supervisor"], reason="同意")
    actions.send_back(case, by=cast["city_supervisor"], reason="补植")
    assert (case.state, case.holder) == ("rectifying", units["510422"])


def test_rounds_lead_to_closing_and_watch_dates(case, cast):
    city = cast["city_supervisor"]
    asked(case, cast)
    checked(case, cast, passed=False)
    actions.send_back(case, by=city, reason="补植")
    with clock.standing_at(story.day(50)):
        story.finish_all(case, cast)
        actions.request_closing(case, by=cast["yanbian_officer"])
        with pytest.raises(Blocked, match="尚未"):  # the earlier round does not count
            closing.close_case(case, by=city, reason="同意")
        made = checked(case, cast, passed=True)
        with pytest.raises(NotAllowed):
            closing.close_case(case, by=cast["province_supervisor"], reason="同意")
        with pytest.raises(BadForm):
            closing.close_case(case, by=city, reason=" ", outcome="lawful")
        closing.close_case(case, by=city, reason="同意销号")
    assert made.round == 2
    case.refresh_from_db()
    assert (case.state, case.outcome, case.closed_on) == (
        "closed",
        "rectified",
        story.day(50).date(),
    )
    assert set(RectificationItem.objects.values_list("state", flat=True)) == {"accepted"}
    rules = list(WatchDate.objects.values_list("rule", "due_on"))
    assert len(rules) == 6
    assert ("season_1", story.day(0).date().replace(month=7, day=15)) in rules


def test_records_refuse_every_change_in_the_database(case, cast):
    asked(case, cast)
    checked(case, cast, passed=False)
    actions.send_back(case, by=cast["city_supervisor"], reason="补植")
    actions.add_progress(case, by=cast["yanbian_officer"], said="补植中", percent=40)
    for words in (
        "update rectification_progress set percent = 100", "delete from rectification_progress",
        "update rectification_recheck set passed = true", "delete from rectification_recheck",
        "update rectification_rectificationplan set goal = 'x'",
        "update rectification_rectificationitem set condition = 'x'",
        "delete from rectification_rectificationitem",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)


def test_a_struck_off_case_needs_its_items_cancelled_and_merging_takes_the_clues(case, cast, units):
    city = cast["city_supervisor"]
    story.plan_case(case, cast)
    with pytest.raises(Blocked):
        closing.strike_off(case, by=city, outcome="lawful", reason="手续齐全")
    with pytest.raises(BadForm):
        closing.strike_off(case, by=city, outcome="merged", reason="同一矿区")
    with pytest.raises(BadForm):
        closing.strike_off(case, by=city, outcome="merged", reason="同", merged_into=case)
    target = story.handed_case(cast, units, "C-2", place=(50, 50, 4, 4))
    whole = case.area_ha + target.area_ha
    closing.strike_off(
        case, by=city, outcome="merged", reason="同一矿区", merged_into=target, cancel_items=True
    )
    assert (case.state, case.outcome, case.merged_into) == ("closed", "merged", target)
    assert [c.number for c in target.clues.order_by("number")] == ["C-1", "C-2"]
    assert history(target).last().details["merged"] == case.number
    assert target.area_ha == whole
    assert set(case.plans.get().items.values_list("state", flat=True)) == {"cancelled"}
    assert not WatchDate.objects.exists()


def test_a_reopened_case_leaves_its_trace_and_needs_a_new_plan(cast, units):
    case = story.closed_case(cast, units, end=20)
    city, county = cast["city_supervisor"], cast["yanbian_officer"]
    with clock.standing_at(story.day(100)):
        with pytest.raises(NotAllowed):
            closing.reopen(case, by=county, reason="反弹")
        with pytest.raises(BadForm):
            closing.reopen(case, by=city, reason="")
        closing.reopen(case, by=city, reason="现场反弹", due_on=story.day(200).date())
        assert (case.state, case.reopened_count, case.outcome) == ("rectifying", 1, "")
        assert case.holder == units["510422"]
        assert history(case).last().details["was"]["outcome"] == "rectified"
        assert not case.watch_dates.filter(done_at=None).exists()
        with pytest.raises(Blocked, match="新的整改方案"):
            actions.request_closing(case, by=county)
        story.plan_case(case, cast, reason="重新立案后整改")
        story.finish_all(case, cast)
        actions.request_closing(case, by=county)
        assert case.state == "rechecking"


def test_an_item_put_off_takes_the_case_along_and_the_owner_may_cancel_one(case, cast):
    city = cast["city_supervisor"]
    story.plan_case(case, cast)
    first, second = case.plans.get().items.all()
    with pytest.raises(NotAllowed):
        actions.extend_item(
            first, due_on=story.day(400).date(), by=cast["yanbian_officer"], reason="雨季"
        )
    actions.extend_item(first, due_on=story.day(400).date(), by=city, reason="雨季")
    case.refresh_from_db()
    assert case.due_on == story.day(400).date()
    with pytest.raises(NotAllowed):
        actions.cancel_item(second, by=cast["yanbian_officer"], reason="无需")
    actions.cancel_item(second, by=city, reason="无需复绿")
    second.refresh_from_db()
    assert (second.state, second.note) == ("cancelled", "无需复绿")


def test_the_second_of_two_is_told(case, cast):
    story.plan_case(case, cast)
    seen = case.version
    actions.add_progress(case, by=cast["yanbian_officer"], said="甲", seen=seen)
    with pytest.raises(MovedMeanwhile, match="yanbian_officer"):
        actions.add_progress(case, by=cast["yanbian_officer"], said="乙", seen=seen)
    assert case.progress.get().said == "甲"


def test_what_is_sent_twice_under_one_key_is_written_once(case, cast):
    story.plan_case(case, cast)
    county, city = cast["yanbian_officer"], cast["city_supervisor"]
    facts = {
        "by": county,
        "said": "补植中",
        "percent": 40,
        "client_key": "phone-1",
        "seen": case.version,
    }
    first = actions.add_progress(case, photos=[story.photo()], **facts)
    rows = len(history(case))
    assert actions.add_progress(case, photos=[story.photo()], **facts) == first
    assert (case.progress.count(), len(history(case))) == (1, rows)
    other = actions.add_progress(case, **facts | {"said": "补植完成", "seen": case.version})
    assert (
        other != first and case.progress.count() == 2
    )  # other words under an old key are not lost
    with pytest.raises(NotAllowed):
        actions.add_progress(case, **facts | {"by": city, "seen": None})
    story.finish_all(case, cast)
    actions.request_closing(case, by=county)
    facts = {"by": city, "passed": True, "found": "合格", "checkers": "甲", "client_key": "phone-2", "no_photo": "无信号",
             "conditions": story.all_met(case)}  # fmt: skip
    assert actions.recheck(case, **facts) == actions.recheck(case, **facts)
    assert case.rechecks.count() == 1


def test_the_pages_of_the_phone_bear_a_key_and_a_draft(case, cast, as_person):
    story.plan_case(case, cast)
    client, address = as_person("yanbian_officer"), reverse("case_progress", args=[case.pk])
    page = client.get(address)
    assert f'data-draft="progress-{case.pk}"' in page.content.decode()
    sent = {"client_key": page.context["form"]["client_key"].value(), "said": "已停工",
            "version": case.version}  # fmt: skip
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]
    assert case.progress.get().client_key == sent["client_key"]
