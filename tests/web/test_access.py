"""Who sees what: every page, file and tile, for somebody who may and somebody who may not."""

import io
import json
import math
import uuid
from contextlib import suppress

import openpyxl
import pytest
from django.contrib.staticfiles import finders
from django.urls import NoReverseMatch, get_resolver, reverse
from mvt import read_tile

from ecoredline.web.core.models import AccessRecord
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db

ALL = {"510422": 3, "510421": 2, "530723": 1, "": 1}
SEEN = {
    "ministry_analyst": ALL,
    "ministry_supervisor": ALL,
    "province_supervisor": {"510422": 3, "510421": 2},
    "city_analyst": {"510422": 3, "510421": 2},
    "city_auditor": {"510422": 3, "510421": 2},
    "city_administrator": {"510422": 3, "510421": 2},
    "yanbian_officer": {"510422": 3},
    "yanbian_analyst": {"510422": 3},
    "miyi_officer": {"510421": 2},
    "huaping_officer": {"530723": 1},
}
WHOLE_RUN = {"ministry_analyst", "ministry_supervisor"}
STRANGER = "panzhou_officer"
ZOOM = 14


def codes_of(patches) -> dict[str, int]:
    found: dict[str, int] = {}
    for code in patches:
        found[code] = found.get(code, 0) + 1
    return found


def tile_of(lon: float, lat: float, zoom: int = ZOOM) -> tuple[int, int, int]:
    """The web-mercator tile of a place, by the textbook formula."""
    size = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int((lon + 180) / 360 * size), int(y * size)


def overview(run) -> tuple[int, int, int]:
    """A tile that holds the whole run."""
    west, south, east, north = run.extent.extent
    for zoom in range(14, 0, -1):
        corners = {tile_of(lon, lat, zoom) for lon in (west, east) for lat in (south, north)}
        if len(corners) == 1:
            return corners.pop()
    raise AssertionError("no tile holds the run")


def layer(client, name: str, tile, **query) -> list[dict]:
    response = client.get(reverse("map_tile", args=[name, *tile]), query)
    assert response.status_code in (200, 204), response.content
    return read_tile(response.content).get(name, [])


@pytest.mark.parametrize("who", SEEN)
def test_geojson_annexes_and_tiles_hold_only_the_own_divisions(as_person, run, who):
    client = as_person(who)
    body = client.get(reverse("patches_geojson", args=[run.pk])).json()
    assert codes_of(f["properties"]["division_code"] for f in body["features"]) == SEEN[who]
    assert body["notice"] == "演示合成数据"
    drawn = layer(client, "patches", overview(run), run=run.pk)
    numbers = set(
        Patch.objects.filter(pk__in=[f["_id"] for f in drawn]).values_list("pk", flat=True)
    )
    assert len(numbers) == sum(SEEN[who].values())
    assert {f["patch_id"] for f in drawn} == {f["properties"]["patch_id"] for f in body["features"]}
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(reverse("annex", args=[run.pk, 1])).getvalue())
    )
    ids = {str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value}
    listed = {p.patch_id for p in Patch.objects.filter(channel="suspected") if p.patch_id in ids}
    seen = {f["properties"]["patch_id"] for f in body["features"]
            if f["properties"]["channel"] == "suspected"}  # fmt: skip
    assert listed == seen


@pytest.mark.parametrize("who", SEEN)
def test_pages_show_only_the_own_patches(as_person, run, who):
    client = as_person(who)
    table = client.get(reverse("patch_table", args=[run.pk]))
    assert codes_of(p.division_code for p in table.context["page"]) == SEEN[who]
    page = client.get(reverse("map"))
    assert page.context["run"] == run
    assert page.context["total"]["count"] == sum(SEEN[who].values())
    assert {c for c, _, _ in page.context["choices"]["county"]} == set(SEEN[who]) - {""}
    shown = client.get(reverse("run_list")).context["runs"]
    assert [r.patch_count for r in shown] == [sum(SEEN[who].values())]
    for patch in Patch.objects.all():
        inside = patch.division_code in SEEN[who]
        for name, *rest in (("patch",), ("patch_geojson",), ("patch_evidence", "sheet"),
                            ("patch_evidence", "before")):  # fmt: skip
            got = client.get(reverse(name, args=[patch.pk, *rest]))
            assert got.status_code == (200 if inside else 404), (name, patch.division_code)
            if not inside:
                assert patch.patch_id not in got.content.decode(errors="replace")
        sheet = reverse("patch_evidence", args=[patch.pk, f"{patch.patch_id}-before.png"])
        assert client.get(sheet).status_code == (200 if inside else 404)


@pytest.mark.parametrize("who", SEEN)
def test_the_run_s_own_files_go_only_to_who_may_see_the_whole_run(as_person, run, who):
    client = as_person(who)
    page = client.get(reverse("run", args=[run.pk]))
    allowed = who in WHOLE_RUN
    assert page.context["whole"] is allowed
    assert bool(page.context["files"]) is allowed
    assert (page.context["record"] is not None) is allowed
    for name in ("patches.gpkg", "report.html", "patches.geojson"):
        got = client.get(reverse("run_file", args=[run.pk, name]))
        assert got.status_code == (200 if allowed else 403)
    folder = run.folder.rsplit("/", 1)[0]
    if not allowed:
        assert folder not in page.content.decode()


def test_who_started_a_run_beyond_their_own_divisions_does_not_get_its_files(
    as_person, cast, sample_folder
):
    from ecoredline.web.patches.actions import load_run

    run = load_run(sample_folder, by=cast["yanbian_analyst"])
    client = as_person("yanbian_analyst")
    assert client.get(reverse("run", args=[run.pk])).context["files"] == []
    for name in ("patches.gpkg", "report.html"):
        assert client.get(reverse("run_file", args=[run.pk, name])).status_code == 403


def test_the_layers_of_a_county_are_its_own(as_person, run):
    client, tile = as_person("yanbian_officer"), overview(run)
    assert {f["name"] for f in layer(client, "redline", tile, run=run.pk)} == {"二滩"}
    assert {f["name"] for f in layer(client, "protected", tile, run=run.pk)} == {"二滩湿地"}
    assert layer(client, "unseen", tile, run=run.pk) == []
    assert {f["code"] for f in layer(client, "divisions", tile, run=run.pk)} == {"5104", "510422"}
    client = as_person("miyi_officer")
    assert {f["name"] for f in layer(client, "redline", tile, run=run.pk)} == {"白坡山"}
    assert layer(client, "protected", tile, run=run.pk) == []
    assert [f["reason"] for f in layer(client, "unseen", tile, run=run.pk)] == ["cloud"]


def test_a_stranger_s_county_sees_nothing_of_the_run(as_person, run):
    client = as_person(STRANGER)
    patch = Patch.objects.first()
    addresses = [
        reverse("run", args=[run.pk]), reverse("patch_table", args=[run.pk]),
        reverse("patches_geojson", args=[run.pk]), reverse("annex", args=[run.pk, 2]),
        reverse("run_file", args=[run.pk, "patches.gpkg"]), reverse("patch", args=[patch.pk]),
        reverse("tile", args=[run.after_id, *overview(run)]),
        reverse("map_tile", args=["patches", *overview(run)]) + f"?run={run.pk}",
        reverse("map") + f"?run={run.pk}",
    ]  # fmt: skip
    for address in addresses:
        assert client.get(address).status_code == 404, address
    assert list(client.get(reverse("run_list")).context["runs"]) == []
    assert client.get(reverse("map")).context["run"] is None


def test_an_officer_of_a_top_unit_does_not_see_patches_of_no_division(db, client, run):
    from ecoredline.web.accounts.actions import create_person, create_unit

    unit = create_unit(level="county", code="510422", name="alone")
    assert unit.parent is None
    officer = create_person(username="o", password="x", unit=unit, role="officer")
    analyst = create_person(username="a", password="x", unit=unit, role="analyst")
    seen = {}
    for person in (officer, analyst):
        client.force_login(person)
        body = client.get(reverse("patches_geojson", args=[run.pk])).json()
        seen[person.username] = codes_of(f["properties"]["division_code"] for f in body["features"])
    assert seen == {"o": {"510422": 3}, "a": {"510422": 3, "": 1}}


def test_people_without_a_unit_or_deactivated_see_nothing(cast, client, run):
    person = cast["ministry_analyst"]
    person.unit = None
    person.save()
    client.force_login(person)
    assert client.get(reverse("run", args=[run.pk])).status_code == 404
    assert client.get(reverse("run_start")).status_code == 403
    assert client.get(reverse("map_tile", args=["divisions", *overview(run)])).status_code == 204
    other = cast["city_analyst"]
    client.force_login(other)
    other.is_active = False
    other.save()
    assert client.get(reverse("run_list")).status_code == 302


def addresses() -> list[str]:
    """Every address of the platform with numbers filled in."""
    values = {"z": 3, "x": 1, "y": 1, "pk": 1, "run": 1, "scene": 1, "number": 1, "layer": "patches",
              "name": "patches.gpkg", "kind": "sheet", "what": "board", "suffix": "xlsx"}  # fmt: skip
    found = []
    for name in {k for k in get_resolver().reverse_dict if isinstance(k, str)}:
        wanted = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
        found.append(address_of(name, {k: values.get(k, 1) for k in wanted}))
    return sorted(found)


def address_of(name: str, values: dict) -> str:
    """The address with these values, or with others where they do not fit its pattern."""
    for other in (
        {},
        {"name": "patches"},
        {"key": uuid.UUID(int=1)},
        {"name": "patches", "key": uuid.UUID(int=1)},
    ):
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=values | {k: v for k, v in other.items() if k in values})
    raise AssertionError(f"no values for {name}: {values}")


@pytest.mark.parametrize("address", addresses())
def test_without_logging_in_every_address_leads_to_the_login(client, db, address):
    got = client.get(address)
    if address in ("/login/", "/health/"):
        assert got.status_code == 200
    elif address.startswith("/public/"):  # for everybody, but nothing is public here
        assert got.status_code == 404
    elif address.startswith("/ogc"):  # for programs: they are asked for a token, not led to a page
        assert got.status_code == 401
        assert "Basic" in got.headers["WWW-Authenticate"]
    elif address == "/i18n/setlang/":
        assert got.status_code == 302
        assert got.headers["Location"] == "/"
    else:
        assert got.status_code in (302, 405)
        assert got.headers.get("Location", "/login/").startswith("/login/")


@pytest.mark.parametrize(
    "name",
    ["../input/before.tif", "run.json", "evidence/../../input/before.tif", "..%2Frun.json",
     "/etc/passwd", "evidence", "patches.gpkg/", "evidence/nobody.html"],
)  # fmt: skip
def test_only_files_the_record_names_are_given(as_person, run, name):
    got = as_person("ministry_analyst").get(f"/runs/{run.pk}/files/{name}")
    assert got.status_code == 404


@pytest.mark.parametrize("kind", ["../../run.json", "x.html", "SHEET", "before.png"])
def test_evidence_of_another_name_is_not_given(as_person, run, kind):
    patch = Patch.objects.filter(division_code="510422").first()
    other = Patch.objects.filter(division_code="510421").first()
    client = as_person("yanbian_officer")
    for wanted in (kind, f"{other.patch_id}.html"):
        assert client.get(f"/patches/{patch.pk}/evidence/{wanted}").status_code == 404


def test_a_file_changed_after_loading_is_no_longer_given(as_person, tmp_path, db):
    import sample_run

    from ecoredline.web.patches.actions import load_run

    folder = sample_run.make_run(tmp_path)
    run = load_run(folder)
    (folder / "report.html").write_text("<h1>forged</h1>", encoding="utf-8")
    (folder / "patches.geojson").unlink()
    client = as_person("ministry_analyst")
    for name in ("report.html", "patches.geojson"):
        got = client.get(
            reverse("run_file", args=[run.pk, name]), headers={"Accept": "application/json"}
        )
        assert got.status_code == 409
        assert got.json()["code"] == "409.3"


def test_every_download_is_recorded(as_person, run, cast):
    client = as_person("ministry_analyst")
    patch = Patch.objects.first()
    client.get(reverse("run_file", args=[run.pk, "patches.gpkg"]))
    client.get(reverse("annex", args=[run.pk, 2]), {"county": "510422"})
    client.get(reverse("patches_geojson", args=[run.pk]))
    client.get(reverse("patch_evidence", args=[patch.pk, "sheet"]))
    records = AccessRecord.objects.filter(person=cast["ministry_analyst"]).order_by("pk")
    assert [(r.action, r.thing) for r in records] == [
        ("file.download", f"run {run.pk}"), ("annex.download", f"run {run.pk}"),
        ("patches.download", f"run {run.pk}"), ("file.download", f"run {run.pk}"),
    ]  # fmt: skip
    assert records[0].detail == {"name": "patches.gpkg"}
    assert records[1].detail == {"annex": 2, "extract": False}
    assert records[0].address == "127.0.0.1"
    assert records[0].unit_name


def test_documents_are_shown_in_a_sandbox_and_pages_under_a_strict_policy(as_person, run):
    client = as_person("ministry_analyst")
    report = client.get(reverse("run_file", args=[run.pk, "report.html"]))
    assert "sandbox" in report.headers["Content-Security-Policy"]
    assert "script-src" not in report.headers["Content-Security-Policy"]
    page = client.get(reverse("run_list"))
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_refusals_have_one_form(as_person, run):
    client = as_person("yanbian_officer")
    got = client.get("/patches/999999.geojson")
    assert got.json() == {
        "code": "404.1", "message": "没有找到，或不在您的行政区范围内", "details": [],
    }  # fmt: skip
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "404.1" in page.content.decode()
    assert json.loads(client.get("/nowhere.json").content)["code"] == "404.1"


def test_the_page_assets_are_found():
    assert finders.find("vendor/ol.js")
