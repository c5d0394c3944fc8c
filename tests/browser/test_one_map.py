"""The one-map page: filter, table and map on one selection, kept in the address."""

import pytest

pytestmark = pytest.mark.browser

MIYI_PATCHES, BOTH_COUNTIES = 58, 70  # tests/browser/many_patches.py
ROW = "#patch-table tr[data-pk]"


def ink(page) -> int:
    """How many pixels of the map are of the patches' outline colours (drawn without pictures)."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#map canvas')].reduce((sum, canvas) => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 0; i < data.length; i += 4)
                if (data[i] > 200 && data[i + 1] < 30 && data[i + 2] < 50 && data[i + 3] > 200) sum++;
            return sum;
        }, 0)"""
    )


def test_an_officer_logs_in_and_sees_the_patches_of_the_own_county_only(visit, password):
    visitor = visit()
    page = visitor.page
    visitor.open("/map/")
    assert "/login/" in page.url
    page.fill("#id_username", "miyi_officer")
    page.fill("#id_password", password)
    page.click("form .main-action")
    page.wait_for_selector("body[data-ready=map]")
    assert page.locator("#totals b").first.inner_text() == str(MIYI_PATCHES)
    assert page.locator(ROW).count() == 50
    counties = set(page.locator(f"{ROW} td:nth-child(2)").all_inner_texts())
    assert counties == {"米易县"}
    assert page.locator("text=演示合成数据").first.is_visible()


def test_a_filter_changes_table_map_and_address_and_back_undoes_it(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/map/#i=none&l=patches", ready="map")
    everything = ink(page)
    page.select_option("#f-channel", "suspected")
    visitor.marked(selection="channel=suspected")
    suspected = int(page.locator("#totals b").first.inner_text())
    assert 0 < suspected < BOTH_COUNTIES
    assert set(page.locator(f"{ROW} .channel").all_inner_texts()) == {"疑似"}
    assert "channel=suspected" in page.url
    page.select_option("#f-channel", "outside")
    visitor.marked(selection="channel=outside")
    assert everything > 500 > 50 > ink(page)  # the red outlines are gone from the map
    page.go_back()
    visitor.marked(selection="channel=suspected")
    assert page.input_value("#f-channel") == "suspected"
    assert page.locator("#totals b").first.inner_text() == str(suspected)


def test_an_address_opens_with_its_filter_order_page_and_layers(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/map/?county=510421&sort=patch_id&page=2#i=none&l=redline,divisions", ready="map")
    assert page.input_value("#f-county") == "510421"
    assert page.locator(ROW).count() == MIYI_PATCHES - 50
    assert page.locator("th[aria-sort=ascending]").inner_text() == "图斑编号"
    assert page.is_checked("input[name=layer][value=redline]")
    assert not page.is_checked("input[name=layer][value=patches]")
    assert ink(page) == 0


def test_headings_sort_and_the_pager_turns(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open("/map/#i=none", ready="map")
    page.click("a[data-sort=patch_id]")
    page.wait_for_selector("th[aria-sort=ascending] a[data-sort='-patch_id']")
    ids = page.locator(f"{ROW} .id").all_inner_texts()
    assert ids == sorted(ids)
    page.click(".pager a[rel=next]")
    page.wait_for_selector("#totals[data-page='2']")
    assert page.locator(ROW).count() == BOTH_COUNTIES - 50
    assert "sort=patch_id&page=2" in page.url


def test_a_row_flies_the_map_there_and_opens_a_card_that_leads_to_the_patch(visit):
    visitor = visit("miyi_officer")
    page = visitor.page
    visitor.open("/map/#i=none", ready="map")
    page.locator(f"{ROW} .locate").nth(3).click()
    wanted = page.locator(ROW).nth(3).get_attribute("data-pk")
    visitor.marked(chosen=wanted)
    assert page.locator("tr.chosen").get_attribute("data-pk") == wanted
    number = page.locator(f"tr[data-pk='{wanted}'] .id").inner_text()
    assert page.locator("#popup .id").inner_text() == number
    assert f"p={wanted}" in page.url
    page.keyboard.press("j")
    following = page.locator(ROW).nth(4)
    visitor.marked(chosen=following.get_attribute("data-pk"))
    assert following.get_attribute("aria-current") == "true"
    page.click("#popup a")
    page.wait_for_selector("body[data-ready=patch]")
    assert page.locator("h1").inner_text() != number


def test_a_click_on_the_map_lights_the_row_even_on_another_page(visit):
    visitor = visit("miyi_officer")
    page = visitor.page
    visitor.open("/map/?sort=patch_id#i=none", ready="map")
    page.click(".pager a[rel=next]")
    page.wait_for_selector("#totals[data-page='2']")
    last = page.locator(ROW).last
    number, pk = last.locator(".id").inner_text(), last.get_attribute("data-pk")
    last.locator(".locate").click()
    visitor.marked(chosen=pk)
    card = page.locator("#popup").bounding_box()  # its tip points at the patch's upper edge
    page.keyboard.press("Escape")
    page.click(".pager a[rel=prev]")
    page.wait_for_selector("#totals[data-page='1']")
    page.mouse.click(card["x"] + card["width"] / 2, card["y"] + card["height"] + 24)
    page.wait_for_selector("#popup:not([hidden])")
    assert page.locator("#popup .id").inner_text() == number
    page.wait_for_selector(f"tr.chosen.pinned[data-pk='{pk}']")
    assert page.locator(ROW).count() == 51
    page.keyboard.press("Escape")
    assert page.locator("tr.chosen").count() == 0


def test_the_swipe_is_moved_by_keys_and_by_dragging(visit):
    visitor = visit("miyi_officer")
    page = visitor.page
    visitor.open("/map/#i=swipe&s=50", ready="map")
    swipe, box = page.locator("#swipe"), page.locator("#map").bounding_box()
    swipe.focus()
    page.keyboard.press("ArrowRight")
    assert swipe.get_attribute("aria-valuenow") == "52"
    page.keyboard.press("Home")
    assert swipe.get_attribute("aria-valuenow") == "0"
    page.keyboard.press("PageUp")
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 300, steps=4)
    page.mouse.up()
    assert swipe.get_attribute("aria-valuenow") == "75"
    assert "i=swipe" in page.url
    assert "s=75" in page.url
    page.check("input[name=imagery][value=none]", force=True)
    assert swipe.is_hidden()


def test_a_phone_asks_for_no_pictures_until_they_are_wanted(visit):
    visitor = visit("miyi_officer", size="phone")
    page = visitor.page
    pictures = []
    page.on("request", lambda r: pictures.append(r.url) if r.url.endswith(".png") else None)
    visitor.open("/map/", ready="map")
    assert pictures == []
    page.click(".layers-button")
    with page.expect_response(lambda r: r.url.endswith(".png")) as answered:
        page.check("#layers input[value=after]", force=True)
    assert answered.value.status in (200, 204)


def test_on_a_phone_the_filter_is_a_drawer_and_the_rows_are_cards(visit):
    visitor = visit("miyi_officer", size="phone")
    page = visitor.page
    visitor.open("/map/", ready="map")
    assert page.locator("#filters").is_hidden()
    page.click(".filters-button")
    page.select_option("#f-activity", "1")
    page.click("#filters .main-action")
    visitor.marked(selection="activity=1")
    assert page.locator("#filters").is_hidden()
    assert page.locator("#filter-count").inner_text() == "1"
    card, pane = page.locator(ROW).first.bounding_box(), page.locator("#map").bounding_box()
    assert card["y"] > pane["y"] + pane["height"]
    assert card["width"] <= 390
    assert visitor.overflow() <= 0


def test_a_filter_that_cannot_be_read_is_said(visit):
    visitor = visit("miyi_officer")
    visitor.open("/map/?min_area=lots#i=none", ready="map")
    assert visitor.page.locator(".fault").first.is_visible()
