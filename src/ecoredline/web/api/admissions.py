"""Admission checks by program: ask with a drawn or typed outline, read the answer."""

import json

from ninja import Schema

from ecoredline.web.admissions import actions, queries
from ecoredline.web.admissions.asking import asked
from ecoredline.web.api.resources import MOST_ROWS, PAGE_ROWS
from ecoredline.web.api.service import api
from ecoredline.web.core.actions import note_request


class Project(Schema):
    """A project: GeoJSON (EPSG:4490, lon lat) or vertices, with what is said of it."""

    outline: dict | None = None
    vertices: str = ""
    name: str = ""
    code: str = ""
    activity: str = ""
    path: str = "plain"
    opinion: str = ""
    province: str = ""
    buffer_m: float | None = None
    gcj02: bool = False


class Answer(Schema):
    """An answer in short."""

    id: int
    number: str
    name: str
    outcome: str
    admitted: bool
    sha256: str


@api.post("/admissions", response=list[Answer], tags=["admissions"], operation_id="check_admission")
def check(request, body: Project):
    """Hold a project against redline, zones, protected areas, clues and cases; the answer is kept."""
    told = body.model_dump(exclude={"outline"})
    drawn = json.dumps(body.outline) if body.outline else ""
    made = actions.check(asked(outline=drawn, **told), by=request.user)
    return list(made.answers.all())


@api.get("/admissions", tags=["admissions"], operation_id="list_admissions")
def many(request, offset: int = 0, limit: int = PAGE_ROWS, outcome: str = "", q: str = "") -> dict:
    """The answers in the person's divisions, the newest first."""
    chosen = queries.AdmissionFilter.read({"outcome": outcome, "q": q})
    rows = queries.admissions_for(request.user, chosen).defer("answer", "geom")
    limit, offset, count = max(1, min(limit, MOST_ROWS)), max(0, offset), rows.count()
    note_request(request, "api.list", "admissions", count=count, offset=offset, limit=limit)
    items = [Answer.from_orm(row).model_dump() for row in rows[offset : offset + limit]]
    return {
        "count": count,
        "next": offset + limit if offset + limit < count else None,
        "items": items,
    }


@api.get("/admissions/{int:pk}", tags=["admissions"], operation_id="get_admission")
def one(request, pk: int) -> dict:
    """The whole answer as it was given."""
    row = queries.admission_for(request.user, pk)
    return {"id": row.pk, "number": row.number, "sha256": row.sha256} | row.answer
