"""The check itself, kept with what was asked: rows that only grow."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from math import inf

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.utils.translation import gettext as _

from ecoredline.admission import Admission as Answer
from ecoredline.admission import CheckOptions, admit
from ecoredline.admission.rules import activity_code, applies
from ecoredline.codes import code_list
from ecoredline.web.accounts.models import Person
from ecoredline.web.accounts.scoping import prefixes, scope
from ecoredline.web.admissions.asking import Asked
from ecoredline.web.admissions.layers import sources_for
from ecoredline.web.admissions.models import Admission, AdmissionRequest
from ecoredline.web.admissions.rules import edition_now, table_for
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.regions.actions import multi
from ecoredline.web.regions.models import STORAGE_SRID, Division

LOCK = 0x414D4954
A_MOMENT = timedelta(minutes=2)
COUNTY_DIGITS, CODE_DIGITS = 6, 6
MOST_NAMED = 10


@transaction.atomic
def check(
    asked: Asked, *, by, as_of: date | None = None, once: bool = False
) -> AdmissionRequest:  # fmt: skip
    """Hold projects against the database's layers and the rules in force; keep question and answer.

    A project must touch the person's divisions. With `once` a second click within two minutes gets
    the answer of the first. All or nothing: raises `BadForm` with all faults, `NotAllowed`.
    """
    require(by, "admission.check")
    day = as_of or clock.today()
    if day > clock.today():
        raise BadForm(_("判定日期：%(day)s 晚于今天") % {"day": day})
    counties = [counties_of(project.shape) for project in asked.projects]
    wrong = [*strangers(asked.projects, counties, by), *misplaced(asked.projects, counties)]
    if wrong:
        raise BadForm(*wrong)
    if once and (twin := just_asked(asked, day, by)) is not None:
        return twin
    request = AdmissionRequest.objects.create(
        source=asked.source, file_name="" if asked.source != "file" else asked.name,
        sha256=asked.keep(), count=len(asked.projects), unit=by.unit, by=by, facts=facts_of(asked, day),
    )  # fmt: skip
    edition = edition_now()
    table = table_for(edition)
    options = CheckOptions(day, coverage_m=inf)  # versions say which divisions they cover
    first = next_number(by.unit, clock.today().year)
    sources = sources_by_place(asked.projects, counties, day, by)
    for step, (project, codes, found) in enumerate(
        zip(asked.projects, counties, sources, strict=True)
    ):
        answer = answer_for(project, codes, found.layers, table, options)
        keep(
            answer, request=request, number=first(step), found=found, edition=edition, codes=codes,
            day=day,
        )  # fmt: skip
    return request


def just_asked(asked: Asked, day: date, by) -> AdmissionRequest | None:
    """The same question of the same person, asked a moment ago; two clicks wait for each other."""
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    return AdmissionRequest.objects.filter(
        by=by, sha256=asked.keep(), facts=facts_of(asked, day), asked_at__gte=clock.now() - A_MOMENT
    ).first()


def keep(answer, *, request, number, found, edition, codes, day) -> Admission:
    """One answer as a row, and a line of the access record with its hash."""
    told = answer.to_dict()
    digest = hashlib.sha256(canonical(told)).hexdigest()
    row = Admission.objects.create(
        request=request, number=number, code=answer.project.code[:200],
        name=answer.project.name[:200], activity=activity_code(answer.project.activity)[:60],
        outcome=answer.outcome, admitted=answer.admitted, area_ha=answer.area_ha,
        redline_ha=answer.redline_ha, as_of=day, redline_version=found.redline,
        protected_version=found.protected, rules=edition, answer=told, sha256=digest,
        unit=request.unit, by=request.by, is_demo=answer.is_demo, scope_codes=prefixes(codes),
        geom=multi(answer.project.shape),
    )  # fmt: skip
    note("admission.check", number, by=request.by, outcome=answer.outcome, sha256=digest)
    return row


def canonical(told: dict) -> bytes:
    r"""The answer as bytes that do not depend on how the database orders it.

    >>> canonical({"b": 1, "a": "线"}).decode()
    '{"a":"线","b":1}'
    """
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sources_by_place(projects, counties, day: date, by) -> list:
    """The layers for each project: read once for the projects that lie in the same counties."""
    groups: dict[tuple, list[int]] = {}
    for number, codes in enumerate(counties):
        groups.setdefault(tuple(codes), []).append(number)
    result = [None] * len(projects)
    for codes, numbers in groups.items():
        box = shapely.total_bounds([projects[n].shape for n in numbers])
        found = sources_for(box, day, by, codes)
        for number in numbers:
            result[number] = found
    return result


def facts_of(asked: Asked, day: date) -> dict:
    """What was said, as the request keeps it."""
    reading = asked.reading
    return dict(reading.facts) | {
        "buffer_m": reading.buffer_m, "crs": reading.crs, "gcj02": reading.gcj02,
        "together": reading.together, "as_of": day.isoformat(),
    }  # fmt: skip


def counties_of(shape) -> list[str]:
    """Codes of the counties a shape lies in."""
    geom = GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=STORAGE_SRID)
    rows = Division.objects.filter(level="county", geom__intersects=geom)
    return sorted({code[:COUNTY_DIGITS] for code in rows.values_list("code", flat=True)})


def strangers(projects, counties, by) -> list[str]:
    """Words for the projects that do not touch the person's divisions."""
    seen = scope(by)
    if seen is None:
        return [_("账号没有所属单位")]
    out = [
        project.name
        for project, codes in zip(projects, counties, strict=True)
        if not (any(c.startswith(seen.prefix) for c in codes) or (not codes and seen.unplaced))
    ]
    said = [_("项目“%(name)s”不在本单位辖区内") % {"name": name} for name in out[:MOST_NAMED]]
    if len(out) > MOST_NAMED:
        said.append(_("另有 %(n)d 个项目不在本单位辖区内") % {"n": len(out) - MOST_NAMED})
    return said


def place_of(project, codes: list[str]) -> str:
    """The county whose rules hold: the one the project's inner point lies in, else its first."""
    if len(codes) < 2:
        return codes[0] if codes else ""
    return next(iter(counties_of(shapely.point_on_surface(project.shape))), codes[0])


def misplaced(projects, counties) -> list[str]:
    """Words for the projects said to be in a division they do not lie in: its rules may be milder."""
    out = [
        (project, codes)
        for project, codes in zip(projects, counties, strict=True)
        if project.province and codes and not any(applies(project.province, c) for c in codes)
    ]
    said = _("项目“%(name)s”：行政区划代码 %(said)s 与项目位置（%(places)s）不符")
    return [
        said % {"name": p.name, "said": p.province, "places": "、".join(codes)}
        for p, codes in out[:MOST_NAMED]
    ]


def answer_for(project, codes: list[str], layers, table, options) -> Answer:
    """The answer by the rules of where the project lies; of several counties the gravest."""
    first = place_of(project, codes) or project.province
    places: dict[tuple, str] = {}
    for place in (first, *codes):
        held = tuple(r.code for r in table.rules if applies(r.province, place))
        places.setdefault(held, place)
    rows = code_list("admission_outcomes")
    answers = [admit(replace(project, province=p), layers, table, options) for p in places.values()]
    return max(answers, key=lambda a: int(rows[a.outcome]["severity"]))


def next_number(unit, year: int):
    """A function from a step to the number of a unit's year; holds a lock until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK, unit.pk])
    stem = f"ZR{unit.division_code.ljust(CODE_DIGITS, '0')}-{year}-"
    taken = Admission.objects.filter(number__startswith=stem).order_by("-number")
    last = taken.values_list("number", flat=True).first()
    start = int(last.removeprefix(stem)) + 1 if last else 1
    return lambda step: f"{stem}{start + step:06d}"
