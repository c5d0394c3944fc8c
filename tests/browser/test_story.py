"""The whole way by pages alone: a patch, a clue, a case, its closing, and what the satellite saw later.

Ten people of four units; what a person does stands in a function of that person. Only the loading
of runs, which is the worker's, is done behind the pages.
"""

from types import SimpleNamespace

import pytest
import sample_run

from browser import story_runs
from browser.story import Story, fill, path_of, pictures, press, sees, state_of

pytestmark = pytest.mark.browser

COUNTY = "510422"
PHONE_SPOT = (101.85, 26.85)  # where the telephone believes to be; the photographs know better


# ---- analysts and the checker
def analyst_reviews_by_keyboard(story) -> None:
    visitor = story.person("city_analyst")
    page = visitor.page
    visitor.open("/reviews/")
    page.select_option("[name=county]", COUNTY)
    press(visitor, "应用")
    with page.expect_navigation():
        page.keyboard.press("j")
    visitor.marked(ready="patch")
    sees(visitor, "已领取，剩余", "前后时相影像")
    story.patch = page.url.split("?")[0]
    patch = page.locator("h1").inner_text()
    assert patch.startswith(COUNTY)
    assert state_of(visitor) == "待审核"
    with page.expect_navigation():
        page.keyboard.press("a")
    sees(visitor, f"{patch}：", "这个方向上没有待办图斑了。")


def second_analyst_cannot_release(story) -> None:
    visitor = story.person("yanbian_analyst")
    visitor.open(path_of(story.patch))
    sees(visitor, "此图斑现在不由您办理。")
    assert state_of(visitor) == "待质检"
    assert visitor.page.locator("button[value=release]").count() == 0


def checker_releases(story) -> None:
    visitor = story.person("city_checker")
    visitor.open("/reviews/?purpose=check")
    press(visitor, "开始：领取下一个 j")
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("a")
    visitor.open(path_of(story.patch))
    assert state_of(visitor) == "已质检"


def analyst_raises_the_clue(story) -> None:
    visitor = story.person("city_analyst")
    visitor.open("/clues/raise/patches/")
    sees(visitor, "个已质检图斑")
    press(visitor, "立线索")
    visitor.open("/clues/")
    link = visitor.page.locator(".clue-rows a.id")
    assert link.count() == 1
    story.number, story.clue = link.inner_text(), link.get_attribute("href")
    visitor.open(story.clue)
    assert state_of(visitor) == "待会商"
    shown = "[...document.querySelectorAll('.of-patch img')].map(i => i.complete && i.naturalWidth)"
    visitor.page.locator(".of-patch img").last.scroll_into_view_if_needed()
    visitor.page.wait_for_function(f"{shown}.every(w => w === 240)")
    assert visitor.page.evaluate(shown) == [240, 240]


# ---- the supervisor of the city
def supervisor_consults_and_lists(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open("/inbox/")
    sees(visitor, story.number)
    visitor.open("/clues/")
    visitor.page.check(f"input[aria-label='{story.number}']")
    with visitor.page.expect_navigation():
        visitor.page.click("button[value=consult]")
    fill(visitor, participants="市生态环境局、市林草局", summary="影像变化明显，同意列入清单。")
    press(visitor, "保存会商意见")
    sees(visitor, "会商意见已保存。", story.number)
    visitor.open(story.clue)
    assert state_of(visitor) == "已列入清单"


def supervisor_freezes_the_list(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open("/lists/")
    visitor.page.click("summary:text-is('确定新版本')")
    fill(visitor, note="会商后定稿")
    press(visitor, "确定")
    sees(visitor, "与固定时一致", "清单第 1 版已确定。")
    assert visitor.page.locator(".annex-rows tbody tr").count() == 1


def supervisor_dispatches_by_letter(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open("/clues/")
    visitor.page.check(f"input[aria-label='{story.number}']")
    press(visitor, "下发")
    assert visitor.page.is_checked("[name=letter]")
    assert "510422" in visitor.page.locator(".letter-totals tbody td").first.inner_text()
    press(visitor, "下发（1）")
    sees(visitor, "已下达：")
    visitor.open(story.clue)
    assert state_of(visitor) == "待核实"
    with visitor.page.expect_navigation():
        visitor.page.locator("td a[href^='/letters/']").first.click()
    sees(visitor, "已发出", "〔2026〕")
    with visitor.page.expect_download() as given:
        visitor.page.click("a:text-is('下载公文（DOCX）')")
    assert given.value.path().read_bytes().startswith(b"PK")


# ---- the county
def neighbour_finds_nothing(story, *addresses: str) -> None:
    visitor = story.person("miyi_officer")
    for address in addresses:
        assert visitor.open(address).status == 404
        assert visitor.page.locator("h1").inner_text() == "没有找到"


def county_signs(story) -> None:
    visitor = story.person("yanbian_officer", size="phone")
    context = visitor.page.context
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"longitude": PHONE_SPOT[0], "latitude": PHONE_SPOT[1]})
    visitor.open("/inbox/")
    sees(visitor, story.number)
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name=story.number).first.click()
    press(visitor, "签收")
    sees(visitor, "签收")
    press(visitor, "核实")
    visitor.marked(form="ready")


def county_is_told_what_is_missing(story) -> None:
    visitor = story.person("yanbian_officer")
    page = visitor.page
    page.locator(".verdict", has_text="不属实").wait_for()
    page.locator("label.verdict:has(input[value=true])").click()
    fill(visitor, checkers="张三、李四", found="露天采坑一处，表土剥离，植被清除。")
    press(visitor, "上报")
    visitor.marked(form="ready")
    refused = page.locator("#refused").inner_text()
    for words in (
        "未填写“现状地类”",
        "全景照片",
        "现有0份",
        "未回答“现场是否正在施工或生产”",
        "未说明有无“环境影响评价",
    ):
        assert words in refused, words
    assert page.input_value("[name=checkers]") == "张三、李四"
    assert state_of(visitor) == "待核实"
    assert visitor.overflow() <= 0


def county_completes_the_form(story) -> None:
    visitor = story.person("yanbian_officer")
    page = visitor.page
    fill(visitor, checked_on="2026-04-12", area_ha="0.1612", redline_area_ha="0.16",
         land_class="乔木林地", builder="某矿业公司", handling="已责令停止")  # fmt: skip
    page.select_option("[name=activity_type]", "1")
    page.check("[name=problem_type][value=vegetation]")
    for answer in ("at_work", "stopped", "restored", "protected"):
        page.locator(f"#item-{answer} label:has(input[value=no])").click()
    for legend in page.locator("fieldset.approval").all():
        legend.locator("label:has(input[value=no])").click()


def county_photographs(story, *, start: int = 0) -> None:
    visitor = story.person("yanbian_officer")
    page = visitor.page
    for turn, item in enumerate(("overview", "inside", "pit")):
        shots = pictures(2, story.spot, start=start + 2 * turn)
        page.locator(f"#item-{item} input[data-upload]").last.set_input_files(shots)
        page.wait_for_selector(f"#item-{item} h3 .state:text-is('2 / 2')")
        said = page.locator(f"#item-{item} figcaption").first.inner_text()
        assert "范围内" in said, said
        assert "2026-04-12 09:10" in said, said
    page.wait_for_selector("#missing-lead:text-is('材料齐全，可以上报。')")
    assert visitor.overflow() <= 0


def county_submits(story) -> None:
    visitor = story.person("yanbian_officer")
    press(visitor, "上报")
    assert state_of(visitor) == "待审核"


def city_sends_back(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open(f"{story.clue}verify/")
    sees(visitor, "第1轮核实", "露天采坑一处", "乔木林地")
    assert visitor.page.locator("figure.evidence img").count() == 6
    visitor.page.click("summary:text-is('退回补正')")
    fill(visitor, reason="面积没有实测依据", missing="实测面积\n采坑近景")
    visitor.page.click("details[open] .buttons button")
    sees(visitor, "待核实")


def county_answers_in_round_2(story) -> None:
    visitor = story.person("yanbian_officer")
    visitor.open(f"{story.clue}verify/")
    visitor.marked(form="ready")
    sees(visitor, "退回补正：", "面积没有实测依据", "采坑近景")
    assert visitor.page.input_value("[name=found]").startswith("露天采坑一处")
    county_completes_the_form(story)
    fill(
        visitor,
        area_ha="0.1588",
        redline_area_ha="0.1588",
        found="露天采坑一处，经实测，面积0.1588公顷。",
    )
    county_photographs(story, start=20)
    county_submits(story)
    sees(visitor, "第2轮核实", "第1轮核实")


def city_opens_the_case(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open("/cases/open/")
    visitor.page.check(f"input[aria-label='{story.number}']")
    press(visitor, "下一步")
    assert visitor.page.input_value("[name=area_ha]") == "0.1588"
    visitor.page.select_option("[name=damage_type]", "mine_pit")
    press(visitor, "认定并立案")
    story.case = path_of(visitor.page.url)
    story.case_number = visitor.page.locator("h1").inner_text()
    assert state_of(visitor) == "已立案"
    press(visitor, "移交责任单位")
    fill(visitor, due_on="2026-12-31", asked="限期整改，恢复植被。")
    press(visitor, "移交")
    assert state_of(visitor) == "已移交查处"
    visitor.open(story.clue)
    assert state_of(visitor) == "已认定"


def county_plans(story) -> None:
    visitor = story.person("yanbian_officer")
    visitor.open(story.case)
    press(visitor, "制定整改方案")
    fill(visitor, goal="停止开采，复绿采坑。", responsible="某矿业公司", due_on="2026-11-30")
    rows = visitor.page.locator(".plan-item")
    for row, (kind, day) in zip(
        rows.all(), (("stop", "2026-06-30"), ("regreen", "2026-10-31")), strict=False
    ):
        row.locator("[name=item_kind]").select_option(kind)
        row.locator("[name=item_title]").fill({"stop": "停止开采", "regreen": "采坑复绿"}[kind])
        row.locator("[name=item_owner_name]").fill("某矿业公司")
        row.locator("[name=item_due_on]").fill(day)
        row.locator("[name=item_condition]").fill("")
    while rows.count() > 2:
        rows.last.locator(".remove-item").click()
    press(visitor, "保存方案")
    assert state_of(visitor) == "整改中"
    assert visitor.page.locator("li.item b").all_inner_texts() == ["停止开采", "采坑复绿"]


def county_reports_progress(story) -> None:
    visitor = story.person("yanbian_officer")
    visitor.open(story.case)
    press(visitor, "整改进展")
    fill(visitor, percent="40", said="设备已撤离，开始覆土。")
    press(visitor, "保存")
    sees(visitor, "40%", "设备已撤离，开始覆土。")


def county_finishes(story, title: str, *, start: int) -> None:
    """One measure, with a photograph."""
    visitor = story.person("yanbian_officer")
    visitor.open(story.case)
    row = visitor.page.locator("li.item", has_text=title)
    with visitor.page.expect_navigation():
        row.get_by_role("link", name="完成", exact=True).click()
    press(visitor, "保存")
    sees(visitor, "缺少证明材料：照片")
    visitor.page.set_input_files("[name=photos]", pictures(1, story.spot, start=start))
    fill(visitor, said=f"{title}已完成。")
    press(visitor, "保存")
    assert row.locator(".state").inner_text() == "已完成"


def county_asks_for_closing(story, *, blocked_by: str = "") -> None:
    visitor = story.person("yanbian_officer")
    visitor.open(story.case)
    press(visitor, "申请销号")
    with visitor.page.expect_navigation():
        visitor.page.click("main form .main-action")
    if blocked_by:
        assert blocked_by in visitor.page.locator(".faults").inner_text()
    else:
        assert state_of(visitor) == "待复核"


# ---- the city closes, the satellite disagrees
def city_rechecks_and_closes(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open(story.case)
    press(visitor, "现场复核")
    for choice in visitor.page.locator("input[name^=met_][value=yes]").all():
        choice.check()
    visitor.page.check("[name=passed][value=yes]")
    fill(
        visitor,
        checkers="王五、赵六",
        found="采坑已覆土复绿，符合验收条件。",
        no_photo="照片随纸质材料归档",
    )
    press(visitor, "提交复核结果")
    sees(visitor, "第 1 轮", "采坑已覆土复绿")
    press(visitor, "销号")
    fill(visitor, reason="复核合格，同意销号。")
    with visitor.page.expect_navigation():
        visitor.page.click("main form .main-action")
    assert state_of(visitor) == "已销号：整改完成"


def later_run_is_loaded(story, folder, name: str) -> None:
    """The worker's part: the run, and the job it starts on the closed cases."""
    from ecoredline.web.jobs.models import BackgroundJob
    from ecoredline.web.patches.actions import load_run
    from ecoredline.web.rectification import jobs

    load_run(folder, name=name, by=story.cast["ministry_analyst"])
    for job in BackgroundJob.objects.filter(kind=jobs.KIND):
        assert jobs.observe_closed(job.pk) == "done"


def city_reopens(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open("/inbox/")
    sees(visitor, story.case_number)
    visitor.open(story.case)
    proposal = visitor.page.locator(".proposal").inner_text()
    assert "建议重新立案：植被下降" in proposal
    assert "疑似表面复绿" in proposal
    assert "2027-07-20" in proposal
    press(visitor, "重新立案")
    fill(visitor, reason="卫星复查显示复绿未保持。", due_on="2027-12-31")
    with visitor.page.expect_navigation():
        visitor.page.click("main form .main-action")
    assert state_of(visitor) == "整改中"
    sees(visitor, "重新立案 1 次", "重新立案后尚未制定新的整改方案。")


TOLD = (
    "立线索", "会商", "列入清单", "下发", "签收", "上报核实结果", "退回补正", "认定", "立案", "移交责任单位",
    "制定整改方案", "整改进展", "整改措施完成", "申请销号", "现场复核", "销号", "卫星复查", "重新立案",
)  # fmt: skip


def timeline_tells_everything(story) -> None:
    visitor = story.person("city_supervisor")
    visitor.open(story.case)
    rows = visitor.page.locator(".timeline li .said-head b").all_inner_texts()
    assert [step for step in TOLD if step not in rows] == []
    assert rows.count("上报核实结果") == rows.count("整改措施完成") == 2
    times = visitor.page.locator(".timeline time").all_inner_texts()
    assert times in (sorted(times), sorted(times, reverse=True))
    said = visitor.page.locator(".timeline").inner_text()
    for words in ("面积没有实测依据", "设备已撤离", "卫星复查显示复绿未保持", "系统"):
        assert words in said, words


def auditor_finds_the_history_whole(story) -> None:
    from ecoredline.web.core import audit

    visitor = story.person("city_auditor")
    visitor.open(story.case)
    assert visitor.page.locator(".step-buttons").count() == 0
    visitor.open("/account/")
    with visitor.page.expect_download() as given:
        visitor.page.click("a[href$='records.csv']")
    records = given.value.path().read_text(encoding="utf-8-sig")
    took = [line for line in records.splitlines() if "letter.download" in line]
    assert len(took) == 1
    assert "city_supervisor" in took[0]
    found = audit.verify()
    assert found.is_whole, found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The run that finds the damage, the one at closing, the one a year later."""
    told = {"dug": story_runs.DUG, "green": story_runs.GREEN, "bare": story_runs.BARE}
    return {k: story_runs.make_run(tmp_path_factory.mktemp(k), *v) for k, v in told.items()}


@pytest.fixture(scope="module")
def many_patches_folder(runs):
    """What every visitor finds loaded."""
    return runs["dug"]


@pytest.fixture
def story(visit, cast, monkeypatch):
    """The story before its first word, on a calendar of its own."""
    from ecoredline.web.core import clock

    calendar = SimpleNamespace(now=None)
    monkeypatch.setattr(clock, "_standing", SimpleNamespace(get=lambda: calendar.now))
    spot = sample_run.box(*story_runs.PLACE).centroid
    return Story(visit, cast, calendar, (spot.x, spot.y))


def test_from_a_patch_to_a_closed_case_and_back(story, runs):
    story.on("2026-03-20")
    analyst_reviews_by_keyboard(story)
    second_analyst_cannot_release(story)
    checker_releases(story)
    analyst_raises_the_clue(story)
    story.on("2026-03-28")
    supervisor_consults_and_lists(story)
    supervisor_freezes_the_list(story)
    supervisor_dispatches_by_letter(story)
    story.on("2026-04-12")
    county_signs(story)
    neighbour_finds_nothing(story, story.clue, f"{story.clue}verify/")
    county_is_told_what_is_missing(story)
    county_completes_the_form(story)
    county_photographs(story)
    county_submits(story)
    story.on("2026-04-15")
    city_sends_back(story)
    story.on("2026-04-18")
    county_answers_in_round_2(story)
    story.on("2026-04-25")
    city_opens_the_case(story)
    neighbour_finds_nothing(story, story.case)
    story.on("2026-05-10")
    county_plans(story)
    story.on("2026-06-20")
    county_reports_progress(story)
    county_finishes(story, "停止开采", start=30)
    county_asks_for_closing(story, blocked_by="采坑复绿（期限 2026-10-31，某矿业公司）")
    story.on("2026-10-05")
    later_run_is_loaded(story, runs["green"], "2026年秋季")
    county_finishes(story, "采坑复绿", start=40)
    county_asks_for_closing(story)
    story.on("2026-10-12")
    city_rechecks_and_closes(story)
    story.on("2027-07-25")
    later_run_is_loaded(story, runs["bare"], "2027年夏季")
    city_reopens(story)
    timeline_tells_everything(story)
    auditor_finds_the_history_whole(story)
