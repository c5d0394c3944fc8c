"""Spot checks 抽查 by a higher level: drawn by a documented method, each result recorded, agreement counted."""

import secrets
from collections import defaultdict

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, Blocked, NotFound, StepNotAllowed
from ecoredline.web.verifications.judging import judge, judged, needed
from ecoredline.web.verifications.models import Judgement, SpotCheck, Verification
from ecoredline.web.verifications.sampling import METHOD, draw, wilson

MOST_SEED = 2**31 - 1
WAITING, DECIDED = ("submitted",), ("confirmed", "cleared")
UNPLACED = "000000"


def frame_for(person, *, year=None, verdicts=(), decided=False) -> dict[str, list[str]]:
    """What can be drawn: county code → numbers of clues the person may spot-check, in order.

    Submitted clues, and with `decided` those already confirmed or cleared; never what the
    person's own unit verified, as nobody checks themselves.
    """
    states = (*WAITING, *DECIDED) if decided else WAITING
    clues = Clue.objects.visible_to(person).filter(state__in=states).select_related("holder")
    clues = clues.exclude(pk__in=verified_by(person.unit_id))
    if year:
        clues = clues.filter(year=year)
    if verdicts:
        last = Verification.objects.filter(submitted_at__isnull=False, verdict__in=verdicts)
        clues = clues.filter(verifications__in=last).distinct()
    found = defaultdict(list)
    for clue in clues.order_by("number"):
        if may(person, "clue.spot_check", clue):
            found[clue.division_code or UNPLACED].append(clue.number)
    return dict(sorted(found.items()))


def verified_by(unit: int):
    """Keys of the clues whose newest verification is this unit's."""
    gone = Verification.objects.filter(submitted_at__isnull=False)
    newest = gone.filter(clue=OuterRef("clue")).order_by("-submitted_at", "-pk").values("pk")[:1]
    return gone.filter(unit=unit, pk=Subquery(newest)).values("clue")


@transaction.atomic
def draw_spot_check(
    *, by, name, size, year=None, verdicts=(), seed=None, decided=False
) -> SpotCheck:
    """Draw a sample of submitted verifications, in proportion from each county.

    With `decided` clues that were already confirmed or cleared are in the frame too, which needs
    the `year`. The seed is the machine's own unless one is given (drawn in public, say); frame, seed, method
    and size are kept, so that anybody can draw the same again.

    Raises `NotAllowed` (403.1), `BadForm` (422.4).
    """
    require(by, "spot_check.draw")
    frame = frame_for(by, year=year, verdicts=verdicts, decided=decided)
    total, faults = sum(map(len, frame.values())), []
    if decided and not year:
        faults.append(_("包括已认定、已排除的线索时须填写年度"))
    if not name.strip() or len(name) > 200:
        faults.append(_("名称应为1至200字"))
    if not isinstance(size, int) or size < 1 or size > total:
        faults.append(_("样本量为%(got)s，应为1至%(most)d") % {"got": size, "most": total})
    if seed is not None and not 0 <= seed <= MOST_SEED:
        faults.append(_("种子为%(got)s，应为0至%(most)d") % {"got": seed, "most": MOST_SEED})
    if unknown := set(verdicts) - set(Verification.Verdict.values):
        faults.append(_("结论“%(got)s”无效") % {"got": "、".join(sorted(unknown))})
    if faults:
        raise BadForm(*faults)
    seed = secrets.randbelow(MOST_SEED + 1) if seed is None else seed
    drawn = draw(frame, size, seed)
    made = SpotCheck.objects.create(
        unit=by.unit, name=name.strip(), method=METHOD, seed=seed, size=size, by=by,
        frame={"clues": frame, "year": year, "verdicts": list(verdicts), "decided": decided, "on": clock.today().isoformat()},
    )  # fmt: skip
    made.clues.set(Clue.objects.filter(number__in=drawn))
    note(
        "spot_check.draw",
        f"spot check {made.pk}",
        by=by,
        seed=seed,
        size=size,
        frame=total,
        drawn=drawn,
    )
    return made


@transaction.atomic
def record_spot_check(spot_check, clue, *, by, agrees, said, seen=None) -> Judgement:
    """What a spot check found about one drawn clue: does it agree with the verification?

    Raises `NotFound` (404.1) when it was not drawn, `StepNotAllowed` (409.4) the second time.
    """
    if spot_check.unit_id != by.unit_id or not spot_check.clues.filter(pk=clue.pk).exists():
        raise NotFound()
    _row, verification = judged(clue, "spot_check", by)
    if verification.unit_id == by.unit_id:
        raise Blocked(_("不能抽查本单位的核实结果"))
    said = needed(said, _("抽查情况"))
    if spot_check.judgements.filter(verification__clue=clue).exists():
        raise StepNotAllowed(_("此线索已登记抽查结果"))
    word = judge(
        verification, kind="spot_check", agrees=agrees, said=said, by=by, spot_check=spot_check
    )
    move(
        clue, "spot_check", by=by, seen=seen, reason=said,
        details={"record": f"judgement:{word.pk}", "spot_check": spot_check.pk, "agrees": agrees},
    )  # fmt: skip
    return word


def drawn_again(spot_check) -> bool:
    """Does the kept frame with the kept seed give the list that is kept?"""
    drawn = draw(spot_check.frame["clues"], spot_check.size, spot_check.seed)
    return sorted(drawn) == sorted(spot_check.clues.values_list("number", flat=True))


def agreement(spot_check) -> dict:
    """How far it has come: {checked, agreed, of, rate, low, high}; rates None before the first."""
    words = spot_check.judgements.all()
    checked, agreed = len(words), sum(word.agrees for word in words)
    low, high = wilson(agreed, checked) or (None, None)
    rate = agreed / checked if checked else None
    return {
        "checked": checked, "agreed": agreed, "of": spot_check.clues.count(),
        "rate": rate, "low": low, "high": high,
    }  # fmt: skip
