"""What people stumbled over: bare refusals, measures without a trace, lists without a place."""

import case_story as story
import pytest
from django.urls import reverse

from ecoredline.web.board.reaching import rebuild
from ecoredline.web.core.moves import history
from ecoredline.web.measures.actions import take_measure

pytestmark = pytest.mark.django_db


def test_an_address_for_forms_opened_as_a_page_says_so(as_person, cast):
    clue = story.submitted_clue(cast)
    answer = as_person("city_supervisor").get(reverse("clue_receive", args=[clue.pk]))
    assert answer.status_code == 405
    assert "405.1" in answer.content.decode()
    assert answer.headers["Allow"] == "POST"


def test_a_measure_about_a_clue_stands_in_its_own_history(cast):
    clue = story.submitted_clue(cast)
    take_measure(
        by=cast["city_supervisor"], kind="letter", basis="逾期未核实", towards=cast["yanbian_officer"].unit, clue=clue,
        with_letter=False,
    )  # fmt: skip
    last = history(clue).last()
    assert (last.step, last.details["towards"]) == ("measure", cast["yanbian_officer"].unit.name)


def test_the_board_offers_the_counties_it_counts(as_person, cast, units):
    case = story.handed_case(cast, units)
    rebuild()
    counties = dict(as_person("city_supervisor").get(reverse("board")).context["counties"])
    assert case.division_code in counties
