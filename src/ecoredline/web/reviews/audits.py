"""Places of a run drawn blind: somebody says whether anything changed there, and what was missed is counted.

The draw, the figures and the file beside the run are those of `ecoredline accuracy`.
"""

import csv
import hashlib
import io
import json
from pathlib import Path

import shapely
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from ecoredline.errors import InputError, NotEnoughData
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, Blocked
from ecoredline.web.patches.models import DroppedPatch, Patch, UnseenArea
from ecoredline.web.patches.queries import runs_for
from ecoredline.web.regions.models import STORAGE_SRID, RedlinePolygon
from ecoredline.web.reviews.models import AuditPlace, AuditPlan, AuditWord

LEAST, MOST = 10, 1000
MOST_SEED = 2**31 - 1
NOTE_LENGTH = 300
LOOKS = (1, 2)
SAID = {"change": 1, "nothing": 0}  # as the response form has them; unclear is left blank
FORM = ("sample_id", "lon", "lat", "before_on", "after_on", "changed", "note")


def plans_for(person) -> QuerySet[AuditPlan]:
    """The plans of the runs the person may see, newest first."""
    return AuditPlan.objects.filter(run__in=runs_for(person)).select_related("run", "by")


@transaction.atomic
def make_plan(run, *, size: int | None, seed: int | None, looks: int = 1, by) -> AuditPlan:
    """Draw places of the run's list, of what was dropped and of all the rest of the redline it showed.

    Raises `NotAllowed`, `BadForm` with every fault.
    """
    require(by, "review.audit_plan", run)
    faults = faults_of(run, size, seed, looks)
    if faults:
        raise BadForm(*faults)
    from ecoredline.pipeline.sampling import draw  # it loads the detector's half

    try:
        rows, areas = draw(shapes_of(run), size, seed)
    except InputError as fault:
        raise BadForm(str(fault)) from fault
    if not rows:
        raise BadForm(_("批次：影像范围内没有红线"))
    plan = AuditPlan.objects.create(run=run, seed=seed, looks=looks, areas_ha=areas, by=by)
    AuditPlace.objects.bulk_create(
        AuditPlace(plan=plan, number=k, stratum=stratum, point=Point(lon, lat, srid=STORAGE_SRID))
        for k, (stratum, lon, lat) in enumerate(rows, start=1)
    )
    note("review.audit_plan", f"run {run.pk}", by=by, plan=plan.pk, seed=seed, places=len(rows))
    return plan


def faults_of(run, size, seed, looks) -> list[str]:
    """Everything that is wrong with the wish for a plan."""
    found = []
    if size is None or not LEAST <= size <= MOST:
        found.append(_("数量：须为 10 至 1000"))
    if seed is None or not 0 <= seed <= MOST_SEED:
        found.append(_("随机种子：须为非负整数"))
    if looks not in LOOKS:
        found.append(_("判读人数：须为 1 或 2"))
    if run.redline_version_id is None or run.extent is None:
        found.append(_("批次：没有红线版本或影像范围，无法抽取"))
    elif run.before_id is None or run.after_id is None:
        found.append(_("批次：影像已不在服务器上，无法判读"))
    return found


def shapes_of(run) -> dict:
    """The strata of a run, out of what is loaded of it."""
    from ecoredline.pipeline.sampling import strata_of

    kinds = {"patches": Patch, "dropped": DroppedPatch, "unseen": UnseenArea}
    layers = {name: wkb_shapes(model.objects.filter(run=run)) for name, model in kinds.items()}
    redline = RedlinePolygon.objects.filter(version=run.redline_version_id)
    near = wkb_shapes(redline.filter(geom__intersects=run.extent))
    return strata_of(near, shapely.from_wkb(bytes(run.extent.wkb)), **layers)


def wkb_shapes(rows) -> list:
    """The outlines of rows as shapely's."""
    return [
        shapely.from_wkb(bytes(g.wkb)) for g in rows.order_by("pk").values_list("geom", flat=True)
    ]


def waiting(plan: AuditPlan, person) -> QuerySet[AuditPlace]:
    """The places this person has not judged and that want one more judgement, in the drawn order."""
    if plan.ended_at is not None:
        return plan.places.none()
    mine = AuditWord.objects.filter(place=OuterRef("pk"), person=person)
    found = plan.places.annotate(looks=Count("words__person", distinct=True))
    return found.filter(~Exists(mine), looks__lt=plan.looks).order_by("number")


@transaction.atomic
def answer(place: AuditPlace, *, by, verdict: str, remark: str = "") -> AuditWord:
    """What somebody sees there; said again, the newest word counts. Ends the plan with its last place."""
    plan = AuditPlan.objects.select_for_update().get(pk=place.plan_id)
    require(by, "review.audit", plan.run)
    if plan.ended_at is not None:
        raise Blocked(_("抽查已结束"))
    if verdict not in AuditWord.Verdict.values:
        raise BadForm(_("结论：请选择没有变化、有变化或看不清"))
    if len(remark) > NOTE_LENGTH:
        raise BadForm(_("说明：不超过 300 字"))
    word = AuditWord.objects.create(place=place, person=by, verdict=verdict, remark=remark)
    note("review.audit", f"plan {plan.pk}", by=by, place=place.number, verdict=verdict)
    if not open_places(plan).exists():
        end(plan)
    return word


def open_places(plan) -> QuerySet[AuditPlace]:
    """Places that want another judgement."""
    return plan.places.annotate(looks=Count("words__person", distinct=True)).filter(
        looks__lt=plan.looks
    )


@transaction.atomic
def close(plan: AuditPlan, *, by) -> None:
    """No more judgements; what was said so far counts."""
    require(by, "review.audit_plan", plan.run)
    if plan.ended_at is None:
        note("review.audit_close", f"run {plan.run_id}", by=by, plan=plan.pk)
        end(plan)


def end(plan: AuditPlan) -> None:
    """Close, and leave the figures beside the run for the lists that are made of it."""
    plan.ended_at = clock.now()
    plan.save(update_fields=["ended_at"])
    transaction.on_commit(lambda: keep_figures(plan))


def keep_figures(plan: AuditPlan) -> bool:
    """Write `accuracy.json` into the run's folder; False where there is no folder or too little was said."""
    from ecoredline.pipeline.sampling import save_figures

    found = figures(plan)
    folder = Path(plan.run.folder)
    if found is None or not folder.is_dir():
        return False
    form = hashlib.sha256(form_csv(plan)).hexdigest()
    save_figures(folder, key_of(plan), found["estimates"], found["lines"], [form])
    return True


def last_words(plan: AuditPlan) -> dict[int, dict[int, AuditWord]]:
    """Place → person → their newest word; people in the order in which they first spoke of it."""
    found: dict[int, dict[int, AuditWord]] = {}
    for word in AuditWord.objects.filter(place__plan=plan).order_by("pk"):
        found.setdefault(word.place_id, {})[word.person_id] = word
    return found


def answers_of(plan: AuditPlan, which: int = 0) -> dict[str, int]:
    """Sample → 1 or 0 of the first (or, 1, the second) person who judged it; unclear ones left out."""
    ids, said = dict(plan.places.values_list("pk", "number")), {}
    for place, words in last_words(plan).items():
        people = list(words.values())
        if len(people) > which and people[which].verdict in SAID:
            said[sample_id(ids[place])] = SAID[people[which].verdict]
    return dict(sorted(said.items()))


def sample_id(number: int) -> str:
    """As on the response form.

    >>> sample_id(7)
    'S0007'
    """
    return f"S{number:04d}"


def key_of(plan: AuditPlan) -> dict:
    """The key of the response form: which stratum and place each sample is of."""
    rows = [(sample_id(p.number), p) for p in plan.places.order_by("number")]
    return {
        "run_sha256": plan.run.record_sha256, "seed": plan.seed, "areas_ha": plan.areas_ha,
        "stratum": {i: p.stratum for i, p in rows},
        "points": {i: [round(p.point.x, 6), round(p.point.y, 6)] for i, p in rows},
    }  # fmt: skip


def figures(plan: AuditPlan) -> dict | None:
    """Estimates, their words and the agreement of two people; None when too little was said."""
    import pandas as pd

    from ecoredline.patches.estimate import agreement
    from ecoredline.pipeline.sampling import estimates, figure_lines

    said, key = pd.Series(answers_of(plan), dtype=int), key_of(plan)
    try:
        found = estimates(said, key["stratum"], key["areas_ha"])
    except NotEnoughData:
        return None
    lines = figure_lines(found, len(said), key)
    second = pd.Series(answers_of(plan, 1), dtype=int)
    both = said.index.intersection(second.index)
    same = agreement(said[both], second[both]) if len(both) else None
    if same:
        lines.append(
            f"两位判读者：{len(both)} 个共同样点，一致率 {same[0]:.3f}，Kappa {same[1]:.3f}"
        )
    return {"estimates": found, "lines": lines, "agreement": same, "both": len(both)}


def counts(plan: AuditPlan) -> list[dict]:
    """For each stratum: places, judged clearly, with a change."""
    said, key = answers_of(plan), key_of(plan)
    found = []
    for stratum in plan.areas_ha:
        ids = [i for i, s in key["stratum"].items() if s == stratum]
        clear = [said[i] for i in ids if i in said]
        found.append(
            {"stratum": stratum, "places": len(ids), "clear": len(clear), "changed": sum(clear)}
        )
    return found


def missed(plan: AuditPlan) -> list[AuditPlace]:
    """Places outside the list where somebody saw a change."""
    wrong = {i for i, v in answers_of(plan).items() if v}
    rows = plan.places.exclude(stratum="patch").order_by("number")
    return [p for p in rows if sample_id(p.number) in wrong]


def form_csv(plan: AuditPlan, which: int = 0) -> bytes:
    """The answers as the response form that `ecoredline accuracy` and `train --audit` read."""
    said, days = answers_of(plan, which), [plan.run.before_on or "", plan.run.after_on or ""]
    body = io.StringIO()
    out = csv.writer(body)
    out.writerow(FORM)
    for place in plan.places.order_by("number"):
        i = sample_id(place.number)
        at = [round(place.point.x, 6), round(place.point.y, 6)]
        out.writerow([i, *at, *days, said.get(i, ""), ""])
    return b"\xef\xbb\xbf" + body.getvalue().encode()


def key_json(plan: AuditPlan) -> bytes:
    """The key as a file."""
    return json.dumps(key_of(plan), ensure_ascii=False, indent=1).encode()


def judged_count(plan: AuditPlan) -> int:
    """Judgements given, each person once a place."""
    words = AuditWord.objects.filter(place__plan=plan)
    return words.values("place", "person").distinct().count()


def last_of(plan: AuditPlan, person) -> AuditPlace | None:
    """The place this person judged last, so that a slip can be put right."""
    mine = AuditPlace.objects.filter(plan=plan, words__person=person)
    return mine.annotate(word=F("words__pk")).order_by("-word").first()
