"""The images a patch was found on, and the pair of all those on the server that shows it best."""

from datetime import date
from pathlib import Path

import shapely
from django.db.models import Q

from ecoredline.errors import EcoredlineError, NotEnoughData
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.models import Patch, Run, UnseenArea
from ecoredline.web.patches.queries import runs_for

MOST = 16  # images looked into for one patch, those nearest to the finding
CLEARLY = 0.02  # a pair must be better by this to be worth a word
SIDES = ("before", "after")


def scenes_near(person, patch: Patch) -> list[Scene]:
    """The dated images over the patch, of runs the person may see; nearest to the finding first."""
    runs = runs_for(person)
    mine = Q(pk__in=runs.values("before")) | Q(pk__in=runs.values("after"))
    found = Scene.objects.filter(mine, acquired_on__isnull=False, footprint__intersects=patch.geom)
    day = patch.after_on or date.max
    return sorted(found, key=lambda s: abs((s.acquired_on - day).days))[:MOST]


def hidden_share(scene: Scene, patch: Patch) -> float:
    """Share of the patch that lay under cloud, shadow or snow on an image; 0 where no run masked it.

    A mask is made of a pair: where several runs used the image, the one that hides least counts.
    """
    shape = shapely.from_wkb(bytes(patch.geom.wkb))
    if not shape.area:
        return 0.0
    shares = []
    for side in SIDES:
        for run in Run.objects.filter(**{side: scene}, extent__intersects=patch.geom):
            veil = veil_of(run, side, patch)
            shares.append(shapely.intersection(shape, veil).area / shape.area)
    return min(shares, default=0.0)


def veil_of(run: Run, side: str, patch: Patch):
    """What one run could not see near a patch on one of its dates."""
    areas = UnseenArea.objects.filter(run=run, date=side, geom__intersects=patch.geom)
    shapes = [shapely.from_wkb(bytes(g.wkb)) for g in areas.values_list("geom", flat=True)]
    return shapely.union_all([shapely.make_valid(g) for g in shapes])


def opened(rows: list[Scene]) -> dict[int, object]:
    """The images that can be read, by key, each under its key as name (two may bear one id)."""
    from dataclasses import replace

    from ecoredline.raster import open_scene

    found = {}
    for row in rows:
        try:
            scene = open_scene(Path(row.path), acquired_on=row.acquired_on, sensor=row.sensor)
        except EcoredlineError:
            continue
        found[row.pk] = replace(scene, image_id=str(row.pk))
    return found


def pairs_of(person, patch: Patch) -> dict:
    """`used` and `best`: each {before, after (scenes), score, reason} or None; `why` where there is no best.

    `best` is None when nothing on the server is clearly better than what was used.
    """
    from ecoredline.pipeline.pairs import best_pair, scored, seen_shares

    rows = {row.pk: row for row in scenes_near(person, patch)}
    files, shape = opened(list(rows.values())), shapely.from_wkb(bytes(patch.geom.wkb))
    hidden = {str(pk): hidden_share(rows[pk], patch) for pk in files}
    found: dict = {"used": None, "best": None, "why": "", "images": len(files)}
    both = [files.get(getattr(patch.run, f"{side}_id")) for side in SIDES]
    if None not in both and patch.after_on:
        seen = seen_shares(both, shape, hidden)
        found["used"] = told(scored(*both, seen, patch.after_on, {}), rows)
    if not patch.after_on:
        return found
    try:
        best = told(best_pair(list(files.values()), shape, patch.after_on, hidden=hidden), rows)
    except NotEnoughData:
        found["why"] = "few"
        return found
    used = found["used"]
    if used is None or best["score"] > used["score"] + CLEARLY:
        found["best"] = best
    return found


def told(pair, rows: dict[int, Scene]) -> dict:
    """A pair for the page."""
    before, after = (rows[int(s.image_id)] for s in (pair.before, pair.after))
    return {"before": before, "after": after, "score": pair.score, "reason": pair.reason}
