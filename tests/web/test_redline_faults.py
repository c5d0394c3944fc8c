"""What a version may not get past: other counties' ground, floors of any day, another reading of one file, a hand in the tables."""

from datetime import date
from decimal import Decimal

import pytest
import redlining
from django.db import transaction
from django.db.utils import IntegrityError, InternalError
from django.urls import reverse

from ecoredline.web.core.problems import Blocked
from ecoredline.web.patches.models import Patch
from ecoredline.web.redlines import actions, approval, queries, views
from ecoredline.web.redlines.models import RedlineDelivery
from ecoredline.web.regions.models import ProtectedArea, RedlinePolygon, RedlineVersion

pytestmark = pytest.mark.django_db
FIRST_DAY, SECOND_DAY = date(2024, 1, 1), date(2025, 6, 1)
ABROAD = {"R9": (104, 2, 40, 50)}  # in Huaping, another province's county


def given(by, tmp_path, places, day, **options):
    """A delivery, compared."""
    file = redlining.upload(tmp_path, places, **options)
    made = actions.deliver(file, by=by, name=f"红线{day.year}", valid_from=day)
    return actions.check(made, by=by)


def approved(delivery, by):
    """With an approval."""
    facts = {"number": "国函〔2025〕9号", "issuer": "国务院", "dated": date(2025, 5, 1)}
    return approval.approve(delivery, by=by, upload=redlining.document(), area_ha=9999, **facts)


def test_a_city_does_not_change_the_ground_of_others_whatever_it_attaches(cast, run, tmp_path):
    ministry, city = cast["ministry_supervisor"], cast["city_supervisor"]
    whole = given(ministry, tmp_path, redlining.FIRST | ABROAD, FIRST_DAY)
    actions.accept(whole, by=ministry)
    own = given(city, tmp_path, redlining.FIRST, SECOND_DAY, name="own.gpkg")
    assert {c["code"] for c in own.difference["counties"]} > {"510422"}
    approved(own, city)
    with pytest.raises(Blocked, match="辖区以外") as fault:
        actions.accept(own, by=city)
    assert any("华坪县" in line for line in fault.value.details)
    renamed = given(
        city, tmp_path, redlining.FIRST | ABROAD, SECOND_DAY, name="z.gpkg", zones={"R9": "一般控制区"},
    )  # fmt: skip
    with pytest.raises(Blocked, match="辖区以外"):
        actions.accept(renamed, by=city)
    # the words of it are for whoever sees the place
    (row,) = [r for r in renamed.difference["polygons"] if r["code"] == "R9"]
    assert row["counties"] == ["530723"]
    seen = [r["code"] for r in queries.polygons_of(cast["yanbian_officer"], renamed)]
    assert "R9" not in seen
    said = {r["county"] for r in queries.reasons_of(cast["yanbian_officer"], own)}
    assert "530723" not in said
    assert "530723" in {r["county"] for r in queries.reasons_of(ministry, own)}


def test_the_file_of_more_than_ones_own_counties_is_not_given_out(cast, run, tmp_path, as_person):
    ministry = cast["ministry_supervisor"]
    whole = given(ministry, tmp_path, redlining.FIRST | ABROAD, FIRST_DAY)
    address = reverse("redline_file", args=[whole.pk])
    client = as_person("city_supervisor")
    assert client.get(reverse("redline", args=[whole.pk])).status_code == 200
    assert client.get(address).status_code == 403
    assert as_person("ministry_supervisor").get(address, {"reason": "核对界线"}).status_code == 200


def test_floors_hold_on_any_day_for_ground_that_is_gone_and_when_entered_late(cast, run, tmp_path):
    city = cast["city_supervisor"]
    file = redlining.upload(tmp_path, redlining.FIRST)
    early = actions.deliver(file, by=city, name="早", valid_from=date(2025, 7, 1))
    RedlineDelivery.objects.filter(pk=early.pk).update(is_demo=False)
    early.refresh_from_db()
    # in force from before the floor's first day, and after it
    early = actions.check(early, by=city)
    short = [r for r in early.difference["reasons"] if r["kind"] == "below_floor"]
    assert [r["county"] for r in short] == ["5104"]
    # a county of the unit that has no ground at all
    facts = {"valid_from": FIRST_DAY, "document": "县文", "area_km2": Decimal(1)}
    actions.set_floor(by=city, division_code="510421", **facts)
    assert "510421" in {r["county"] for r in actions.below_floor(early, early.areas, None)}
    # a floor that came between comparison and acceptance
    told = early.difference | {"reasons": []}
    RedlineDelivery.objects.filter(pk=early.pk).update(difference=told)
    early.refresh_from_db()
    with pytest.raises(Blocked, match="低于面积下限"):
        actions.accept(early, by=city)


def test_the_same_file_read_in_another_system_is_another_version(cast, run, tmp_path):
    city = cast["city_supervisor"]
    file = redlining.upload(tmp_path, redlining.FIRST, name="redline.geojson")
    bare = redlining.in_metres(tmp_path, redlining.FIRST)
    one = actions.deliver(bare(), by=city, name="一", valid_from=FIRST_DAY, crs="EPSG:4542")
    actions.refuse(one, by=city, reason="坐标系有误")
    two = actions.deliver(bare(), by=city, name="二", valid_from=FIRST_DAY, crs="EPSG:4543")
    assert two.version_of != one.version_of and two.sha256 == one.sha256
    true = actions.deliver(file, by=city, name="三", valid_from=FIRST_DAY)
    wanted = {p.code: p.geom.extent for p in true.version_of.polygons.all()}
    for polygon in two.version_of.polygons.all():
        assert polygon.geom.extent == pytest.approx(wanted[polygon.code], abs=1e-6)
    actions.refuse(two, by=city, reason="再来")
    again = actions.deliver(bare(), by=city, name="四", valid_from=FIRST_DAY, crs="EPSG:4543")
    assert again.version_of == two.version_of


def test_what_was_in_force_stays_in_every_table(cast, run, tmp_path):
    city = cast["city_supervisor"]
    first = actions.accept(given(city, tmp_path, redlining.FIRST, FIRST_DAY), by=city)
    changes = [
        (RedlineDelivery, first.pk, {"sha256": "0" * 64}), (RedlineDelivery, first.pk, {"areas": {}}),
        (RedlineDelivery, first.pk, {"valid_from": SECOND_DAY}),
        (RedlineVersion, first.version_of_id, {"valid_from": SECOND_DAY}),
        (RedlineVersion, first.version_of_id, {"sha256": "0" * 64}),
        (RedlineVersion, first.version_of_id, {"name": "x"}),
        (ProtectedArea, ProtectedArea.objects.first().pk, {"area_ha": 1}),
    ]  # fmt: skip
    for model, pk, change in changes:
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            model.objects.filter(pk=pk).update(**change)
    RedlineVersion.objects.filter(pk=first.version_of_id).update(valid_to=SECOND_DAY)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        RedlineVersion.objects.filter(pk=first.version_of_id).update(valid_to=None)


def test_a_real_version_in_force_is_not_deleted(db):
    real = RedlineVersion.objects.create(
        name="真", sha256="1" * 64, is_demo=False, valid_from=FIRST_DAY
    )
    line = "MULTIPOLYGON(((101 26,102 26,102 27,101 26)))"
    polygon = RedlinePolygon.objects.create(version=real, code="R", area_ha=1, geom=f"SRID=4490;{line}")  # fmt: skip
    for thing in (polygon, real):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            thing.delete()


def test_a_second_delivery_of_the_moment_gets_the_next_number(cast, run, tmp_path):
    city = cast["city_supervisor"]
    one = given(city, tmp_path, redlining.FIRST, FIRST_DAY)
    two = given(city, tmp_path, {"R1": (2, 2, 10, 10)}, FIRST_DAY, name="b.gpkg")
    assert int(two.number[-3:]) == int(one.number[-3:]) + 1


def test_recomputing_says_what_it_left_out(cast, run, tmp_path, as_person, monkeypatch):
    monkeypatch.setattr(views, "MOST_RECOMPUTED", 1)
    mine = Patch.objects.visible_to(cast["city_supervisor"]).filter(run=run)
    page = as_person("city_supervisor").get(
        reverse("redline_recompute"), {"day": "2024-02-01", "run": run.pk}
    )
    assert page.context["left_out"] == mine.exclude(channel="outside").count() - 1 > 0
