"""Deliveries: every fault, the difference in place, the approval, what is in force on a day."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import redlining
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError
from django.urls import reverse

from ecoredline.web.core.clock import standing_at
from ecoredline.web.core.permissions import may
from ecoredline.web.core.problems import BadForm, Blocked, MovedMeanwhile, NotAllowed
from ecoredline.web.jobs import follow
from ecoredline.web.patches.models import Patch
from ecoredline.web.redlines import actions, approval, markers, queries, uploads
from ecoredline.web.redlines.jobs import read_redline
from ecoredline.web.redlines.measuring import as_shapely, recompute
from ecoredline.web.redlines.models import BoundaryChange, DifferencePart, Marker
from ecoredline.web.regions.actions import multi
from ecoredline.web.regions.models import RedlinePolygon
from ecoredline.web.regions.queries import redline_as_of, redline_in_use

pytestmark = pytest.mark.django_db
FIRST_DAY, SECOND_DAY = date(2024, 1, 1), date(2025, 6, 1)
SMALLER = {"R1": (2, 2, 40, 50), "R2": (52, 2, 46, 76)}
MOVED = {"R1": (2, 2, 40, 50), "R2": (52, 2, 46, 76), "R3": (2, 54, 46, 20)}
LARGER = {"R1": (2, 2, 46, 50), "R2": (52, 2, 46, 76), "R3": (2, 54, 46, 20)}


@pytest.fixture
def deliver(cast, run, tmp_path):
    """Deliver and compare a version as the city's supervisor."""
    by = cast["city_supervisor"]

    def made(places, day, **options):
        found = actions.deliver(
            redlining.upload(tmp_path, places, **options),
            by=by,
            name=f"红线{day.year}",
            valid_from=day,
        )
        return actions.check(found, by=by)

    return made


@pytest.fixture
def first(deliver, cast):
    """The first version, in force."""
    return actions.accept(deliver(redlining.FIRST, FIRST_DAY), by=cast["city_supervisor"])


def test_every_fault_of_a_delivery_is_told_and_nothing_is_written(cast, run, tmp_path):
    bad = redlining.upload(
        tmp_path, {"R1": (2, 2, 10, 10), "R2": (5, 5, 10, 10)}, zones={"R2": "保留区"}, XZQDM="51"
    )
    before = RedlinePolygon.objects.count()
    with pytest.raises(BadForm) as fault:
        actions.deliver(bad, by=cast["city_supervisor"], name="x", valid_from=FIRST_DAY)
    said = "\n".join(fault.value.details)
    assert all(w in said for w in ("保留区", "重叠", "“51”：应为 6 位"))
    assert RedlinePolygon.objects.count() == before


def test_a_version_that_moves_ground_out_needs_the_approval_though_it_gains_more(
    deliver, first, cast
):
    by, second = cast["city_supervisor"], deliver(MOVED, SECOND_DAY)
    total = second.difference["total"]
    assert total["net_ha"] > 0 > -total["moved_out_ha"]
    with pytest.raises(Blocked) as fault:
        actions.accept(second, by=by)
    assert any("盐边县调出" in line for line in fault.value.details)
    assert any("厅字〔2017〕2号" in line for line in fault.value.details)
    assert redline_as_of(SECOND_DAY) == first.version_of
    # number, issuer and date without the document are no approval
    table = SimpleUploadedFile("批复.csv", b"a,b\n1,2\n")
    with pytest.raises(BadForm) as fault:
        approval.approve(second, by=by, number=" ", issuer="", dated=date(2099, 1, 1), upload=table)
    assert len(fault.value.details) == 4
    facts = {"number": "国函〔2025〕9号", "issuer": "国务院", "dated": date(2025, 5, 1)}
    approval.approve(second, by=by, upload=redlining.document(), area_ha=9999, **facts)
    with pytest.raises(Blocked, match="不能自己使版本生效"):
        actions.accept(second, by=by)
    actions.accept(second, by=redlining.colleague(by))
    first.refresh_from_db()
    first.version_of.refresh_from_db()
    assert (first.state, first.version_of.valid_to) == ("superseded", SECOND_DAY)
    rows = {(c.polygon_code, c.kind, c.division_code): c for c in second.changes.all()}
    out, added = rows["R1", "moved_out", "510422"], rows["R3", "added", "510422"]
    assert out.delta_ha < 0 < added.delta_ha
    assert out.approval_number == "国函〔2025〕9号" and out.before != out.after
    assert added.before is None and added.after is not None


def test_net_loss_is_refused_and_pure_growth_is_not(deliver, first, cast):
    kinds = {r["kind"] for r in deliver(SMALLER, SECOND_DAY).difference["reasons"]}
    assert kinds == {"total_shrinks", "county_shrinks", "moved_out"}
    grown = deliver(LARGER, SECOND_DAY, name="larger.gpkg")
    assert grown.difference["reasons"] == []
    actions.accept(grown, by=cast["city_supervisor"])
    assert {c.kind for c in grown.changes.all()} == {"added"}


def test_postgis_measures_the_same_difference(deliver, first):
    second = deliver(MOVED, SECOND_DAY)
    query = """
        with o as (select st_union(geom) g from regions_redlinepolygon where version_id = %s),
             n as (select st_union(geom) g from regions_redlinepolygon where version_id = %s)
        select st_area(st_difference(o.g, n.g)::geography) / 1e4, st_area(st_difference(n.g, o.g)::geography) / 1e4,
               st_area(st_intersection(o.g, n.g)::geography) / 1e4 from o, n
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [first.version_of_id, second.version_of_id])
        lost, gained, kept = cursor.fetchone()
    total = second.difference["total"]
    assert (total["lost_ha"], total["gained_ha"], total["kept_ha"]) == pytest.approx(
        (lost, gained, kept), abs=2e-4
    )
    parts = DifferencePart.objects.filter(delivery=second)
    assert sum(p.area_ha for p in parts.filter(kind="lost")) == pytest.approx(
        Decimal(f"{lost:.4f}"), abs=Decimal("0.0002")
    )


def test_as_of_any_day_and_what_recomputing_would_say(deliver, first, cast, run):
    assert redline_as_of(date(2023, 12, 31)) is None
    assert redline_as_of(FIRST_DAY) == first.version_of == redline_in_use()
    second = deliver(LARGER, SECOND_DAY)
    actions.accept(second, by=cast["city_supervisor"])
    assert redline_as_of(date(2025, 5, 31)) == first.version_of
    assert redline_as_of(SECOND_DAY) == second.version_of
    patches = list(Patch.objects.filter(run=run))
    stamp = [(p.pk, p.version, p.redline_area_ha) for p in patches]
    rows = {r.subject.patch_id[-1]: r for r in recompute(patches, FIRST_DAY)}
    assert rows["1"].differs is False
    assert rows["3"].now_ha == rows["3"].stored_ha == 0  # outside then
    late = {r.subject.patch_id[-1]: r for r in recompute(patches, SECOND_DAY)}
    assert late["3"].now_ha == pytest.approx(
        float(patches[2].area_ha), abs=1e-4
    )  # R3 covers it now
    assert rows["6"].now_ha == 0 < rows["6"].stored_ha  # Huaping is in no version of the city
    assert recompute(patches, date(2020, 1, 1))[0].version == ""
    assert [(p.pk, p.version, p.redline_area_ha) for p in Patch.objects.filter(run=run)] == stamp


def multi_shifted(polygon):
    """The outline with its first vertex a little further."""
    shape = as_shapely(polygon.geom)
    return multi(shapely.transform(shape, lambda xy: xy + 1e-9))


def test_what_was_delivered_never_changes(first):
    polygon = first.version_of.polygons.first()
    for change in ({"code": "X"}, {"area_ha": 1}, {"geom": multi_shifted(polygon)}):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            RedlinePolygon.objects.filter(pk=polygon.pk).update(**change)
    RedlinePolygon.objects.filter(pk=polygon.pk).update(scope_codes=["51"])
    row = BoundaryChange.objects.create(
        delivery=first,
        polygon_code="R1",
        kind="added",
        delta_ha=1,
        effective_on=FIRST_DAY,
        by=first.by,
    )
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        BoundaryChange.objects.filter(pk=row.pk).update(delta_ha=2)


def test_the_second_of_two_is_told_and_the_comparison_must_be_fresh(deliver, first, cast):
    by = cast["city_supervisor"]
    one, other = (
        deliver(LARGER, SECOND_DAY, name="a.geojson"),
        deliver(MOVED, SECOND_DAY, name="b.gpkg"),
    )
    with pytest.raises(MovedMeanwhile):
        actions.check(one, by=by, seen=0)
    actions.accept(one, by=by)
    with pytest.raises(Blocked, match="不晚于已生效的版本"):
        actions.accept(other, by=by)
    third = deliver(
        {"R1": (2, 2, 46, 51)} | {k: LARGER[k] for k in ("R2",)}, date(2026, 1, 1), name="c.gpkg"
    )
    assert third.against == one.version_of
    with pytest.raises(BadForm, match="已经交付为"):
        deliver(LARGER, date(2026, 2, 1), name="a.geojson")
    actions.refuse(other, by=by, reason="重复")
    assert other.state == "refused"


def test_who_may_and_who_may_not(cast, deliver, first, as_person):
    assert may(cast["city_supervisor"], "redline.accept", first)
    for name in ("yanbian_officer", "city_checker", "province_supervisor", "city_auditor"):
        assert not may(cast[name], "redline.accept", first)
    with pytest.raises(NotAllowed):
        actions.check(first, by=cast["yanbian_officer"])
    assert as_person("huaping_officer").get(reverse("redline", args=[first.pk])).status_code == 404
    page = as_person("yanbian_officer").get(reverse("redline", args=[first.pk])).content.decode()
    assert "盐边县" in page and "米易县" not in page
    assert as_person("yanbian_officer").get(reverse("redline_new")).status_code == 403
    assert (
        as_person("yanbian_officer").get(reverse("redline_file", args=[first.pk])).status_code
        == 403
    )


def test_the_pages_take_a_version_to_force(as_person, run, cast, tmp_path, monkeypatch):
    client = as_person("city_supervisor")
    form = {
        "name": "红线",
        "valid_from": "2024-01-01",
        "upload": redlining.upload(tmp_path, redlining.FIRST),
    }
    monkeypatch.setattr(follow, "WRITE_SECONDS", 3600)
    reading = client.post(reverse("redline_new"), form).url
    (job,) = uploads.readings_of(cast["city_supervisor"])
    assert read_redline(job.pk) == "done"
    answer = client.get(reading)
    page = client.get(answer.url).content.decode()
    assert "svg" in page and "首个版本" in page
    pk = int(answer.url.rstrip("/").rsplit("/", 1)[1])
    version = queries.delivery_for(cast["city_supervisor"], pk).version
    client.post(reverse("redline_accept", args=[pk]), {"version": version})
    assert queries.delivery_for(cast["city_supervisor"], pk).state == "accepted"
    bad = SimpleUploadedFile("红线.docx", b"x")
    refused = client.post(reverse("redline_new"), form | {"upload": bad, "name": "我写的名称"})
    assert refused.status_code == 422
    assert "红线.docx" in refused.content.decode() and "我写的名称" in refused.content.decode()
    assert (
        client.get(reverse("redline_file", args=[pk]), {"reason": "核对导出内容"}).status_code
        == 200
    )
    shown = client.get(reverse("redline_recompute"), {"day": "2024-02-01", "run": run.pk})
    assert "个会改变" in shown.content.decode()


def test_floors_and_their_margin(deliver, cast, first):
    (city,) = [m for m in queries.margins(cast["city_supervisor"]) if m["code"] == "5104"]
    assert (city["floor_km2"], city["margin_km2"], city["is_demo"]) == (1067.0, None, True)
    assert queries.margins(cast["city_supervisor"], date(2025, 7, 24)) == []
    type(first).objects.filter(pk=first.pk).update(is_demo=False)
    facts = {"valid_from": FIRST_DAY, "document": "县文"}
    actions.set_floor(
        by=cast["city_supervisor"], division_code="510422", area_km2=Decimal(2), **facts
    )
    found = {m["code"]: m for m in queries.margins(cast["city_supervisor"])}
    assert found["510422"]["margin_km2"] == pytest.approx(first.areas["510422"] / 100 - 2)
    assert found["5104"]["margin_km2"] < -1000
    assert {m["code"] for m in queries.margins(cast["yanbian_officer"])} == {"510422"}
    with pytest.raises(BadForm, match="辖区"):
        actions.set_floor(
            by=cast["city_supervisor"], division_code="530723", area_km2=Decimal(1), **facts
        )


CSV = "编号,类型,经度,纬度,设立日期\n"


def test_markers_come_in_whole_with_their_distance_and_a_patrol_renews_them(first, cast, as_person):
    box = first.version_of.polygons.get(code="R1").geom.extent
    good = (
        CSV
        + f"J1,界桩,{box[0]},{(box[1] + box[3]) / 2},2024-05-01\nJ2,标识牌,{box[0]:.4f},{box[1] - 0.001:.4f},\n"
    )
    officer = cast["yanbian_officer"]
    with pytest.raises(BadForm) as fault:
        markers.import_markers(redlining.table(good + "J2,桩,100,26,2024-05-32\n"), by=officer)
    assert len(fault.value.details) == 3 and Marker.objects.count() == 0
    with pytest.raises(BadForm, match="不在本单位辖区内"):
        markers.import_markers(redlining.table(good), by=cast["miyi_officer"])
    assert markers.import_markers(redlining.table(good), by=officer)["made"] == 2
    assert markers.import_markers(redlining.table(good), by=officer) == {
        "made": 0,
        "renewed": 0,
        "same": 2,
    }
    for marker in Marker.objects.all():
        with connection.cursor() as cursor:
            cursor.execute(
                "select st_distance(st_boundary(st_union(geom))::geography, %s::geography) "
                "from regions_redlinepolygon where version_id = %s",
                [marker.point.ewkt, first.version_of_id],
            )
            assert marker.distance_m == pytest.approx(cursor.fetchone()[0], abs=0.02)
    marker = Marker.objects.get(number="J1")
    with standing_at(datetime(2026, 5, 2, tzinfo=ZoneInfo("Asia/Shanghai"))):
        markers.patrol(marker, by=officer, state="worn", said="倾斜")
        with pytest.raises(BadForm, match="晚于今天"):
            markers.patrol(marker, by=officer, state="good", on=date(2026, 5, 3))
    with pytest.raises(NotAllowed):
        markers.patrol(marker, by=cast["miyi_officer"], state="good")
    page = as_person("yanbian_officer").get(reverse("marker", args=[marker.pk])).content.decode()
    assert "破损" in page and "倾斜" in page
    assert as_person("miyi_officer").get(reverse("marker", args=[marker.pk])).status_code == 404
    assert "J1" in as_person("yanbian_officer").get(reverse("marker_list")).content.decode()
