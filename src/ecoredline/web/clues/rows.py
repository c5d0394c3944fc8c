"""Clues as rows of the official lists: one mapping each, which letter, list and annex share."""

from django.db.models import Prefetch

from ecoredline.codes import code_list
from ecoredline.documents.annex import annex_row
from ecoredline.web.clues.models import Clue, CluePatch
from ecoredline.web.patches.models import Patch

SUSPECTED = "suspected"
SOURCE_SATELLITE = "satellite"


def with_patches(clues):
    """A query of clues that brings their patches' ids along."""
    links = CluePatch.objects.select_related("patch").only("clue_id", "patch__patch_id")
    return clues.prefetch_related(Prefetch("links", links))


def list_rows(clues) -> list[dict]:
    """The rows of annex 1 for these clues, in order of division and number; JSON can hold them.

    Each has what `documents.annex.annex_row` reads, and `clue` and `number` to find it again.
    """
    chosen = (
        clues if hasattr(clues, "filter") else Clue.objects.filter(pk__in=[c.pk for c in clues])
    )
    rows = [list_row(clue) for clue in with_patches(chosen.order_by("division_code", "number"))]
    return sorted(rows, key=lambda r: (r["division_code"], r["patch_id"], r["number"]))


def list_row(clue: Clue) -> dict:
    """One clue as a row. Its first column is its patches' ids; a clue without any gives its number."""
    ids = [link.patch.patch_id for link in clue.links.all()]
    numbered = clue.list_number or clue.number
    said = [clue.remark]
    if ids or clue.list_number:
        said.append(f"线索编号：{clue.number}")
    return {
        "clue": clue.pk, "number": clue.number, "patch_id": "、".join(ids) or numbered,
        "province": clue.province, "city": clue.city, "county": clue.county,
        "lon": clue.lon, "lat": clue.lat, "position": clue.place,
        "area_ha": float(clue.area_ha), "redline_area_ha": float(clue.redline_area_ha),
        "activity_type": clue.activity_type, "problem_type": clue.problem_type,
        "remark": "；".join(s for s in said if s), "clue_source": source_words(clue),
        "channel": SUSPECTED, "division_code": clue.division_code,
        "scope_codes": list(clue.scope_codes), "is_demo": clue.is_demo,
    }  # fmt: skip


def source_words(clue: Clue) -> str:
    """Where it came from, for the remark column; blank for the satellite's own (附件1 注3)."""
    if clue.source == SOURCE_SATELLITE:
        return ""
    label = code_list("clue_sources").get(clue.source, {"zh": clue.source})["zh"]
    return f"{label}（{clue.source_detail}）" if clue.source_detail else label


def activity_rows(person_unit, year: int) -> list[dict]:
    """The rows of annex 2: reviewed patches of the year that touch the redline, in these divisions."""
    found = Patch.objects.filter(
        state__in=("released", "raised"), channel__in=(SUSPECTED, "protected"),
        after_on__year=year,
    )  # fmt: skip
    if person_unit.division_code:
        found = found.filter(scope_codes__contains=[person_unit.division_code])
    return [patch_list_row(p) for p in found.order_by("division_code", "patch_id")]


def patch_list_row(patch: Patch) -> dict:
    """One patch as a row of annex 2."""
    return {
        "patch": patch.pk, "number": patch.patch_id, "patch_id": patch.patch_id,
        "province": patch.province, "city": patch.city, "county": patch.county,
        "lon": patch.lon, "lat": patch.lat, "position": patch.position,
        "area_ha": float(patch.area_ha), "redline_area_ha": float(patch.redline_area_ha),
        "activity_type": patch.activity_type, "problem_type": patch.problem_type,
        "remark": patch.remark, "clue_source": "", "channel": patch.channel,
        "protected_names": list(patch.protected_names), "division_note": patch.division_note,
        "division_code": patch.division_code, "scope_codes": list(patch.scope_codes),
        "is_demo": patch.is_demo,
    }  # fmt: skip


def cells(row: dict) -> list:
    """The eleven printed values of a row; the area as text, so that JSON keeps its decimals."""
    values = list(annex_row(row))
    values[7] = str(values[7])
    return values
