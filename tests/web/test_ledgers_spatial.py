"""Spatial ledgers: shapes drawn, uploaded, out and back byte for byte; joins; mappings; days past."""

import io
import json
import zipfile
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import admitting
import geopandas as gpd
import mvt
import pyogrio
import pytest
import sample_run
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.geodesy import area_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.ledger import books, same_shape
from ecoredline.web.admissions.layers import sources_for
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.actions import amend, raise_clue, withdraw
from ecoredline.web.core import clock
from ecoredline.web.core.as_of import REPLACED, roll_back
from ecoredline.web.core.clock import standing_at
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin, history, move
from ecoredline.web.core.problems import BadForm
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.actions import Told
from ecoredline.web.ledgers.importing import import_file
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.maps.registry import all_layers, layers_for
from ecoredline.web.maps.tiles import tile
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db
SPRING, SUMMER = date(2025, 3, 1), date(2025, 7, 1)
YANBIAN = "510422"
RIGHT = {"kind": "mining", "name": "某采石场", "exit_state": "planned", "area_ha": ""}
STATION = {"number": "S1", "name": "一号站", "kind": "water", "lon": "101.8", "lat": "26.93"}
VALUE = {
    "station": "S1",
    "indicator": "COD",
    "value": "12.5",
    "unit": "mg/L",
    "measured_on": "2025-03-01",
}


def file_of(frame, path, **options):
    pyogrio.write_dataframe(frame, path, **options)
    return SimpleUploadedFile(path.name, path.read_bytes())


def multi(*place):
    return shapely.multipolygons([sample_run.box(*place)])


@pytest.fixture
def filled(cast, run):
    """A mining right as a polygon, a station with a value, a patrol along a line."""
    by = cast["yanbian_officer"]
    told = Told(YANBIAN, SPRING, "台账（演示）")
    line = shapely.multilinestrings([[(101.799, 26.925), (101.801, 26.929), (101.8012, 26.9291)]])
    patrol = {"patrolled_on": "2025-03-01", "persons": "张三", "found": "正常"}
    return {
        "right": actions.add_row(books()["existing_right"], RIGHT, told, by=by, shape=multi(5, 5, 20, 20)),
        "station": actions.add_row(books()["monitor_station"], STATION, told, by=by),
        "value": actions.add_row(books()["monitor_value"], VALUE, told, by=by),
        "patrol": actions.add_row(books()["patrol"], patrol, told, by=by, shape=line),
    }  # fmt: skip


def geopackage(client, **query):
    answer = client.get(reverse("ledger_geopackage"), query | {"reason": "核对导出内容"})
    return SimpleUploadedFile("台账.gpkg", answer.content)


def all_rows():
    return list(LedgerRow.objects.order_by("pk").values())


def test_geopackage_out_and_back_changes_no_row_and_an_edit_changes_that_row(
    filled, as_person, cast, tmp_path
):
    client, by, before = as_person("yanbian_officer"), cast["yanbian_officer"], all_rows()
    upload = geopackage(client)
    written = AccessRecord.objects.filter(action="ledger.write").count()
    counts = import_file(upload, by=by)
    assert (counts["new"], counts["changed"]) == (0, 0) and counts["same"] > 4
    assert all_rows() == before
    assert AccessRecord.objects.filter(action="ledger.write").count() == written
    path = tmp_path / "edit.gpkg"
    path.write_bytes(upload.open().read())
    frame = pyogrio.read_dataframe(path, layer="existing_right")
    assert shapely.equals_identical(frame.geometry[0], queries.shape_of(filled["right"]))
    # form ledger joined to spatial ledger: the value stands at its station
    value = pyogrio.read_dataframe(path, layer="monitor_value")
    assert (value.geometry[0].x, value.geometry[0].y) == (101.8, 26.93)
    frame.geometry = [multi(5, 5, 10, 10)]
    frame.loc[0, "valid_from"] = "2025-07-01"
    counts = import_file(file_of(frame, tmp_path / "one.gpkg", layer="existing_right"), by=by)
    assert counts == {"new": 0, "changed": 1, "same": 0}
    states = queries.history_of(books()["existing_right"], by, str(filled["right"].key))
    assert [s.valid_to for s in states] == [SUMMER, None]
    assert same_shape(queries.shape_of(states[1]), multi(5, 5, 10, 10))
    assert [s.values["area_ha"] for s in states] == [4.0, 1.0], "inside the redline, made anew"
    (change,) = queries.changes_between(books()["existing_right"], by, SPRING, SUMMER)
    assert (change["how"], len(change["fields"]), change["moved"]) == ("changed", 1, True)
    # the export of the earlier day still says the same
    old = geopackage(client, day="2025-05-01", book="existing_right")
    assert import_file(old, by=by) == {"new": 0, "changed": 0, "same": 1}


def test_all_faults_of_a_layer_are_told_with_layer_feature_and_column(filled, cast, tmp_path):
    bow = shapely.Polygon(
        [(101.799, 26.925), (101.801, 26.929), (101.801, 26.925), (101.799, 26.929)]
    )
    far = shapely.box(101.9, 26.9, 101.91, 26.91)
    line = shapely.LineString([(101.799, 26.925), (101.801, 26.929)])
    rows = [
        {"kind": "采矿", "name": "甲", "exit_state": "计划退出", "county_code": YANBIAN, "geometry": bow},
        {"kind": "矿业权", "name": "", "exit_state": "已退出", "county_code": "530723", "geometry": far},
        {"kind": "矿业权", "name": "丙", "exit_state": "已退出", "county_code": YANBIAN, "geometry": line},
        {"kind": "矿业权", "name": "丁", "exit_state": "已退出", "county_code": YANBIAN, "geometry": far},
    ]  # fmt: skip
    upload = file_of(
        gpd.GeoDataFrame(rows, crs=STORAGE_CRS), tmp_path / "既有权益与水源地台账.gpkg"
    )
    before = all_rows()
    with pytest.raises(BadForm) as fault:
        import_file(upload, by=cast["yanbian_officer"], only="existing_right")
    said = "\n".join(fault.value.details)
    for words in ("第1行“类型”“采矿”", "第1行“图形”：自相交", "第2行“名称”", "第2行“县级区划代码”“530723”",
                  "第3行“图形”：图形为线，应为面、点", "第4行“图形”：图形不在县级区划"):  # fmt: skip
        assert words in said, words
    assert all_rows() == before


def test_a_shapefile_with_another_system_s_fields_comes_in_by_the_mapping(
    cast, run, tmp_path, as_person
):
    boss, by = cast["city_supervisor"], cast["yanbian_officer"]
    for column, field in (
        ("kind", "LX"),
        ("name", "MC"),
        ("exit_state", "TCZT"),
        ("county_code", "XZQDM"),
    ):
        actions.set_mapping(
            by=boss, system="province", book="existing_right", column=column, field=field
        )
    shape = sample_run.box(5, 5, 20, 20)
    frame = gpd.GeoDataFrame(
        {"LX": ["永久基本农田"], "MC": ["某村农田"], "TCZT": ["依法保留"], "XZQDM": [YANBIAN]},
        geometry=[shape], crs=STORAGE_CRS,
    ).to_crs("EPSG:4543")  # fmt: skip
    pyogrio.write_dataframe(frame, tmp_path / "nt.shp", encoding="GBK")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("nt.*"):
            archive.write(part, part.name)
    upload = SimpleUploadedFile("nt.zip", packed.getvalue())
    with pytest.raises(BadForm, match="没有一个字段"):
        import_file(upload, by=by, only="existing_right")
    counts = import_file(upload, by=by, only="existing_right", system="province")
    assert counts == {"new": 1, "changed": 0, "same": 0}
    row = LedgerRow.objects.get()
    assert row.values == {
        "kind": "farmland", "name": "某村农田", "exit_state": "kept", "area_ha": 4.0,
        "redline_version": "2022",
    }  # fmt: skip
    assert area_ha(queries.shape_of(row)) == pytest.approx(area_ha(shape), rel=1e-6)
    answer = as_person("yanbian_officer").get(
        reverse("ledger_geopackage"), {"system": "province", "reason": "核对导出内容"}
    )
    path = tmp_path / "back.gpkg"
    path.write_bytes(answer.content)
    back = pyogrio.read_dataframe(path, layer="existing_right")
    assert back.loc[0, ["LX", "MC", "TCZT", "XZQDM"]].tolist() == [
        "永久基本农田",
        "某村农田",
        "依法保留",
        YANBIAN,
    ]


def test_the_form_takes_a_drawn_or_an_uploaded_shape_and_keeps_it_when_nothing_is_said(
    filled, as_person, tmp_path
):
    client, name = as_person("yanbian_officer"), "existing_right"
    drawn = json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(sample_run.box(5, 5, 9, 9)))}
    ]})  # fmt: skip
    form = RIGHT | {"told_county": YANBIAN, "told_from": "2025-05-01", "name": "新采石场"}
    assert "data-draw" in client.get(reverse("ledger_row_new", args=[name])).content.decode()
    answer = client.post(reverse("ledger_row_new", args=[name]), form | {"outline": drawn})
    assert answer.status_code == 302
    made = LedgerRow.objects.get(values__name="新采石场")
    assert same_shape(queries.shape_of(made), multi(5, 5, 9, 9))
    page = client.get(reverse("ledger_row", args=[name, made.key])).content.decode()
    assert f"{area_ha(queries.shape_of(made)):.4f}" in page and "map-config" in page
    change = reverse("ledger_row_change", args=[name, made.key])
    body = form | {"told_from": "2025-06-01", "exit_state": "gone"}
    assert client.post(change, body).status_code == 302  # nothing said of the shape
    held = LedgerRow.objects.get(key=made.key, valid_to=None)
    assert held.values["exit_state"] == "gone" and held.geom.equals_exact(made.geom)
    upload = file_of(
        gpd.GeoDataFrame(geometry=[sample_run.box(6, 6, 9, 9)], crs=STORAGE_CRS),
        tmp_path / "s.geojson",
    )
    both = client.post(change, body | {"outline": drawn, "upload": upload})
    assert both.status_code == 422 and "只能选一" in both.content.decode()
    line = drawn.replace(json.dumps(json.loads(drawn)["features"][0]["geometry"]),
                         '{"type": "LineString", "coordinates": [[101.8, 26.92], [101.8, 26.93]]}')  # fmt: skip
    refused = client.post(change, body | {"outline": line})
    assert refused.status_code == 422 and "图形为线" in refused.content.decode()
    upload.seek(0)
    assert (
        client.post(change, body | {"told_from": "2025-06-02", "upload": upload}).status_code == 302
    )
    held = LedgerRow.objects.get(key=made.key, valid_to=None)
    assert same_shape(queries.shape_of(held), multi(6, 6, 9, 9))
    assert client.post(change, body | {"told_from": "2025-06-03", "drop": "on"}).status_code == 302
    assert LedgerRow.objects.get(key=made.key, valid_to=None).geom is None


def test_a_point_and_its_coordinates_are_one_and_values_belong_to_a_station(
    filled, cast, as_person
):
    by, book = cast["yanbian_officer"], books()["monitor_station"]
    told, key = Told(YANBIAN, SUMMER), str(filled["station"].key)
    moved = actions.change_row(
        book, key, STATION, told, by=by, shape=shapely.Point(101.801, 26.928)
    )
    assert (moved.values["lon"], moved.geom.x) == (101.801, 101.801)
    retold = actions.change_row(
        book, key, STATION | {"lon": "101.802", "lat": "26.928"}, told, by=by
    )
    assert retold.geom.x == 101.802
    with pytest.raises(BadForm, match="不一致"):
        actions.add_row(
            book, STATION | {"number": "S2"}, told, by=by, shape=shapely.Point(101.801, 26.928)
        )
    with pytest.raises(BadForm, match="没有这一“站点编号”"):
        actions.add_row(books()["monitor_value"], VALUE | {"station": "S9"}, told, by=by)
    page = as_person("yanbian_officer").get(reverse("ledger_row", args=["monitor_station", key]))
    assert "监测数据台账" in page.content.decode() and "COD" in page.content.decode()
    value = reverse("ledger_row", args=["monitor_value", filled["value"].key])
    assert "一号站" in as_person("yanbian_officer").get(value).content.decode()


def test_facts_of_clues_and_cases_are_those_of_the_day(run, cast):
    boss, book = cast["city_supervisor"], books()["suspected_spot"]
    at = lambda day: standing_at(datetime(2026, 5, day, 10, tzinfo=ZoneInfo("Asia/Shanghai")))  # noqa: E731
    Patch.objects.filter(run=run).update(state="released")
    with at(1):
        patch = Patch.objects.get(run=run, patch_id__endswith="1")
        clue = raise_clue(by=boss, patches=[patch])
        other = raise_clue(by=boss, patches=[Patch.objects.get(run=run, patch_id__endswith="5")])
    was = clue.activity_type
    with at(10):
        amend(clue, by=boss, reason="更正", activity_type="4", problem_type="space")
        withdraw(other, by=boss, reason="重复")
    told = history(clue).last().details[REPLACED]
    assert told["activity_type"] == was

    def on(day):
        rows = queries.rows_on(book, boss, date(2026, 5, day))
        return {r.values["number"]: r.values.get("activity_type") for r in rows}

    assert on(5) == {clue.number: was, other.number: other.activity_type}
    assert on(10) == {clue.number: "4"}
    assert clue.activity_type == "4"  # nothing was written by looking back


def test_a_case_s_fields_roll_back_through_several_steps_with_their_shape(run, cast):
    boss = cast["city_supervisor"]
    case = Case(number="WT-1", year=2026, owner=boss.unit, holder=boss.unit, opened_by=boss,
                division_code=YANBIAN, scope_codes=["51", "5104", YANBIAN], description="一",
                opened_on=date(2026, 5, 1))  # fmt: skip
    start = datetime(2026, 5, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    with standing_at(start):
        begin(case, by=boss, step="open")
    shapes = [actions.as_geos(multi(5, 5, n, n)) for n in (8, 9)]
    for number, shape in enumerate(shapes, 1):
        with standing_at(start + timedelta(days=10 * number)):
            move(case, "describe", by=None, description=f"第{number}次", geom=shape, area_ha=number)
    seen = []
    for day in (1, 11, 21):
        row = Case.objects.get(pk=case.pk)
        roll_back("case", [row], date(2026, 5, day))
        seen.append(
            (
                row.description,
                row.area_ha,
                row.geom and row.geom.equals_exact(shapes[day // 10 - 1]),
            )
        )
    assert seen == [("一", 0, None), ("第1次", 1, True), ("第2次", 2, True)]


def test_rights_are_on_the_one_map_by_exit_state_and_in_the_admission_check(
    filled, cast, as_person
):
    by = cast["yanbian_officer"]
    water = {"kind": "water_source", "name": "某水源地", "grade": "water_1", "exit_state": "kept"}
    told = Told(YANBIAN, SPRING)
    actions.add_row(books()["existing_right"], water, told, by=by, shape=multi(5, 5, 12, 12))
    layers = all_layers()
    assert [(r.name, r.state) for r in layers["mining"].rows(by)] == [("某采石场", "planned")]
    assert [(r.name, r.state) for r in layers["water"].rows(by)] == [("某水源地", "water_1")]
    assert not layers["mining"].rows(cast["miyi_officer"]).exists()
    assert mvt.read_tile(tile("mining", 0, 0, 0, layers["mining"].rows(by)))
    client = as_person("yanbian_officer")
    answer = client.get(reverse("ledger_row_by_pk", args=[filled["right"].pk]))
    assert answer.url == reverse("ledger_row", args=["existing_right", filled["right"].key])
    assert (
        as_person("miyi_officer")
        .get(reverse("ledger_row_by_pk", args=[filled["right"].pk]))
        .status_code
        == 404
    )
    assert layers["species"] not in layers_for(cast["city_auditor"])
    layers["species"].rows(by), layers["species"].rows(by)
    assert AccessRecord.objects.filter(action="sensitive.open", person=by).count() == 1

    spot = sample_run.box(6, 6, 3, 3)
    old = sources_for(spot.bounds, clock.today(), by, [YANBIAN]).layers
    assert old.states["water"].state == "stale"
    admitting.state(by, "water", YANBIAN, "current", clock.today())
    found = sources_for(spot.bounds, clock.today(), by, [YANBIAN]).layers
    assert (found.states["water"].state, found.indexes["water"].columns["zone"].tolist()) == (
        "ok",
        ["water_1"],
    )
    assert found.indexes["rights"].columns["name"].tolist() == ["某采石场"]
    before = sources_for(spot.bounds, date(2025, 2, 1), by, [YANBIAN]).layers
    assert (before.states["water"].state, before.states["rights"].state) == ("missing", "absent")
    gone = RIGHT | {"exit_state": "gone"}
    actions.change_row(
        books()["existing_right"], str(filled["right"].key), gone, Told(YANBIAN, SUMMER), by=by
    )
    assert (
        sources_for(spot.bounds, clock.today(), by, [YANBIAN]).layers.states["rights"].state
        == "absent"
    )
    assert [r.state for r in layers["mining"].rows(by)] == ["gone"]


def test_the_board_shows_the_city_s_floor(run, as_person):
    page = as_person("city_supervisor").get(reverse("board")).content.decode()
    assert "1067" in page and "红线面积与下限" in page
