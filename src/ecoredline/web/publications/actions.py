"""Writes: an edition is prepared, made public, withdrawn."""

import hashlib
import json
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.errors import InputError
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked
from ecoredline.web.publications.generalise import contents_of
from ecoredline.web.publications.lifecycle import PUBLISHED
from ecoredline.web.publications.models import FINEST_DEG, PublicEdition
from ecoredline.web.regions.models import Division
from ecoredline.web.regions.queries import redline_in_use


def prepare(
    *, by, title: str, day: date, step_deg: float, area_step_km2: int, review_number: str = "",
    note: str = "",
) -> PublicEdition:  # fmt: skip
    """Freeze what the public would see of the unit's divisions; nobody outside sees it yet.

    Raises `NotAllowed` (403.1), `BadForm` (422.4) with every fault.
    """
    require(by, "publication.prepare")
    version = redline_in_use(day)
    counties = list(Division.objects.visible_to(by).filter(level="county").order_by("code"))
    faults = faults_of(title, day, step_deg, area_step_km2, version, counties)
    if faults:
        raise BadForm(*faults)
    try:
        contents = contents_of(counties, version, day, step_deg, area_step_km2)
    except InputError as fault:
        raise BadForm(str(fault)) from fault
    sha256 = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
    made = PublicEdition(
        number=next_number(), title=title.strip(), owner=by.unit, by=by, day=day, step_deg=step_deg,
        area_step_km2=area_step_km2, review_number=review_number.strip(), note=note.strip(),
        redline_version=version, contents=contents, sha256=sha256, is_demo=version.is_demo,
        scope_codes=sorted({code for c in counties for code in c.scope_codes}),
    )  # fmt: skip
    begin(made, by=by, step="prepare", details={"sha256": sha256, "redline": version.name})
    return made


def faults_of(title, day, step_deg, area_step_km2, version, counties) -> list[str]:
    """Everything that stands against an edition."""
    faults = [] if title.strip() else [_("标题：未填写")]
    if day > clock.today():
        faults.append(_("截至日期：%(day)s 晚于今天") % {"day": day})
    if step_deg < FINEST_DEG:
        faults.append(
            _("网格：%(got)s 度，应不小于 %(least)s 度") % {"got": step_deg, "least": FINEST_DEG}
        )
    if area_step_km2 < 1:
        faults.append(_("面积取整：%(got)s，应为 1 平方公里以上的整数") % {"got": area_step_km2})
    if version is None:
        faults.append(_("截至日期没有生效的红线版本"))
    if not counties:
        faults.append(_("您的行政区范围内没有载入县级界线"))
    return faults


def next_number() -> str:
    """GK-year-serial."""
    year = clock.today().year
    taken = PublicEdition.objects.filter(number__startswith=f"GK-{year}-").count()
    return f"GK-{year}-{taken + 1:03d}"


@transaction.atomic
def publish(edition: PublicEdition, *, by, seen: int | None = None) -> PublicEdition:
    """Show it to the public; the unit's edition before it is withdrawn.

    Raises `Blocked` (409.6) for real data without the number of the map review 审图号.
    """
    require(by, "publication.publish", edition)
    if not edition.is_demo and not edition.review_number:
        raise Blocked(_("没有审图号：真实数据的公开地图须先送审，在编制时填写审图号"))
    for earlier in PublicEdition.objects.filter(owner=edition.owner, state=PUBLISHED):
        move(earlier, "replace", by=by, details={"by": edition.number})
    move(edition, "publish", by=by, seen=seen, published_at=clock.now())
    return edition


@transaction.atomic
def withdraw(edition: PublicEdition, *, by, reason: str, seen: int | None = None) -> PublicEdition:
    """Take it away from the public again, with a reason."""
    require(by, "publication.withdraw", edition)
    if not reason.strip():
        raise BadForm(_("撤下原因：未填写"))
    move(edition, "withdraw", by=by, seen=seen, reason=reason.strip())
    return edition
