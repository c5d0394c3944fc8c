"""Annex 4 of 703号 from the cases as they stand: thirteen columns, true at every moment."""

from django.db.models import Prefetch, QuerySet

from ecoredline.codes import code_list
from ecoredline.documents.problems import CaseRow
from ecoredline.web.cases.handling import handling_text
from ecoredline.web.cases.models import Case, Handover
from ecoredline.web.cases.photos import index_text
from ecoredline.web.clues.models import Clue, CluePatch

RELATED = (
    "investigations", "plans__items", "progress", "rechecks", "observations", "photos",
    Prefetch("handovers", Handover.objects.select_related("to_unit", "letter").prefetch_related(
        "letter__replies")),
    Prefetch("clues", Clue.objects.order_by("pk")),
    Prefetch("clues__links", CluePatch.objects.select_related("patch").defer(
        "patch__geom", "patch__geom_raw")),
)  # fmt: skip


def problem_rows(cases) -> list[CaseRow]:
    """Each case as a row of annex 4 (13 columns), in the order given; a fixed number of queries.

    Everything is read anew, whatever the caller's copies have kept.
    """
    keys = [case.pk for case in cases] if not isinstance(cases, QuerySet) else list(
        cases.values_list("pk", flat=True))  # fmt: skip
    found = Case.objects.defer("geom").prefetch_related(*RELATED).in_bulk(keys)
    return [problem_row(found[key]) for key in keys if key in found]


def problem_row(case: Case) -> CaseRow:
    """One case whose related rows were prefetched."""
    clues = list(case.clues.all())
    return CaseRow(
        number=case.number, province=case.province, city=case.city, county=case.county,
        township=case.township, lon=case.lon, lat=case.lat,
        patch_ids=tuple(dict.fromkeys(
            [*(link.patch.patch_id for clue in clues for link in clue.links.all()), *case.list_patches]
        )),
        photo_index=index_text(photo.number for photo in case.photos.all()),
        problem_type=case.problem_type, description=case.description,
        handling=handling_text(case), remark=remark_of(case, clues),
        redline_area_ha=measured_ha(case), division_code=case.division_code,
        is_demo=case.is_demo,
    )  # fmt: skip


def measured_ha(case: Case):
    """The area inside the redline; None for a case of a list that nobody has measured yet."""
    return None if case.list_number and not case.area_ha else case.redline_area_ha


def remark_of(case: Case, clues) -> str:
    """Where its clues came from when it was not the satellite, numbers of the list, own remark."""
    names = code_list("clue_sources")
    sources = dict.fromkeys(clue.source for clue in clues if clue.source not in ("", "satellite"))
    said = (
        [f"线索来源：{'、'.join(names.get(s, {'zh': s})['zh'] for s in sources)}"]
        if sources
        else []
    )
    if case.list_number:
        said.append(f"原问题编号：{case.list_number}")
    if case.list_photos:
        said.append(f"原照片索引号：{case.list_photos}")
    return "；".join([*said, *([case.remark] if case.remark else [])])


def rows_for_letter(cases) -> list[dict]:
    """The rows a letter freezes: what `documents.problem_table` reads, as plain JSON."""
    return [as_json(row) for row in problem_rows(cases)]


def as_json(row: CaseRow) -> dict:
    """A row as plain JSON; hectares as text with four decimals."""
    found = vars(row).copy()
    found["patch_ids"] = list(row.patch_ids)
    if row.redline_area_ha is not None:
        found["redline_area_ha"] = f"{row.redline_area_ha:.4f}"
    return found
