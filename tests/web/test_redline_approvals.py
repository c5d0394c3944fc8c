"""Nature and function in place need the approval; the approval counts for who gave it, what it covers, what it was seen with."""

from datetime import date

import pytest
import redlining
import sample_run
from django.urls import reverse

from ecoredline.web.core.problems import BadForm, Blocked, NotAllowed, StepNotAllowed
from ecoredline.web.redlines import actions, approval
from ecoredline.web.redlines.models import RedlineDelivery

pytestmark = pytest.mark.django_db
FIRST_DAY, MIDDLE_DAY, SECOND_DAY = date(2024, 1, 1), date(2025, 3, 1), date(2025, 6, 1)
FACTS = {"number": "国函〔2025〕9号", "issuer": "国务院", "dated": date(2025, 5, 1)}
R1, R2 = redlining.FIRST["R1"], redlining.FIRST["R2"]
R1_HA = sample_run.hectares(sample_run.box(*R1))


@pytest.fixture
def deliver(cast, run, tmp_path):
    """Deliver and compare a version as the city's supervisor."""

    def made(places, day, name, **options):
        by = cast["city_supervisor"]
        file = redlining.upload(tmp_path, places, name=name, **options)
        found = actions.deliver(file, by=by, name=name, valid_from=day)
        return actions.check(found, by=by)

    return made


@pytest.fixture
def first(deliver, cast):
    """The first version, in force; one person brings it in: nothing needs an approval."""
    return actions.accept(
        deliver(redlining.FIRST, FIRST_DAY, "first.gpkg"), by=cast["city_supervisor"]
    )


def attach(delivery, by, **more):
    """An approval attached."""
    return approval.approve(delivery, by=by, upload=redlining.document(), **FACTS | more)


def refused(delivery, by) -> str:
    """What stands in the way of acceptance."""
    with pytest.raises(Blocked) as fault:
        actions.accept(delivery, by=by)
    return "\n".join(fault.value.details)


def in_force(found) -> RedlineDelivery:
    """It came into force."""
    found.refresh_from_db()
    assert found.state == "accepted"
    return found


@pytest.mark.parametrize(("zone", "word"), [("一般控制区", "一般控制区"), ("二类", "二类管控区")])
def test_a_zone_lowered_in_place_is_shown_and_needs_the_approval(
    deliver, first, cast, client, zone, word
):
    by = cast["city_supervisor"]
    second = deliver(redlining.FIRST, SECOND_DAY, "lower.gpkg", zones={"R1": zone})
    reasons = [r for r in second.difference["reasons"] if r["county"] == "510422"]
    assert [r["kind"] for r in reasons] == ["nature_lowered"]
    assert sum(r["area_ha"] for r in second.difference["reasons"]) == pytest.approx(R1_HA, abs=2e-4)
    assert "原地降低性质" in refused(second, by)
    client.force_login(by)
    address = reverse("redline", args=[second.pk])
    page = client.get(address).content.decode()
    assert "性质原地降低" in page and f"核心保护区 → {word}" in page
    assert 'class="nature"' in page  # on the map
    client.cookies["ecoredline_language"] = "en"
    english = client.get(address).content.decode()
    del client.cookies["ecoredline_language"]
    assert "Nature lowered in place" in english and "Core protection zone →" in english
    # an approval of other ground, or of less of it, does not serve
    attach(second, by, area_ha=9999)
    assert "批准最多降低性质 0.0000 公顷" in refused(second, redlining.colleague(by))
    attach(second, by, nature_ha=round(R1_HA, 4) + 0.01)
    assert "不能自己使版本生效" in refused(second, by)
    assert "您登记了批准文件" in client.get(address).content.decode()
    other = type(by).objects.get(username="second_supervisor")
    client.force_login(other)
    client.post(reverse("redline_accept", args=[second.pk]), {"version": second.version})
    rows = in_force(second).changes.filter(polygon_code="R1")
    assert {r.kind for r in rows} == {"nature"} and not any(r.delta_ha for r in rows)
    assert float(sum(r.in_place_ha for r in rows)) == pytest.approx(R1_HA, abs=2e-4)


def test_a_function_changed_in_place_needs_the_approval(deliver, first, cast, client):
    by = cast["city_supervisor"]
    more = deliver(redlining.FIRST, MIDDLE_DAY, "more.gpkg", function="水源涵养、水土保持")
    assert more.difference["reasons"] == []
    other = deliver(redlining.FIRST, SECOND_DAY, "other.gpkg", function="水土保持")
    kinds = {r["kind"] for r in other.difference["reasons"]}
    assert kinds == {"function_changed"} and "改变或降低功能" in refused(other, by)
    assert not other.changes.exists()
    client.force_login(by)
    client.cookies["ecoredline_language"] = "en"
    page = client.get(reverse("redline", args=[other.pk])).content.decode()
    assert "Function changed in place" in page and "Water conservation →" in page


def test_only_the_issuer_that_the_clause_names_approves(deliver, first, cast, client):
    by, second = cast["city_supervisor"], deliver({"R2": R2}, SECOND_DAY, "smaller.gpkg")
    for issuer in ("四川省人民政府", "攀枝花市人民政府", "国务院办公厅", "国务"):
        with pytest.raises(BadForm, match=f"{issuer}”不是.*（国务院）"):
            attach(second, by, issuer=issuer, area_ha=9999)
    with pytest.raises(BadForm, match="不是"):  # from before the clause
        attach(second, by, dated=date(2016, 5, 1), area_ha=9999)
    with pytest.raises(NotAllowed):
        attach(second, cast["city_analyst"], area_ha=9999)
    assert attach(second, by, issuer=" State  Council", area_ha=9999).approval_issuer == "国务院"
    # a row from before covers were asked for shows, and does not serve
    RedlineDelivery.objects.filter(pk=second.pk).update(approval_by=None, approval_covers={})
    client.force_login(by)
    page = client.get(reverse("redline", args=[second.pk])).content.decode()
    assert "没有写明批准的范围" in page
    # a row that carries another issuer does not serve either
    RedlineDelivery.objects.filter(pk=second.pk).update(approval_issuer="四川省人民政府")
    assert "不是厅字〔2017〕2号" in refused(second, redlining.colleague(by))


def test_the_approval_covers_its_hectares_once(deliver, first, cast):
    by, other = cast["city_supervisor"], redlining.colleague(cast["city_supervisor"])
    west = {"R1": (2, 2, 23, 50), "R2": R2}  # half of R1 goes: 23 of its 46 columns
    second = deliver(west, SECOND_DAY, "half.gpkg")
    attach(second, by, area_ha=round(R1_HA / 2, 2) - 0.5)
    assert "批准最多调出" in refused(second, other)
    attach(second, by, area_ha=round(R1_HA / 2, 2) + 0.5)
    actions.accept(second, by=other)
    third = deliver({"R2": R2}, date(2025, 9, 1), "none.gpkg")  # and the other half
    attach(third, by, area_ha=round(R1_HA / 2, 2) + 0.5, number="国函〔2025〕 9 号")
    used = approval.losses(second.difference["reasons"])["area"]
    assert used == pytest.approx(R1_HA / 2, rel=0.02)
    assert f"此前已用 {used:.4f} 公顷" in refused(third, other)


def test_an_approval_does_not_serve_a_later_comparison_that_lost_more(deliver, first, cast):
    by, other = cast["city_supervisor"], redlining.colleague(cast["city_supervisor"])
    second = deliver({"R1": (2, 2, 40, 50), "R2": R2}, SECOND_DAY, "smaller.gpkg")
    attach(second, by, area_ha=9999)
    grown = deliver(redlining.FIRST | {"R3": (2, 54, 46, 20)}, MIDDLE_DAY, "grown.gpkg")
    actions.accept(grown, by=by)  # nothing lost: one person may
    assert "请重新比对" in refused(second, other)
    actions.check(second, by=by)
    assert "请核对批准文件并重新登记" in refused(second, other)
    attach(second, by, area_ha=9999)
    actions.accept(second, by=other)
    assert in_force(second).approval_by == by


def test_there_is_no_approval_before_a_comparison(cast, run, tmp_path):
    by = cast["city_supervisor"]
    file = redlining.upload(tmp_path, redlining.FIRST)
    with pytest.raises(StepNotAllowed):
        attach(actions.deliver(file, by=by, name="x", valid_from=FIRST_DAY), by)
