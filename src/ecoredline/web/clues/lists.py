"""Lists as they stood: rows frozen with their hash, versions compared, written as the official annex."""

import hashlib
import io
import json
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ecoredline.documents.annex import AnnexTable
from ecoredline.documents.annex_docx import annex_document
from ecoredline.documents.annex_xlsx import annex_workbook
from ecoredline.documents.official import ANNEX_1, ANNEX_2
from ecoredline.documents.problems import ProblemTable
from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import prefixes, scope
from ecoredline.web.clues.models import Clue, ListVersion
from ecoredline.web.clues.rows import activity_rows, cells, list_rows
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note as write_down
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotFound

Kind = ListVersion.Kind
LIST_LOCK = 4492
ON_THE_LIST = ("listed", "dispatched", "submitted", "confirmed", "cleared")
ANNEXES = {Kind.SUSPECTED: ANNEX_1, Kind.ACTIVITIES: ANNEX_2}
MAKERS = {"xlsx": annex_workbook, "docx": annex_document}


def clues_on_list(unit: Unit, year: int):
    """The clues of a unit and a year that were put on the list and not taken off."""
    return Clue.objects.filter(owner=unit, year=year, state__in=ON_THE_LIST)


def rows_now(unit: Unit, kind: str, year: int) -> list[dict]:
    """What the list would hold today. Annex 4 is told by the room of cases."""
    if kind == Kind.SUSPECTED:
        return list_rows(clues_on_list(unit, year))
    if kind == Kind.ACTIVITIES:
        return activity_rows(unit, year)
    raise BadForm(_("附件4 的内容由问题台账给出"))


@transaction.atomic
def finalise_list(
    *, unit: Unit, kind: str, year: int, by, note: str = "", rows=None
) -> ListVersion:
    """Freeze a list as it stands: its rows with their printed cells, and their hash.

    `rows` are given for annex 4 only: mappings with `cells` (its thirteen values), `number`,
    `redline_area_ha`, `scope_codes`. The same rows as the newest version make no new one.
    Raises `NotAllowed` (403.1), `BadForm` (422.4).
    """
    require(by, "list.finalise")
    if by.unit_id != unit.pk:
        raise BadForm(_("只能确定本单位的清单"))
    if kind not in Kind.values:
        raise BadForm(_("没有“%(kind)s”这种清单") % {"kind": kind})
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LIST_LOCK, unit.pk])
    rows = rows_now(unit, kind, year) if rows is None else rows
    frozen = [freeze(row) for row in rows]
    past = ListVersion.objects.filter(unit=unit, kind=kind, year=year)
    newest = past.order_by("-number").first()
    digest = rows_hash(frozen)
    if newest is not None and newest.sha256 == digest:
        return newest
    found = ListVersion.objects.create(
        unit=unit, kind=kind, year=year, as_of=clock.today(), created_at=clock.now(), rows=frozen,
        number=(past.aggregate(last=Max("number"))["last"] or 0) + 1, count=len(frozen),
        area_ha=sum((Decimal(row["redline_area_ha"]) for row in frozen), Decimal("0.0000")),
        sha256=digest, note=note, by=by, is_demo=any(row["is_demo"] for row in frozen) or unit.is_demo,
        scope_codes=sorted({c for r in frozen for c in r["scope_codes"]} | {*prefixes([unit.division_code])}),
    )  # fmt: skip
    write_down("list.finalise", f"list {found.pk}", by=by, kind=kind, year=year, sha256=digest)
    return found


def freeze(row: dict) -> dict:
    """A row as a version keeps it: its own words and the cells as they are printed."""
    area = row.get("redline_area_ha")
    return {
        "key": str(row.get("number") or row.get("patch_id")),
        "cells": list(row["cells"]) if "cells" in row else cells(row),
        "redline_area_ha": f"{Decimal(str(area or 0)):.4f}",
        "measured": area is not None,
        "division_code": row.get("division_code", ""),
        "scope_codes": list(row.get("scope_codes", ())),
        "clue": row.get("clue"), "case": row.get("case"),
        "is_demo": bool(row.get("is_demo")),
    }  # fmt: skip


def rows_hash(rows: list[dict]) -> str:
    """SHA-256 of the rows as JSON with sorted keys.

    >>> rows_hash([])[:12]
    '4f53cda18c2b'
    """
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(version: ListVersion) -> bool:
    """Are the frozen rows the ones that were hashed, and count and area theirs?"""
    area = sum((Decimal(row["redline_area_ha"]) for row in version.rows), Decimal("0.0000"))
    whole = version.count == len(version.rows) and version.area_ha == area
    return whole and rows_hash(version.rows) == version.sha256


def list_as_of(unit: Unit, kind: str, day, year: int | None = None) -> ListVersion | None:
    """The version of a unit's list that held on a day; None when there was none yet."""
    found = ListVersion.objects.filter(unit=unit, kind=kind, as_of__lte=day)
    found = found.filter(year=year) if year else found
    return found.order_by("-as_of", "-pk").first()


def versions_for(person):
    """The versions of lists that touch the person's divisions, newest first, without their rows."""
    found = ListVersion.objects.visible_to(person).select_related("unit", "by").defer("rows")
    return found.order_by("-as_of", "-pk")


def version_for(person, pk: int) -> ListVersion:
    """One version; raises `NotFound` (404.1) when there is none the person may see."""
    found = (
        ListVersion.objects.visible_to(person).select_related("unit", "by").filter(pk=pk).first()
    )
    if found is None:
        raise NotFound()
    return found


def rows_for(person, version: ListVersion) -> list[dict]:
    """The rows of a version inside the person's divisions."""
    seen = scope(person)
    if seen is None:
        return []
    if not seen.prefix or person.unit_id == version.unit_id:
        return version.rows
    return [row for row in version.rows if seen.prefix in row["scope_codes"]]


def extract_of(person, version: ListVersion) -> str:
    """What the person's part is limited to; '' when it is the whole list."""
    if len(rows_for(person, version)) == len(version.rows):
        return ""
    return f"{person.unit.name}（{person.unit.division_code}）"


def table_of(person, version: ListVersion) -> AnnexTable | ProblemTable:
    """The person's part of a version as the official table, from the frozen cells."""
    rows, extract = rows_for(person, version), extract_of(person, version)
    provinces = {row["cells"][1] for row in rows} - {""}
    province = provinces.pop() if len(provinces) == 1 else ""
    if version.kind == Kind.PROBLEMS:
        areas = tuple(Decimal(r["redline_area_ha"]) if r["measured"] else None for r in rows)
        printed = tuple(tuple(row["cells"]) for row in rows)
        return ProblemTable(province, printed, areas, version.is_demo, extract)
    printed = tuple(
        (*row["cells"][:7], Decimal(row["cells"][7]), *row["cells"][8:]) for row in rows
    )
    return AnnexTable(ANNEXES[Kind(version.kind)], province, printed, version.is_demo, extract)


def document(person, version: ListVersion, suffix: str) -> io.BytesIO:
    """The person's part of a version as XLSX or DOCX."""
    body = io.BytesIO()
    MAKERS[suffix](table_of(person, version)).save(body)
    body.seek(0)
    return body


def difference(old: list[dict], new: list[dict]) -> dict[str, list]:
    """What came, what went and what changed (with the numbers of the cells) between two versions."""
    before = {row["key"]: row for row in old}
    after = {row["key"]: row for row in new}
    changed = []
    for key, row in after.items():
        if key in before and before[key]["cells"] != row["cells"]:
            pairs = list(zip(before[key]["cells"], row["cells"], strict=True))
            changed.append(
                {"key": key, "cells": [(i, a, b) for i, (a, b) in enumerate(pairs) if a != b]}
            )
    return {
        "added": [row for key, row in after.items() if key not in before],
        "removed": [row for key, row in before.items() if key not in after],
        "changed": changed,
    }
