"""Whose rules an admission check goes by, and what may be approved: the place decides, not what is said of it."""

from datetime import date

import admitting
import pytest
import shapely
from sample_run import box

from ecoredline.web.admissions import actions, approved, rules
from ecoredline.web.admissions.asking import asked
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm
from ecoredline.web.regions.models import RedlinePolygon, RedlineVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(run, cast):
    """The sample run with its layers in force."""
    admitting.ready(cast)
    return run


GENERAL = (60, 40, 6, 6)
GIVEN = {"document": "川府函〔2026〕7号", "authority": "省政府"}


def check(person, place=GENERAL, **said):
    told = {"name": "项目", "path": "plain", "activity": "LHA-01", "opinion": "函1号"} | said
    outline = shapely.to_geojson(box(*place))
    return actions.check(asked(outline=outline, **told), by=person).answers.get()


@pytest.fixture
def stricter(run, cast):
    """A rule of one county that forbids what the nation permits."""
    row = next(r for r in rules.rows_now() if r["code"] == "CN-GEN-01")
    own = row | {
        "code": "X-1", "province": "510421", "outcome": "forbidden", "opinion": "", "level": "",
    }  # fmt: skip
    rules.make_edition(rows=[*rules.rows_now(), own], by=cast["ministry_supervisor"], said="更严")


def county_of(place) -> list[str]:
    return actions.counties_of(box(*place))


def test_another_provinces_code_does_not_bring_its_milder_rules(stricter, cast):
    place = next(p for p in ((60, 40, 6, 6), (60, 60, 6, 6), (80, 40, 6, 6)) if county_of(p) == ["510421"])  # fmt: skip
    assert check(cast["city_supervisor"], place).outcome == "forbidden"
    for said in (
        "510000",
        "000000",
        "510421",
    ):  # what lies in no contradiction names no other rules
        assert check(cast["city_supervisor"], place, province=said).outcome == "forbidden"
    with pytest.raises(BadForm, match="与项目位置（510421）不符"):
        check(cast["city_supervisor"], place, province="110000")


def test_of_two_counties_the_graver_rules_count(stricter, cast):
    row = next(p for p in ((x, 40, 8, 6) for x in range(40, 90)) if county_of(p) == ["510421", "510422"])  # fmt: skip
    found = check(cast["city_supervisor"], row)
    assert found.outcome == "forbidden"


def test_an_answer_on_a_version_that_no_longer_holds_is_not_approved(run, cast):
    by, today = cast["city_supervisor"], clock.today()
    row = check(by)
    newer = RedlineVersion.objects.create(
        name="新", sha256="9" * 64, is_demo=True, valid_from=date(2026, 2, 1), covers=["51"]
    )
    for polygon in list(RedlinePolygon.objects.filter(version=row.redline_version)):
        polygon.pk, polygon.version = None, newer
        polygon.save(force_insert=True)
    with pytest.raises(BadForm, match="红线版本在"):
        approved.decide(row, by=by, kind="granted", on=today, **GIVEN)
    again = check(by)
    assert again.redline_version == newer
    assert approved.decide(again, by=by, kind="granted", on=today, **GIVEN).pk
