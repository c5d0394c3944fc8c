"""Every page at both sizes: nothing wider than the window, no fault, the language on the switch."""

import pytest

from ecoredline.web.locale import HAN

pytestmark = pytest.mark.browser


def patch_pk(county: str) -> int:
    from ecoredline.web.patches.models import Patch

    return Patch.objects.filter(division_code=county).order_by("patch_id")[1].pk


def every_page() -> dict[str, tuple[str, str]]:
    """Page → its address and the sign that it is ready."""
    from ecoredline.web.patches.models import Run

    run = Run.objects.get().pk
    return {
        "map": ("/map/", "map"),
        "patch": (f"/patches/{patch_pk('510421')}/", "patch"),
        "runs": ("/runs/", ""),
        "run": (f"/runs/{run}/", ""),
        "start": ("/runs/start/", ""),
        "account": ("/account/", ""),
        "missing": ("/runs/99999/", ""),
    }


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_no_page_is_wider_than_its_window(visit, size):
    visitor = visit("ministry_analyst", size=size)
    for name, (path, ready) in every_page().items():
        answer = visitor.open(path, ready)
        assert answer.status == (404 if name == "missing" else 200), name
        assert visitor.overflow() <= 0, name
        assert visitor.page.locator("h1").count() == 1, name
        assert visitor.page.locator(".demo").is_visible(), name
    visitor = visit(size=size)
    visitor.open("/login/")
    assert visitor.overflow() <= 0


def test_the_language_switch_keeps_the_place_and_leaves_no_chinese_label(visit):
    visitor = visit("miyi_officer")
    page = visitor.page
    visitor.open("/map/?channel=suspected#i=none&l=patches", ready="map")
    with page.expect_navigation():
        page.click("button[name=language]")
    page.wait_for_selector("body[data-ready=map]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("nav [aria-current]").inner_text() == "Map"
    assert "channel=suspected" in page.url
    assert "l=patches" in page.url
    labels = page.locator("label, th, button, legend, summary").all_inner_texts()
    assert [t for t in labels if HAN.search(t) and t != "中文" and "2026年" not in t] == []
    page.click("button[name=language]")
    page.wait_for_selector("html[lang=zh-hans]")


def test_the_next_county_does_not_exist_for_an_officer(visit):
    visitor = visit("miyi_officer")
    answer = visitor.open(f"/patches/{patch_pk('510422')}/")
    assert answer.status in (403, 404)
    assert visitor.page.locator("h1").inner_text() == "没有找到"


def test_what_a_role_may_not_do_is_said_and_not_offered(visit):
    visitor = visit("miyi_officer")
    assert visitor.open("/runs/start/").status == 403
    assert visitor.page.locator("h1").inner_text() == "没有权限"
    visitor.open("/runs/")
    assert visitor.page.locator("a[href='/runs/start/']").count() == 0


def test_only_an_auditor_is_offered_the_access_records(visit):
    visitor = visit("city_auditor")
    visitor.open("/account/")
    with visitor.page.expect_download() as given:
        visitor.page.click("a[href$='records.csv']")
    assert "city_auditor" in given.value.path().read_text(encoding="utf-8-sig")
    visitor = visit("miyi_officer")
    visitor.open("/account/")
    assert visitor.page.locator("a[href$='records.csv']").count() == 0


def test_the_patch_page_compares_the_dates_and_steps_by_keyboard(visit):
    visitor = visit("miyi_officer")
    page = visitor.page
    visitor.open(f"/patches/{patch_pk('510421')}/", ready="patch")
    first = page.locator("h1").inner_text()
    loaded = "Array.from(document.querySelectorAll('.chips img'), i => i.naturalWidth)"
    assert page.evaluate(loaded) == [240, 240]
    page.check("input[name=chips][value=swipe]", force=True)
    page.locator("#chip-swipe").focus()
    page.keyboard.press("End")
    assert page.locator("#chip-swipe").get_attribute("aria-valuenow") == "100"
    clip = page.evaluate("getComputedStyle(document.querySelector('.chips .after img')).clipPath")
    assert "100%" in clip
    assert "规则推断，未校准" in page.locator(".figures").inner_text()
    page.keyboard.press("j")
    page.wait_for_url(lambda url: str(patch_pk("510421")) not in url.split("?")[0])
    page.wait_for_selector("body[data-ready=patch]")
    assert page.locator("h1").inner_text() > first
    page.keyboard.press("k")
    page.wait_for_selector(f"h1:text-is('{first}')")


def test_coordinates_are_the_ones_of_the_patch_in_degrees_minutes_and_seconds(visit):
    visitor = visit("miyi_officer")
    visitor.open(f"/patches/{patch_pk('510421')}/", ready="patch")
    place = visitor.page.locator("#coordinates")
    lon = float(place.get_attribute("data-lon"))
    degrees, rest = divmod(lon * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    said = visitor.page.locator("#dms").inner_text()
    assert said.startswith(f"{degrees:.0f}°{minutes:02.0f}′{seconds:05.2f}″E")


def test_seconds_are_never_sixty(visit):
    visitor = visit("miyi_officer")
    visitor.open("/runs/")
    said = visitor.page.evaluate(
        "async () => { const c = await import('/static/js/coordinates.js');"
        " return [c.dms(101.9999999, 'E', 'W'), c.dms(-0.5, 'E', 'W'), c.decimal(461.5, -1)]; }"
    )
    assert said == ["102°00′00.00″E", "0°30′00.00″W", "101.500000°E 1.000000°S"]


def test_a_running_job_shows_its_progress_and_can_be_stopped(visit, cast):
    from ecoredline.web.jobs.models import BackgroundJob

    job = BackgroundJob.objects.create(
        kind="find", title="2026年下半年", state="running", stage="score", done=0.4,
        created_by=cast["city_analyst"],
    )  # fmt: skip
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/runs/")
    assert page.locator(f"#job-{job.pk} progress").get_attribute("value") == "40"
    assert "变化检测" in page.locator(f"#job-{job.pk}").inner_text()
    BackgroundJob.objects.filter(pk=job.pk).update(done=0.8)
    page.wait_for_selector(f"#job-{job.pk} progress[value='80']")
    page.click(f"#job-{job.pk} button")
    page.wait_for_selector(f"#job-{job.pk} button", state="detached")
    job.refresh_from_db()
    assert job.cancel_requested or job.state == "cancelled"


def test_the_keyboard_reaches_the_content_first(visit):
    visitor = visit("miyi_officer")
    visitor.open("/runs/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"
