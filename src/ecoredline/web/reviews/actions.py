"""What people decide about patches: accept, dismiss, take back, second check, restore."""

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import history, move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked
from ecoredline.web.reviews import claims, queries
from ecoredline.web.reviews.models import Claim, Review
from ecoredline.web.reviews.queries import BLIND, CHECK, REVIEW, unfinished_shares
from ecoredline.web.reviews.rules import reasons
from ecoredline.web.reviews.sharing import end_when_judged

TYPES = {"activity_type": "activity_types", "problem_type": "problem_types"}
REMARK_LENGTH = 2000


def faults_of(verdict: str, *, reason: str, remark: str, types: dict[str, str]) -> list[str]:
    """Everything that is wrong with a judgement, in words."""
    found = []
    if verdict == "dismiss" and reason not in reasons():
        found.append(_("排除原因：请从清单中选择"))
    if verdict == "dismiss" and reason == "other" and not remark.strip():
        found.append(_("说明：选择“其他”时必须写明原因"))
    if verdict == "return" and not remark.strip():
        found.append(_("说明：退回时必须写明原因"))
    if len(remark) > REMARK_LENGTH:
        found.append(_("说明：不超过 2000 字"))
    for name, value in types.items():
        if value not in code_list(TYPES[name]) and (value or verdict == "accept"):
            label = {"activity_type": _("活动类型"), "problem_type": _("疑似问题")}[name]
            found.append(_("%(label)s：请从清单中选择") % {"label": label})
    return found


def checked(verdict: str, **facts) -> None:
    """Raise `BadForm` (422.4) with all faults."""
    if found := faults_of(verdict, **facts):
        raise BadForm(*found)


def seconds_of(claim: Claim) -> int:
    """How long the person has had it."""
    return max(0, int((clock.now() - claim.claimed_at).total_seconds()))


def write(patch, verdict: str, claim: Claim, *, by, **facts) -> Review:
    """One judgement."""
    return Review.objects.create(
        patch=patch, person=by, verdict=verdict, seconds=seconds_of(claim),
        created_at=clock.now(), **facts,
    )  # fmt: skip


def refuse_blind(patch) -> None:
    """A patch that two people still judge blind is decided by nobody else before they have."""
    if unfinished_shares(patches=patch).exists():
        raise Blocked(_("该图斑正在盲审，盲审结束后再审核"))


@transaction.atomic
def accept(patch, *, by, activity_type: str, problem_type: str, remark="", seen=None) -> Review:
    """A suspected problem; the types are confirmed or put right, what was there is kept.

    Raises `BadForm` (422.4), `ClaimedByOther` (409.7) and what `move` raises.
    """
    types = {"activity_type": activity_type, "problem_type": problem_type}
    checked("accept", reason="", remark=remark, types=types)
    refuse_blind(patch)
    was = {name: getattr(patch, name) for name in types}
    claim = claims.take(patch, by=by, purpose=REVIEW)
    review = write(patch, "accept", claim, by=by, remark=remark, **types)
    said = {"record": f"review:{review.pk}", "was": was, **types}
    move(patch, "accept", by=by, reason=remark, details=said, seen=seen, **types)
    claims.end(patch, by=by, purpose=REVIEW)
    return review


@transaction.atomic
def dismiss(patch, *, by, reason: str, remark="", seen=None) -> Review:
    """Not a problem, for one of the coded reasons; at the first look or at the second check."""
    checked("dismiss", reason=reason, remark=remark, types={})
    refuse_blind(patch)
    purpose = CHECK if patch.state == "accepted" else REVIEW
    if purpose == CHECK:
        second_person(patch, by)
    claim = claims.take(patch, by=by, purpose=purpose)
    review = write(patch, "dismiss", claim, by=by, reason=reason, remark=remark)
    said = {"record": f"review:{review.pk}", "reason": reason}
    move(patch, "dismiss", by=by, reason=remark, details=said, seen=seen)
    claims.end(patch, by=by, purpose=purpose)
    return review


@transaction.atomic
def undo(*, by):
    """Take back one's own last word while its claim lasts; the patch is claimed again.

    Gives the patch. The word stays in the history, and so does its taking back.
    """
    last = queries.last_decision(by)
    if last is None:
        raise Blocked(_("没有可撤销的审核：已过有效期，或他人已接着办理"))
    patch = last.patch
    was = was_of(patch) if last.verdict == "accept" else {}
    said = {"record": f"review:{last.pk}"}
    move(patch, "undo", by=by, details=said, **was)
    claims.take(patch, by=by, purpose=REVIEW)
    return patch


def was_of(patch) -> dict[str, str]:
    """The types the patch had before its last acceptance."""
    return history(patch).filter(step="accept").last().details.get("was", {})


def is_second_person(first: int | None, second: int) -> bool:
    """May `second` check what `first` accepted? Never the same person.

    >>> is_second_person(3, 4), is_second_person(3, 3)
    (True, False)
    """
    return first != second


def second_person(patch, by) -> None:
    """Raise `Blocked` (409.6) when the person accepted the patch themselves."""
    words = Review.objects.filter(patch=patch, verdict="accept", is_blind=False)
    first = words.values_list("person", flat=True).last()
    if not is_second_person(first, by.pk):
        raise Blocked(_("审核人与质检人不能是同一人"))


@transaction.atomic
def release(patch, *, by, remark="", seen=None) -> Review:
    """The second check agrees: the patch may become a clue."""
    require(by, "patch.release", patch)
    second_person(patch, by)
    checked("release", reason="", remark=remark, types={})
    return check(patch, "release", by=by, remark=remark, seen=seen)


@transaction.atomic
def send_back(patch, *, by, remark: str, seen=None) -> Review:
    """The second check does not agree: look again, and why."""
    require(by, "patch.return", patch)
    second_person(patch, by)
    checked("return", reason="", remark=remark, types={})
    return check(patch, "return", by=by, remark=remark, seen=seen)


def check(patch, verdict: str, *, by, remark: str, seen) -> Review:
    """Write the second check and move the patch."""
    claim = claims.take(patch, by=by, purpose=CHECK)
    review = write(patch, verdict, claim, by=by, remark=remark)
    said = {"record": f"review:{review.pk}"}
    move(patch, verdict, by=by, reason=remark, details=said, seen=seen)
    claims.end(patch, by=by, purpose=CHECK)
    return review


def restore(patch, *, by, remark: str, seen=None):
    """A dismissed patch goes back to the queue, and why."""
    if not remark.strip():
        raise BadForm(_("说明：恢复时必须写明原因"))
    return move(patch, "restore", by=by, reason=remark, seen=seen)


@transaction.atomic
def judge_blind(patch, *, by, verdict: str, reason="", remark="", **types) -> Review:
    """One of two independent judgements; the patch does not move, the access record holds it."""
    require(by, "review.blind", patch)
    if not queries.blind_for(by).filter(pk=patch.pk).exists():
        raise Blocked(_("此图斑不在您的盲审任务中，或您已判过"))
    if verdict not in ("accept", "dismiss"):
        raise BadForm(_("结论：请选择疑似问题或排除"))
    checked(verdict, reason=reason, remark=remark, types=types if verdict == "accept" else {})
    claim = claims.take(patch, by=by, purpose=BLIND)
    kept = types if verdict == "accept" else {"reason": reason}
    review = write(patch, verdict, claim, by=by, is_blind=True, remark=remark, **kept)
    claims.end(patch, by=by, purpose=BLIND)
    end_when_judged(review)
    note("review.blind", f"patch {patch.pk}", by=by, review=review.pk, verdict=verdict, **kept)
    return review
