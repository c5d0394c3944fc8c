"""Real clients against a live server: GDAL's OAPIF and WMTS drivers, OWSLib, pystac-client."""

import json
import subprocess
import sys
import urllib.request
from xml.etree import ElementTree

import pytest
import shapely
from owslib.ogcapi.features import Features
from owslib.wmts import WebMapTileService
from pystac_client import Client
from sample_run import PATCHES

from ecoredline.web.api import tokens
from ecoredline.web.patches.queries import patches_for

pytestmark = pytest.mark.django_db(transaction=True)
# In a process of its own: GDAL holds the interpreter while it waits for this one's server.
READ = """
import json, sys
import pyogrio
url, kind, value, layer, where = sys.argv[1:6]
if kind == "bearer":
    pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": value})
else:
    pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": value})
layers = [str(n) for n in pyogrio.list_layers(f"OAPIF:{url}")[:, 0]]
frame = pyogrio.read_dataframe(f"OAPIF:{url}", layer=layer, where=where or None, PAGE_SIZE="2")
print(json.dumps({
    "layers": layers, "rows": json.loads(frame.drop(columns="geometry").to_json(orient="records")),
    "wkt": [g.wkt for g in frame.geometry], "crs": frame.crs.to_string(),
}))
"""


@pytest.fixture
def served(committed, cast, run, live_server):
    """The server's address, and a token for somebody of the cast."""

    def token(who):
        return tokens.make_token(by=cast[who], name="client", days=1)[1]

    return live_server.url, token


def gdal(url, kind, value, layer, where="") -> dict:
    done = subprocess.run(
        [sys.executable, "-c", READ, f"{url}/ogc", kind, value, layer, where],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_real_clients_see_what_the_person_sees(served, cast):
    url, token = served
    secret, basic = token("ministry_supervisor"), f"yanbian_officer:{token('yanbian_officer')}"
    every = gdal(url, "bearer", secret, "patches")
    assert {"redline", "protected_areas", "divisions", "patches", "clues", "cases"} <= set(
        every["layers"]
    )
    stored = {p.patch_id: p for p in patches_for(cast["ministry_supervisor"])}
    assert {r["patch_id"] for r in every["rows"]} == stored.keys()
    assert len(stored) == len(PATCHES) + 1
    for row, wkt in zip(
        every["rows"], every["wkt"], strict=True
    ):  # three pages of two, axes as stored
        kept = shapely.from_wkb(bytes(stored[row["patch_id"]].geom.wkb))
        assert shapely.hausdorff_distance(shapely.from_wkt(wkt), kept) < 1e-7
        assert row["area_ha"] == float(stored[row["patch_id"]].area_ha)
    county = gdal(url, "basic", basic, "patches", "channel = 'suspected'")
    wanted = patches_for(cast["yanbian_officer"]).filter(channel="suspected")
    assert {r["patch_id"] for r in county["rows"]} == {p.patch_id for p in wanted}
    headers = {"Authorization": f"Bearer {secret}"}
    request = urllib.request.Request(f"{url}/ogc/qgis/live.qgs", headers=headers)
    with urllib.request.urlopen(request) as answer:  # the live project names what GDAL just opened
        sources = [e.text for e in ElementTree.parse(answer).iter("datasource")]
    named = {s.split("typename='")[1].split("'")[0] for s in sources if f"url='{url}/ogc'" in s}
    assert named == set(every["layers"])
    features = Features(f"{url}/ogc", headers=headers)
    assert set(features.feature_collections()) == set(every["layers"])
    assert (
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs"
        in features.conformance()["conformsTo"]
    )
    page = features.collection_items("redline", limit=2, filter="control_zone = 'core'")
    assert [f["properties"]["name"] for f in page["features"]] == ["二滩"]
    wmts = WebMapTileService(f"{url}/ogc/wmts", headers=headers)
    (first, *_) = wmts.contents
    limits = wmts.contents[first].boundingBoxWGS84
    from morecantile import tms

    tile = tms.get("WebMercatorQuad").tile(
        (limits[0] + limits[2]) / 2, (limits[1] + limits[3]) / 2, 14
    )
    picture = wmts.gettile(
        layer=first,
        tilematrixset="WebMercatorQuad",
        tilematrix="14",
        row=tile.y,
        column=tile.x,
        format="image/png",
    )
    assert picture.read()[:4] == b"\x89PNG"
    stac = Client.open(f"{url}/ogc/stac", headers=headers)
    found = list(stac.search(collections=["scenes"], limit=1, method="GET").items())
    assert len(found) == len(list(stac.search(datetime="2026-01-01/..", limit=1).items())) + 1 == 2
    assert [c.id for c in stac.get_collections()] == ["scenes"]
