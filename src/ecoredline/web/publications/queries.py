"""Reads: what is public, what a person of the office sees, an edition as a page shows it."""

from django.urls import reverse

from ecoredline.web.core.problems import NotFound
from ecoredline.web.publications.lifecycle import PUBLISHED
from ecoredline.web.publications.models import PublicEdition
from ecoredline.web.publications.picture import DEEPEST
from ecoredline.web.publications.small import KINDS, hidden, least_on, total


def public_editions():
    """What everybody may see, newest first."""
    return PublicEdition.objects.filter(state=PUBLISHED).order_by("-published_at", "-pk")


def public_edition(pk: int) -> PublicEdition:
    """One public edition; raises `NotFound` (404.1) for any other."""
    found = public_editions().filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def editions_for(person):
    """Editions that touch the person's divisions."""
    return PublicEdition.objects.visible_to(person).select_related("owner", "by").defer("contents")


def edition_for(person, pk: int) -> PublicEdition:
    """One of them; raises `NotFound` (404.1)."""
    found = PublicEdition.objects.visible_to(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def tables(edition: PublicEdition) -> dict:
    """Rows by county with the counts of each year, and totals: what the page's table shows."""
    rows = edition.contents["counties"]
    years = sorted({year for row in rows for year in row["years"]})
    least = edition.contents.get("least") or least_on(edition.day)  # editions before had none
    nothing = dict.fromkeys(KINDS, 0)
    lines = [
        {"name": r["name"], "code": r["code"], "area_km2": r["area_km2"],
         "cells": [hidden(r["years"].get(year, nothing), least) for year in years]}
        for r in rows
    ]  # fmt: skip
    totals = [
        {k: total([line["cells"][at] for line in lines], k) for k in KINDS}
        for at in range(len(years))
    ]
    return {"least": least, "is_part": any(t[k]["is_part"] for t in totals for k in KINDS), "years": years, "lines": lines, "totals": totals,
            "area_km2": sum(r["area_km2"] for r in rows)}  # fmt: skip


def config_of(edition: PublicEdition, url_name: str) -> dict:
    """What the map's script needs: tiles, extent, one name a county on a corner of the grid."""
    rows = [r for r in edition.contents["counties"] if r["outline"]]
    places = [place for r in rows for p in r["outline"] for ring in p for place in ring]
    lons, lats = [p[0] for p in places], [p[1] for p in places]
    return {
        "tiles": reverse(url_name, args=[edition.pk, 0, 0, 0]).replace("/0/0/0", "/{z}/{x}/{y}")
        + f"?v={edition.sha256[:16]}",
        "deepest": DEEPEST,
        "extent": [min(lons), min(lats), max(lons), max(lats)] if places else None,
        "names": [{"name": r["name"], "at": corner(r["outline"], edition.step_deg)} for r in rows],
    }


def corner(polygons: list, step: float) -> list[float]:
    """The corner of the grid nearest the middle of the widest polygon."""
    widest = max(polygons, key=lambda p: len(p[0]))[0]
    return [
        round(round((min(v) + max(v)) / 2 / step) * step, 6)
        for v in ([p[0] for p in widest], [p[1] for p in widest])
    ]
