"""Assessments: rules that are signed or marked, numbers that equal their rows, a rerun of the same bytes."""

import json
from datetime import UTC, date, datetime

import pytest
from case_story import opened_case
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from shapely.geometry import shape

from ecoredline.effectiveness import DEMO_MARK
from ecoredline.geodesy import area_ha
from ecoredline.web.assessments import actions, jobs, queries, rule_actions, taking
from ecoredline.web.assessments.drill import Drill, as_geojson, drill
from ecoredline.web.assessments.models import Assessment, EcologyLayer, LedgerNumber, RuleBook
from ecoredline.web.core import clock
from ecoredline.web.core.problems import (
    BadForm,
    FileChanged,
    MovedMeanwhile,
    NotAllowed,
    StepNotAllowed,
)
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.models import Patch
from ecoredline.web.regions.models import Division

pytestmark = pytest.mark.django_db
HEAD = "unit,unit_zh,year,name,value,source,refs\n"


def csv_file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("n.csv", (HEAD + text).encode())


@pytest.fixture
def rules(cast):
    rule_actions.ensure_shipped()
    return RuleBook.objects.get(code="demo", number=1)


@pytest.fixture
def assessed(cast, run, rules):
    """The sample run's year, assessed by the city by county."""
    Patch.objects.filter(channel="suspected").update(state="released")
    year = run.after_on.year
    with clock.standing_at(datetime(year, 12, 1, tzinfo=UTC)):
        return actions.make_assessment(
            by=cast["city_supervisor"], rules=rules, year=year, kind="county"
        )


def test_shipped_rules_are_copied_once_and_cannot_be_changed(cast, rules):
    rule_actions.ensure_shipped()
    assert RuleBook.objects.count() == 2
    assert rules.is_locked and rules.mark == DEMO_MARK
    with pytest.raises(NotAllowed):
        rule_actions.save_rules(rules, by=cast["city_supervisor"], data=rules.data)
    with pytest.raises(NotAllowed):
        rule_actions.new_version(rules, by=cast["yanbian_officer"])


def test_a_draft_tells_all_faults_and_keeps_what_was_typed(as_person, cast, rules):
    city = cast["city_supervisor"]
    draft = rule_actions.new_version(rules, by=city)
    bad = json.loads(json.dumps(draft.data))
    bad["indicators"][0]["weight"] = 30
    bad["indicators"][1]["curve"] = [[5, 0], [1, 100]]
    bad["grades"][0]["high"] = 50
    with pytest.raises(BadForm) as fault:
        rule_actions.save_rules(draft, by=city, data=bad)
    words = " ".join(fault.value.details)
    assert "110" in words and "数值应由小到大" in words and "空档" in words
    with pytest.raises(MovedMeanwhile):
        rule_actions.save_rules(draft, by=city, data=draft.data, seen=7)
    answer = as_person("city_supervisor").post(
        reverse("rule", args=[draft.pk]), {"version": 0, "zh": "我的规则", "ind-zh": ["面积"], "ind-weight": ["x"]}
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 422 and "我的规则" in page and DEMO_MARK in page
    draft.refresh_from_db()
    assert draft.data == rule_actions.unsigned(rules.data)


def test_the_form_gives_back_the_same_rules(as_person, cast, rules):
    draft = rule_actions.new_version(rules, by=cast["city_supervisor"])
    posted = {"version": 0, "zh": "甲", "basis": "乙", "effective_from": "2024-01-01", "when_missing": "refuse", "notes": "", }  # fmt: skip
    posted |= {
        "block-code": list(draft.data["blocks"]),
        "block-zh": list(draft.data["blocks"].values()),
    }
    for name in ("low", "high", "zh"):
        posted[f"grade-{name}"] = [str(g[name]) for g in draft.data["grades"]]
    for name in (
        "id",
        "block",
        "zh",
        "measure",
        "unit",
        "direction",
        "basis",
        "weight",
        "baseline",
    ):
        posted[f"ind-{name}"] = [str(i[name]) for i in draft.data["indicators"]]
    posted["ind-curve"] = [
        "；".join(f"{v}:{s}" for v, s in i["curve"]) for i in draft.data["indicators"]
    ]
    page = as_person("city_supervisor").get(reverse("rule", args=[draft.pk])).context["rows"]
    assert [c for c, _zh in page["blocks"]] == ["area", "nature", "function", "management"]
    for name in ("input_1", "input_2"):
        posted[f"ind-{name}"] = [i[name] for i in page["indicators"]]
    posted["ind-baseline_year"] = [""] * len(draft.data["indicators"])
    assert (
        as_person("city_supervisor").post(reverse("rule", args=[draft.pk]), posted).status_code
        == 302
    )
    draft.refresh_from_db()
    assert draft.data["zh"] == "甲" and draft.data["indicators"] == rules.data["indicators"]


def test_a_signature_takes_the_mark_away_and_a_used_version_stays_as_it_was(cast, rules, run):
    city = cast["city_supervisor"]
    draft = rule_actions.new_version(rules, by=city)
    with pytest.raises(BadForm) as fault:  # nobody has compared the samples with a document
        rule_actions.sign_rules(draft, by=city, on=clock.today(), basis="HJ 1143 正式文本")
    assert "红线面积比例" in " ".join(fault.value.details)
    compared = [i | {"basis": "HJ 1143 正式文本"} for i in draft.data["indicators"]]
    draft = rule_actions.save_rules(draft, by=city, data=draft.data | {"indicators": compared})
    with pytest.raises(NotAllowed):
        rule_actions.sign_rules(draft, by=cast["province_supervisor"], on=clock.today(), basis="x")
    with pytest.raises(BadForm):
        rule_actions.sign_rules(draft, by=city, on=date(2999, 1, 1), basis=" ")
    year = run.after_on.year
    with clock.standing_at(datetime(year, 12, 1, tzinfo=UTC)):
        used = actions.make_assessment(by=city, rules=draft, year=year, kind="county")
    with pytest.raises(StepNotAllowed):
        rule_actions.save_rules(draft, by=city, data=draft.data)
    done = rule_actions.sign_rules(draft, by=city, on=clock.today(), basis="HJ 1143 正式文本")
    assert done.pk != draft.pk and done.mark == "" and done.signed_by == city
    draft.refresh_from_db()
    assert draft.mark == DEMO_MARK and Assessment.objects.get(pk=used.pk).mark == DEMO_MARK
    with pytest.raises(StepNotAllowed):
        rule_actions.save_rules(done, by=city, data=done.data)


def test_new_activity_equals_its_patches(cast, assessed):
    city, year = cast["city_supervisor"], assessed.year
    rows = list(queries.own_evaluations(city, assessed))
    assert rows
    for e in rows:
        mine = Patch.objects.filter(
            division_code__startswith=e["unit"],
            state="released",
            channel="suspected",
            after_on__year=year,
        )
        numbers = next(f["numbers"] for f in e["findings"] if f["indicator"] == "activity_share")
        total = sum(float(p.redline_area_ha) for p in mine)
        assert numbers["new_activity_ha"] == pytest.approx(total, abs=1e-4)
        if total:
            found = drill(city, assessed, e["unit"], str(year), "new_activity_ha")
            assert {r["ref"] for r in found.rows} == {p.patch_id for p in mine} and not found.unseen
            assert found.total == pytest.approx(numbers["new_activity_ha"], abs=1e-4)


def test_redline_hectares_equal_their_polygons(cast, assessed):
    city = cast["city_supervisor"]
    for e in queries.own_evaluations(city, assessed):
        numbers = next(f["numbers"] for f in e["findings"] if f["indicator"] == "activity_share")
        found = drill(city, assessed, e["unit"], str(assessed.year), "redline_ha")
        assert found.total == pytest.approx(numbers["redline_ha"], abs=1e-3)


def test_the_shapes_behind_a_number_are_drawn_and_lead_on(as_person, cast, assessed):
    city, place = cast["city_supervisor"], "510422"
    where = [assessed.pk, place, assessed.year, "redline_ha"]
    found = drill(city, assessed, place, str(assessed.year), "redline_ha")
    page = as_person("city_supervisor").get(reverse("assessment_drill", args=where))
    for row in found.rows:
        assert row["url"].startswith("/map/#v=")
        assert row["url"].replace("&", "&amp;") in page.content.decode()
    drawn = as_person("city_supervisor").get(reverse("assessment_drill_geojson", args=where)).json()
    assert drawn == json.loads(json.dumps(as_geojson(found))) | {"mark": DEMO_MARK}
    total = sum(area_ha(shape(f["geometry"])) for f in drawn["features"])
    assert total >= 0.99 * found.total > 0 and len(drawn["features"]) == len(found.rows)
    other = as_person("panzhou_officer").get(reverse("assessment_drill_geojson", args=where))
    assert other.status_code == 404


def test_cases_and_closing_are_counted_from_the_cases_themselves(cast, run, rules):
    case = opened_case(cast)
    year = case.opened_on.year
    type(case).objects.filter(pk=case.pk).update(due_on=date(year, 12, 30))
    with clock.standing_at(timezone.make_aware(datetime(year, 12, 31))):
        row = actions.make_assessment(
            by=cast["city_supervisor"], rules=rules, year=year, kind="county"
        )
    found = drill(cast["city_supervisor"], row, "510422", str(year), "cases_due")
    assert [r["thing"] for r in found.rows] == [case]


@pytest.mark.parametrize(
    ("name", "said"),
    [("redline_ha", "ha"), ("fvc_mean", ""), ("cases_due", ""), ("function_total", "t/a")],
)
def test_a_number_behind_a_score_is_in_a_unit_that_can_be_read(name, said):
    layer = EcologyLayer(unit="t/(hm²·a)")
    assert Drill(name, "2026", [{"thing": None}, {"thing": layer}]).unit == said


def test_a_rerun_gives_the_same_bytes_and_a_changed_input_is_refused(cast, assessed):
    assert actions.rerun(assessed) == dict.fromkeys(actions.OUTPUTS, True)
    with open(f"{assessed.folder}/numbers.csv", "a") as stream:
        stream.write("\n")
    with pytest.raises(FileChanged):
        actions.rerun(assessed)


def test_the_mark_stands_on_every_page_and_in_the_report(as_person, assessed, rules):
    client, place = as_person("city_supervisor"), "510422"
    pages = [
        reverse("assessment", args=[assessed.pk]), reverse("assessment_list"), reverse("rule_list"),
        reverse("rule", args=[rules.pk]), reverse("assessment_unit", args=[assessed.pk, place]),
        reverse("assessment_drill", args=[assessed.pk, place, assessed.year, "redline_ha"]),
        reverse("ecology_chain"), reverse("ecology_county", args=[place]),
    ]  # fmt: skip
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200 and DEMO_MARK in answer.content.decode(), address
    assert client.get(reverse("assessment_geojson", args=[assessed.pk])).json()["mark"] == DEMO_MARK
    for name in ("scores.csv", "evaluation.json"):
        held = b"".join(client.get(reverse("assessment_file", args=[assessed.pk, name])))
        assert DEMO_MARK in held.decode("utf-8-sig"), name
    report = client.get(reverse("assessment_file", args=[assessed.pk, "report.docx"]))
    assert report.status_code == 200 and b"".join(report)[:2] == b"PK"


def test_a_county_sees_its_own_row_and_not_the_whole_report(as_person, cast, assessed):
    county = cast["yanbian_officer"]
    assert [e["unit"] for e in queries.own_evaluations(county, assessed)] == ["510422"]
    client = as_person("yanbian_officer")
    page = client.get(reverse("assessment", args=[assessed.pk])).content.decode()
    other = Division.objects.filter(level="county", code="510421").first()
    assert other is None or other.name not in page
    for address, status in (
        (reverse("assessment_file", args=[assessed.pk, "report.docx"]), 403),
        (reverse("assessment_unit", args=[assessed.pk, "510421"]), 404),
        (reverse("assessment_start"), 403),
    ):
        assert client.get(address).status_code == status
    stranger = as_person("panzhou_officer").get(reverse("assessment", args=[assessed.pk]))
    assert stranger.status_code == 404


def test_a_csv_is_taken_whole_or_every_fault_is_told(cast, run):
    city = cast["city_supervisor"]
    with pytest.raises(BadForm) as fault:
        taking.take_numbers(
            csv_file("510422,盐边,2025,line_km,-3,,\nxx,谁,20x5,line_km,1,,\n520281,盘州,2025,line_km,1,,\n"
                     "510422,盐边,2025,duties,8,,\n510422,盐边,2025,duties,9,,\n510422,盐边,2025,fvc_mean,45,,\n"), by=city,
        )  # fmt: skip
    words = "\n".join(fault.value.details)
    for told in (
        "第 2 行 value",
        "第 3 行 unit",
        "第 3 行 year",
        "第 4 行 unit",
        "第 6 行 unit",
        "第 7 行 value",
    ):
        assert told in words
    assert not LedgerNumber.objects.exists()
    made = taking.take_numbers(csv_file("510422,盐边,2025,line_km,3,测量,a;b\n"), by=city)
    assert made.count == 1 and LedgerNumber.objects.get().refs == ["a", "b"]
    with pytest.raises(NotAllowed):
        taking.take_numbers(csv_file("510422,盐边,2025,line_km,3,,\n"), by=cast["city_auditor"])


def test_a_year_runs_in_the_background_once(cast, run, rules):
    city, year = cast["city_supervisor"], run.after_on.year
    with pytest.raises(BadForm) as fault:
        actions.start_assessment(by=city, rules=rules, year=3000, kind="moon", compare_year=3001)
    assert len(fault.value.details) == 3
    with clock.standing_at(datetime(year, 12, 1, tzinfo=UTC)):
        row = actions.start_assessment(by=city, rules=rules, year=year, kind="polygon")
        assert jobs.assess_effectiveness.func(job=row.pk) == "done"
        jobs.assess_now(BackgroundJob.objects.get(pk=row.pk), None)
    made = Assessment.objects.get(job=row)
    assert made.kind == "polygon" and made.result["evaluations"]
