"""The proof after closing: a later run is laid over a closed case, judged and written down."""

from datetime import date

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.geodesy import area_ha
from ecoredline.proof import Facts, Judgement, Look, judge, limit, look
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import Blocked
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.rectification import scenes
from ecoredline.web.rectification.models import Observation, WatchDate

WITNESSES = ("before", "damaged", "closing")
TOLERANCE_DAYS = 30  # an image so long before a watch date still serves it


def closed_cases_in(run: Run):
    """Rectified and closed cases whose outline lies in the run and that it shows after closing.

    A case that was already looked at with the same image is left out.
    """
    if run.extent is None or run.after_on is None:
        return Case.objects.none()
    cases = Case.objects.filter(
        state="closed", outcome=Case.Outcome.RECTIFIED, geom__intersects=run.extent,
        closed_on__lt=run.after_on,
    )  # fmt: skip
    known = (
        Observation.objects.filter(scene__sha256=run.after.sha256)
        if run.after
        else run.observations
    )
    return cases.exclude(pk__in=known.values("case")).exclude(observations__run=run).order_by("pk")


@transaction.atomic
def observe(case: Case, run: Run, *, by=None) -> Observation:
    """What a later run shows of a closed case; the same run a second time gives the first answer.

    Reads the run's image and the older ones; writes the observation, the risk of the case and a
    row of history. `by` None is the system. Raises `Blocked` (409.6) for a case that is not
    closed or a run that is not later, `SourceError` when the run's image is gone.
    """
    if by is not None:
        require(by, "case.watch", case)
    row = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    known = row.observations.filter(run=run).first()
    if known is not None:
        return known
    refuse(row, run)
    seen = looks_of(row, run.after)
    share = changed_share(row, run)
    facts = Facts(
        **seen, changed_share=share, closed_on=row.closed_on, begun_on=begun_on(row),
        damage_type=row.damage_type,
    )  # fmt: skip
    judgement = judge(facts)
    made = written(row, run, facts, judgement)
    details = {
        "record": f"observation:{made.pk}", "run": run.pk, "finding": made.finding,
        "risk": made.risk, "proposes_reopening": made.proposes_reopening,
        "reasons": made.reasons,
    }  # fmt: skip
    changes = {} if made.finding == Observation.Finding.UNSEEN else {"risk": made.risk}
    move(row, "watch", by=by, reason=words(made), details=details, **changes)
    if made.finding != Observation.Finding.UNSEEN:
        meet_watch_dates(made)
    for name in ("risk", "version"):
        setattr(case, name, getattr(row, name))
    return made


def refuse(case: Case, run: Run) -> None:
    """Only a closed case with an outline, and only a run whose image is later than closing."""
    if case.state != "closed" or case.geom is None:
        raise Blocked(_("{case} 未销号或没有范围，不能卫星复查").format(case=case))
    if run.after is None or run.after_on is None or run.after_on <= case.closed_on:
        raise Blocked(
            _("批次后时相 {day} 不晚于销号日期 {closed}").format(
                day=run.after_on or "—", closed=case.closed_on
            )
        )


def looks_of(case: Case, now: Scene) -> dict[str, Look | None]:
    """A look of every image that speaks of the case; all by the index that the newest has."""
    place, others = scenes.shapely_of(case.geom), scenes.others_around(case)
    chosen = scenes.scenes_of(case, now)
    newest = look(scenes.opened(now), place, others=others, hidden=scenes.hidden_in(now, case.geom))
    found, done = {"now": newest}, {}
    for name in WITNESSES:
        scene = chosen[name]
        if scene is not None and scene.pk not in done:
            done[scene.pk] = older_look(scene, case, place, others, newest.index)
        found[name] = done.get(scene.pk) if scene is not None else None
    return found


def older_look(scene: Scene, case: Case, place, others, index: str) -> Look | None:
    """A look of an older image; None when its file is gone or it has not the bands."""
    image = scenes.open_or_none(scene)
    if image is None or (index == "ndvi" and not {"red", "nir"} <= image.bands.keys()):
        return None
    hidden = scenes.hidden_in(scene, case.geom)
    found = look(image, place, others=others, hidden=hidden, index=index)
    return found if found.relative is not None and found.valid_share > 0 else None


def changed_share(case: Case, run: Run) -> float:
    """The part of the outline that the run found disturbed anew; greening is no disturbance."""
    place = scenes.shapely_of(case.geom)
    rise = limit("greening", run.after_on or date.max)
    shapes = [
        scenes.shapely_of(patch.geom)
        for patch in Patch.objects.filter(run=run, geom__intersects=case.geom)
        if not is_greening(patch, rise)
    ]
    whole = area_ha(place)
    return float(area_ha(shapely.union_all(shapes).intersection(place)) / whole) if whole else 0.0


def is_greening(patch: Patch, rise: float) -> bool:
    """Did the index rise there, as when plants come back?"""
    if patch.ndvi_before is None or patch.ndvi_after is None:
        return False
    return patch.ndvi_after - patch.ndvi_before >= rise


def begun_on(case: Case) -> date | None:
    """From when rectification could run: the first hand-over, else the opening."""
    first = case.handovers.exclude(to_unit=None).order_by("sent_on").first()
    return first.sent_on if first else case.opened_on


def written(case: Case, run: Run, facts: Facts, judgement: Judgement) -> Observation:
    """The observation's row."""

    def inside(one: Look | None) -> float | None:
        return None if one is None else one.inside

    return Observation.objects.create(
        case=case, run=run, scene=run.after, index=facts.now.index,
        observed_on=facts.now.on or run.after_on, ndvi_inside=facts.now.inside,
        ndvi_ring=facts.now.ring, ndvi_before=inside(facts.before),
        ndvi_at_closing=inside(facts.closing), changed_share=facts.changed_share,
        valid_share=facts.now.valid_share, finding=judgement.finding, risk=judgement.risk,
        reasons=list(judgement.reasons), looks=as_record(facts), proposes_reopening=judgement.proposes_reopening,
        watch=due_watch(case, run.after_on),
    )  # fmt: skip


def as_record(facts: Facts) -> dict:
    """What every image showed, as plain JSON."""
    names = (*WITNESSES, "now")
    seen = {name: getattr(facts, name) for name in names if getattr(facts, name) is not None}
    return {
        name: {"on": one.on.isoformat() if one.on else None, "index": one.index,
               "inside": rounded(one.inside), "ring": rounded(one.ring),
               "valid_share": rounded(one.valid_share)}
        for name, one in seen.items()
    }  # fmt: skip


def rounded(value: float | None) -> float | None:
    """An index with the decimals it is worth."""
    return None if value is None else round(value, 4)


def due_watch(case: Case, day: date) -> WatchDate | None:
    """The watch date that an image of this day serves: the last one due by then."""
    dates = case.watch_dates.filter(done_at=None).order_by("due_on")
    return next((w for w in reversed(dates) if (w.due_on - day).days <= TOLERANCE_DAYS), None)


def meet_watch_dates(made: Observation) -> None:
    """What was due by then is done; an image without sight leaves it open."""
    if made.watch is not None:
        met = made.case.watch_dates.filter(done_at=None, due_on__lte=made.watch.due_on)
        met.update(done_at=clock.now(), run=made.run)


def words(made: Observation) -> str:
    """One line for the history."""
    said = [str(made.get_finding_display()), *(r["words"] for r in made.reasons)]
    text = "；".join(said)
    return text + (f"（{_('建议重新立案')}）" if made.proposes_reopening else "")


def observe_closed_cases(run: Run, *, by=None, step=lambda done, of: None) -> list[Observation]:
    """Every closed case in the run, each in its own transaction: one that fails stops no other.

    Gives the observations. Cases already observed by the run are left alone, so a second call
    after a fault goes on where the first stopped.
    """
    cases, made, faults = list(closed_cases_in(run)), [], []
    for number, case in enumerate(cases):
        step(number, len(cases))
        try:
            made.append(observe(case, run, by=by))
        except Blocked as fault:
            faults.append(f"{case}: {fault}")
    if faults and not made:
        raise Blocked(*faults)
    return made
