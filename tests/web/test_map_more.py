"""Clues and cases on the one map, scoped; measuring in the browser gives the platform's own numbers."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
import shapely
from mvt import read_tile
from pyproj import Geod

from ecoredline import web
from ecoredline.geodesy import area_ha
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.moves import begin
from ecoredline.web.maps.registry import all_layers, configs_for
from ecoredline.web.ogc.models import CatalogueEdition

SCRIPT = Path(web.__file__).parent / "static/js/geodesy.js"
STYLES = (Path(web.__file__).parent / "static/css/map.css").read_text()


def tile_of(lon, lat, z):
    size = 2**z
    return z, int((lon + 180) / 360 * size), int(
        (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * size
    )  # fmt: skip


@pytest.mark.django_db
def test_a_clue_is_on_the_map_of_its_own_divisions_only_even_as_a_point(cast, as_person):
    city = cast["city_supervisor"]
    clue = Clue(number="P-1", year=2026, source="petition", owner=city.unit, holder=city.unit, raised_by=city,
                lon=101.7, lat=26.6, division_code="510422", scope_codes=["51", "5104", "510422"])  # fmt: skip
    begin(clue, by=city)
    address = "/map/tiles/clues/{}/{}/{}.pbf".format(*tile_of(101.7, 26.6, 12))
    (found,) = read_tile(as_person("yanbian_officer").get(address).content)["clues"]
    assert (found["number"], found["state"], found["_kind"]) == ("P-1", "raised", 1)
    assert as_person("miyi_officer").get(address).status_code == 204
    assert as_person("city_supervisor").get("/map/tiles/nothing/1/0/0.pbf").status_code == 404


def test_every_state_on_the_map_has_its_colour():
    for layer in all_layers().values():
        for state in layer.states:
            assert f"--{layer.name}-{state}:" in STYLES
            assert f".state-{layer.name}-{state} " in STYLES


def test_measuring_is_the_ellipsoids():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here; the script runs in browsers")
    ring = [[101.5, 26.5], [101.6, 26.52], [101.58, 26.7], [101.4, 26.6]]
    wide = [[100, 20], [110, 20], [110, 30], [100, 30]]
    code = (
        f"import('{SCRIPT.as_uri()}').then(m => console.log(JSON.stringify("
        f"[m.lengthMetres({ring}), m.ringHectares({ring}), m.ringHectares({wide})])))"
    )
    done = subprocess.run(
        [node, "-e", code], capture_output=True, text=True, check=True, timeout=60
    )
    metres, small, large = json.loads(done.stdout)
    geod = Geod(a=6378137.0, rf=298.257222101)
    assert metres == pytest.approx(geod.line_length(*zip(*ring, strict=True)), abs=1e-3)
    assert small == pytest.approx(area_ha(shapely.Polygon(ring)), abs=1e-4)
    assert large == pytest.approx(area_ha(shapely.Polygon(wide)), rel=1e-9)


@pytest.mark.django_db
def test_every_layer_bears_the_level_the_catalogue_gives_its_data(cast, as_person):
    levels = {
        layer["name"]: layer["level"]["code"]
        for layer in configs_for(cast["city_supervisor"], lambda *a: "")
    }
    assert levels["clues"] == levels["cases"] == levels["mining"] == "sensitive"
    page = as_person("city_supervisor").get("/map/").content.decode()
    assert page.count('class="tag secret sensitive"') >= len(levels)
    said = {"provider": "甲", "share": "conditional", "cycle": "daily", "level": "internal"}
    CatalogueEdition.objects.create(dataset="ledgers", by=cast["city_supervisor"], **said)
    levels = {
        layer["name"]: layer["level"]["code"]
        for layer in configs_for(cast["city_supervisor"], lambda *a: "")
    }
    assert (levels["mining"], levels["clues"]) == ("internal", "sensitive")
    assert levels.get("species", "sensitive") == "sensitive"
