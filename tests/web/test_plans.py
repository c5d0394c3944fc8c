"""The year of the notice, monitoring rounds, and a site's life over many cycles."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.plans import actions, queries
from ecoredline.web.plans.models import Site, YearTask
from ecoredline.web.plans.sites import update_sites
from ecoredline.web.rectification.models import Observation

pytestmark = pytest.mark.django_db
YANBIAN = ["51", "5104", "510422"]


def box(west, south, width=0.002):
    found = MultiPolygon(Polygon.from_bbox((west, south, west + width, south + width)))
    found.srid = 4490
    return found


def test_the_dates_of_the_notice():
    tasks = dict(actions.due_dates("ministry", 2026))
    assert tasks["suspected_list"] == date(2027, 3, 31)  # 每年3月份形成上一年清单
    assert tasks["year_summary"] == date(2026, 12, 31)  # 年底前
    assert tasks["effectiveness"] == date(2027, 5, 31)  # 第二年6月前
    early = [due for _, due in actions.due_dates("ministry", 2020)]
    assert all(due >= date(2022, 1, 1) for due in early)  # 自2022年起


def test_a_year_is_made_once_and_only_by_the_unit_itself(cast):
    city = cast["city_supervisor"]
    actions.make_year(city.unit, 2026, by=city)
    actions.make_year(city.unit, 2026, by=city)
    assert YearTask.objects.filter(unit=city.unit).count() == len(actions.due_dates("city", 2026))
    with pytest.raises(NotAllowed):
        actions.make_year(cast["province_supervisor"].unit, 2026, by=city)
    with pytest.raises(NotAllowed):
        actions.make_year(cast["yanbian_officer"].unit, 2026, by=cast["yanbian_officer"])
    task = YearTask.objects.filter(unit=city.unit, code="suspected_list").get()
    with clock.standing_at(datetime(2027, 4, 2, tzinfo=UTC)):
        rows = {r["task"].code: r["standing"] for r in queries.task_rows(city, 2026)}
        assert rows["suspected_list"] == "overdue"
        with pytest.raises(BadForm):
            actions.finish_task(task, by=city, with_what=" ")
        actions.finish_task(task, by=city, with_what="清单第1版")
        with pytest.raises(StepNotAllowed):
            actions.finish_task(task, by=city, with_what="清单第2版")
        rows = {r["task"].code: r["standing"] for r in queries.task_rows(city, 2026)}
    assert rows["suspected_list"] == "late"
    assert not [r for r in queries.task_rows(cast["yanbian_officer"], 2026) if not r["is_own"]]


def test_the_pilot_clock_counts_months_to_the_last_day(cast):
    city = cast["city_supervisor"]
    tasks = actions.make_pilot(city.unit, date(2026, 1, 31), by=city)
    assert [t.due_on for t in tasks] == [
        date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2027, 1, 31),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "rounds"), [("full", 2), ("half_year", 4), ("quarter", 8), ("hot_spot", 1)]
)
def test_rounds_follow_the_frequency_of_the_notice(cast, kind, rounds):
    city = cast["city_supervisor"]
    plan = actions.make_plan(by=city, name="x", kind=kind, starts_on=date(2026, 1, 1))
    assert plan.rounds.count() == rounds
    with clock.standing_at(datetime(2028, 1, 2, tzinfo=UTC)):
        assert queries.rounds_due(city).count() == rounds


def test_a_round_says_how_much_of_its_area_the_run_covered(cast, run):
    city = cast["city_supervisor"]
    west, south, east, north = run.extent.extent
    half = MultiPolygon(
        Polygon.from_bbox((west, south, west + 2 * (east - west), north)), srid=4490
    )
    plan = actions.make_plan(
        by=city, name="x", kind="hot_spot", starts_on=date(2026, 1, 1), area=half
    )
    done = actions.finish_round(plan.rounds.get(), by=city, run=run)
    assert done.covered == pytest.approx(0.5, abs=1e-3)


def clue_at(cast, geom, day, **facts):
    city = cast["city_supervisor"]
    found = Clue(
        number=f"S-{Clue.objects.count()}", year=day.year, source="inspection", owner=city.unit,
        holder=city.unit, division_code="510422", scope_codes=YANBIAN, raised_by=city, geom=geom,
        found_on=day, **facts,
    )  # fmt: skip
    begin(found, by=city)
    return found


def test_the_life_of_one_place_over_four_years(cast):
    city = cast["city_supervisor"]
    first = clue_at(cast, box(101.5, 26.7), date(2023, 5, 1))
    far = clue_at(cast, box(101.6, 26.7), date(2023, 5, 1))
    assert update_sites(date(2023, 6, 1)) == {"made": 2, "changed": 2}
    assert update_sites(date(2023, 6, 1)) == {"made": 0, "changed": 0}
    site = first.sites.get()
    assert site != far.sites.get()
    assert site.state == "active"
    update_sites(date(2024, 8, 1))
    site.refresh_from_db()
    assert site.state == "idle"
    second = clue_at(cast, box(101.5, 26.7, 0.003), date(2024, 9, 1))
    update_sites(date(2024, 9, 2))
    site.refresh_from_db()
    assert (second.sites.get(), site.state) == (site, "growing")
    case = Case(
        number="S-C", year=2024, owner=city.unit, holder=city.unit, division_code="510422",
        scope_codes=YANBIAN, opened_by=city, geom=second.geom, state="closed",
        closed_on=date(2025, 3, 1), outcome="rectified",
    )  # fmt: skip
    begin(case, by=city)
    case.clues.add(second)
    update_sites(date(2025, 3, 2))
    site.refresh_from_db()
    assert site.state == "removed"
    Observation.objects.create(case=case, observed_on=date(2026, 7, 1), finding="recovering")
    update_sites(date(2026, 7, 2))
    site.refresh_from_db()
    assert site.state == "recovering"
    assert [s.state for s in site.states.all()] == [
        "active",
        "idle",
        "growing",
        "removed",
        "recovering",
    ]
    assert list(queries.sites_for(cast["yanbian_officer"], "recovering")) == [site]
    assert not queries.sites_for(cast["miyi_officer"]).exists()
    assert Site.objects.count() == 2


def test_pages_open_for_their_own_and_wrong_years_are_told(cast, as_person):
    city = cast["city_supervisor"]
    actions.make_year(Unit.objects.get(pk=city.unit_id), 2026, by=city)
    clue_at(cast, box(101.5, 26.7), date(2023, 5, 1))
    update_sites()
    client = as_person("city_supervisor")
    page = client.get("/year/?year=2026").content.decode()
    assert "形成上一年疑似生态破坏问题清单" in page
    assert "环办生态函〔2020〕703号" in page
    assert client.get("/year/?year=12").status_code == 422
    site = Site.objects.get()
    assert client.get(f"/sites/{site.pk}/").status_code == 200
    assert as_person("miyi_officer").get(f"/sites/{site.pk}/").status_code == 404
    answer = as_person("city_supervisor").post("/year/plans/new/", {"name": "", "kind": "x"})
    assert answer.status_code == 422
