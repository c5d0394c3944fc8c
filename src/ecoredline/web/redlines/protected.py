"""Versions of the protected areas 自然保护地: delivered with the day they begin, the one before ends."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.record import Job
from ecoredline.vector import read_protected_areas
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.files import store
from ecoredline.web.redlines.actions import declared, read_with
from ecoredline.web.regions.actions import register_protected_areas
from ecoredline.web.regions.models import ProtectedAreaVersion
from ecoredline.web.regions.queries import counties_frame, held_on


@transaction.atomic
def deliver_protected(
    upload, *, by, name: str, valid_from: date, covers: str = "", job: Job | None = None, **options
) -> ProtectedAreaVersion:
    """A file of protected areas comes into force on its day; the version held until then ends.

    `covers` are codes of the divisions it speaks for, by default the unit's own. `options` are those of `vector.read_layer`. Raises `NotAllowed` (403.1), `BadForm` (422.4) for a
    file that cannot be read, is in force already, or does not begin after every other.
    """
    require(by, "redline.deliver")
    if not name.strip():
        raise BadForm(_("名称：未填写"))
    divisions = declared(covers, by)
    layer = read_with(read_protected_areas, upload, job=job, **options)
    versions = ProtectedAreaVersion.objects.select_for_update()
    if (known := versions.filter(sha256=store.digest(upload)).exclude(valid_from=None)).exists():
        raise BadForm(_("这个文件已经作为“%(name)s”生效") % {"name": known.get().name})
    if faults := faults_of_day(valid_from):
        raise BadForm(*faults)
    before = held_on(versions, valid_from).first()
    made = register_protected_areas(
        layer.frame, name=name.strip(), sha256=store.keep(upload), is_demo=layer.is_demo,
        notes=layer.notes, divisions=counties_frame(), job=job,
    )  # fmt: skip
    made.name, made.valid_from, made.valid_to = name.strip(), valid_from, None
    made.covers = divisions
    made.save(update_fields=["name", "valid_from", "valid_to", "covers"])
    if before is not None:
        before.valid_to = valid_from
        before.save(update_fields=["valid_to"])
    note(
        "protected.deliver", f"protected {made.pk}", by=by, sha256=made.sha256, day=str(valid_from)
    )
    return made


def faults_of_day(valid_from: date) -> list[str]:
    """A version must begin after every other."""
    later = ProtectedAreaVersion.objects.filter(valid_from__gte=valid_from).first()
    if later is None:
        return []
    facts = {"day": valid_from, "name": later.name, "since": later.valid_from}
    return [_("生效日期 %(day)s 不晚于已生效的版本“%(name)s”（%(since)s）") % facts]
