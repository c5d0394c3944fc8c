"""Reads of the review: the queue, who works on what, the newest outline, what waits for whom."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core import clock
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews.models import BlindShare, Claim, Refinement, Review, Sighting
from ecoredline.web.reviews.priority import expression

REVIEW, CHECK, BLIND = "review", "check", "blind"
STATES = {REVIEW: "screened", CHECK: "accepted"}


def open_claims(at: datetime | None = None) -> QuerySet[Claim]:
    """Claims that have neither ended nor run out."""
    return Claim.objects.filter(ended_at=None, expires_at__gt=at or clock.now())


def claim_on(patch) -> Claim | None:
    """Who works on the patch now; blind claims are nobody's business."""
    found = open_claims().filter(patch=patch).exclude(purpose=BLIND)
    return found.select_related("person", "person__unit").first()


def waiting(person, purpose: str = REVIEW, chosen: PatchFilter | None = None) -> QuerySet[Patch]:
    """The patches that wait for a first look or a second check, most urgent first.

    What the person accepted themselves does not wait for them; what is in an unfinished blind
    share, and what another patch stands for, waits for nobody.
    """
    found = Patch.objects.visible_to(person).filter(state=STATES[purpose])
    found = found.filter(~Exists(standing(other=OuterRef("pk"))))
    if purpose == CHECK:
        mine = Review.objects.filter(patch=OuterRef("pk"), person=person, verdict="accept")
        found = found.filter(~Exists(mine.filter(is_blind=False)))
    else:
        found = found.filter(~Exists(unfinished_shares(patches=OuterRef("pk"))))
    if chosen is not None:
        found = found.filter(chosen.condition())
    return found.annotate(priority=expression()).order_by("-priority", "pk")


def standing(**which) -> QuerySet[Sighting]:
    """Sightings that nobody separated."""
    return Sighting.objects.filter(separated_at=None, **which)


def sightings_for(person) -> QuerySet[Sighting]:
    """The standing ones of which the person sees both patches."""
    seen = Patch.objects.visible_to(person)
    found = standing(kept__in=seen, other__in=seen).select_related("kept__run", "other__run")
    return found.order_by("-pk")


def unfinished_shares(**which):
    """Blind shares that are not closed."""
    return BlindShare.objects.filter(ended_at=None, **which)


def free(patches: QuerySet[Patch]) -> QuerySet[Patch]:
    """Those nobody works on now."""
    held = open_claims().filter(patch=OuterRef("pk")).exclude(purpose=BLIND)
    return patches.filter(~Exists(held))


def reviews_of(person, patch) -> QuerySet[Review]:
    """What was said about a patch; who still judges it blind sees nothing of the others."""
    found = Review.objects.filter(patch=patch).select_related("person", "person__unit")
    if blind_for(person).filter(pk=patch.pk).exists():
        return found.filter(person=person)
    return found.exclude(Q(is_blind=True) & Q(patch__blind_shares__ended_at=None)).distinct()


def blind_for(person) -> QuerySet[Patch]:
    """What waits for this person's blind judgement."""
    judged = Review.objects.filter(patch=OuterRef("pk"), person=person, is_blind=True)
    shares = unfinished_shares(people=person, patches=OuterRef("pk"))
    found = Patch.objects.visible_to(person).filter(Exists(shares), ~Exists(judged))
    return found.order_by("pk")


def newest_outline(patch) -> Refinement | None:
    """The outline a person drew last; None where the detector's stands."""
    return patch.refinements.order_by("pk").last()


def outline_of(patch) -> dict:
    """The outline that counts and its areas: {geom, area_ha, redline_area_ha, refinement}.

    Clues, letters and maps ask here, so that all of them name the same number.
    """
    drawn = newest_outline(patch)
    source = drawn or patch
    return {
        "geom": source.geom, "area_ha": source.area_ha,
        "redline_area_ha": source.redline_area_ha, "refinement": drawn,
    }  # fmt: skip


def last_decision(person) -> Review | None:
    """The person's last word that can still be taken back: its claim has not run out."""
    last = Review.objects.filter(person=person, is_blind=False).order_by("pk").last()
    if last is None or last.verdict not in ("accept", "dismiss"):
        return None
    lasting = Claim.objects.filter(
        patch=last.patch_id, person=person, purpose=REVIEW, expires_at__gt=clock.now()
    )
    newer = Review.objects.filter(patch=last.patch_id, pk__gt=last.pk)
    stands = last.patch.state == {"accept": "accepted", "dismiss": "dismissed"}[last.verdict]
    return last if stands and lasting.exists() and not newer.exists() else None


def shares_for(person) -> QuerySet[BlindShare]:
    """The blind shares of the runs the person may see."""
    seen = scope(person)
    if seen is None:
        return BlindShare.objects.none()
    found = BlindShare.objects.select_related("run", "by").prefetch_related("people")
    return found.filter(run__scope_codes__contains=[seen.prefix]) if seen.prefix else found
