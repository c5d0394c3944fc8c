"""The whole permission matrix: every step of every lifecycle, tried by everybody of the cast.

The oracle reads the declarations by itself; what is tried is `move`, which page, API and command share.
"""

import pytest
from django.db import transaction

from ecoredline.web.accounts.permissions import Grant
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.permissions import all_rules, may
from ecoredline.web.core.problems import NotAllowed
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db
YANBIAN = ["51", "5104", "510422"]


def subject_of(model, owner, holder):
    """One subject in Yanbian that `owner` raised and `holder` has."""
    facts = {"number": f"M-{owner.pk}-{holder.pk}", "year": 2026, "owner": owner, "holder": holder,
             "division_code": "510422", "scope_codes": YANBIAN}  # fmt: skip
    who = owner.people.first()
    if model is Clue:
        found = Clue(source="petition", raised_by=who, **facts)
    else:
        found = Case(opened_by=who, **facts)
    begin(found, by=who)
    return found


def expected(person, rules, subject) -> bool:
    """By the words of the declarations, not by their code."""
    unit = person.unit
    code = unit.division_code
    sees = code == "" or code in subject.scope_codes
    for rule in rules:
        assert isinstance(rule, Grant), "a step's rule is a grant, so that it can be read"
        stands = {
            "anybody": True,
            "sees": sees,
            "holds": getattr(subject, "holder_id", None) == unit.pk,
            "owns": getattr(subject, "owner_id", None) == unit.pk,
            "above": sees and hasattr(subject, "holder_id")
            and len(code) < len(subject.holder.division_code),
        }[rule.relation]  # fmt: skip
        if person.role in rule.roles and stands and (not rule.levels or unit.level in rule.levels):
            return True
    return False


def tried(person, subject, step) -> bool:
    """May this person take the step, by trying it and taking it back?"""
    try:
        with transaction.atomic():
            move(subject, step.action, by=person)
            transaction.set_rollback(True)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("kind", ["patch", "clue", "case"])
def test_every_step_is_open_to_exactly_whom_the_declarations_name(kind, cast, run):
    province, city = cast["province_supervisor"].unit, cast["city_supervisor"].unit
    county = cast["yanbian_officer"].unit
    if kind == "patch":
        subjects = [Patch.objects.filter(division_code__startswith="510422").first()]
    else:
        model = {"clue": Clue, "case": Case}[kind]
        subjects = [subject_of(model, city, county), subject_of(model, province, city)]
    counts = {True: 0, False: 0}
    for subject in subjects:
        for step in subject.LIFECYCLE.steps:
            type(subject).objects.filter(pk=subject.pk).update(state=step.start[0])
            rules = all_rules()[subject.LIFECYCLE.permission(step.action)]
            for name, person in cast.items():
                here = type(subject).objects.get(pk=subject.pk)
                wanted = expected(person, rules, here)
                counts[wanted] += 1
                assert may(person, here.LIFECYCLE.permission(step.action), here) is wanted
                assert tried(person, here, step) is wanted, f"{name} {kind}.{step.action}"
    assert min(counts.values()) > 20, counts


def test_nobody_without_a_unit_and_nobody_inactive_may_anything(cast):
    declared = [c for c, rules in all_rules().items() if all(isinstance(r, Grant) for r in rules)]
    assert len(declared) > 60
    person = cast["city_supervisor"]
    assert any(may(person, code) for code in declared)
    person.is_active = False
    assert not any(may(person, code) for code in declared)
    person.is_active, person.unit, person.unit_id = True, None, None
    assert not any(may(person, code) for code in declared)
