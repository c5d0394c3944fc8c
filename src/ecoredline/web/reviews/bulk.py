"""Dismissing everything a filter selects: looked at first, then done to exactly that."""

from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch
from ecoredline.web.reviews import queries
from ecoredline.web.reviews.actions import checked
from ecoredline.web.reviews.models import Review
from ecoredline.web.reviews.rules import rule


def selected(person, chosen: PatchFilter, run=None) -> list[Patch]:
    """The waiting patches of a filter nobody works on; one more than allowed is fetched."""
    found = queries.free(queries.waiting(person, chosen=chosen))
    found = found if run is None else found.filter(run=run)
    return list(found.select_related("run").order_by("pk")[: int(rule("bulk_limit")) + 1])


def digest(patches) -> str:
    """What was looked at: changes when a patch comes, goes or is moved.

    >>> digest([])[:8]
    'e3b0c442'
    """
    return sha256(",".join(f"{p.pk}.{p.version}" for p in patches).encode()).hexdigest()


@transaction.atomic
def dismiss_selected(*, by, chosen: PatchFilter, run, reason: str, remark: str, seen: str) -> int:
    """Dismiss all the filter selects, all or none; `seen` is the digest of what was looked at.

    Raises `BadForm` (422.4) when the selection is no longer what was shown, is empty or too large.
    """
    require(by, "review.bulk")
    checked("dismiss", reason=reason, remark=remark, types={})
    patches = selected(by, chosen, run)
    limit = int(rule("bulk_limit"))
    if not patches or len(patches) > limit:
        raise BadForm(_("批量排除：一次 1 至 %(limit)s 个图斑，请调整筛选") % {"limit": limit})
    if digest(patches) != seen:
        raise BadForm(_("批量排除：所选图斑在预览之后有变化，请重新预览"))
    for patch in patches:
        review = Review.objects.create(
            patch=patch, person=by, verdict="dismiss", reason=reason, remark=remark,
            created_at=clock.now(),
        )  # fmt: skip
        said = {"record": f"review:{review.pk}", "reason": reason, "bulk": chosen.query}
        move(patch, "dismiss", by=by, reason=remark, details=said, seen=patch.version)
    return len(patches)
