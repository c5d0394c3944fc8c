"""Annexes 1 and 2 made on the spot from what a person may see."""

import io

from ecoredline.codes import code_list
from ecoredline.documents.annex import annex_table, caution_of
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1, ANNEX_2
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.patches import features, queries
from ecoredline.web.patches.models import Run
from ecoredline.web.patches.permissions import covers_whole_run
from ecoredline.web.regions.models import Division

ANNEXES = {1: ANNEX_1, 2: ANNEX_2}
PROVINCE_DIGITS = 2


def workbook(person, run: Run, number: int) -> io.BytesIO:
    """The workbook of an annex of all the person may see of the run, whatever the page selects.

    An extract says so under its title; an empty list is a whole workbook too.
    """
    table = annex_table(
        features.table(queries.patches_for(person, run)), ANNEXES[number],
        province=province_of(person, run), demo=run.is_demo, extract=extract_of(person, run),
        caution=caution_of(run.record),
    )  # fmt: skip
    body = io.BytesIO()
    annex_workbook(table).save(body)
    body.seek(0)
    return body


def extract_of(person, run: Run) -> str:
    """The unit whose divisions the person's list is limited to; '' when it is the whole list."""
    if covers_whole_run(person, run):
        return ""
    code = person.unit.division_code
    return f"{person.unit.name}（{code}）" if code else person.unit.name


def province_of(person, run: Run) -> str:
    """The one province of the run inside the person's divisions; '' when there are several."""
    seen = scope(person)
    within = seen.prefix[:PROVINCE_DIGITS] if seen else ""
    codes = {code[:PROVINCE_DIGITS] for code in run.county_codes or run.scope_codes}
    found = {within} if within else codes
    return province_name(run, found.pop()) if len(found) == 1 else ""


def province_name(run: Run, code: str) -> str:
    """A province's name: as the run's patches say it, the loaded divisions, or GB/T 2260."""
    patches = run.patches.filter(division_code__startswith=code).exclude(province="")
    named = patches.values_list("province", flat=True).first()
    named = named or Division.objects.filter(code=code).values_list("name", flat=True).first()
    return named or code_list("divisions").get(f"{code}0000", {}).get("zh", "")
