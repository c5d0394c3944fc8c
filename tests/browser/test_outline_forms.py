"""Forms whose outline is drawn on a map: drawn, counted, cleared, drawn again."""

import json

import pytest
import shapely
from django.urls import reverse

pytestmark = pytest.mark.browser


def places(page, *shares):
    box = page.locator("#map").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]


def draw(page, *shares):
    page.locator("#map").scroll_into_view_if_needed()
    page.wait_for_timeout(600)  # the view has come to rest
    page.click("[data-draw]")
    for at in places(page, *shares):
        page.mouse.click(*at)
        page.wait_for_timeout(320)  # two clicks in a quarter of a second would be one
    page.mouse.dblclick(*places(page, *shares)[-1])
    page.wait_for_selector("[data-drawn]:not([hidden])")


def outline(page):
    said = page.locator("input[name=outline]").input_value()
    return json.loads(said) if said else None


FIRST = (0.2, 0.3), (0.5, 0.3), (0.5, 0.6)
SECOND = (0.6, 0.3), (0.9, 0.3), (0.9, 0.6)


def test_a_project_takes_several_shapes_and_forgets_them_when_cleared(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open(reverse("admission_new"))
    draw(page, *FIRST)
    draw(page, *SECOND)
    shapes = [shapely.geometry.shape(f["geometry"]) for f in outline(page)["features"]]
    assert [s.geom_type for s in shapes] == ["Polygon", "Polygon"]
    assert shapes[0].disjoint(shapes[1])
    assert "2" in page.locator("[data-drawn]").inner_text()
    page.click("[data-undraw]")
    assert outline(page) is None
    assert page.locator("[data-drawn]").is_hidden()


def test_a_clue_has_one_outline_the_last_one_drawn(visit):
    visitor = visit("city_analyst")
    page = visitor.page
    visitor.open(reverse("clue_raise"))
    draw(page, *FIRST)
    first = shapely.geometry.shape(outline(page))
    draw(page, *SECOND)
    second = shapely.geometry.shape(outline(page))
    assert first.geom_type == second.geom_type == "Polygon"
    assert first.disjoint(second)
    page.click("[data-undraw]")
    assert outline(page) is None
