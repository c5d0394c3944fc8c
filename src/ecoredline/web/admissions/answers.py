"""A kept answer made whole again, for report, workbook and map; nothing is decided anew."""

import hashlib
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import shapely
from django.utils.timezone import localdate

from ecoredline.admission import Admission as Answer
from ecoredline.admission import Finding, Hit, LayerState, Project, write_admissions
from ecoredline.admission.report import report_document
from ecoredline.admission.report_pdf import report_pdf
from ecoredline.codes import code_list
from ecoredline.web.admissions.actions import canonical
from ecoredline.web.admissions.layers import sources_for
from ecoredline.web.admissions.models import Admission, counties_in
from ecoredline.web.admissions.rules import table_for
from ecoredline.web.core.problems import FileChanged


def answer_of(row: Admission, tables: dict | None = None, *, pieces: bool = True) -> Answer:
    """The answer as it was given; raises `FileChanged` (409.3) when the row is not what was kept.

    The shared pieces themselves are not kept: without `pieces` hits have no shape.
    """
    told = row.answer
    if hashlib.sha256(canonical(told)).hexdigest() != row.sha256:
        raise FileChanged(row.number)
    tables = {} if tables is None else tables
    if row.rules_id not in tables:
        tables[row.rules_id] = {r.code: r for r in table_for(row.rules).rules}
    rules = tables[row.rules_id]
    return Answer(
        project_of(row), told["outcome"], told["scenario"], told["admitted"],
        told["project"]["area_ha"], told["redline_ha"],
        tuple(
            Finding(f["zone"], f["area_ha"], f["decides"], rules.get(f["rule"]), f["reason"])
            for f in told["findings"]
        ),
        tuple(
            Hit(
                h["role"], h["code"], h["name"], h["zone"], h["area_ha"],
                piece(h, row) if pieces else None,
            )
            for h in told["hits"]
        ),
        tuple(told["reasons"]), tuple(told["unchecked"]),
        {r: state_of(r, told["layers"][r], row) for r in code_list("admission_layers") if r in told["layers"]},
        told["rules"], told["as_of"], told["sliver_rule"], told["is_demo"],
    )  # fmt: skip


def project_of(row: Admission) -> Project:
    """The project as it was read."""
    told = row.answer["project"]
    known = {f.name for f in fields(Project)}
    own = {k: v for k, v in told.items() if k in known and k != "notes"}
    return Project(
        **own, shape=shapely.from_wkt(told["wkt"]), source=told["file"],
        is_demo=row.is_demo, notes=tuple(told["notes"]),
    )  # fmt: skip


def piece(hit: dict, row: Admission):
    """A stand-in for the shared piece: its size is in the row, a point or line has none."""
    return shapely.from_wkt(row.answer["project"]["wkt"]) if hit["area_ha"] else None


def state_of(role: str, told: dict, row: Admission) -> LayerState:
    """A layer's state as it was."""
    return LayerState(
        role,
        **(
            told
            | {n: tuple(told.get(n, ())) for n in ("notes", "covers")}
            | {"is_demo": row.is_demo}
        ),
    )


def sources_of(row: Admission, person):
    """The layers of the versions the answer stands on, near the project."""
    box = shapely.bounds(shapely.from_wkt(row.answer["project"]["wkt"]))
    codes = counties_in(row)
    return sources_for(
        box, row.as_of, person, codes, redline=row.redline_version, protected=row.protected_version
    )


def report_of(row: Admission, person) -> bytes:
    """The report as DOCX with its map."""
    out = BytesIO()
    indexes = sources_of(row, person).layers.indexes
    report_document(answer_of(row), indexes, localdate(row.asked_at).isoformat()).save(out)
    return out.getvalue()


def report_pdf_of(row: Admission, person) -> bytes:
    """The same report as PDF; raises `SourceError` when the server has no Chinese font."""
    indexes = sources_of(row, person).layers.indexes
    return report_pdf(answer_of(row), indexes, localdate(row.asked_at).isoformat())


def archive_of(rows: list[Admission], person) -> bytes:
    """Summary workbook, GeoPackage of the projects and JSON of several answers, as a zip."""
    tables: dict = {}
    answers = [answer_of(row, tables, pieces=False) for row in rows]
    layers = sources_of(rows[0], person).layers
    out = BytesIO()
    with TemporaryDirectory() as folder, ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for path in write_admissions(folder, answers, layers, reports=False):
            archive.write(path, Path(path).name)
    return out.getvalue()
