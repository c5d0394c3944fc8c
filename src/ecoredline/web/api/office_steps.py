"""Letters, measures, referrals, the year's tasks. See `steps`."""

from collections.abc import Callable

from ninja import Schema

from ecoredline.web.api import bodies
from ecoredline.web.api.service import api
from ecoredline.web.api.steps import Made, all_of, given, made, step, unit_of
from ecoredline.web.cases.lists import rows_for_letter
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.clues.rows import list_rows
from ecoredline.web.core.problems import BadForm
from ecoredline.web.letters import actions as letters
from ecoredline.web.measures import actions as measures
from ecoredline.web.plans import actions as plans


def letter_step(name: str, body: type[Schema], work: Callable) -> None:
    """A step on a letter."""
    step("letters", name, body, work)


letter_step("send", bodies.Seen, lambda row, by, b: letters.send_letter(row, by=by))
letter_step("receive", bodies.Seen, lambda row, by, b: letters.receive_letter(row, by=by))
letter_step(
    "reply", bodies.Reply, lambda row, by, b: letters.reply_to_letter(row, by=by, **given(b))
)
letter_step("void", bodies.Why, lambda row, by, b: letters.void_letter(row, by=by, **given(b)))


@api.post("/letters", response=Made, tags=["letters"], operation_id="draft_letter")
def draft(request, body: bodies.DraftLetter):
    """Draft a letter; its list is frozen from the cases or the clues named."""
    by = request.user
    if body.cases and body.clues:
        raise BadForm("cases, clues")
    about = all_of(Case if body.cases else Clue, by, body.cases or body.clues)
    facts = given(body, "cases", "clues", "to_unit")
    if body.to_unit:
        facts["to_unit"] = unit_of(by, body.to_unit)
    if about:
        facts |= {
            "rows": rows_for_letter(about) if body.cases else list_rows(Clue.objects.filter(pk__in=body.clues)),
            "subject_kind": "case" if body.cases else "clue",
            "subject_ids": [row.pk for row in about],
            "scope_codes": sorted({code for row in about for code in row.scope_codes}),
            "is_demo": any(row.is_demo for row in about),
        }  # fmt: skip
    found = letters.draft_letter(by=by, **facts)
    return {"id": found.pk, "number": found.title}


def amend(letter, by, body):
    """Change a draft."""
    facts = given(body, "to_unit")
    if body.to_unit:
        facts["to_unit"] = unit_of(by, body.to_unit)
    letters.amend_letter(letter, by=by, **facts)


letter_step("amend", bodies.AmendLetter, amend)
made("proposals", "take", bodies.Take, lambda row, by, b: measures.take(row, by=by, **given(b)))
made("proposals", "set-aside", bodies.Why,
     lambda row, by, b: measures.set_aside(row, by=by, **given(b)))  # fmt: skip
made("measures", "result", bodies.Result,
     lambda row, by, b: measures.give_result(row, by=by, **given(b)))  # fmt: skip
made("referrals", "clock", bodies.Tick, lambda row, by, b: measures.tick(row, by=by, **given(b)))
made("tasks", "done", bodies.Done, lambda row, by, b: plans.finish_task(row, by=by, **given(b)))
