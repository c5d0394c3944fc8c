"""Projects of the admission ledger as numbers: those that touch the redline, and those in order.

EcoRedline's own rule, no standard's: a project is in order when it is approved, or when nothing was
seen built on it since it was asked about.
"""

from datetime import date

import shapely
from django.db.models import Q

from ecoredline.web.admissions.approved import approved_on
from ecoredline.web.admissions.models import Admission
from ecoredline.web.assessments.figures import Ledger, counted
from ecoredline.web.assessments.land import JUDGED
from ecoredline.web.assessments.places import Place
from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch

SOURCE = "准入核查台账"
CROSSES = "no_land"  # goes over or under the redline


def put_projects(ledger: Ledger, year: int, places: list[Place]) -> None:
    """Projects asked about in the year that touch a place, and those of them in order.

    Nothing where no check had been asked by the year's end: then the ledger was not kept.
    """
    last = min(date(year, 12, 31), clock.today())
    if not Admission.objects.filter(asked_at__date__lte=last).exists():
        return
    rows = newest_answers(year)
    shapes = [shapely.from_wkb(bytes(r.geom.wkb)) for r in rows]
    tree = shapely.STRtree(shapes)
    bad = {r.pk for r, s in zip(rows, shapes, strict=True) if is_built_without(r, s, last)}
    for place in places:
        mine = [rows[k] for k in sorted(tree.query(place.outline, predicate="intersects"))]
        fine = [r.number for r in mine if r.pk not in bad]
        ledger.put(place.code, year, "projects", counted((r.number for r in mine), SOURCE))
        ledger.put(place.code, year, "projects_lawful", counted(fine, SOURCE))


def newest_answers(year: int) -> list[Admission]:
    """The year's answers that touch the redline; of a project asked about twice the later."""
    rows = Admission.objects.filter(asked_at__year=year).filter(
        Q(redline_ha__gt=0) | Q(outcome=CROSSES)
    )
    newest = {(r.unit_id, r.code or r.name): r for r in rows.order_by("pk")}
    return sorted(newest.values(), key=lambda r: r.pk)


def is_built_without(row: Admission, shape, last: date) -> bool:
    """Was something people judged real seen on it, dated after the question, with no approval then?"""
    asked = row.asked_at.date()
    patches = Patch.objects.filter(
        state__in=JUDGED, after_on__gte=asked, after_on__lte=last, geom__intersects=row.geom
    )
    for day, geom in patches.values_list("after_on", "geom"):
        seen = shapely.from_wkb(bytes(geom.wkb))
        if shapely.intersection(seen, shape).area > 0 and row.pk not in approvals(day):
            return True
    return False


def approvals(day: date) -> set[int]:
    """Projects with an approval in force that day."""
    return set(approved_on(day).values_list("pk", flat=True))
