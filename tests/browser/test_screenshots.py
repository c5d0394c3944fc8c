"""The pictures of the README: made from the demo data when they are asked for.

ECOREDLINE_SCREENSHOTS=1 simulates the demo landscape, runs the main job on it and writes
docs/images; otherwise the same pictures of the sample run go to a folder of the test.
"""

import os
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

WANTED = os.environ.get("ECOREDLINE_SCREENSHOTS") == "1"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
DEMO_ROWS = 2500


@pytest.fixture(scope="module")
def many_patches_folder(tmp_path_factory):
    """The run that is photographed."""
    folder = tmp_path_factory.mktemp("photographed")
    if not WANTED:
        from browser import many_patches

        return many_patches.make_run(folder)
    from ecoredline.pipeline import find_patches
    from ecoredline.simulate import simulate

    made = simulate(folder / "demo", rows=DEMO_ROWS, cols=DEMO_ROWS)
    layers = {k: made[k] for k in ("redline", "protected_areas", "divisions", "places")}
    return find_patches(made["before"], made["after"], out=folder / "run", **layers)


@pytest.fixture
def named(cast):
    """People and offices as the demo names them."""
    from ecoredline.web.accounts.models import Unit

    names = {
        "5104": "攀枝花市生态环境局（演示单位）",
        "510421": "攀枝花市米易生态环境局（演示单位）",
    }
    for code, name in names.items():
        Unit.objects.filter(division_code=code).update(name=name)
    for who, name in (("city_analyst", "市级解译员"), ("miyi_officer", "米易县核查员")):
        cast[who].first_name = name
        cast[who].save()


def test_the_pages_are_photographed_at_both_sizes(visit, named, tmp_path):
    from ecoredline.web.patches.models import Patch, Run

    folder = IMAGES if WANTED else tmp_path / "images"
    folder.mkdir(parents=True, exist_ok=True)
    run = Run.objects.get().pk
    largest = Patch.objects.filter(channel="suspected", division_code="510421")
    pk = largest.order_by("-redline_area_ha").first().pk
    views = {
        "map": (f"/map/#p={pk}&i=swipe", "map"),
        "patch": (f"/patches/{pk}/", "patch"),
        "run": (f"/runs/{run}/", ""),
    }
    for size, who, width in (("desk", "city_analyst", 1440), ("phone", "miyi_officer", 390)):
        visitor = visit(who, size=size)
        for name, (path, ready) in views.items():
            visitor.page.goto("about:blank")
            visitor.open(path, ready)
            if name == "map":
                visitor.marked(chosen=str(pk))
            visitor.page.screenshot(path=folder / f"{name}-{width}.png")
    visitor = visit("city_analyst", language="en")
    visitor.open(f"/map/#p={pk}&i=swipe", "map")
    visitor.marked(chosen=str(pk))
    visitor.page.screenshot(path=folder / "map-en-1440.png")
    sizes = {p.stem: Image.open(p).size for p in folder.glob("*.png")}
    assert sizes["map-1440"] == sizes["patch-1440"] == sizes["map-en-1440"] == (1440, 900)
    assert sizes["map-390"] == sizes["patch-390"] == sizes["run-390"] == (390, 844)
