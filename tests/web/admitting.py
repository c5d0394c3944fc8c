"""What an admission check needs beside a loaded run: layers in force, and statements that hold then and today."""

from datetime import date

from ecoredline.web.admissions.models import LayerStatement
from ecoredline.web.core import clock
from ecoredline.web.regions.models import ProtectedAreaVersion, RedlineVersion

SINCE = date(2026, 1, 1)


def ready(cast, *, versions=(RedlineVersion, ProtectedAreaVersion)):
    """Bring a run's undated layers into force for two provinces; say they hold, and that there is no water source."""
    for model in versions:
        model.objects.filter(valid_from=None).update(valid_from=SINCE, covers=["51", "53"])
    for day in (SINCE, clock.today()):
        for code in ("51", "53"):
            for role, kind in (("redline", "current"), ("protected", "current"), ("water", "none")):
                state(cast["ministry_supervisor"], role, code, kind, day)


def state(by, role, code, kind="none", day=SINCE, reason="本区没有划定"):
    """A signed statement about a layer."""
    return LayerStatement.objects.create(
        role=role, division_code=code, kind=kind, day=day, reason=reason, by=by, unit=by.unit
    )
