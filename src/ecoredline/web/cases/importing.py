"""A problem list (annex 4) of another office read in: preview with every fault, all of it or nothing.

Rows about cases that are already here never change them by themselves: what the list says of
their handling is shown beside ours, and a person takes it over as a step of the case.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.documents.problems import CaseRow
from ecoredline.documents.readback import Fault, Note, Reading
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.cases.actions import next_number
from ecoredline.web.cases.facts import damage_of
from ecoredline.web.cases.lists import problem_rows
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.clues.importing import county_names, county_of
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.files.list_page import reading_of

ANNEX_4 = "annex-4"
NAMES = ("province", "city", "county")


@dataclass
class Preview:
    """An annex 4 as it would come in: new rows, rows that are here, updates a person may take over."""

    reading: Reading
    year: int
    rows: list[dict] = field(default_factory=list)  # row, place, code, case (or None)
    updates: list[dict] = field(default_factory=list)  # row, case, ours, may
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def new(self) -> list[dict]:
        """The rows that are not in the platform yet."""
        return [row for row in self.rows if row["case"] is None]


def read_problems(source: bytes, *, by, year: int) -> Preview:
    """Read an annex 4 (XLSX or DOCX) for this person's unit and year; writes nothing.

    Faults of the file and of its places are all there, each with table, row and column.
    Raises `NotAllowed` (403.1), `BadForm` (422.4) for a file that is refused as a whole.
    """
    require(by, "case.import")
    reading = reading_of(source, ANNEX_4)
    found = Preview(reading, year, faults=list(reading.faults), notes=list(reading.notes))
    known, names = known_cases(reading, by, year), county_names()
    for row, place in zip(reading.rows, reading.places, strict=True):
        add_row(found, row, place, known.get(row.number), names, by)
    add_updates(found, by)
    return found


def known_cases(reading: Reading, by, year: int) -> dict[str, Case]:
    """The cases that rows are about, by the number in the list: our own numbers, and imported ones."""
    numbers = [row.number for row in reading.rows]
    imported = Case.objects.filter(owner=by.unit_id, year=year, list_number__in=numbers)
    ours = Case.objects.visible_to(by).filter(number__in=numbers)
    found = {case.list_number: case for case in imported.defer("geom")}
    return found | {case.number: case for case in ours.defer("geom")}


def add_row(found: Preview, row: CaseRow, place, case: Case | None, names: dict, by) -> None:
    """Find a new row's county; say what is wrong with it or remarkable."""
    table, number = place
    code = case.division_code if case else ""
    if case is None:
        code, faults, remarks = county_of(row, names)
        if code and not code.startswith(scope(by).prefix):
            faults.append((_("县级行政区"), row.county or code, _("不在本单位辖区内")))
        found.faults += [Fault(table, number, *said) for said in faults]
        found.notes += [Note(table, number, *said) for said in remarks]
    else:
        said = _("已有 %(number)s，不再重复") % {"number": case.number}
        found.notes.append(Note(table, number, _("问题编号"), row.number, said))
    found.rows.append({"row": row, "place": place, "code": code, "case": case})


def add_updates(found: Preview, by) -> None:
    """Rows whose 整改查处情况 differs from what the platform says of the case."""
    here = [(r["row"], r["case"]) for r in found.rows if r["case"] is not None]
    ours = {r.number: r.handling for r in problem_rows([case for _row, case in here])}
    for row, case in here:
        mine = ours[case.number]
        if row.handling and row.handling not in (mine, case.list_handling):
            takes = may(by, "case.describe", case) and case.state != "closed"
            found.updates.append({"row": row, "case": case, "ours": mine, "may": takes})


@transaction.atomic
def import_problems(
    source: bytes, *, by, name: str, year: int | None = None, detail: str = ""
) -> list[Case]:
    """Take an annex 4 in: for every new number a clue of source `list` and its case, opened.

    The same file, or the same numbers of the year, a second time bring nothing. Raises `BadForm`
    (422.4) with every fault of the file, and then nothing is written.
    """
    year = year or clock.today().year
    require(by, "case.import")
    type(by.unit).objects.select_for_update(no_key=True).get(pk=by.unit_id)  # one import at a time
    found = read_problems(source, by=by, year=year)
    if found.faults:
        raise BadForm(*map(str, found.faults))
    if not found.rows:
        raise BadForm(_("清单没有数据行"))
    made = [open_row(row, by=by, detail=detail or name, preview=found) for row in found.new]
    note("case.import", name, by=by, rows=len(found.rows), new=len(made))
    return made


def open_row(found: dict, *, by, detail: str, preview: Preview) -> Case:
    """The clue and the case of one row; the case keeps what the list says, word by word."""
    row = found["row"]
    clue = raise_clue(
        by=by, source="list", year=preview.year, source_detail=detail[:300],
        list_number=row.number, division_code=found["code"], lon=row.lon, lat=row.lat,
        problem_type=row.problem_type, description=row.description, remark=row.remark,
        is_demo=preview.reading.is_demo or None,
    )  # fmt: skip
    case = Case(
        number=next_number(by.unit, preview.year), year=preview.year, owner=by.unit, holder=by.unit,
        opened_by=by, lon=row.lon, lat=row.lat, problem_type=row.problem_type,
        description=row.description, damage_type=damage_of(""), remark=row.remark,
        list_number=row.number, list_patches=list(row.patch_ids), list_photos=row.photo_index[:200],
        list_handling=row.handling, is_demo=clue.is_demo, division_code=clue.division_code,
        scope_codes=clue.scope_codes, control_zone=clue.control_zone,
        redline_version=clue.redline_version, township=row.township or clue.township,
        **{n: getattr(row, n) or getattr(clue, n) for n in NAMES},
    )  # fmt: skip
    said = {"clues": [clue.number], "list": detail, "list_number": row.number,
            "patches": list(row.patch_ids), "handling": row.handling}  # fmt: skip
    begin(case, by=by, step="open", reason=detail, details=said)
    move(clue, "adopt", by=by, reason=detail, details={"case": case.number})
    case.clues.add(clue)
    return case


@transaction.atomic
def take_over(
    source: bytes, *, number: str, by, name: str, year: int, seen: int | None = None
) -> Case:
    """Take over what a list says of one case's handling, as a step `describe` of its history.

    Column 12 then says it as the list's word, beside our own records, which stay. Raises
    `NotFound` (404.1) when the list has no such update, `NotAllowed`, `StepNotAllowed`,
    `MovedMeanwhile` (409.5).
    """
    found = read_problems(source, by=by, year=year)
    update = next((u for u in found.updates if u["row"].number == number), None)
    if update is None:
        raise NotFound()
    case, handling = update["case"], update["row"].handling
    details = {"list": name, "list_number": number, "list_handling": [case.list_handling, handling]}
    move(
        case, "describe", by=by, seen=seen, reason=_("采纳“%(name)s”所载整改查处情况") % {"name": name},
        details=details, list_handling=handling,
    )  # fmt: skip
    return case
