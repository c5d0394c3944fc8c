"""Lists frozen with their hash, extracts, what comes in by a handed-down list, groups, the workbook."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
import sample_run
from django.db import IntegrityError, connection, transaction

from ecoredline.documents.annex import AnnexTable
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1
from ecoredline.documents.readback import read_annex
from ecoredline.web.clues import lists
from ecoredline.web.clues.actions import amend, raise_clue
from ecoredline.web.clues.consulting import consult
from ecoredline.web.clues.export import workbook
from ecoredline.web.clues.grouping import proposed_groups, raise_groups
from ecoredline.web.clues.importing import import_list, read_list
from ecoredline.web.clues.models import Clue, ListVersion
from ecoredline.web.clues.outlines import degrees, uploaded_outline
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
MAY = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


@pytest.fixture
def march():
    with clock.standing_at(MARCH):
        yield


@pytest.fixture
def on_list(cast, run, march):
    """Two clues of patches and one of a petition, on the city's list."""
    run.patches.update(state="released")
    by = cast["city_supervisor"]
    patches = {int(p.patch_id[-1]): p for p in run.patches.all()}
    clues = [raise_clue(by=by, patches=[patches[n]]) for n in (1, 4)]
    clues.append(
        raise_clue(by=by, source="petition", source_detail="信访〔2026〕8号", division_code="510422", lon=101.82, lat=26.92,
                   redline_area_ha="0.5", problem_type="space", activity_type="1")
    )  # fmt: skip
    consult(by=by, participants="甲", summary="乙", outcomes=[(c, "keep", "") for c in clues])
    return clues


def test_a_final_list_stays_as_it_was_and_its_hash_tells_a_change(cast, on_list):
    by = cast["city_supervisor"]
    with pytest.raises(NotAllowed):
        lists.finalise_list(unit=by.unit, kind="suspected", year=2026, by=cast["city_analyst"])
    first = lists.finalise_list(unit=by.unit, kind="suspected", year=2026, by=by, note="三月清单")
    assert lists.finalise_list(unit=by.unit, kind="suspected", year=2026, by=by) == first
    assert (first.number, first.count) == (1, 3)
    assert first.area_ha == sum(c.redline_area_ha for c in on_list)
    before = [row["cells"] for row in first.rows]
    with clock.standing_at(MAY):
        amend(on_list[2], by=by, redline_area_ha="0.7", remark="补充丈量")
        second = lists.finalise_list(unit=by.unit, kind="suspected", year=2026, by=by)
    first.refresh_from_db()
    assert [row["cells"] for row in first.rows] == before and lists.is_intact(first)
    assert (second.number, second.count) == (2, 3)
    found = lists.difference(first.rows, second.rows)
    assert not found["added"] and not found["removed"]
    (changed,) = found["changed"]
    assert (changed["key"], changed["cells"][0]) == (on_list[2].number, (7, "0.5000", "0.7000"))
    unit = by.unit
    for day, version in ((date(2026, 3, 9), None), (date(2026, 3, 10), first),
                         (date(2026, 5, 5), first), (date(2026, 5, 6), second)):  # fmt: skip
        assert lists.list_as_of(unit, "suspected", day) == version
    rows = first.rows
    rows[0]["cells"][7] = "9.9999"
    with pytest.raises(IntegrityError), transaction.atomic():
        ListVersion.objects.filter(pk=first.pk).update(rows=rows)
    with connection.cursor() as cursor:  # what the owner of the database could do
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table clues_listversion disable trigger user")
    ListVersion.objects.filter(pk=first.pk).update(rows=rows)
    first.refresh_from_db()
    assert not lists.is_intact(first)
    assert lists.is_intact(second)


def test_each_unit_has_its_part_and_the_annex_says_so_and_reads_back(cast, on_list):
    by = cast["city_supervisor"]
    version = lists.finalise_list(unit=by.unit, kind="suspected", year=2026, by=by)
    whole = lists.table_of(by, version)
    part = lists.table_of(cast["miyi_officer"], version)
    assert (len(whole.rows), whole.extract, len(part.rows)) == (3, "", 1)
    assert part.extract == "510421 county（510421）"
    with pytest.raises(NotFound):
        lists.version_for(cast["huaping_officer"], version.pk)
    reading = read_annex(lists.document(by, version, "xlsx"), kind="annex-1")
    assert not reading.faults and reading.area_ha == version.area_ha == whole.area_ha
    remarks = {row.patch_id: row.remark for row in reading.rows}
    assert "线索来源：信访举报（信访〔2026〕8号）" in remarks[on_list[2].number]
    assert lists.document(by, version, "docx").read(2) == b"PK"


def test_annex_2_holds_every_reviewed_patch_in_the_redline_of_the_units_divisions(
    cast, on_list, run
):
    by = cast["city_supervisor"]
    version = lists.finalise_list(unit=by.unit, kind="activities", year=2026, by=by)
    keys = {row["key"] for row in version.rows}
    wanted = run.patches.filter(
        channel__in=("suspected", "protected"), scope_codes__contains=["5104"]
    )
    assert keys == set(wanted.values_list("patch_id", flat=True))
    assert len(keys) == 4
    with pytest.raises(BadForm):
        lists.finalise_list(unit=by.unit, kind="problems", year=2026, by=by)


def handed_down(*rows) -> bytes:
    """An annex 1 as another office would send it."""
    body = io.BytesIO()
    annex_workbook(AnnexTable(ANNEX_1, "四川省", tuple(rows))).save(body)
    return body.getvalue()


def told(number, county="盐边县", lon=101.82, lat=26.92, area="1.5000", **more):
    from decimal import Decimal

    cells = {
        "province": "四川省",
        "city": "攀枝花市",
        "activity": "矿产资源开发（含采石、采砂）",
        "problem": "占用生态空间",
    } | more
    return (number, cells["province"], cells["city"], county, lon, lat, "某地", Decimal(area),
            cells["activity"], cells["problem"], "")  # fmt: skip


def test_a_handed_down_list_comes_in_whole_and_once(cast, run, march):
    by = cast["city_supervisor"]
    file = handed_down(told("部-001"), told("部-002", county="米易县", area="0.25"))
    preview = read_list(file, by=by, year=2026)
    assert (len(preview.new), preview.faults) == (2, [])
    assert not Clue.objects.exists()
    made = import_list(file, by=by, name="附件1.xlsx")
    assert [(c.list_number, c.source, c.division_code) for c in made] == [
        ("部-001", "list", "510422"), ("部-002", "list", "510421"),
    ]  # fmt: skip
    assert sum(c.redline_area_ha for c in made) == preview.reading.area_ha
    assert import_list(file, by=by, name="附件1.xlsx") == []
    longer = handed_down(told("部-001"), told("部-003"))
    assert [c.list_number for c in import_list(longer, by=by, name="b.xlsx")] == ["部-003"]
    assert Clue.objects.count() == 3


def test_every_fault_of_a_list_is_said_with_row_and_column_and_nothing_comes_in(cast, run, march):
    by = cast["city_supervisor"]
    file = handed_down(
        told("部-001"), told("部-002", county="不存在县", lon=99.0, lat=30.0),
        told("部-003", county="华坪县", city="丽江市", province="云南省"), told("部-001", activity="造船"),
    )  # fmt: skip
    with pytest.raises(BadForm) as problem:
        import_list(file, by=by, name="附件1.xlsx")
    said = "\n".join(problem.value.details)
    for word in ("第6行 县级行政区：“不存在县”", "造船", "重复", "不在本单位辖区"):
        assert word in said, said
    assert not Clue.objects.exists()
    with pytest.raises(BadForm):
        read_list(b"not a workbook", by=by, year=2026)
    with pytest.raises(NotAllowed):
        read_list(file, by=cast["city_auditor"], year=2026)


def test_near_patches_are_proposed_as_one_clue_within_a_county(cast, run, march):
    run.patches.update(state="released")
    patches = {int(p.patch_id[-1]): p for p in run.patches.all()}
    # 1 at columns 10–14; a neighbour 50 m east of it; one 50 m away but in the next county
    from ecoredline.web.regions.actions import multi

    for number, col, code in ((2, 19, "510422"), (4, 24, "510421")):
        patches[number].geom, patches[number].division_code = (
            multi(sample_run.box(col, 10, 4, 4)),
            code,
        )
        patches[number].save()
    groups = proposed_groups([patches[n] for n in (1, 2, 4, 5)], 60)
    assert [[int(p.patch_id[-1]) for p in g] for g in groups] == [[1, 2], [4], [5]]
    assert proposed_groups([patches[1], patches[2]], 40) == [[patches[1]], [patches[2]]]
    made = raise_groups(groups=groups, by=cast["city_analyst"])
    assert [c.links.count() for c in made] == [2, 1, 1]
    with pytest.raises(BadForm):
        raise_groups(groups=[[]], by=cast["city_analyst"])


class Upload(io.BytesIO):
    def __init__(self, name, body):
        super().__init__(body)
        self.name, self.size = name, len(body)


def test_outlines_and_coordinates_as_people_give_them():
    assert degrees("１０１°３２′１５″", "经度") == degrees("东经101度32分15秒", "经度") == 101.5375
    assert degrees(" 26.6 ", "纬度") == 26.6 and degrees("", "纬度") is None
    with pytest.raises(BadForm, match="经度"):
        degrees("一百零一", "经度")
    square = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[101.8,26.9],[101.81,26.9],[101.81,26.91],[101.8,26.91],[101.8,26.9]]]}}]}'
    shape, _ = uploaded_outline(Upload("范围.geojson", square))
    assert shape.bounds == (101.8, 26.9, 101.81, 26.91)
    kml = b"""<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>101.8,26.9 101.81,26.9 101.81,26.91 101.8,26.9</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"""
    assert uploaded_outline(Upload("a.kml", kml))[0].area == pytest.approx(0.00005)
    for name, body in (("a.exe", square), ("a.geojson", b"{"), ("a.zip", b"PK\x03\x04no"),
                       ("a.geojson", square.replace(b"26.9", b"86.9"))):  # fmt: skip
        with pytest.raises(BadForm):
            uploaded_outline(Upload(name, body))


def test_the_workbook_keeps_text_as_text_and_says_that_data_are_made(on_list):
    clue = on_list[0]
    clue.remark = "=HYPERLINK(0)"
    sheet = openpyxl.load_workbook(workbook([clue], "筛选：全部")).active
    assert "演示合成数据" in sheet["A1"].value
    assert [sheet["A3"].value, sheet["L3"].value, sheet["L3"].data_type] == [
        clue.number, "=HYPERLINK(0)", "s",
    ]  # fmt: skip
    assert sheet["H3"].value == float(clue.redline_area_ha)
