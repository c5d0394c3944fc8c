"""The map of all polygons, adjustment proposals, projects as numbers, the real watershed: as a person uses them."""

from datetime import UTC, datetime

import admitting
import pytest
import sample_run
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from test_assessments_ecology import grid

from ecoredline.delineation.build import RULE_NOTE
from ecoredline.effectiveness.measures import MEASURES
from ecoredline.geodesy import area_ha
from ecoredline.raster.layers import write_map
from ecoredline.web.admissions import actions as admissions
from ecoredline.web.admissions import approved
from ecoredline.web.admissions.asking import asked
from ecoredline.web.assessments import adjusting, drawing_views, layers, projects, watershed
from ecoredline.web.assessments.figures import Ledger
from ecoredline.web.assessments.models import Drawing, EcologyLayer
from ecoredline.web.assessments.places import county_places, shape_of, version_in
from ecoredline.web.assessments.rule_words import MEASURE_WORDS
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.patches.models import Patch
from ecoredline.web.regions.models import RedlinePolygon

pytestmark = pytest.mark.django_db
COVER = 0.5


@pytest.fixture
def cover(cast, run, tmp_path):
    """A map of one value everywhere."""
    g = grid()
    path = write_map(tmp_path / "c.tif", (sample_run.ROWS + 80) * [[COVER] * g.cols], g, zh="覆盖度", unit="1")  # fmt: skip
    return layers.register_layer(path, by=cast["city_supervisor"], name="覆盖度", year=2026, feeds="fvc")  # fmt: skip


def upload(shape, name="o.geojson"):
    return SimpleUploadedFile(name, shapely.to_geojson(shape).encode())


def inside(run, metres=1e-4):
    """A small place within a redline polygon, and one beside all of them."""
    rows = [shape_of(r) for r in RedlinePolygon.objects.filter(version=run.redline_version)]
    whole = shapely.union_all(rows)
    spot = shapely.point_on_surface(rows[0]).buffer(metres)
    beside = shapely.difference(sample_run.box(2, 2, 90, 70), whole.buffer(2e-4))
    return spot, shapely.point_on_surface(beside).buffer(metres)


def test_all_polygons_on_one_map_by_function_and_by_a_maps_mean(as_person, cover, run):
    client = as_person("city_supervisor")
    page = client.get(reverse("ecology_polygons"))
    assert page.status_code == 200 and f"layer-{cover.pk}" in page.content.decode()
    key = {"by": f"layer-{cover.pk}"}
    found = client.get(reverse("ecology_polygons_geojson"), key).json()["features"]
    codes = set(RedlinePolygon.objects.filter(version=run.redline_version).values_list("code", flat=True))  # fmt: skip
    assert {f["properties"]["code"] for f in found} <= codes and found
    assert {f["properties"]["words"] for f in found} == {f"{COVER:g}"}
    assert client.get(reverse("ecology_polygons"), {"by": "layer-999"}).status_code == 404
    county = as_person("yanbian_officer").get(reverse("ecology_polygons_geojson")).json()
    assert len(county["features"]) < len(codes)
    stranger = as_person("panzhou_officer")
    assert stranger.get(reverse("ecology_polygons"), key).status_code == 404
    assert "没有带编码的红线斑块" in stranger.get(reverse("ecology_polygons")).content.decode()


def test_a_proposal_says_hectares_and_function_lost_and_gained(as_person, cast, cover, run):
    spot, beside = inside(run)
    given = {"taken_out": upload(spot), "brought_in": upload(beside, "in.geojson"), "name": "甲"}
    answer = as_person("city_supervisor").post(reverse("drawing_adjust"), given)
    row = Drawing.objects.get()
    assert answer.status_code == 302 and answer.url == reverse("drawing", args=[row.pk])
    sums = {c["reason"]: c["area_ha"] for c in row.compared}
    assert sums["提案调出"] == pytest.approx(area_ha(spot), abs=2e-4)
    assert sums["提案调入"] == pytest.approx(area_ha(beside), abs=2e-4)
    function = row.adjustment["rows"][0]
    assert function["lost"] == pytest.approx(COVER * area_ha(spot), rel=0.05)
    assert function["gained"] == pytest.approx(COVER * area_ha(beside), rel=0.05)
    page = as_person("city_supervisor").get(answer.url).content.decode()
    assert "调整提案 甲" in page and "提案调出" in page and "候选" not in page
    client = as_person("city_supervisor")
    client.cookies["ecoredline_language"] = "en"
    english = client.get(answer.url).content.decode()
    assert "Adjustment proposal 甲" in english and "Proposed to leave" in english
    assert as_person("panzhou_officer").get(answer.url).status_code == 404


def test_what_is_no_proposal_is_refused_with_every_fault_and_leaves_nothing(as_person, cast, run):
    city, (spot, beside) = cast["city_supervisor"], inside(run)
    with pytest.raises(BadForm) as fault:
        adjusting.propose(by=city, taken_out=upload(beside), brought_in=upload(spot))
    words = " ".join(fault.value.details)
    assert "不在现行红线内" in words and "已在现行红线内" in words
    with pytest.raises(BadForm):
        adjusting.propose(by=city)
    with pytest.raises(BadForm) as fault:
        adjusting.propose(by=city, taken_out=upload(shapely.box(110, 30, 110.01, 30.01)))
    assert "不在您的行政区范围内" in " ".join(fault.value.details)
    with pytest.raises(NotAllowed):
        adjusting.propose(by=cast["yanbian_officer"], taken_out=upload(spot))
    answer = as_person("city_supervisor").post(reverse("drawing_adjust"), {"taken_out": SimpleUploadedFile("x.geojson", b"{")})  # fmt: skip
    assert answer.status_code == 422 and not Drawing.objects.exists()


def test_a_project_is_in_order_until_it_is_built_without_approval(cast, run):
    admitting.ready(cast)
    city, year = cast["city_supervisor"], run.after_on.year
    places = county_places(city, version_in(year))

    def numbers():
        ledger = Ledger()
        projects.put_projects(ledger, year, places)
        return {n: sum(f.value for (_p, _y, m), f in ledger.figures.items() if m == n) for n in ("projects", "projects_lawful")} if ledger.figures else {}  # fmt: skip

    with clock.standing_at(datetime(year, 12, 1, tzinfo=UTC)):
        assert numbers() == {}
    with clock.standing_at(datetime(year, run.after_on.month, run.after_on.day, tzinfo=UTC)):
        said = {"name": "栈道", "path": "plain", "activity": "LHA-01", "opinion": "文号"}
        outline = shapely.to_geojson(sample_run.box(60, 10, 4, 4))  # patch 4 exactly
        answer = admissions.check(asked(outline=outline, **said), by=city).answers.get()
    with clock.standing_at(datetime(year, 12, 1, tzinfo=UTC)):
        assert numbers() == {"projects": 1, "projects_lawful": 1}
        Patch.objects.filter(patch_id__endswith="4").update(state="released")
        assert numbers() == {"projects": 1, "projects_lawful": 0}
        told = {"kind": "granted", "document": "一号", "authority": "省厅"}
        approved.decide(answer, by=city, on=run.after_on, **told)
        assert numbers() == {"projects": 1, "projects_lawful": 1}


def test_the_real_watershed_is_shown_with_its_licence(as_person, cast, run, shared_data, tmp_path):
    assert watershed.data_folder() is not None
    by = cast["ministry_supervisor"]
    assert watershed.tell(tmp_path / "y", by=by) == len(watershed.LAYERS)
    assert watershed.tell(tmp_path / "y", by=by) == 0
    rows = EcologyLayer.objects.filter(name__startswith=watershed.PLACE)
    assert all("GPL-3.0" in r.licence and not r.is_demo for r in rows)
    page = as_person("ministry_supervisor").get(reverse("ecology")).content.decode()
    assert "GPL-3.0" in page and "游屋圳流域 土壤保持量" in page
    kept = rows.get(name__endswith="土壤保持量")
    assert "GPL-3.0" in as_person("ministry_supervisor").get(reverse("ecology_layer", args=[kept.pk])).content.decode()  # fmt: skip
    assert as_person("city_supervisor").get(reverse("ecology_layer", args=[kept.pk])).status_code == 404  # fmt: skip


def test_words_of_the_computing_half_are_said_in_both_languages():
    assert {c: m.zh for c, m in MEASURES.items()} == {c: str(w) for c, w in MEASURE_WORDS.items()}
    assert str(drawing_views.NOTE) == RULE_NOTE
    with translation.override("en"):
        assert "candidate" in str(drawing_views.NOTE) and "part" in str(MEASURE_WORDS["share"])
