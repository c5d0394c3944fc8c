"""Ledgers: every book opens, rows as of any day, nothing is lost, out and back changes nothing."""

import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyogrio
import pytest
import redlining
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.utils import IntegrityError, InternalError
from django.urls import reverse
from openpyxl import load_workbook

from ecoredline.ledger import books, spatial_by
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.core.clock import standing_at
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm, MovedMeanwhile, NotAllowed, NotFound
from ecoredline.web.ledgers import actions, queries
from ecoredline.web.ledgers.actions import Told
from ecoredline.web.ledgers.importing import import_file
from ecoredline.web.ledgers.models import LedgerRow
from ecoredline.web.patches.models import Patch
from ecoredline.web.redlines import actions as redlines

pytestmark = pytest.mark.django_db
SPRING, SUMMER = date(2025, 3, 1), date(2025, 7, 1)
PATROL = {
    "patrolled_on": "2025-03-01",
    "persons": "张三",
    "found": "一切\r\n正常",
    "length_km": "12.5",
}
STATION = {"number": "S1", "name": "一号站", "kind": "water", "lon": "101.8", "lat": "26.93"}


@pytest.fixture
def told(cast, run, tmp_path):
    """A redline in force, a clue, and rows of own ledgers with a history."""
    by, officer = cast["city_supervisor"], cast["yanbian_officer"]
    made = redlines.deliver(
        redlining.upload(tmp_path, redlining.FIRST),
        by=by,
        name="红线2024",
        valid_from=date(2024, 1, 1),
    )
    redlines.accept(redlines.check(made, by=by), by=by)
    patch = Patch.objects.filter(run=run, patch_id__endswith="1")
    patch.update(state="released")
    raise_clue(by=by, patches=[patch.get()])
    row = actions.add_row(
        books()["monitor_station"], STATION, Told("510422", SPRING, "站网"), by=officer
    )
    actions.add_row(books()["patrol"], PATROL, Told("510422", SPRING), by=officer)
    return row


def xlsx(body, name="台账.xlsx"):
    return SimpleUploadedFile(name, body)


def names(person, day):
    rows = queries.rows_on(books()["monitor_station"], person, day)
    return [r.values["name"] for r in rows]


@pytest.mark.parametrize("who", ["city_supervisor", "yanbian_officer", "city_auditor"])
def test_every_book_opens_in_every_edition(told, as_person, who):
    client = as_person(who)
    assert client.get(reverse("ledger_list")).status_code == 200
    for book in books().values():
        for edition in ("current", "baseline", "change"):
            facts = {"edition": edition, "start": "2024-06-01"}
            page = client.get(reverse("ledger", args=[book.name]), facts)
            assert page.status_code == 200, (book.name, edition)
            assert book.zh in page.content.decode()
    shown = client.get(reverse("ledger", args=["redline_patch"])).content.decode()
    assert "斑块R1" in shown and ("斑块R2" in shown) == (who != "yanbian_officer")
    assert "张三" in client.get(reverse("ledger", args=["patrol"])).content.decode()


def test_a_row_is_told_as_it_was_on_every_day_and_corrections_are_kept(told, cast):
    book, officer = books()["monitor_station"], cast["yanbian_officer"]
    moved = STATION | {"name": "迁建站"}
    actions.change_row(book, str(told.key), moved, Told("510422", SUMMER), by=officer)
    actions.change_row(
        book, str(told.key), moved | {"name": "新站"}, Told("510422", SUMMER), by=officer
    )
    assert names(officer, date(2025, 2, 28)) == []
    assert names(officer, SPRING) == names(officer, date(2025, 6, 30)) == ["一号站"]
    assert names(officer, SUMMER) == ["新站"]
    states = queries.history_of(book, officer, str(told.key))
    assert [(s.values["name"], s.valid_to, s.retired_at is None) for s in states] == [
        ("一号站", SUMMER, True), ("迁建站", None, False), ("新站", None, True),
    ]  # fmt: skip
    (change,) = queries.changes_between(book, officer, SPRING, SUMMER)
    assert (change["how"], [(c.name, a, b) for c, a, b in change["fields"]]) == (
        "changed", [("name", "一号站", "新站")],
    )  # fmt: skip
    with pytest.raises(MovedMeanwhile):
        actions.change_row(
            book, str(told.key), STATION, Told("510422", SUMMER), by=officer, seen=told.pk
        )
    with pytest.raises(BadForm) as fault:
        actions.change_row(
            book, str(told.key), STATION | {"kind": "卫星", "lon": "", "name": ""},
            Told("510421", date(2025, 1, 1)), by=officer,
        )  # fmt: skip
    said = "\n".join(fault.value.details)
    assert all(w in said for w in ("站点名称", "类型", "经度", "辖区", "早于现有一期"))
    actions.end_row(book, str(told.key), by=officer, day=date(2025, 9, 1), reason="撤站")
    assert names(officer, date(2025, 8, 31)) == ["新站"] and names(officer, date(2025, 9, 1)) == []
    with pytest.raises(NotFound):
        actions.change_row(book, str(told.key), STATION, Told("510422", SUMMER), by=officer)


def test_what_was_written_never_changes(told):
    for change in (
        {"values": {}},
        {"division_code": "510421"},
        {"valid_from": SUMMER},
        {"geom": None},
    ):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            LedgerRow.objects.filter(pk=told.pk).update(**change)
    LedgerRow.objects.filter(pk=told.pk).update(valid_to=SUMMER)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        LedgerRow.objects.filter(pk=told.pk).update(valid_to=None)


def test_a_county_workbook_out_and_back_changes_nothing(told, as_person, cast):
    client = as_person("yanbian_officer")
    answer = client.get(reverse("ledger_workbook"), {"county": "", "reason": "核对导出内容"})
    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == 25
    assert "不作为官方格式" in str(book["说明"]["A3"].value)
    assert AccessRecord.objects.filter(action="ledger.export").count() == 1
    before = list(LedgerRow.objects.order_by("pk").values())
    counts = import_file(xlsx(answer.content), by=cast["yanbian_officer"])
    assert counts["new"] == counts["changed"] == 0 < counts["same"]
    assert list(LedgerRow.objects.order_by("pk").values()) == before
    for name in ("redline_patch", "suspected_spot", "activity_spot", "patrol"):
        assert book[books()[name].zh].max_row > 3, name
    # as another would open and save it in an office program
    again = io.BytesIO()
    book.save(again)
    counts = import_file(xlsx(again.getvalue()), by=cast["yanbian_officer"])
    assert counts["new"] == counts["changed"] == 0


def test_an_import_brings_changes_and_new_rows_or_nothing_at_all(told, as_person, cast):
    officer = cast["yanbian_officer"]
    body = (
        as_person("yanbian_officer")
        .get(reverse("ledger_workbook"), {"reason": "核对导出内容"})
        .content
    )
    book = load_workbook(io.BytesIO(body))
    sheet, given = book["监测点位台账"], book["生态保护红线斑块台账"]
    heads = {c.value: c.column for c in sheet[3]}
    sheet.cell(4, heads["站点名称"], "改名站")
    sheet.cell(4, heads["生效日期"], "2025-07-01")
    for head, value in (("县级区划代码", "510422"), ("站点编号", "S2"), ("站点名称", "二号站"),
                        ("类型", "视频监控"), ("经度", "E101°48′00″"), ("纬度", "26.925")):  # fmt: skip
        sheet.cell(5, heads[head], value)
    good = io.BytesIO()
    book.save(good)
    given.cell(4, {c.value: c.column for c in given[3]}["斑块名称"], "另名")
    sheet.cell(6, heads["行标识"], "x")
    sheet.cell(6, heads["县级区划代码"], "530723")
    bad = io.BytesIO()
    book.save(bad)
    count = LedgerRow.objects.count()
    with pytest.raises(BadForm) as fault:
        import_file(xlsx(bad.getvalue()), by=officer)
    said = "\n".join(fault.value.details)
    assert all(
        w in said for w in ("与业务数据不一致", "没有这一行", "不在本单位辖区内", "第6行“站点编号”")
    )
    assert LedgerRow.objects.count() == count
    counts = import_file(xlsx(good.getvalue()), by=officer)
    assert (counts["new"], counts["changed"]) == (1, 1)
    again = import_file(xlsx(good.getvalue()), by=officer)  # its new row has no key, yet is known
    assert (again["new"], again["changed"], again["same"]) == (0, 0, sum(counts.values()))
    assert names(officer, SPRING) == ["一号站"]
    assert sorted(names(officer, date(2026, 10, 1))) == ["改名站"]
    with pytest.raises(NotAllowed):
        import_file(xlsx(body), by=cast["city_auditor"])


def test_the_geopackage_holds_the_spatial_books_and_their_fields_elsewhere(
    told, as_person, cast, tmp_path
):
    client = as_person("yanbian_officer")
    path = tmp_path / "out.gpkg"
    path.write_bytes(client.get(reverse("ledger_geopackage"), {"reason": "核对导出内容"}).content)
    layers = {name for name, _ in pyogrio.list_layers(path)}
    assert layers == {b.name for b in books().values() if spatial_by(b)}
    assert len(pyogrio.read_dataframe(path, layer="redline_patch")) == 1
    boss = cast["city_supervisor"]
    actions.set_mapping(
        by=boss, system="stbhhx", book="redline_patch", column="area_ha", field="MJ_HA"
    )
    path.write_bytes(
        client.get(
            reverse("ledger_geopackage"), {"system": "stbhhx", "reason": "核对导出内容"}
        ).content
    )
    frame = pyogrio.read_dataframe(path, layer="redline_patch")
    assert {"BSM", "MC", "XZQDM", "MJ_HA"} <= set(frame.columns)
    with pytest.raises(BadForm) as fault:
        actions.set_mapping(by=boss, system="x", book="redline_patch", column="y", field="1 z")
    assert len(fault.value.details) == 3
    assert "非官方" in client.get(reverse("ledger_mappings")).content.decode()
    assert client.get(reverse("ledger_mapping_new")).status_code == 403


def test_scope_and_guarded_columns(told, cast, as_person):
    species = {
        "scientific_name": "Cycas panzhihuaensis",
        "observed_on": "2025-03-01",
        "lon": "101.8",
        "lat": "26.93",
    }
    book = books()["species_occurrence"]
    actions.add_row(book, species, Told("510422", SPRING), by=cast["yanbian_officer"])
    (row,) = queries.rows_on(book, cast["yanbian_officer"])
    assert row.values["lon"] == 101.8 and row.geometry is not None
    (row,) = queries.rows_on(book, cast["city_auditor"])
    assert "lon" not in row.values and row.geometry is None
    assert queries.rows_on(book, cast["miyi_officer"]) == []
    assert (
        as_person("miyi_officer")
        .get(reverse("ledger_row", args=["monitor_station", told.key]))
        .status_code
        == 404
    )
    assert as_person("city_checker").get(reverse("ledger_workbook")).status_code == 403
    with pytest.raises(NotAllowed):
        actions.add_row(book, species, Told("510422", SPRING), by=cast["city_auditor"])
    with pytest.raises(BadForm, match="由业务数据生成"):
        actions.add_row(
            books()["letter"], {"title": "x"}, Told("510422", SPRING), by=cast["yanbian_officer"]
        )


def test_a_clue_s_state_is_that_of_the_day_and_its_baseline_is_the_unit_s(told, cast):
    boss = cast["city_supervisor"]
    with standing_at(datetime(2025, 8, 1, tzinfo=ZoneInfo("Asia/Shanghai"))):
        actions.set_baseline(by=boss, day=SPRING, document="县级台账启用")
    assert queries.baseline_for(cast["yanbian_officer"]).day == SPRING
    assert queries.baseline_for(cast["huaping_officer"]) is None
    (row,) = queries.rows_on(books()["suspected_spot"], boss)
    assert row.values["state"] and row.county == "510422"
    assert queries.rows_on(books()["suspected_spot"], boss, SPRING) == []


def test_the_pages_write_a_row_and_keep_what_was_typed(told, as_person):
    client = as_person("yanbian_officer")
    form = {**PATROL, "told_county": "510422", "told_from": "2025-05-01", "persons": ""}
    refused = client.post(reverse("ledger_row_new", args=["patrol"]), form)
    assert refused.status_code == 422 and "巡护人员" in refused.content.decode()
    assert "2025-03-01" in refused.content.decode()
    answer = client.post(reverse("ledger_row_new", args=["patrol"]), form | {"persons": "李四"})
    assert answer.status_code == 302
    row = LedgerRow.objects.get(values__persons="李四")
    page = client.get(reverse("ledger_row", args=["patrol", row.key])).content.decode()
    assert "李四" in page and "现行" in page
    change = reverse("ledger_row_change", args=["patrol", row.key])
    assert "李四" in client.get(change).content.decode()
    assert client.get(reverse("ledger_row_new", args=["letter"])).status_code == 404
    assert client.get(reverse("ledger_import")).status_code == 200
    for bad in ({"day": "x"}, {"edition": "x"}, {"county": "530723"}):
        assert client.get(reverse("ledger", args=["patrol"]), bad).status_code == 422
