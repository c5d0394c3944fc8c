"""Every page of the supervision rooms that a person is offered opens, fits and says nothing in the console.

Each of five people begins at their first page and follows every link once per kind of address.
"""

import re
from datetime import timedelta

import case_story
import pytest

from browser import story_runs
from browser.story import path_of
from ecoredline.web.locale import HAN

pytestmark = pytest.mark.browser

PEOPLE = ("city_analyst", "city_checker", "city_supervisor", "yanbian_officer", "city_auditor")
FOLLOWED = re.compile(
    r"^/(inbox|reviews|clues|lists|spot-checks|cases|items|handovers|measures|proposals|referrals"
    r"|letters|year|sites|board|account)/"
)
TAKEN_AWAY = re.compile(r"\.(xlsx|docx|csv|geojson|gpkg)$|/files/|/annex\.")
EACH = re.compile(r"/cases/\d+/")  # every one of them: what is offered depends on its state
# kinds of address that must have been met by somebody
ROOMS = {
    "/inbox/", "/reviews/", "/reviews/reasons/", "/reviews/blind/", "/reviews/bulk/", "/clues/",
    "/clues/N/", "/clues/N/verify/", "/clues/raise/", "/clues/raise/patches/", "/clues/import/",
    "/clues/duplicates/", "/clues/consultations/", "/lists/", "/lists/N/", "/spot-checks/",
    "/spot-checks/N/", "/cases/", "/cases/N/", "/cases/open/", "/cases/N/plan/",
    "/cases/N/progress/", "/cases/N/reopen/", "/items/N/finish/", "/measures/", "/letters/",
    "/letters/N/", "/letters/new/", "/letters/templates/", "/year/", "/sites/", "/sites/N/",
    "/board/", "/board/items/", "/board/annual/", "/account/tokens/",
}  # fmt: skip
SIZES = ((1440, 900), (390, 844))
# the columns of an annex and of a letter's list are the notice's own words
CHINESE_LABELS = """() => [...document.querySelectorAll('th:not([scope=row]), legend, summary, button, label, dt')]
    .filter(e => !e.closest('.annex-rows, .frozen')).map(e => { const c = e.cloneNode(true); c.querySelectorAll('select, option, .id, .quiet').forEach(x => x.remove()); return c.textContent.trim() })"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run with something to review, and one later than the closing."""
    told = {"dug": story_runs.DUG, "bare": story_runs.BARE}
    return {k: story_runs.make_run(tmp_path_factory.mktemp(k), *v) for k, v in told.items()}


@pytest.fixture(scope="module")
def many_patches_folder(runs):
    """What every visitor finds loaded."""
    return runs["dug"]


@pytest.fixture
def state(visit, cast, units, runs):
    """A clue or case in every place, told with the actions the pages call."""
    from ecoredline.web.core import clock

    with clock.standing_at(case_story.day(0)):
        tell_clues(cast, units)
    closed = case_story.closed_case(cast, units, "C-1", place=story_runs.PLACE)
    with clock.standing_at(case_story.day(10)):
        case_story.opened_case(cast, "C-2", place=(20, 20, 4, 4))
        case_story.handed_case(cast, units, "C-3", place=(26, 10, 4, 4))
        case_story.plan_case(case_story.handed_case(cast, units, "C-4", place=(26, 20, 4, 4)), cast)
        tell_office(cast)
    tell_later(closed, runs["bare"], cast)


def tell_clues(cast, units) -> None:
    """Clues raised, listed, dispatched by letter, submitted; the list made final; a spot check."""
    from ecoredline.web.clues import actions, consulting, dispatching, lists
    from ecoredline.web.core import clock
    from ecoredline.web.verifications.spot_checks import draw_spot_check

    told = {"by": cast["city_analyst"], "source": "petition", "source_detail": "信访件1号",
            "division_code": "510422", "activity_type": "1", "problem_type": "vegetation"}  # fmt: skip
    made = [actions.raise_clue(lon=101.8 + n / 500, lat=26.93, **told) for n in range(4)]
    boss = cast["city_supervisor"]
    consulting.consult(
        by=boss, participants="两局", summary="同意", outcomes=[(c, "keep", "") for c in made[1:]]
    )
    for clue in made:
        clue.refresh_from_db()
    due = clock.today() + timedelta(days=20)
    dispatching.dispatch_clues(clues=made[2:], to_unit=units["510422"], due_on=due, by=boss)
    lists.finalise_list(unit=boss.unit, kind="suspected", year=2026, by=boss)
    case_story.submitted_clue(cast, "C-9", place=(20, 10, 4, 4))
    draw_spot_check(by=boss, name="抽查", size=1, seed=1)


def tell_office(cast) -> None:
    """The year's tasks and plans, a measure, a referral."""
    from ecoredline.web.cases.models import Case
    from ecoredline.web.measures import actions as measures
    from ecoredline.web.plans import actions as plans

    boss, case = cast["city_supervisor"], Case.objects.get(clues__number="C-4")
    plans.make_year(boss.unit, 2026, by=boss)
    plans.make_plan(
        by=boss, name="全覆盖", kind="full", starts_on=case.opened_on,
        ends_on=case.opened_on + timedelta(days=400), basis="703号",
    )  # fmt: skip
    measures.take_measure(by=boss, kind="letter", basis="逾期", towards=case.holder, case=case)
    measures.refer(case, by=boss, kind="compensation", facts="破坏植被")


def tell_later(closed, run, cast) -> None:
    """A later run is laid over the closed case; sites and proposals of measures are renewed."""
    from ecoredline.web.core import clock
    from ecoredline.web.measures.actions import propose
    from ecoredline.web.patches.actions import load_run
    from ecoredline.web.plans.sites import update_sites
    from ecoredline.web.rectification.proof import observe

    with clock.standing_at(case_story.day(480)):
        closed.refresh_from_db()
        observe(closed, load_run(run, by=cast["ministry_analyst"]))
        update_sites()
        propose(clock.today())


def kind_of(path: str) -> str:
    """An address with its numbers taken out."""
    return re.sub(r"\d+", "N", path.split("?")[0].split("#")[0])


def offered(visitor) -> list[str]:
    """The addresses of this site that the page links to, once per kind."""
    links = visitor.page.eval_on_selector_all("a[href]", "found => found.map(a => a.href)")
    paths = [path_of(link) for link in links if link.startswith(visitor.address + "/")]
    plain = {path: path.split("?")[0].split("#")[0] for path in paths}
    return [p for p, bare in plain.items() if FOLLOWED.match(bare) and not TAKEN_AWAY.search(bare)]


def looked_at(visitor, path: str) -> None:
    """It opens and is not wider than a desk's or a phone's window."""
    answer = visitor.open(path)
    assert answer.status == 200, path
    assert visitor.page.locator("h1").count() == 1, path
    for width, height in SIZES:
        visitor.page.set_viewport_size({"width": width, "height": height})
        assert visitor.overflow() <= 0, f"{path} at {width}"


def walk(visitor) -> set[str]:
    """Every kind of page that can be reached by links from the first page, each looked at once."""
    seen, waiting = {"/account/"}, ["/account/"]
    while waiting:
        looked_at(visitor, waiting.pop(0))
        if visitor.page.locator("html").get_attribute("lang") == "en":
            labels = visitor.page.evaluate(CHINESE_LABELS)
            left = [text for text in labels if HAN.search(text) and text != "中文"]
            assert left == [], visitor.page.url
        for path in offered(visitor):
            kinds = {kind_of(path)} | ({path} if EACH.fullmatch(path) else set())
            if not kinds <= seen:
                seen |= kinds
                waiting.append(path)
    return seen


def test_every_page_that_is_offered_opens_and_fits(state, visit):
    met = {who: walk(visit(who, language="en" if who == "city_auditor" else "")) for who in PEOPLE}
    assert ROOMS - set().union(*met.values()) == set()
    assert "/reviews/" not in met["yanbian_officer"]
    assert "/cases/open/" not in met["city_analyst"]
    assert not any(kind.endswith(("/plan/", "/hand-over/")) for kind in met["city_auditor"])
