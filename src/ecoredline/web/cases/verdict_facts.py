"""What cases know of judged patches: the day their problem was closed."""

from ecoredline.web.cases.models import Case


def verdict_facts(patches: list) -> dict[int, dict]:
    """Patch key → `closed_on` (ISO day) where every case of the patch's clue is closed."""
    rows = Case.objects.filter(clues__links__patch__in=[p.pk for p in patches]).values_list(
        "clues__links__patch", "state", "closed_on"
    )
    found: dict[int, dict] = {}
    still_open = {pk for pk, state, _day in rows if state != "closed"}
    for pk, _state, day in rows:
        if pk not in still_open and day is not None:
            last = max(day.isoformat(), found.get(pk, {}).get("closed_on", ""))
            found[pk] = {"closed_on": last}
    return found
