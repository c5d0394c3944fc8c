"""Inbox and board: every number has its items, and everybody sees only their own."""

import io
from datetime import UTC, date, datetime, timedelta

import numpy as np
import openpyxl
import pytest
from django.urls import reverse

from ecoredline.codes import code_list
from ecoredline.web.board import queries, tables
from ecoredline.web.board.figures import figures
from ecoredline.web.board.filters import BoardFilter
from ecoredline.web.board.inbox import inbox
from ecoredline.web.board.models import DayFigures, Reached, RunCounty
from ecoredline.web.board.reaching import rebuild
from ecoredline.web.cases.models import Case, Handover, Investigation
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord, Stay
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.letters.models import Reminder

pytestmark = pytest.mark.django_db
YEAR = BoardFilter(year="2026")
COUNTIES = ("510422", "510421")


def day(month: int, number: int = 2) -> datetime:
    return datetime(2026, month, number, 4, 0, tzinfo=UTC)


def new_clue(number, cast, county, month):
    city = cast["city_supervisor"]
    found = Clue(
        number=f"C-{number}", year=2026, source="petition", owner=city.unit, holder=city.unit,
        raised_by=city, division_code=county, scope_codes=["51", "5104", county],
        redline_area_ha=1 + number, due_on=date(2026, month, 20),
    )  # fmt: skip
    with clock.standing_at(day(month)):
        begin(found, by=city, step="raise")
    return found


def new_case(number, cast, county, month):
    city = cast["city_supervisor"]
    found = Case(
        number=f"P-{number}", year=2026, owner=city.unit, holder=city.unit, opened_by=city,
        division_code=county, scope_codes=["51", "5104", county], county=county,
        redline_area_ha=2.5, activity_type="1", opened_on=date(2026, month, 5),
    )  # fmt: skip
    with clock.standing_at(day(month, 5)):
        begin(found, by=city, step="open")
    return found


@pytest.fixture
def year(cast):
    """A small year: six clues, three cases in two counties; one reopened, all by the steps."""
    clues = [new_clue(n, cast, COUNTIES[n % 2], 1 + n % 3) for n in range(6)]
    down = cast["yanbian_officer"].unit
    for n, clue in enumerate(clues[:4]):
        with clock.standing_at(day(4, 1 + n)):
            move(clue, "list", by=None)
            move(clue, "dispatch", by=None, holder=down, due_on=date(2026, 5, 1))
    for n, clue in enumerate(clues[:2]):
        with clock.standing_at(day(5, 3 + 5 * n)):
            move(clue, "submit", by=None, holder=cast["city_supervisor"].unit)
    with clock.standing_at(day(5, 20)):
        move(clues[0], "send_back", by=None, holder=down)
        move(clues[0], "submit", by=None)  # a second time counts once
    cases = [new_case(n, cast, COUNTIES[n % 2], 6) for n in range(3)]
    for n, case in enumerate(cases):
        with clock.standing_at(day(7, 1 + n)):
            move(case, "hand_over", by=None, holder=down, due_on=date(2026, 9, 1))
            move(case, "plan", by=None)
    with clock.standing_at(day(8)):
        move(cases[0], "request_closing", by=None)
        move(cases[0], "recheck", by=None)
        move(cases[0], "close", by=None, closed_on=date(2026, 8, 2), outcome="rectified")
    with clock.standing_at(day(10)):
        move(cases[0], "reopen", by=None, reopened_count=1)
    with clock.standing_at(day(11)):
        yield clues, cases


def test_the_funnel_counts_each_subject_once_where_it_first_came_to_a_stage(year, cast, run):
    found = queries.funnel(cast["city_supervisor"], YEAR)
    totals = dict(found.totals)
    seen = cast["city_supervisor"]
    detected = queries.Patch.objects.visible_to(seen)
    detected = detected.filter(run__after_on__year=run.after_on.year)
    assert {k: v for k, v in totals.items() if k != "detected"} == {
        "suspected": 6, "dispatched": 4, "verified": 2, "confirmed": 3, "rectified": 1,
        "rechecked": 1, "closed": 1, "reopened": 1,
    }  # fmt: skip
    other = BoardFilter(year=str(run.after_on.year))
    assert dict(queries.funnel(seen, other).totals)["detected"] == detected.count() > 0
    assert found.total("verified", month=date(2026, 5, 1)) == 2
    assert found.total("suspected", county="510421") == 3


@pytest.mark.parametrize("who", ["city_supervisor", "yanbian_officer", "ministry_supervisor"])
def test_behind_every_number_stand_as_many_items(year, run, as_person, cast, who):
    client, numbers = as_person(who), 0
    for chosen in (YEAR, BoardFilter(year=str(run.after_on.year))):
        found = queries.funnel(cast[who], chosen)
        for by in ("county", "month"):
            for row in tables.funnel_table(cast[who], chosen, found, by).rows:
                for cell in row[1:]:
                    if cell.value:
                        numbers += 1
                        page = client.get(cell.url).context["page"]
                        assert page.paginator.count == cell.value, cell.url
    assert numbers > 20


def test_many_counties_are_shown_by_the_next_level_that_leads_on(
    year, cast, monkeypatch, as_person
):
    monkeypatch.setattr(queries, "MOST_COUNTIES", 1)
    top = cast["ministry_supervisor"]
    found = queries.funnel(top, YEAR)
    table = tables.funnel_table(top, YEAR, found, "county")
    assert len(table.rows) == 2  # all, and one province
    assert [c.value for c in table.rows[1][1:]] == [n for _stage, n in found.totals]
    client = as_person("ministry_supervisor")
    inner = client.get(table.rows[1][0].url).context["tables"][0]
    assert inner.rows[1][0].value == "攀枝花市"
    behind = client.get(table.rows[1][2].url).context["page"]
    assert behind.paginator.count == table.rows[1][2].value


def test_the_derived_rows_are_the_same_made_step_by_step_and_anew(year):
    def rows():
        return set(
            Reached.objects.values_list(
                "subject_kind", "subject_id", "stage", "county", "month", "at"
            )
        )

    before = rows()
    assert rebuild() == len(before) == 19
    assert rows() == before


def test_a_clue_that_turns_out_to_lie_elsewhere_takes_its_rows_along(year, cast):
    clues, _cases = year
    miyi = cast["miyi_officer"].unit
    move(clues[2], "reassign", by=None, holder=miyi, division_code="510421")
    mine = Reached.objects.filter(subject_kind="clue", subject_id=clues[2].pk)
    assert set(mine.values_list("county", flat=True)) == {"510421"}


def test_nobody_counts_what_lies_outside(year, run, cast):
    everything = queries.funnel(cast["ministry_supervisor"], YEAR)
    mine = queries.funnel(cast["yanbian_officer"], YEAR)
    assert set(mine.counties) == {"510422"}
    assert mine.total("suspected") == everything.total("suspected", county="510422") == 3
    assert queries.funnel(cast["panzhou_officer"], YEAR).cells == {}
    sly = BoardFilter(year="2026", county="510421")
    assert queries.funnel(cast["yanbian_officer"], sly).cells == {}
    assert not queries.items(cast["yanbian_officer"], sly)[1].exists()
    assert queries.sticking(cast["panzhou_officer"], YEAR) == []
    assert tables.scoped_prefix(cast["yanbian_officer"], sly) == "510422"


def test_time_in_a_state_is_what_numpy_says_of_the_stays(year, cast):
    kept = figures("5104", 2026)
    for row in kept.figures["stays"]:
        spans = [
            (s.left_at - s.entered_at) / timedelta(days=1)
            for s in Stay.objects.filter(
                subject_kind=row["kind"], state=row["state"], level=row["level"]
            ).exclude(left_at=None)
        ]
        assert row["count"] == len(spans)
        assert (row["median"], row["high"]) == pytest.approx(tuple(np.percentile(spans, [50, 90])))
    assert len(kept.figures["stays"]) >= 6
    assert figures("5104", 2026).pk == kept.pk  # kept until the day is over
    with clock.standing_at(day(11, 3)):
        assert figures("5104", 2026).pk != kept.pk
    assert DayFigures.objects.count() == 1


def test_closing_rate_and_overdue_name_the_unit_that_has_it(year, cast):
    clues, cases = year
    yanbian = cast["yanbian_officer"].unit
    kept = figures("5104", 2026)
    assert kept.figures["closings"] == [{"unit": yanbian.pk, "opened": 3, "closed": 0}]
    late = queries.overdue(cast["city_supervisor"], YEAR)
    assert late["totals"] == {"clue": 4, "case": 3}
    assert sum(u["count"] for u in late["units"]) == 7
    assert late["rows"][0]["days"] == (date(2026, 11, 2) - date(2026, 5, 1)).days
    oldest = queries.sticking(cast["city_supervisor"], YEAR)[0]
    assert oldest["subject"] in (*clues, *cases)
    assert oldest["stay"].entered_at == min(s.entered_at for s in Stay.objects.filter(left_at=None))


def test_departments_are_timed_from_hand_over_to_reply_and_the_late_ones_named(
    year, cast, as_person
):
    _clues, cases = year
    city = cast["city_supervisor"]
    told = [("forestry", 3, 9), ("forestry", 4, 24), ("forestry", 5, None), ("water", 6, None)]
    for n, (department, sent, replied) in enumerate(told):
        Handover.objects.create(
            case=cases[n % 3], kind="department", department=department, by=city,
            sent_on=date(2026, 9, sent), due_on=date(2026, 9 if n < 3 else 12, 20),
            replied_on=date(2026, 9, replied) if replied else None,
        )  # fmt: skip
    for days in (10, 30):
        Investigation.objects.create(
            case=cases[0], department="forestry", findings="占用林地", by=city,
            started_on=date(2026, 9, 1), decided_on=date(2026, 9, 1) + timedelta(days=days),
            created_at=day(10),
        )  # fmt: skip
    found = tables.board_tables(city, YEAR)
    rows = {r[0].value: [c.value for c in r[1:]] for r in found["departments"].rows}
    median, high = np.percentile([6, 20], [50, 90])
    names = {c: row["zh"] for c, row in code_list("departments").items()}
    assert rows[names["forestry"]] == [3, 2, median, high, 1, "2026-09-20", 2, 2, 20.0]
    assert rows[names["water"]] == [1, 0, None, None, 0, "", 0, 0, None]
    late = found["overdue-departments"].rows
    assert [[c.value for c in r] for r in late] == [
        [names["forestry"], cases[2].number, "2026-09-05", "2026-09-20", 43]
    ]
    assert late[0][1].url == reverse("case", args=[cases[2].pk])
    assert cases[2].number in as_person("city_supervisor").get(reverse("board")).content.decode()
    other = tables.board_tables(cast["huaping_officer"], YEAR)
    assert not other["departments"].rows and not other["overdue-departments"].rows


def test_rates_are_per_observed_area_and_missing_without_any(year, cast, run):
    city = cast["city_supervisor"]
    queries.funnel(city, YEAR)  # writes the run's counties down
    RunCounty.objects.filter(run=run).update(month=date(2026, 3, 1), observed_ha=None)
    RunCounty.objects.filter(run=run, county="510422").update(redline_ha=600, observed_ha=500)
    rows = {r["county"]: r for r in queries.rates(city, YEAR, queries.funnel(city, YEAR))}
    assert rows["510422"]["observed_km2"] == 5
    assert rows["510422"]["per"]["suspected"] == pytest.approx(3 / 5 * 100)
    assert rows["510421"]["per"]["suspected"] is None


def test_the_workbook_holds_exactly_what_the_page_shows_and_is_noted(year, as_person, cast):
    client = as_person("city_supervisor")
    for what in ("board", "funnel"):
        answer = client.get(reverse("board_xlsx", args=[what]), {"year": "2026"})
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        context = client.get(reverse(what), {"year": "2026"}).context
        shown = context["table"].values() if what == "board" else context["tables"]
        assert book.sheetnames == [t.title for t in shown]
        for table in shown:
            kept = list(book[table.title].iter_rows(min_row=2, values_only=True))
            assert list(kept[0][: len(table.head)]) == [str(h) for h in table.head]
            for row, cells in zip(kept[1:], table.rows, strict=False):
                assert [v or "" for v in row[: len(cells)]] == [
                    "" if c.value is None or c.value == 0 else c.value for c in cells
                ]
    assert AccessRecord.objects.filter(action="board.export").count() == 2


def test_the_inbox_is_what_waits_for_the_unit_with_what_is_late(year, run, cast, as_person):
    officer = cast["yanbian_officer"]
    found = {w.code: w for w in inbox(officer)}
    assert (found["clue-dispatched"].count, found["clue-dispatched"].overdue) == (2, 2)
    assert found["case-rectifying"].count == 3
    Reminder.objects.create(
        subject_kind="clue", subject_id=1, unit=officer.unit, kind="overdue", due_on=date(2026, 5, 1),
        on=date(2026, 5, 2), text="请尽快反馈",
    )  # fmt: skip
    page = as_person("yanbian_officer").get(reverse("inbox")).content.decode()
    assert "C-2" in page
    assert "请尽快反馈" in page
    miyi = as_person("miyi_officer").get(reverse("inbox")).content.decode()
    assert "C-2" not in miyi
    assert "请尽快反馈" not in miyi
    analyst = {w.code: w.count for w in inbox(cast["city_analyst"])}
    assert analyst["patch-review"] == 5


def test_home_is_the_inbox_for_whoever_has_one(cast, as_person):
    assert as_person("yanbian_officer").get(reverse("home")).headers["Location"] == "/inbox/"
    assert as_person("city_auditor").get(reverse("home")).headers["Location"] == "/map/"
    assert as_person("city_auditor").get(reverse("inbox")).status_code == 403
    assert as_person("city_administrator").get(reverse("board")).status_code == 403


@pytest.mark.parametrize(
    "query", [{"year": "26"}, {"county": "x"}, {"month": "2026-13"}, {"stage": "done"}]
)
def test_a_filter_that_cannot_be_read_is_refused(query, as_person):
    with pytest.raises(BadFilter):
        BoardFilter.read(query)
    assert as_person("city_supervisor").get(reverse("board"), query).status_code == 422


def test_the_annual_report_is_made_from_the_records(year, run, as_person, cast, tmp_path):
    from docx import Document

    client = as_person("city_supervisor")
    page = client.get(reverse("annual_report"), {"year": "2026"})
    assert page.context["faults"] == ()
    told = page.context["candidates"]
    assert [c.number for c in told] == ["P-0"]  # reopened
    answer = client.get(reverse("annual_docx"), {"year": "2026", "case": [told[0].pk]})
    body = io.BytesIO(b"".join(answer.streaming_content))
    text = "\n".join(p.text for p in Document(body).paragraphs)
    assert "疑似生态破坏问题6个" in text
    assert "确认生态破坏问题3处" in text
    assert "P-0" in text
    assert as_person("city_analyst").get(reverse("annual_docx")).status_code == 403
    assert AccessRecord.objects.filter(action="board.annual").count() == 1
