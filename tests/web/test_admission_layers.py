"""On the platform a layer that is old, undated, of another county or not there makes the check say no, with what to do."""

from datetime import timedelta

import admitting
import pytest
import shapely
from django.db import DatabaseError, transaction
from django.urls import reverse
from sample_run import box

from ecoredline.web.admissions import actions
from ecoredline.web.admissions.asking import asked
from ecoredline.web.admissions.models import LayerStatement
from ecoredline.web.admissions.statements import limit_of, state_layer
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.ogc import datasets
from ecoredline.web.redlines.actions import declared
from ecoredline.web.regions.models import ProtectedAreaVersion, RedlineVersion

pytestmark = pytest.mark.django_db
YANBIAN, MIYI = (
    (49, 2, 0.8, 2),
    (60, 40, 6, 6),
)  # outside the redline in one county, inside it in the other


def ask(person, place=YANBIAN, as_of=None):
    """One drawn project, checked; its answer and all reasons in one."""
    told = {"name": "项目", "path": "plain", "activity": "LHA-01", "opinion": "川府函〔2026〕1号"}
    outline = shapely.to_geojson(box(*place))
    row = actions.check(asked(outline=outline, **told), by=person, as_of=as_of).answers.get()
    return row, " ".join(row.answer["reasons"])


@pytest.fixture
def city(run, cast):
    """The city's supervisor, with every layer in order."""
    admitting.ready(cast)
    return cast["city_supervisor"]


def test_with_every_layer_in_order_it_admits(city):
    for place in (YANBIAN, MIYI):
        row, reasons = ask(city, place)
        assert row.admitted and not reasons
    assert row.answer["layers"]["water"]["state"] == "none"
    assert row.answer["layers"]["redline"]["covers"] == ["51", "53"]


def test_the_age_comes_from_the_catalogues_cycle_which_the_operator_edits(city, cast):
    day = admitting.SINCE + timedelta(days=60)
    assert limit_of("redline") == 400 and ask(city, as_of=day)[0].admitted
    held = datasets.entries()["redline"]
    datasets.describe(by=cast["city_administrator"], dataset="redline", provider=held.provider,
                      share=held.share, cycle="daily", level=held.level)  # fmt: skip
    row, reasons = ask(city, as_of=day)
    assert (row.outcome, row.admitted) == ("undetermined", False)
    assert "生态保护红线图层日期为 2026-01-01，距判定日期 2026-03-02 已 60 天，超过 7 天" in reasons
    assert "核实" in reasons
    admitting.state(city, "redline", "5104", "current", day)
    assert ask(city, as_of=day)[0].admitted


def test_a_statement_of_none_grows_old_and_can_be_taken_back(city, cast):
    later = clock.today() + timedelta(days=401)
    with clock.standing_at(clock.now() + timedelta(days=401)):
        assert "饮用水水源保护区图层日期为" in ask(city, as_of=later)[1]
    state_layer(by=city, role="water", division_code="510400", kind="withdrawn", day=clock.today(),
                reason="已划定水源地")  # fmt: skip
    row, reasons = ask(city)
    assert not row.admitted
    assert "510422 的既有权益台账中没有水源地，也没有声明本区没有" in reasons


def test_water_sources_are_required_of_every_county_of_the_project(run, cast):
    admitting.ready(cast)
    by = cast["city_supervisor"]
    state_layer(by=by, role="water", division_code="510421", kind="withdrawn", day=clock.today(), reason="误")  # fmt: skip
    assert ask(by)[0].admitted
    row, reasons = ask(by, (49, 2, 2, 2))  # over the border of both
    assert row.outcome == "undetermined" and "510421" in reasons


@pytest.mark.parametrize(
    ("model", "zh"), [(RedlineVersion, "红线"), (ProtectedAreaVersion, "自然保护地")]
)
def test_an_undated_version_of_a_run_answers_nothing(run, cast, model, zh):
    admitting.ready(cast, versions={RedlineVersion, ProtectedAreaVersion} - {model})
    row, reasons = ask(cast["city_supervisor"])
    assert (row.outcome, row.admitted) == ("undetermined", False)
    assert f"没有生效的{zh}版本，只有监测批次带入的无日期版本" in reasons


@pytest.mark.parametrize("model", [RedlineVersion, ProtectedAreaVersion])
def test_a_version_of_one_county_does_not_speak_for_the_next(city, model):
    model.objects.update(covers=["510422"])
    assert ask(city)[0].admitted
    row, reasons = ask(city, MIYI)
    assert row.outcome == "undetermined"
    assert "不覆盖 510421" in reasons
    model.objects.update(covers=[])  # nothing declared: the counties its features touch
    row, _ = ask(city, MIYI)
    assert row.admitted == (model is RedlineVersion)


def test_who_may_state_what_and_every_fault_is_told(cast, as_person):
    good = {
        "role": "water",
        "division_code": "510400",
        "kind": "none",
        "day": clock.today(),
        "reason": "没有",
    }
    with pytest.raises(NotAllowed):
        state_layer(by=cast["yanbian_officer"], **good)
    with pytest.raises(BadForm) as fault:
        state_layer(by=cast["city_supervisor"], role="clues", division_code="530723", kind="maybe",
                    day=clock.today() + timedelta(days=1), reason=" ")  # fmt: skip
    assert len(fault.value.details) == 5 and not LayerStatement.objects.exists()
    address = reverse("admission_layer_state")
    client = as_person("city_supervisor")
    assert client.post(address, good | {"reason": ""}).status_code == 422
    assert client.post(address, good).status_code == 302
    row = LayerStatement.objects.get()
    assert (row.division_code, row.by) == ("5104", cast["city_supervisor"])
    page = client.get(reverse("admission_layers")).content.decode()
    assert "400" in page and "不是官方规定" in page and "5104" in page
    assert as_person("yanbian_officer").get(address).status_code == 403
    for change in (lambda: LayerStatement.objects.update(kind="current"), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_delivery_declares_what_it_covers_within_ones_own_division(cast):
    by = cast["city_supervisor"]
    assert declared("", by) == ["5104"]
    assert declared("510422，510421", by) == ["510421", "510422"]
    assert declared("", cast["ministry_supervisor"]) == []
    with pytest.raises(BadForm) as fault:
        declared("530723,51x", by)
    assert len(fault.value.details) == 2
