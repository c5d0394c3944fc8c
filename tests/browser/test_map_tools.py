"""The one map's tools in a browser: slider, measuring, drawing taken along, identify, permalink, 天地图."""

import base64
import re
import subprocess

import pytest
import shapely
from django.urls import reverse

from ecoredline.geodesy import area_ha

pytestmark = pytest.mark.browser
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ON = "patches,redline,divisions"


def said_place(page, at):
    """lon, lat the map says under a place of the window."""
    page.mouse.move(*at)
    page.wait_for_timeout(250)
    text = page.locator("#position").inner_text()
    return [float(v) for v in re.findall(r"(\d+\.\d{6})°", text)[:2]]


def draw(page, kind, places):
    page.check(f"input[name=measure][value={kind}]", force=True)
    for at in places:
        page.mouse.click(*at)
        page.wait_for_timeout(320)  # two clicks in a quarter of a second would be one
    page.mouse.dblclick(*places[-1])


def corners(page, *shares):
    """Whole pixels: a click is told in whole ones, a drag in fractions."""
    box = page.locator("#map").bounding_box()
    return [
        (round(box["x"] + x * box["width"]), round(box["y"] + y * box["height"])) for x, y in shares
    ]


def test_an_area_is_measured_on_the_ellipsoid_mended_and_taken_along(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/map/#i=none", ready="map")
    page.wait_for_timeout(1000)  # the view has come to rest
    places = corners(page, (0.2, 0.35), (0.4, 0.35), (0.4, 0.6))
    ring = [said_place(page, at) for at in places]
    draw(page, "Polygon", places)
    said = page.locator("#measure output")
    number = float(said.inner_text().split()[0])
    assert number == pytest.approx(area_ha(shapely.Polygon(ring)), rel=1e-3)
    said_place(page, places[2])  # the pointer rests on the corner before it takes hold
    page.mouse.down()
    further = corners(page, (0.4, 0.7))[0]
    page.mouse.move(*further, steps=4)
    page.mouse.up()
    page.wait_for_timeout(250)
    mended = float(said.inner_text().split()[0])
    assert mended == pytest.approx(
        area_ha(shapely.Polygon([*ring[:2], said_place(page, further)])), rel=1e-3
    )
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('drawn-outline'))")
    assert area_ha(shapely.geometry.shape(kept)) == pytest.approx(mended, abs=1e-3)
    page.click("[data-uses] a[href*=clue]")
    page.wait_for_selector("[data-drawn]:not([hidden])")
    carried = page.evaluate("JSON.parse(document.querySelector('input[name=outline]').value)")
    assert area_ha(shapely.geometry.shape(carried)) == pytest.approx(mended, abs=1e-3)


def test_the_time_slider_is_moved_by_keys_and_opens_that_run(visit, many_patches_folder, tmp_path):
    from ecoredline.web.patches.models import Run

    visitor = visit("city_analyst")
    newest = Run.objects.order_by("-pk").first()
    earlier = Run.objects.get(pk=newest.pk)
    earlier.pk, earlier.name, earlier.record_sha256 = (
        None,
        "更早一期，名称很长很长很长很长很长很长很长的批次",
        "0" * 64,
    )
    earlier.after_on = newest.before_on
    earlier._state.adding = True
    earlier.save()
    page = visitor.page
    visitor.open(f"/map/?run={newest.pk}#i=none&l={ON}", ready="map")
    slider = page.locator("#times input")
    assert slider.get_attribute("aria-valuetext").startswith(newest.after_on.isoformat())
    slider.focus()
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    visitor.marked(ready="map")
    assert f"run={earlier.pk}" in page.url
    assert earlier.name in page.locator("#times output").inner_text()
    assert "i=none" in page.url
    assert visitor.overflow() <= 0


def test_a_click_tells_the_areas_there_and_the_cross_hides_no_word(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/map/#i=none", ready="map")
    page.wait_for_url(re.compile("#v="))
    _, lon, lat = (float(v) for v in re.search(r"v=([\d.,]+)", page.url).group(1).split(","))
    middle = corners(page, (0.5, 0.5))[0]
    visitor.open("/login/")
    visitor.open(f"/map/#v=15.00,{lon},{lat}&l={ON}&i=none", ready="map")
    page.mouse.click(*middle)
    page.wait_for_selector("#popup:not([hidden])")
    hidden = page.evaluate(
        """() => {
            const cross = document.querySelector('#popup .popup-close').getBoundingClientRect();
            return [...document.querySelectorAll('#popup p, #popup b')].filter((part) => {
                const range = document.createRange();
                range.selectNodeContents(part);
                return [...range.getClientRects()].some((r) => r.right > cross.left + 1 && r.top < cross.bottom && r.bottom > cross.top);
            }).length;
        }"""
    )
    assert hidden == 0
    assert "行政区划" in page.locator("#popup").inner_text()


def test_a_permalink_restores_layers_time_plane_view_and_filter(visit):
    visitor = visit("city_analyst", size="phone")
    page = visitor.page
    wanted = "v=13.20,101.71000,26.60000&l=redline,graticule&i=none&s=50&c=4490"
    visitor.open(f"/map/?channel=suspected#{wanted}", ready="map")
    page.wait_for_url(re.compile("c=4490"))
    assert page.input_value("#f-channel") == "suspected"
    assert page.is_checked("input[name=plane][value='4490']")
    assert page.is_checked("input[name=layer][value=graticule]")
    assert not page.is_checked("input[name=layer][value=patches]")
    view, tail = re.search(r"#v=([\d.,]+)&(.*)", page.url).groups()
    assert [float(v) for v in view.split(",")] == pytest.approx([13.2, 101.71, 26.6], abs=0.02)
    assert tail == wanted.split("&", 1)[1]
    assert "101°4" in page.locator("#position").inner_text()
    assert visitor.overflow() <= 0


def test_tianditu_alone_hears_where_its_pictures_are_shown(visit, settings):
    settings.TIANDITU_KEY = "abc123"
    settings.CONTENT_SECURITY_POLICY = settings.CONTENT_SECURITY_POLICY.replace(
        "img-src 'self'", "img-src https://*.tianditu.gov.cn 'self'"
    )
    visitor = visit("city_analyst")
    page, heard = visitor.page, []

    def answer(route):
        heard.append((route.request.url, route.request.headers.get("referer", "")))
        route.fulfill(body=PIXEL, content_type="image/png")

    page.route(re.compile(r"https://t\d\.tianditu\.gov\.cn/.*"), answer)
    visitor.open("/map/#i=none&l=redline&g=tdt-vec", ready="map")
    assert heard
    assert {referer for _, referer in heard} == {f"{visitor.address}/"}  # the address, not the page
    assert all("tk=abc123" in url and "{" not in url for url, _ in heard)
    visitor.faults[:] = [fault for fault in visitor.faults if "tianditu.gov.cn" not in fault]


def test_the_public_page_in_a_browser(visit, cast):
    from datetime import date

    from ecoredline.web.publications import actions

    visitor = visit("", size="phone")
    admin = cast["city_administrator"]
    made = actions.prepare(
        by=admin, title="概略图", day=date(2026, 6, 30), step_deg=0.01, area_step_km2=1
    )
    actions.publish(made, by=admin)
    page, tiles = visitor.page, []
    page.on(
        "response",
        lambda r: tiles.append(r.status) if r.url.split("?")[0].endswith(".png") else None,
    )
    visitor.open(reverse("public") + "?lang=en", ready="public")
    assert tiles
    assert set(tiles) == {200}
    assert visitor.overflow() <= 0
    assert page.context.cookies() == []
    page.click("a[lang=zh-hans]")
    page.wait_for_selector("body[data-ready=public]")
    assert page.locator("h2").first.inner_text() == "生态保护红线概略分布"


def test_a_dot_is_clicked_a_counted_one_comes_nearer_and_a_single_one_is_identified(visit):
    """Dots are no outlines under the pointer: they are sought by their place."""
    from ecoredline.web.patches.models import Patch

    visitor = visit("city_analyst")
    page = visitor.page
    one = Patch.objects.get(division_code="510422", activity_type="1", channel="protected")
    middle = corners(page_at(visitor, "", one), (0.5, 0.5))[0]
    page.mouse.click(*middle)
    page.wait_for_url(re.compile(r"v=10\.00"))
    assert re.search(r"[2-9]|\d\d", page.locator("#announcer").inner_text())
    assert page.locator("#popup").is_hidden()
    middle = corners(
        page_at(visitor, "?county=510422&activity=1&channel=protected", one), (0.5, 0.5)
    )[0]
    page.mouse.click(*middle)
    page.wait_for_selector("#popup:not([hidden])")
    assert page.locator("#popup .id").inner_text() == one.patch_id
    assert float(re.search(r"v=([\d.]+)", page.url)[1]) == pytest.approx(8)


def page_at(visitor, query, patch):
    """The map from afar, with the patch in the middle."""
    visitor.open(
        f"/map/{query}#v=8.00,{patch.lon:.5f},{patch.lat:.5f}&i=none&l=patches", ready="map"
    )
    visitor.page.wait_for_timeout(1200)  # its tiles are drawn
    return visitor.page


def test_a_printed_legend_longer_than_the_sheet_has_one_of_its_own(visit, tmp_path):
    visitor = visit("city_analyst")
    page = visitor.page
    sheets = {}
    for name in ("few", "all"):
        visitor.open("/map/#i=none", ready="map")
        if name == "all":
            page.evaluate(
                "document.querySelectorAll('input[name=layer]:not(:checked)').forEach((i) => i.click())"
            )
        page.pdf(path=tmp_path / f"{name}.pdf", prefer_css_page_size=True, print_background=True)
        text = subprocess.run(["pdftotext", "-layout", tmp_path / f"{name}.pdf", "-"], capture_output=True, text=True, check=True)  # fmt: skip
        sheets[name] = text.stdout.rstrip("\f").split("\f")
    assert len(sheets["few"]) == 1
    assert len(sheets["all"]) == 2
    for said in ("界线为示意，不作划界依据", "制图"):
        assert said in sheets["few"][0]
        assert said in sheets["all"][0]
    assert "永久基本农田" in sheets["all"][1]
    assert "敏感" in sheets["all"][1]
