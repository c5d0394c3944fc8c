"""Annex 4 as a file, of exactly the cases that a page shows; and frozen as a list version."""

import io

from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.problems import ProblemTable, problem_row, problem_table
from ecoredline.web.cases.filters import CaseFilter
from ecoredline.web.cases.lists import as_json, problem_rows
from ecoredline.web.cases.models import Case
from ecoredline.web.cases.queries import cases_for
from ecoredline.web.clues.lists import finalise_list

MAKERS = {"xlsx": annex_workbook, "docx": annex_document}
PROVINCE_DIGITS = 2


def table_of(person, chosen: CaseFilter) -> ProblemTable:
    """The selection as annex 4; an extract says of what it is one."""
    limits = [limit_of(person), chosen.words()]
    found = cases_for(person, chosen)
    if chosen.outcome != Case.Outcome.MERGED:
        found = found.exclude(outcome=Case.Outcome.MERGED)  # its ground stands in the other case
    rows = problem_rows(found)
    return problem_table(rows, extract="，".join(limit for limit in limits if limit))


def limit_of(person) -> str:
    """The unit whose divisions the list is limited to, below the province; else blank."""
    code = person.unit.division_code
    return f"{person.unit.name}（{code}）" if len(code) > PROVINCE_DIGITS else ""


def annex_file(table: ProblemTable, suffix: str) -> io.BytesIO:
    """The table as a workbook or a document."""
    body = io.BytesIO()
    MAKERS[suffix](table).save(body)
    body.seek(0)
    return body


def freeze(person, year: int, note: str = ""):
    """Freeze the unit's problem list of a year as it stands now; gives the `ListVersion`."""
    cases = list(
        Case.objects.visible_to(person)
        .filter(year=year)
        .exclude(outcome=Case.Outcome.MERGED)
        .defer("geom")
        .order_by("division_code", "number")
    )  # fmt: skip
    by_number = {case.number: case for case in cases}
    rows = []
    for row in problem_rows(cases):
        case = by_number[row.number]
        rows.append(
            as_json(row) | {"cells": list(problem_row(vars(row))), "case": case.pk,
                            "scope_codes": case.scope_codes}
        )  # fmt: skip
    return finalise_list(
        unit=person.unit, kind="problems", year=year, by=person, note=note, rows=rows
    )
