"""The demo's public edition: made up as everything in it, and marked so."""

from datetime import date
from pathlib import Path

from ecoredline.web.demo.cast import Cast, at
from ecoredline.web.patches.models import Run
from ecoredline.web.publications.actions import prepare, publish
from ecoredline.web.publications.models import PublicEdition

DAY = date(2026, 11, 20)


def tell(run: Run) -> PublicEdition | None:
    """The administrator publishes an edition; a project that has one already is left as it is."""
    if PublicEdition.objects.exists():
        return None
    admin = Cast(Path(run.folder)).admin
    with at(11, 20, 16):
        made = prepare(
            by=admin, title="生态保护红线概略图（演示）", day=DAY, step_deg=0.01, area_step_km2=1,
            note="演示合成数据：图形、面积与数量均不代表任何真实情况。",
        )  # fmt: skip
        return publish(made, by=admin)
