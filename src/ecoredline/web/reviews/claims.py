"""Claims: two people never work one patch. The database itself allows one open claim."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from ecoredline.web.core import clock
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import ClaimedByOther
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import queries
from ecoredline.web.reviews.models import Claim
from ecoredline.web.reviews.queries import BLIND, CHECK, REVIEW
from ecoredline.web.reviews.rules import rule

TRIES = 20
ASKED = {REVIEW: "review.first", CHECK: "review.check", BLIND: "review.blind"}


def until():
    """When a claim made now runs out."""
    return clock.now() + timedelta(minutes=rule("claim_minutes"))


def return_expired() -> int:
    """End the claims that have run out; their patches stand in the queue again."""
    over = Claim.objects.filter(ended_at=None, expires_at__lte=clock.now())
    return over.update(ended_at=F("expires_at"))


@transaction.atomic
def take(patch, *, by, purpose: str = REVIEW) -> Claim:
    """Claim one patch, or renew one's own claim; raises `ClaimedByOther` (409.7)."""
    require(by, ASKED[purpose], patch)
    return_expired()
    mine = Claim.objects.filter(patch=patch, person=by, purpose=purpose, ended_at=None).first()
    if mine is not None:
        return renew(mine)
    try:
        with transaction.atomic():
            return Claim.objects.create(
                patch=patch, person=by, purpose=purpose, claimed_at=clock.now(), expires_at=until()
            )
    except IntegrityError as fault:
        other = queries.claim_on(patch)
        said = f"{other.person.unit} {other.person.display_name}" if other else ""
        raise ClaimedByOther(said) from fault


def renew(claim: Claim) -> Claim:
    """The person is still at work."""
    claim.expires_at = until()
    claim.save(update_fields=["expires_at"])
    return claim


def end(patch, *, by, purpose: str = REVIEW) -> int:
    """Give the patch back, or note that the work on it is done; 0 when there was no claim."""
    mine = Claim.objects.filter(patch=patch, person=by, purpose=purpose, ended_at=None)
    return mine.update(ended_at=clock.now())


@transaction.atomic
def take_next(
    *, by, purpose: str = REVIEW, chosen: PatchFilter | None = None, after: Patch | None = None,
    back: bool = False,
) -> Patch | None:  # fmt: skip
    """Claim the most urgent patch nobody works on; None when nothing waits.

    `after` is the patch the person stands at: the next (or with `back` the one before) in the
    queue's order is taken. Of two who ask at once each gets another one.
    """
    require(by, ASKED[purpose])
    return_expired()
    for _try in range(TRIES):
        found = candidates(by, purpose, chosen, after, back)
        if purpose != BLIND:  # two judge the same patch blind, so they do not pass each other by
            found = found.select_for_update(of=("self",), skip_locked=True, no_key=True)
        found = found.first()
        if found is None:
            return None
        try:
            with transaction.atomic():
                take(found, by=by, purpose=purpose)
            return found
        except ClaimedByOther:
            continue  # somebody's claim was written after this look began
    return None


def candidates(by, purpose, chosen, after, back):
    """The free patches in the queue's order, from where the person stands."""
    if purpose == BLIND:
        return queries.blind_for(by)
    found = queries.free(queries.waiting(by, purpose, chosen))
    if after is None:
        return found
    at = Patch.objects.annotate(priority=queries.expression()).get(pk=after.pk).priority
    found = found.exclude(pk=after.pk)
    if back:
        before = Q(priority__gt=at) | Q(priority=at, pk__lt=after.pk)
        return found.filter(before).order_by("priority", "-pk")
    return found.filter(Q(priority__lt=at) | Q(priority=at, pk__gt=after.pk))
