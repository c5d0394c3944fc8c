"""Released patches raised many at a time: near ones proposed as one clue."""

import numpy as np
import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.web.clues.actions import raise_clue
from ecoredline.web.clues.dated import value_on
from ecoredline.web.clues.facts import newest_outline
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.models import Patch
from ecoredline.web.patches.queries import patches_for

METRES_PER_DEGREE = 111_320.0
MOST_AT_ONCE = 500


def released_for(person):
    """The released patches the person may raise: those inside the redline, not in protected areas."""
    found = patches_for(person).filter(state="released", channel="suspected")
    return found.select_related("run").order_by("division_code", "patch_id")


def proposed_groups(patches, distance_m: float | None = None) -> list[list[Patch]]:
    """Patches of one county within the dated `group_distance` of each other, chains included.

    The order within and among groups is that of `patches`.
    """
    patches = list(patches)
    if not patches:
        return []
    reach = value_on("group_distance") if distance_m is None else distance_m
    shapes = np.array([newest_outline(p)[0] for p in patches], dtype=object)
    squeeze = np.cos(np.radians(np.mean([s.centroid.y for s in shapes])))
    flat = shapely.transform(shapes, lambda xy: xy * [squeeze, 1.0] * METRES_PER_DEGREE)
    leader = list(range(len(patches)))

    def lead(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    for one, other in shapely.STRtree(flat).query(flat, predicate="dwithin", distance=reach).T:
        if patches[one].division_code == patches[other].division_code:
            first, second = sorted((lead(int(one)), lead(int(other))))
            leader[second] = first
    groups: dict[int, list[Patch]] = {}
    for index, patch in enumerate(patches):
        groups.setdefault(lead(index), []).append(patch)
    return list(groups.values())


@transaction.atomic
def raise_groups(*, groups, by, **facts) -> list[Clue]:
    """One clue for each group of patches; all or nothing."""
    groups = [list(group) for group in groups if group]
    if not groups:
        raise BadForm(_("没有选择图斑"))
    if sum(map(len, groups)) > MOST_AT_ONCE:
        raise BadForm(_("一次最多 %(most)d 个图斑") % {"most": MOST_AT_ONCE})
    return [raise_clue(by=by, patches=group, **facts) for group in groups]
