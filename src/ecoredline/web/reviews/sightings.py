"""One place found by several sources: one patch in the queue, the others beside it as second opinions."""

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.geodesy import areas_ha
from ecoredline.patches.fuse import one_event, second_opinion, sensor_kind, sighting_words
from ecoredline.patches.identity import SAME_IOU
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import Blocked
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews.models import Sighting
from ecoredline.web.reviews.queries import standing

OPEN_STATES = ("screened", "accepted", "released", "raised")  # a dismissed place is looked at anew
DECIMALS = 3


def note_sightings(run, _transition=None) -> int:
    """After a load: patches of places another source already brought are put beside those.

    Overlap over union of at least `SAME_IOU` and spans of dates that meet; another source only.
    Gives how many.
    """
    found = 0
    for patch in run.patches.filter(state="screened").exclude(found_by=""):
        best = best_match(patch)
        if best is not None:
            put_beside(patch, *best)
            found += 1
    if found:
        note("review.sightings", f"run {run.pk}", merged=found)
    return found


def best_match(patch: Patch) -> tuple[Patch, float] | None:
    """The patch of another source and run that stands for this place, and their overlap."""
    near = (
        Patch.objects.filter(geom__bboverlaps=patch.geom, state__in=OPEN_STATES)
        .exclude(run=patch.run).exclude(found_by__in=["", patch.found_by])
        .exclude(seen_as__in=standing()).order_by("pk")
    )  # fmt: skip
    best = None
    for other in near:
        if not one_event(span(patch), span(other)):
            continue
        ratio = overlap(patch, other)
        if ratio >= SAME_IOU and (best is None or ratio > best[1]):
            best = other, ratio
    return best


def span(patch: Patch) -> tuple[str, str]:
    """Both dates as text, blank where unknown."""
    return tuple(d.isoformat() if d else "" for d in (patch.before_on, patch.after_on))


def overlap(one: Patch, other: Patch) -> float:
    """Overlap over union of two outlines, on the ellipsoid."""
    shapes = [shapely.make_valid(shapely.from_wkb(bytes(p.geom.wkb))) for p in (one, other)]
    shared, first, second = areas_ha([shapely.intersection(*shapes), *shapes])
    whole = first + second - shared
    return float(shared / whole) if whole > 0 else 0.0


def put_beside(other: Patch, kept: Patch, ratio: float) -> Sighting:
    """Write the sighting down and count it on the patch that stays."""
    kinds = {sensor_kind(p.sensor, p.found_by) for p in (other, kept)}
    raises = kinds == {"optical"}
    words = sighting_words({
        "other_found_by": other.found_by, "other_sensor": other.sensor, "raised": raises,
        "other_after_on": span(other)[1],
        "other_confidence": float("nan") if other.confidence is None else other.confidence,
    })  # fmt: skip
    row = Sighting.objects.create(
        kept=kept, other=other, iou=round(ratio, 4), raises=raises, words=words[:400],
        days=abs((kept.after_on - other.after_on).days), confidence_before=kept.confidence,
    )  # fmt: skip
    count_again(kept)
    return row


def count_again(kept: Patch) -> None:
    """Confidence and other sources of a patch, from what stands beside it."""
    every = list(Sighting.objects.filter(kept=kept).select_related("other"))
    live = [s for s in every if s.separated_at is None]
    best: dict[str, float] = {}
    for row in live:  # one opinion a source
        if row.raises and row.other.confidence is not None:
            source = row.other.found_by
            best[source] = max(best.get(source, 0.0), row.other.confidence)
    own, gone = every[0].confidence_before, [s.words for s in every]
    if own is not None:
        kept.confidence = round(second_opinion(own, list(best.values())), DECIMALS)
    # what the run's own file said stays, before what the platform found
    kept.also_seen_by = [w for w in kept.also_seen_by if w not in gone] + [s.words for s in live]
    kept.save(update_fields=["confidence", "also_seen_by"])


@transaction.atomic
def separate(row: Sighting, *, by, reason: str) -> Sighting:
    """They are two places after all, and why: the other waits for a review again."""
    row = Sighting.objects.select_for_update().get(pk=row.pk)
    require(by, "review.separate", row.kept)
    if row.separated_at is not None:
        raise Blocked(_("已经拆分"))
    if not reason.strip():
        raise Blocked(_("拆分时必须写明原因"))
    row.separated_at, row.separated_by = clock.now(), by
    row.save(update_fields=["separated_at", "separated_by"])
    count_again(row.kept)
    note("review.separate", f"patch {row.other_id}", by=by, kept=row.kept_id, reason=reason)
    return row
