"""Admission checks: what is drawn is held against the database's layers, kept as it was answered, and never by halves."""

import io
import json
import re

import admitting
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from docx import Document
from sample_run import box

from ecoredline.geodesy import area_ha
from ecoredline.web.admissions import actions, answers, approved, rules
from ecoredline.web.admissions.asking import asked
from ecoredline.web.admissions.models import Admission, Approval, RuleEdition
from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import BadForm, FileChanged, MovedMeanwhile, NotAllowed
from ecoredline.web.regions.models import ProtectedAreaVersion, RedlinePolygon, RedlineVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(run, cast):
    """The sample run with its layers in force."""
    admitting.ready(cast)
    return run


OUTSIDE = (49, 2, 2, 2)  # between the two redline polygons
CORE = (4, 4, 6, 6)
GENERAL = (60, 40, 6, 6)


def outline(place) -> str:
    return shapely.to_geojson(box(*place))


def ask(person, place=GENERAL, **said):
    """One drawn project, checked; gives its row."""
    told = {"name": "项目", "path": "plain", "activity": "LHA-01"} | said
    made = actions.check(asked(outline=outline(place), **told), by=person)
    return made.answers.get()


@pytest.mark.parametrize(
    ("place", "said", "outcome", "admitted"),
    [
        (OUTSIDE, {}, "not_in_redline", True),
        (CORE, {}, "forbidden", False),
        (GENERAL, {}, "permitted", False),
        (GENERAL, {"opinion": "川府函〔2026〕1号"}, "permitted", True),
        (GENERAL, {"activity": ""}, "undetermined", False),
        (GENERAL, {"path": "major"}, "major_project", False),
    ],
)
def test_the_database_answers_by_zone_activity_and_path(run, cast, place, said, outcome, admitted):
    row = ask(cast["city_supervisor"], place, **said)
    assert (row.outcome, row.admitted) == (outcome, admitted)
    assert float(row.area_ha) == pytest.approx(area_ha(box(*place)), abs=1e-4)
    inside = 0 if place is OUTSIDE else float(row.area_ha)
    assert float(row.redline_ha) == pytest.approx(inside, abs=2e-4)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("redline", "没有斑块"),
        ("zones", "没有管控区属性"),
        ("protected", "没有覆盖项目所在地的自然保护地版本"),
    ],
)
def test_a_layer_that_is_not_there_makes_it_fail_closed_and_is_named(run, cast, lost, words):
    if lost == "redline":
        RedlinePolygon.objects.all().delete()
    elif lost == "zones":
        version = RedlineVersion.objects.create(
            name="无分区", sha256="0" * 64, is_demo=True, valid_from=admitting.SINCE, covers=["51"]
        )
        for polygon in list(RedlinePolygon.objects.all()):
            polygon.pk, polygon.version, polygon.control_zone = None, version, ""
            polygon.save(force_insert=True)
    else:
        run.protected_version = None
        run.save()
        ProtectedAreaVersion.objects.all().delete()
    row = ask(cast["city_supervisor"], OUTSIDE)
    assert (row.outcome, row.admitted) == ("undetermined", False)
    assert words in " ".join(row.answer["reasons"])


def test_an_answer_is_kept_with_its_hash_and_nobody_can_change_it(run, cast):
    row = ask(cast["yanbian_officer"], CORE)
    assert row.number.startswith("ZR510422-")
    note = AccessRecord.objects.get(action="admission.check", thing=row.number)
    assert note.detail["sha256"] == row.sha256
    for change in (lambda: Admission.objects.update(admitted=True), lambda: row.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    again = Admission.objects.get(pk=row.pk)
    assert answers.answer_of(again).to_dict() == row.answer
    again.answer["outcome"] = "permitted"
    with pytest.raises(FileChanged):
        answers.answer_of(again)


def test_who_may_check_and_whose_land(run, cast):
    with pytest.raises(NotAllowed):
        ask(cast["city_auditor"])
    with pytest.raises(BadForm, match="不在本单位辖区内"):
        ask(cast["huaping_officer"], CORE)
    row = ask(cast["yanbian_officer"], CORE)
    seen = {
        who for who in cast if Admission.objects.visible_to(cast[who]).filter(pk=row.pk).exists()
    }
    assert {"yanbian_officer", "city_supervisor", "province_supervisor"} <= seen
    assert not {"miyi_officer", "huaping_officer", "panzhou_officer"} & seen


def test_the_pages_show_the_rule_and_hide_what_is_elsewhere(run, cast, as_person):
    row = ask(cast["yanbian_officer"], CORE)
    page = as_person("city_supervisor").get(f"/admissions/{row.pk}/").content.decode()
    for words in (
        "CN-CORE",
        "依据未经原文核对",
        row.answer["rules"],
        "CGCS2000 椭球面",
        row.sha256,
        "碎片",
    ):
        assert words in page
    assert as_person("miyi_officer").get(f"/admissions/{row.pk}/").status_code == 404
    assert as_person("miyi_officer").get(f"/admissions/{row.pk}/report.docx").status_code == 404
    listed = as_person("city_supervisor").get("/admissions/?outcome=forbidden").content.decode()
    assert row.number in listed
    assert (
        row.number
        not in as_person("city_supervisor").get("/admissions/?outcome=permitted").content.decode()
    )
    assert (
        as_person("city_supervisor")
        .get("/admissions/?outcome=x&since=y")
        .content.decode()
        .count("<li>")
        >= 2
    )


def test_the_report_says_what_was_answered(run, cast, as_person):
    row = ask(cast["yanbian_officer"], CORE)
    response = as_person("yanbian_officer").get(f"/admissions/{row.pk}/report.docx")
    document = Document(io.BytesIO(response.content))
    words = "\n".join(p.text for p in document.paragraphs) + "\n".join(
        c.text for t in document.tables for r in t.rows for c in r.cells
    )
    assert "不予准入" in words
    assert f"{row.redline_ha:.4f} 公顷" in words
    assert document.inline_shapes
    assert AccessRecord.objects.filter(action="admission.report", thing=row.number).exists()


def test_typed_vertices_in_two_notations_give_the_same_area_and_every_bad_line_is_told(
    run, cast, as_person
):
    ring = shapely.get_coordinates(box(*GENERAL))[:-1]
    plain = "\n".join(f"{x:.8f}, {y:.8f}" for x, y in ring)

    def dms(value):
        minutes, seconds = divmod(abs(value) * 3600, 60)
        degrees, minutes = divmod(minutes, 60)
        return f"{int(degrees)}°{int(minutes)}′{seconds:.5f}″"

    signs = "\n".join(f"{dms(x)}  {dms(y)}" for x, y in ring)
    person = cast["city_supervisor"]
    one, two = (
        actions.check(asked(vertices=v, name="甲", path="plain"), by=person).answers.get()
        for v in (plain, signs)
    )
    assert one.area_ha == two.area_ha
    faulty = "101.5 26.6\nx, 26.6\n101.6\n101.7, 99x"
    with pytest.raises(BadForm) as fault:
        asked(vertices=faulty)
    assert len(fault.value.details) == 1  # the line without two parts, told before the numbers
    page = as_person("city_supervisor").post(
        "/admissions/new/",
        {"name": "乙", "path": "plain", "vertices": "x, 26.6\n101.7, y", "as_of": ""},
    )
    assert page.status_code == 422
    text = page.content.decode()
    assert "x, 26.6" in text
    assert len(re.findall("不是坐标", text)) == 2
    assert "第 1 行 经度" in text
    assert "第 2 行 纬度" in text


def test_exactly_one_way_of_giving_the_outline():
    for given in ({}, {"outline": outline(CORE), "vertices": "1 2"}):
        with pytest.raises(BadForm, match="只用其一"):
            asked(**given)


def test_a_file_of_many_gives_an_answer_each_and_a_zip(run, cast, as_person):
    places = {"甲": CORE, "乙": GENERAL, "丙": OUTSIDE}
    collection = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"项目名称": name, "人为活动类型": "LHA-01"},
         "geometry": json.loads(outline(place))} for name, place in places.items()
    ]}  # fmt: skip
    upload = SimpleUploadedFile("projects.geojson", json.dumps(collection).encode())
    client = as_person("city_supervisor")
    response = client.post("/admissions/new/", {"path": "plain", "upload": upload, "as_of": ""})
    assert response.status_code == 302, response.content.decode()
    found = dict(Admission.objects.values_list("name", "outcome"))
    assert found == {"甲": "forbidden", "乙": "permitted", "丙": "not_in_redline"}
    assert "丙" in client.get(response.url).content.decode()
    body = client.get(response.url.rstrip("/") + ".zip")
    assert body.content[:2] == b"PK"
    as_person("yanbian_officer")
    seen = client.get(response.url).content.decode()
    assert "甲" in seen
    assert "乙" not in re.sub("<nav.*?</nav>", "", seen, flags=re.S)


def test_one_project_of_a_batch_outside_keeps_all_of_it_out(run, cast):
    shapes = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": n}, "geometry": json.loads(outline(p))}
        for n, p in (("in", CORE), ("out", (108, 20, 4, 4)))
    ]}  # fmt: skip
    upload = SimpleUploadedFile("p.geojson", json.dumps(shapes).encode())
    with pytest.raises(BadForm, match="out"):
        actions.check(asked(upload=upload), by=cast["yanbian_officer"])
    assert not Admission.objects.exists()


def test_later_patches_beside_what_was_approved(run, cast, as_person):
    supervisor = cast["city_supervisor"]
    row = ask(supervisor, (60, 10, 4, 4), opinion="川府函〔2026〕1号")  # patch 4 exactly
    part = ask(supervisor, (80, 50, 2, 4), opinion="川府函〔2026〕1号")  # half of patch 5
    told = {"kind": "granted", "document": "川自然资〔2026〕3号", "authority": "省厅"}
    for project in (row, part):
        approved.decide(project, by=supervisor, on=run.after_on, **told)
    page = as_person("city_supervisor").get(f"/admissions/matches/?run={run.pk}").content.decode()
    found = approved.matches(run.patches.all(), run.after_on)
    kinds = {run.patches.get(pk=pk).patch_id[-1]: f["match"] for pk, f in found.items()}
    assert (kinds["4"], kinds["5"], kinds["1"]) == ("approved", "exceeding", "unapproved")
    assert f"/admissions/{row.pk}/" in page
    approved.decide(row, by=supervisor, on=clock.today(), **(told | {"kind": "withdrawn"}))
    assert row.pk not in set(approved.approved_on(clock.today()).values_list("pk", flat=True))
    assert row.pk in set(approved.approved_on(run.after_on).values_list("pk", flat=True))


def test_what_may_not_be_approved_is_said_all_at_once(run, cast):
    row = ask(cast["city_supervisor"], CORE)
    with pytest.raises(BadForm) as fault:
        approved.decide(row, by=cast["city_supervisor"], kind="granted", document=" ", authority="",
                        on=clock.today())  # fmt: skip
    assert len(fault.value.details) == 3
    with pytest.raises(NotAllowed):
        approved.decide(row, by=cast["yanbian_officer"], kind="granted", document="x", authority="y",
                        on=clock.today())  # fmt: skip
    assert not Approval.objects.exists()


def test_rules_are_editions_and_old_answers_cite_the_old_one(run, cast):
    top = cast["ministry_supervisor"]
    before = ask(top, CORE)
    rows = rules.rows_now()
    for row in rows:
        if row["code"] == "CN-CORE":
            row["outcome"], row["opinion"], row["level"] = "other_law", "某意见", "authority"
    edition = rules.make_edition(rows=rows, by=top, said="试改", seen=0)
    assert edition.changed == ["CN-CORE"]
    after = ask(top, CORE)
    assert (before.outcome, after.outcome) == ("forbidden", "other_law")
    assert after.answer["rules"] == str(edition)
    assert answers.answer_of(Admission.objects.get(pk=before.pk)).rules[0].outcome == "forbidden"
    with pytest.raises(MovedMeanwhile):
        rules.make_edition(rows=rows, by=top, said="x", seen=0)


def test_a_faulty_table_is_refused_with_all_faults_and_ones_own_place_only(run, cast, as_person):
    rows = rules.rows_now()
    rows[0] |= {"zone": "nowhere", "valid_from": "2026-13-01"}
    rows[1]["outcome"] = "maybe"
    with pytest.raises(BadForm) as fault:
        rules.make_edition(rows=rows, by=cast["ministry_supervisor"], said="")
    assert len(fault.value.details) == 4
    own = rules.rows_now() + [rules.rows_now()[1] | {"code": "PZH-1", "province": "510400"}]
    with pytest.raises(BadForm, match="不在本单位辖区"):
        rules.make_edition(
            rows=[r | {"zh": r["zh"] + "x"} for r in own], by=cast["city_supervisor"], said="x"
        )
    rules.make_edition(rows=own, by=cast["city_supervisor"], said="市级补充")
    assert RuleEdition.objects.count() == 1
    page = as_person("city_supervisor").get("/admissions/rules/").content.decode()
    assert "PZH-1" in page
    assert as_person("yanbian_officer").get("/admissions/rules/edit/?code=PZH-1").status_code == 403
    form = as_person("city_supervisor").post(
        "/admissions/rules/edit/?code=PZH-1",
        {"code": "PZH-1", "province": "5104", "said": "", "seen": 1},
    )
    assert form.status_code == 422


def test_the_table_goes_out_and_comes_back_unchanged(cast, as_person):
    client = as_person("ministry_supervisor")
    body = client.get("/admissions/rules.csv").content
    assert rules.from_csv(body) == rules.rows_now()
    upload = SimpleUploadedFile("r.csv", body)
    answer = client.post("/admissions/rules/table/", {"upload": upload, "said": "x", "seen": 0})
    assert answer.status_code == 422
    assert "没有修改" in answer.content.decode()


def test_the_api_asks_and_reads_the_same(run, cast, client):
    from ecoredline.web.api import tokens

    def call(who, method, path, body=None, may_write=True):
        _, secret = tokens.make_token(by=cast[who], name="x", days=1, may_write=may_write)
        return client.generic(method, f"/api/v1{path}", json.dumps(body) if body else b"",
                              content_type="application/json",
                              headers={"Authorization": f"Bearer {secret}"})  # fmt: skip

    body = {"outline": json.loads(outline(CORE)), "name": "接口项目", "activity": "LHA-01"}
    assert call("yanbian_officer", "POST", "/admissions", body, may_write=False).status_code == 403
    assert call("city_auditor", "POST", "/admissions", body).status_code == 403
    assert call("yanbian_officer", "POST", "/admissions", {"name": "x"}).status_code == 422
    (made,) = call("yanbian_officer", "POST", "/admissions", body).json()
    assert made["outcome"] == "forbidden"
    told = call("city_supervisor", "GET", f"/admissions/{made['id']}").json()
    assert told["sha256"] == made["sha256"]
    assert told["findings"][0]["zone"]
    assert call("miyi_officer", "GET", f"/admissions/{made['id']}").status_code == 404
    assert call("city_supervisor", "GET", "/admissions").json()["items"] == [made]


def test_a_second_click_gets_the_answer_of_the_first(run, cast, as_person):
    client = as_person("city_supervisor")
    said = {"path": "plain", "outline": outline(GENERAL), "name": "甲", "as_of": ""}
    first, second = (client.post("/admissions/new/", said) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    third = client.post("/admissions/new/", said | {"name": "乙"})
    assert third.headers["Location"] != first.headers["Location"]


def test_a_project_wholly_inside_has_no_row_of_nothing_outside(run, cast):
    answer = ask(cast["city_supervisor"], GENERAL)
    zones = {f["zone"]: f["area_ha"] for f in answer.answer["findings"]}
    assert zones.get("outside") != 0
