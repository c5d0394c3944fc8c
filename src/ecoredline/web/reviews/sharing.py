"""A share of a run given blind to two people, and how far they agree."""

import random

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.patches.agreement import Agreement, agreement
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews.models import BlindShare, Review
from ecoredline.web.reviews.queries import unfinished_shares

VERDICTS = ("accept", "dismiss")
MOST_SEED = 2**31 - 1


def drawn(keys: list[int], share: float, seed: int) -> list[int]:
    """The chosen ones: the same for the same seed, at least one.

    >>> drawn([5, 6, 7, 8], 0.5, 1) == drawn([8, 7, 6, 5], 0.5, 1)
    True
    """
    ordered = sorted(keys)
    count = min(len(ordered), max(1, round(share * len(ordered))))
    return sorted(random.Random(seed).sample(ordered, count))


def faults_of(share: float | None, seed: int | None, people, by) -> list[str]:
    """Everything that is wrong with the wish for a share."""
    found = []
    if share is None or not 0 < share <= 1:
        found.append(_("比例：须大于 0、不超过 100%"))
    if seed is None or not 0 <= seed <= MOST_SEED:
        found.append(_("随机种子：须为非负整数"))
    if len({p.pk for p in people}) != 2:
        found.append(_("人员：须选择两名不同的人员"))
    if any(not may(p, "review.blind") for p in people):
        found.append(_("人员：须为解译员或质检员"))
    return found


@transaction.atomic
def make_share(run, *, share: float, seed: int, people, by) -> BlindShare:
    """Draw a share of the run's unreviewed patches that both people see; raises `BadForm`."""
    require(by, "review.share", run)
    faults = faults_of(share, seed, people, by)
    if faults:
        raise BadForm(*faults)
    waiting = Patch.objects.filter(run=run, state="screened")
    for person in (*people, by):
        waiting = waiting & Patch.objects.visible_to(person)
    taken = unfinished_shares(run=run).values("patches")
    keys = list(waiting.exclude(pk__in=taken).values_list("pk", flat=True))
    if not keys:
        raise BadForm(_("批次：没有两人都能看到的待审核图斑"))
    found = BlindShare.objects.create(
        run=run, share=share, seed=seed, by=by, created_at=clock.now()
    )
    found.patches.set(drawn(keys, share, seed))
    found.people.set(people)
    note("review.share", f"run {run.pk}", by=by, share=found.pk, seed=seed, of=len(keys))
    return found


@transaction.atomic
def close_share(share: BlindShare, *, by) -> BlindShare:
    """No more judgements: the patches go back to the queue and the figures are open."""
    require(by, "review.share", share.run)
    if share.ended_at is None:
        share.ended_at = clock.now()
        share.save(update_fields=["ended_at"])
        note("review.share_close", f"run {share.run_id}", by=by, share=share.pk)
    return share


def end_when_judged(review: Review) -> None:
    """Close the shares in which nothing is left to judge."""
    for share in unfinished_shares(patches=review.patch_id):
        if judged_count(share) >= 2 * share.patches.count():
            share.ended_at = clock.now()
            share.save(update_fields=["ended_at"])


def words_of(share: BlindShare):
    """The blind judgements of a share's two people on its patches."""
    return Review.objects.filter(
        is_blind=True, person__in=share.people.all(), patch__in=share.patches.all()
    )


def judged_count(share: BlindShare) -> int:
    """How many judgements were given."""
    return words_of(share).values("patch", "person").distinct().count()


def pairs_of(share: BlindShare) -> list[tuple[str, str]]:
    """The verdicts of both people on each patch that both judged."""
    first, second = share.people.order_by("pk")
    said = {(r.patch_id, r.person_id): r.verdict for r in words_of(share)}
    patches = {patch for patch, _person in said}
    return [
        (said[p, first.pk], said[p, second.pk])
        for p in sorted(patches)
        if (p, first.pk) in said and (p, second.pk) in said
    ]


def agreement_of(share: BlindShare) -> Agreement:
    """How far the two agree on problem or not."""
    table = [[0, 0], [0, 0]]
    for one, other in pairs_of(share):
        table[VERDICTS.index(one)][VERDICTS.index(other)] += 1
    return agreement(table)
