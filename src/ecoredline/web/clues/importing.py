"""A list handed down (annex 1) read in: a preview with every fault, then all of it or nothing."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes.divisions import plain
from ecoredline.documents.readback import Fault, Note, PatchRow, Reading
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.clues.actions import owner_for, raise_clue
from ecoredline.web.clues.facts import from_point
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.files.list_page import reading_of
from ecoredline.web.regions.divisions import matched, names_on

ANNEX_1 = "annex-1"
MOST_ROWS = 2000  # one request measures and writes no more; a longer list comes in parts
COUNTY_DIGITS = 6


@dataclass
class Preview:
    """A handed-down list as it would come in: rows with their county, faults, what was noted."""

    reading: Reading
    rows: list[dict] = field(default_factory=list)  # row: PatchRow, place, code, is_known
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def new(self) -> list[dict]:
        """The rows that are not in the platform yet."""
        return [row for row in self.rows if not row["is_known"]]


def read_list(source: bytes, *, by, year: int) -> Preview:
    """Read an annex 1 (XLSX or DOCX) for this person's unit and year; writes nothing.

    Faults of the file and of its places are all there, each with table, row and column.
    Raises `NotAllowed` (403.1), `BadForm` (422.4) for a file that is refused as a whole.
    """
    require(by, "clue.raise")
    reading = reading_of(source, ANNEX_1)
    if len(reading.rows) > MOST_ROWS:
        said = _("清单有 %(count)d 行，一次最多导入 %(most)d 行：请按县或市拆分后分次导入")
        raise BadForm(said % {"count": len(reading.rows), "most": MOST_ROWS})
    found = Preview(reading, faults=list(reading.faults), notes=list(reading.notes))
    numbers = [row.patch_id for row in reading.rows]
    mine = Clue.objects.filter(owner=owner_for(by), year=year, list_number__in=numbers)
    known = dict(mine.values_list("list_number", "number"))
    names = county_names()
    for row, place in zip(reading.rows, reading.places, strict=True):
        add_row(found, row, place, known, names, by=by)
    return found


def add_row(found: Preview, row: PatchRow, place, known: dict, names: dict, *, by) -> None:
    """Find the row's county; say what is wrong with it or remarkable."""
    table, number = place
    code, faults, remarks = county_of(row, names)
    seen = scope(by)
    if code and not code.startswith(seen.prefix):
        faults.append(("县级行政区", row.county or code, _("不在本单位辖区内")))
    found.faults += [Fault(table, number, *said) for said in faults]
    found.notes += [Note(table, number, *said) for said in remarks]
    if row.patch_id in known:
        said = _("已导入为 %(number)s，不再重复") % {"number": known[row.patch_id]}
        found.notes.append(Note(table, number, "图斑编号", row.patch_id, said))
    found.rows.append({"row": row, "place": place, "code": code, "is_known": row.patch_id in known})


def county_names() -> dict[str, list[tuple[str, str, str]]]:
    """County name → its (code, city, province), from the list of divisions and the loaded boundaries."""
    listed = names_on()
    found: dict[str, list[tuple[str, str, str]]] = {}
    for code, name in listed.items():
        if not code.endswith("00"):
            city, province = listed.get(code[:4] + "00", ""), listed.get(code[:2] + "0000", "")
            found.setdefault(name, []).append((code, city, province))
    return found


def called(name: str, names: dict) -> list[tuple[str, str, str]]:
    """The counties of today that a short name, alias or former name means."""
    known = {told[0]: told for rows in names.values() for told in rows}
    return [known[code] for code in matched(name) if code in known]


def county_of(row: PatchRow, names: dict) -> tuple[str, list, list]:
    """The county's code by its name, checked by the coordinates: (code, faults, remarks).

    The written county goes before the one the coordinates lie in: it is what the list says.
    """
    told = [
        code for code, city, province in names.get(row.county, ()) or called(row.county, names)
        if (not row.city or not city or plain(city) == plain(row.city))
        and (not row.province or not province or plain(province) == plain(row.province))
    ]  # fmt: skip
    placed = from_point(row.lon, row.lat) if row.lon is not None and row.lat is not None else {}
    lies = placed.get("division_code", "")
    if len(told) == 1:
        if lies and lies != told[0]:
            said = _("坐标落在%(county)s，与所填不一致，按所填读入") % {"county": placed["county"]}
            return told[0], [], [("县级行政区", row.county, said)]
        return told[0], [], []
    if lies:
        said = _("按坐标读作%(county)s") % {"county": placed["county"] or lies}
        return lies, [], [("县级行政区", row.county, said)]
    reason = (
        _("有多个同名的县，请填写市级行政区")
        if told
        else _("找不到这个县，坐标也不在已载入的行政区划内")
    )
    return "", [("县级行政区", row.county, reason)], []


@transaction.atomic
def import_list(
    source: bytes, *, by, name: str, year: int | None = None, detail: str = ""
) -> list[Clue]:
    """Take a handed-down list in: a clue of source `list` for every row that is not here yet.

    The same file, or the same numbers, a second time bring nothing. Raises `BadForm` (422.4)
    with every fault of the file, and then nothing is written.
    """
    year = year or clock.today().year
    found = read_list(source, by=by, year=year)
    if found.faults:
        raise BadForm(*map(str, found.faults))
    if not found.rows:
        raise BadForm(_("清单没有数据行"))
    made = [
        raise_clue(by=by, source="list", year=year, **facts_of(row, detail or name, found))
        for row in found.new
    ]
    note("clue.import", name, by=by, rows=len(found.rows), new=len(made))
    return made


def facts_of(found: dict, detail: str, preview: Preview) -> dict:
    """What a row of the list tells about its clue; the area it states is the area inside the redline."""
    row = found["row"]
    return {
        "source_detail": detail[:300], "list_number": row.patch_id, "division_code": found["code"],
        "lon": row.lon, "lat": row.lat, "place": row.position,
        "area_ha": row.area_ha, "redline_area_ha": row.area_ha,
        "activity_type": row.activity_type, "problem_type": row.problem_type,
        "remark": row.remark, "is_demo": preview.reading.is_demo or None,
    }  # fmt: skip
