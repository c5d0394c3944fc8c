"""The pages of clues: what each person sees, what is refused with nothing lost, whole walks by form."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
import sample_run
import shapely

from ecoredline.documents.annex import AnnexTable
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1
from ecoredline.web.clues import dispatching as hands
from ecoredline.web.clues import lists
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.clues.consulting import consult
from ecoredline.web.clues.models import Clue, Consultation, Dispatch, DuplicateProposal
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.letters.models import Letter

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def clues(cast, run):
    """Four clues of the city: two of patches in 盐边 and 米易, two petitions in 盐边."""
    run.patches.update(state="released")
    by = cast["city_supervisor"]
    patches = {int(p.patch_id[-1]): p for p in run.patches.all()}
    with clock.standing_at(MARCH):
        found = [raise_clue(by=by, patches=[patches[n]]) for n in (1, 5)]
        found += [
            raise_clue(by=by, source="petition", source_detail=f"信访{n}", division_code="510422",
                       redline_area_ha="0.5", place="红格镇")
            for n in (1, 2)
        ]  # fmt: skip
    return found


@pytest.fixture
def listed(cast, clues):
    consult(
        by=cast["city_supervisor"],
        participants="甲",
        summary="乙",
        outcomes=[(c, "keep", "") for c in clues],
    )
    return clues


def test_the_list_filters_sorts_counts_and_hides_other_divisions(as_person, clues):
    page = as_person("city_supervisor").get("/clues/", {"q": "红格镇", "source": "petition"})
    assert page.context["total"]["count"] == 2
    found = (
        as_person("city_supervisor").get("/clues/", {"sort": "area"}).context["page"].object_list
    )
    assert [c.redline_area_ha for c in found] == sorted(c.redline_area_ha for c in clues)
    by_patch = as_person("city_supervisor").get("/clues/", {"q": "510422-202603-000000001"})
    assert list(by_patch.context["page"].object_list) == [clues[0]]
    assert (
        as_person("city_supervisor").get("/clues/", {"overdue": "1"}).context["total"]["count"] == 0
    )
    assert as_person("miyi_officer").get("/clues/").context["total"]["count"] == 1
    assert as_person("huaping_officer").get("/clues/").context["total"]["count"] == 0
    refused = as_person("city_supervisor").get(
        "/clues/", {"state": "odd", "sort": "x", "year": "二"}
    )
    assert refused.status_code == 422
    assert len(refused.context["faults"]) == 3
    assert as_person("huaping_officer").get(f"/clues/{clues[0].pk}/").status_code == 404
    assert as_person("huaping_officer").get(f"/clues/{clues[0].pk}.geojson").status_code == 404


def test_the_workbook_holds_exactly_what_is_shown_and_is_recorded(as_person, clues):
    query = {"source": "petition", "sort": "-number"}
    shown = as_person("city_supervisor").get("/clues/", query).context["page"].object_list
    answer = as_person("city_supervisor").get(
        "/clues/export.xlsx", query | {"reason": "核对导出内容"}
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    assert [sheet.cell(r, 1).value for r in range(3, sheet.max_row + 1)] == [
        c.number for c in shown
    ]
    assert AccessRecord.objects.get(action="clue.export").detail["rows"] == 2


def test_the_page_shows_only_the_buttons_of_the_person(as_person, cast, listed):
    clue = listed[0]
    hands.dispatch_clues(
        clues=[clue], to_unit=cast["yanbian_officer"].unit, by=cast["city_supervisor"], letter=False
    )
    seen = {
        name: {a["step"] for a in as_person(name).get(f"/clues/{clue.pk}/").context["actions"]}
        for name in ("city_supervisor", "yanbian_officer", "city_auditor", "province_supervisor")
    }
    assert seen == {
        "city_supervisor": {"reassign", "extend", "remind", "merge"},
        "yanbian_officer": {"decline"}, "city_auditor": set(),
        "province_supervisor": {"reassign", "extend", "remind"},
    }  # fmt: skip
    outline = as_person("yanbian_officer").get(f"/clues/{clue.pk}.geojson").json()
    assert shapely.from_geojson(str(outline["geometry"]).replace("'", '"')).area > 0
    petition = as_person("city_supervisor").get(f"/clues/{listed[2].pk}/")
    assert "没有坐标" in petition.content.decode()


def bulk(client, step, clues, **more):
    data = {"do": step, "ids": [c.pk for c in clues]}
    data |= {f"seen-{c.pk}": Clue.objects.get(pk=c.pk).version for c in clues}
    return client.post("/clues/bulk/", data | more)


def test_bulk_dispatch_is_looked_at_first_and_gives_one_letter_for_each_county(
    as_person, cast, listed
):
    client = as_person("city_supervisor")
    looked = bulk(client, "dispatch", listed)
    assert [(t["unit"].division_code, t["count"]) for t in looked.context["totals"]] == [
        ("510421", 1), ("510422", 3),
    ]  # fmt: skip
    assert not Dispatch.objects.exists()
    refused = bulk(
        client, "dispatch", listed, confirm="1", due_on="2020-01-01", letter="1", reason="请核实"
    )
    assert refused.status_code == 422 and "请核实" in refused.content.decode()
    assert not Letter.objects.exists()
    done = bulk(
        client, "dispatch", listed, confirm="1", due_on="2036-01-01", letter="1", contact="李四"
    )
    assert done.status_code == 302
    counts = {letter.to_unit.division_code: letter.count for letter in Letter.objects.all()}
    assert counts == {"510421": 1, "510422": 3}
    yanbian = as_person("yanbian_officer")
    assert yanbian.get("/clues/", {"turn": "mine"}).context["total"]["count"] == 3
    assert bulk(yanbian, "receive", listed[2:], confirm="1").status_code == 302
    assert Dispatch.objects.filter(received_at=None).count() == 2
    assert bulk(as_person("city_analyst"), "dispatch", listed).status_code == 403


def test_who_comes_second_is_told_and_keeps_what_was_typed(as_person, cast, listed):
    clue, client = listed[0], as_person("city_supervisor")
    client.get(f"/clues/{clue.pk}/do/amend/")
    raised = Clue.objects.get(pk=clue.pk)
    from ecoredline.web.clues.actions import amend

    amend(raised, by=cast["city_analyst"], remark="先写的")
    data = {"seen": clue.version, "remark": "后写的", "priority": "must", "reason": "补充"}
    told = client.post(f"/clues/{clue.pk}/do/amend/", data)
    words = told.content.decode()
    assert told.status_code == 409 and "后写的" in words and "city_analyst" in words
    raised.refresh_from_db()
    assert raised.remark == "先写的"
    again = {**data, "seen": told.context["form"].data["seen"]}
    assert client.post(f"/clues/{clue.pk}/do/amend/", again).status_code == 302
    raised.refresh_from_db()
    assert raised.remark == "后写的"
    assert as_person("city_checker").post(f"/clues/{clue.pk}/do/extend/", data).status_code == 403


def test_a_petition_by_form_with_degrees_minutes_and_an_outline(as_person, run):
    client = as_person("city_supervisor")
    lon, lat = sample_run.box(20, 10, 1, 1).centroid.coords[0]
    shape = shapely.to_geojson(sample_run.box(20, 10, 4, 4))
    data = {"source": "media", "source_detail": "某报3月1日", "found_on": "2026-03-01",
            "priority": "must", "problem_type": ["space"], "lon": "101度", "lat": "x"}  # fmt: skip
    refused = client.post("/clues/raise/", data)
    assert refused.status_code == 422 and "某报3月1日" in refused.content.decode()
    assert "纬度“x”" in refused.content.decode()
    degrees, rest = int(lon), (lon - int(lon)) * 60
    dms = f"E{degrees}°{int(rest):02d}′{(rest - int(rest)) * 60:.3f}″"
    assert (
        client.post("/clues/raise/", {**data, "lon": dms, "lat": f"{lat:.7f}"}).status_code == 302
    )
    assert (
        client.post("/clues/raise/", {**data, "lon": "", "lat": "", "outline": shape}).status_code
        == 302
    )
    point, area = Clue.objects.order_by("pk")
    assert point.lon == pytest.approx(lon, abs=1e-6) and point.county == "盐边县"
    assert (area.problem_type, area.county) == ("space", "盐边县") and area.redline_area_ha > 0
    assert DuplicateProposal.objects.filter(first=point, second=area).exists()
    assert as_person("city_auditor").get("/clues/raise/").status_code == 403


def test_patches_raised_by_page_with_the_grouping_changed_by_hand(as_person, run):
    run.patches.update(state="released")
    client = as_person("city_analyst")
    shown = client.get("/clues/raise/patches/").context["patches"]
    assert {p.division_code for p in shown} == {"510422", "510421"}  # none outside the redline
    data = {f"group-{p.pk}": "1" if p.division_code == "510421" else "0" for p in shown}
    assert client.post("/clues/raise/patches/", data | {"confirm": "1"}).status_code == 302
    assert Clue.objects.get().links.count() == sum(p.division_code == "510421" for p in shown)


def test_a_list_comes_in_by_page_only_after_a_look(as_person, run):
    body = io.BytesIO()
    row = ("部-9", "四川省", "攀枝花市", "盐边县", 101.82, 26.92, "某地", 2, "", "占用生态空间", "")
    from decimal import Decimal

    row = (*row[:7], Decimal("2.0000"), *row[8:])
    annex_workbook(AnnexTable(ANNEX_1, "四川省", (row,))).save(body)
    body.name, _ = "下发.xlsx", body.seek(0)
    client = as_person("city_supervisor")
    looked = client.post("/clues/import/", {"file": body, "year": "2026"})
    assert len(looked.context["preview"].new) == 1 and not Clue.objects.exists()
    token = looked.context["token"]
    confirm = {"token": token, "year": "2026", "confirm": "1"}
    stolen = as_person("province_supervisor").post("/clues/import/", confirm)
    assert stolen.status_code == 422 and not Clue.objects.exists()
    assert as_person("city_supervisor").post("/clues/import/", confirm).status_code == 302
    assert Clue.objects.get().list_number == "部-9"


def test_consultation_duplicates_and_lists_by_page(as_person, cast, clues):
    client = as_person("city_supervisor")
    data = {
        "ids": [c.pk for c in clues],
        "confirm": "1",
        "held_on": "2026-03-01",
        "summary": "同意",
    }
    data |= {f"outcome-{c.pk}": "keep" for c in clues}
    refused = client.post("/clues/consult/", data)
    assert refused.status_code == 422 and "同意" in refused.content.decode()
    assert client.post("/clues/consult/", data | {"participants": "甲、乙"}).status_code == 302
    assert Consultation.objects.get().items.count() == 4
    assert client.get("/clues/consultations/").context["page"].paginator.count == 1
    assert client.get("/clues/duplicates/").status_code == 200
    made = client.post("/lists/", {"kind": "suspected", "year": "2026", "note": "三月"})
    version = lists.list_as_of(cast["city_supervisor"].unit, "suspected", date(2100, 1, 1))
    assert made.url == f"/lists/{version.pk}/"
    page = client.get(made.url)
    assert page.context["is_intact"] and len(page.context["rows"]) == 4
    assert (
        client.get(f"/lists/{version.pk}/annex.docx", {"reason": "核对导出内容"}).getvalue()[:2]
        == b"PK"
    )
    assert client.get("/lists/", {"day": "2026-01-01"}).context["page"].paginator.count == 0
    part = as_person("miyi_officer").get(made.url)
    assert len(part.context["rows"]) == 1 and "节选" in part.content.decode()
    assert as_person("huaping_officer").get(made.url).status_code == 404
    Clue.objects.filter(pk=clues[3].pk).update(state="withdrawn")
    client = as_person("city_supervisor")
    client.post("/lists/", {"kind": "suspected", "year": "2026"})
    newer = lists.list_as_of(cast["city_supervisor"].unit, "suspected", date(2100, 1, 1))
    found = client.get("/lists/compare/", {"old": version.pk, "new": newer.pk}).context["found"]
    assert [row["key"] for row in found["removed"]] == [clues[3].number]


def test_coordinates_of_a_petition_are_added_later(as_person, clues):
    clue = clues[2]
    lon, lat = sample_run.box(20, 10, 1, 1).centroid.coords[0]
    data = {
        "seen": clue.version,
        "priority": "must",
        "place": "采石场",
        "lon": "1x",
        "lat": f"{lat}",
    }
    client = as_person("city_supervisor")
    refused = client.post(f"/clues/{clue.pk}/do/amend/", data)
    assert refused.status_code == 422 and "lon" in refused.context["form"].errors
    assert client.post(f"/clues/{clue.pk}/do/amend/", data | {"lon": f"{lon}"}).status_code == 302
    clue.refresh_from_db()
    assert (clue.county, clue.place, clue.division_code) == ("盐边县", "采石场", "510422")
    assert clue.point.coords == pytest.approx((lon, lat), abs=1e-8)
    assert clue.redline_version and clue.number in [
        str(c) for c in Clue.objects.filter(point__within=clue.point.buffer(0.001))
    ]
