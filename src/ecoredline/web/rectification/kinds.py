"""Kinds of rectification items with their acceptance conditions, by damage type; dated codes."""

from ecoredline.codes import code_list
from ecoredline.proof import in_force
from ecoredline.web.core import clock

KINDS = "rectification_kinds"


def kind_row(code: str) -> dict:
    """The row of a kind, also of one no longer in force; empty for an unknown one."""
    return code_list(KINDS).get(code, {})


def kinds_for(damage_type: str = "") -> dict[str, dict]:
    """The kinds in force today, those that fit the damage first: code → row."""
    rows = {row["code"]: row for row in in_force(KINDS, clock.today()).values()}
    fits = {c: damage_type in r["damage_types"].split(";") for c, r in rows.items()}
    return dict(sorted(rows.items(), key=lambda pair: not fits[pair[0]]))


def proposed_items(case) -> list[dict]:
    """Items to begin a plan with: the kinds that fit the case's damage, with their conditions."""
    return [
        {"kind": code, "title": row["zh"], "condition": row["condition_zh"],
         "owner_name": case.responsible, "due_on": case.due_on}
        for code, row in kinds_for(case.damage_type).items()
        if case.damage_type in row["damage_types"].split(";")
    ]  # fmt: skip
