"""Other eyes on the demo's ground: a third-party patch layer in the queue, and an audit of what was missed."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from django.db.models import Q

from ecoredline.record import RECORD_NAME
from ecoredline.web.demo.cast import Cast, at
from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import DroppedPatch, Patch, Run
from ecoredline.web.reviews import audits
from ecoredline.web.reviews.models import AuditPlan

SOURCE, SENSOR = "示范遥感中心（演示）", "GF-2（演示）"
AFTER_ON = "2026-03-28"
SAME, NEW = 3, 2  # places of the queue that it saw too, and places of its own
SHIFT_DEG = 0.00002  # another eye draws another outline
CONFIDENCES = (0.82, 0.64, 0.91, 0.58, 0.77)
AUDITED, JUDGED, SEED = 40, 24, 7
TRUE_STRATUM = "patch"


def tell(run: Run, folder: Path, inputs: dict[str, Path]) -> Run:
    """Load the layer as a run of its own and begin an audit; the same a second time changes nothing."""
    out = folder / "run-third-party"
    if not (out / RECORD_NAME).exists():
        bring(write_layer(run, folder), out, inputs)
    with at(4, 16, 9):
        found = load_run(out, name="第三方图斑（示范遥感中心，演示）")
    begin_audit(run)
    return found


def write_layer(run: Run, folder: Path) -> Path:
    """What the made-up centre delivers: some patches that still wait, drawn a little otherwise, and
    two places that nobody listed.
    """
    waiting = Patch.objects.filter(run=run, state="screened")
    known = [
        shapely.from_wkb(bytes(p.geom.wkb))
        for p in waiting.order_by("-redline_area_ha", "pk")[:SAME]
    ]
    dropped = DroppedPatch.objects.filter(run=run, redline_area_ha__gt=0).exclude(
        Q(reason="too_small")
    )
    own = [
        shapely.from_wkb(bytes(p.geom.wkb))
        for p in dropped.order_by("-redline_area_ha", "pk")[:NEW]
    ]
    shapes = [shapely.affinity.translate(g, SHIFT_DEG, SHIFT_DEG) for g in [*known, *own]]
    table = gpd.GeoDataFrame(
        {
            "编号": [f"TP-{k:03d}" for k in range(1, len(shapes) + 1)],
            "置信度": [CONFIDENCES[k % len(CONFIDENCES)] for k in range(len(shapes))],
            "is_demo": [1] * len(shapes),
        },
        geometry=shapes, crs=4490,
    )  # fmt: skip
    path = folder / "third-party.gpkg"
    pyogrio.write_dataframe(table, path, layer="patches")
    return path


def bring(layer: Path, out: Path, inputs: dict[str, Path]) -> None:
    """The import as the command does it."""
    from ecoredline.patches.foreign import ForeignOptions
    from ecoredline.pipeline.take_in import import_patches

    options = ForeignOptions(
        source=SOURCE, sensor=SENSOR, before_on="2025-03-20", after_on=AFTER_ON,
        fields={"number": "编号", "confidence": "置信度"},
    )  # fmt: skip
    roles = {role: inputs[role] for role in ("redline", "protected_areas", "divisions", "places")}
    import_patches([(layer, options)], out=out, **roles)


def begin_audit(run: Run) -> None:
    """An audit in the middle: a third of its places still waits for the newcomer."""
    if AuditPlan.objects.exists():
        return
    cast = Cast(Path(run.folder))
    with at(11, 18, 14):
        plan = audits.make_plan(run, size=AUDITED, seed=SEED, by=cast.checker)
        for place in plan.places.all()[:JUDGED]:
            verdict = "change" if place.stratum == TRUE_STRATUM else "nothing"
            audits.answer(place, by=cast.analyst, verdict=verdict)
