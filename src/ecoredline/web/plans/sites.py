"""Site life: the same place over many cycles is one site, whose state follows what is seen and done.

Growing: the newest patch reaches beyond the older ones. Active: seen again without growing. Idle:
nothing new for long. Removed: every case there closed as rectified. Recovering: later images say so.
"""

from datetime import date, timedelta

import shapely
from django.contrib.gis.geos import MultiPolygon
from django.db import transaction

from ecoredline.codes import code_list
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch
from ecoredline.web.plans.models import Site, SiteState
from ecoredline.web.rectification.models import Observation
from ecoredline.web.regions.actions import hectares

DEGREES_PER_M = 1 / 111_000  # a search radius only; no area or distance is taken from it
DAYS_PER_MONTH = 30.44
State = Site.State


def setting(code: str) -> float:
    """A dated parameter of site life."""
    return float(code_list("site_rules")[code]["value"])


@transaction.atomic
def update_sites(day: date | None = None) -> dict[str, int]:
    """Bring every raised patch, clue and case to its site and every site to its state.

    Gives how many sites were made and how many changed state. Running it twice changes nothing.
    """
    day = day or clock.today()
    counts = {"made": 0, "changed": 0}
    for clue in Clue.objects.filter(sites=None).exclude(geom=None).exclude(state="withdrawn"):
        counts["made"] += place_clue(clue)
    for case in Case.objects.exclude(geom=None).prefetch_related("clues__sites"):
        for site in {s for c in case.clues.all() for s in c.sites.all()}:
            site.cases.add(case)
    for site in Site.objects.all():
        counts["changed"] += renew(site, day)
    return counts


def place_clue(clue: Clue) -> bool:
    """Put a clue (with its patches) to the site it lies on, or make one; was one made?"""
    reach = setting("near_m") * DEGREES_PER_M
    near = Site.objects.filter(geom__dwithin=(clue.geom, reach), is_demo=clue.is_demo)
    site = near.order_by("number").first()
    made = site is None
    if made:
        site = Site.objects.create(
            number=f"SITE-{clue.number}", geom=clue.geom, scope_codes=clue.scope_codes,
            is_demo=clue.is_demo,
        )  # fmt: skip
    patches = Patch.objects.filter(clue_link__clue=clue)
    site.clues.add(clue)
    site.patches.add(*patches)
    if not made:
        site.geom = joined(site.geom, clue.geom)
        site.scope_codes = sorted({*site.scope_codes, *clue.scope_codes})
        site.save(update_fields=["geom", "scope_codes"])
    return made


def joined(one, other) -> MultiPolygon:
    """The union of two outlines."""
    found = one.union(other)
    return found if found.geom_type == "MultiPolygon" else MultiPolygon(found, srid=found.srid)


def renew(site: Site, day: date) -> bool:
    """Compute a site's state from what hangs on it; did it change?"""
    seen = sorted(
        [(p.after_on, p.geom) for p in site.patches.all() if p.after_on]
        + [(c.found_on, c.geom) for c in site.clues.all() if c.geom and not c.links.exists()],
        key=lambda pair: pair[0],
    )
    state, because = judged(site, seen, day)
    site.first_seen_on = seen[0][0] if seen else site.first_seen_on
    site.last_seen_on = seen[-1][0] if seen else site.last_seen_on
    changed = state != site.state or not site.states.exists()
    site.state = state
    site.save()
    if changed:
        area = hectares(as_shapely(site.geom))
        SiteState.objects.create(site=site, on=day, state=state, area_ha=area, because=because)
    return changed


def judged(site: Site, seen: list, day: date) -> tuple[str, str]:
    """The state and what it rests on."""
    cases = list(site.cases.all())
    last = seen[-1][0] if seen else None
    closed_on = max((c.closed_on for c in cases if c.closed_on), default=None)
    if cases and all(c.state == "closed" for c in cases) and not (last and last > closed_on):
        watched = Observation.objects.filter(case__in=cases).exclude(finding="unseen").last()
        if watched and watched.finding == "recovering":
            return State.RECOVERING, f"{watched.observed_on} 卫星复查：植被恢复中"
        if watched is None or watched.finding == "stable":
            return State.REMOVED, f"{closed_on} 销号"
        return State.ACTIVE, f"{watched.observed_on} 卫星复查：{watched.get_finding_display()}"
    if len(seen) > 1 and grew([g for _, g in seen[:-1]], seen[-1][1]):
        return State.GROWING, f"{last} 的图斑超出以往范围"
    if last and day - last > timedelta(days=setting("idle_months") * DAYS_PER_MONTH):
        return State.IDLE, f"自 {last} 起未见新变化"
    return State.ACTIVE, f"{last} 发现" if last else "有线索，未见影像"


def grew(older: list, newest) -> bool:
    """Does the newest outline reach beyond all the older ones by the share that counts?"""
    known = older[0]
    for outline in older[1:]:
        known = known.union(outline)
    beyond = newest.difference(known)
    return beyond.area > setting("growth") * known.area


def as_shapely(geometry):
    """A database geometry as shapely's."""
    return shapely.from_wkb(bytes(geometry.wkb))
