"""Which images speak of a closed case: before the damage, of the damage, at closing, now."""

from datetime import date
from pathlib import Path

import shapely
from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import GEOSGeometry

from ecoredline import raster
from ecoredline.errors import EcoredlineError, SourceError
from ecoredline.web.cases.models import Case
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.models import Patch, Run, UnseenArea

AROUND_DEG = 0.01  # about a kilometre: the ring lies well inside


def opened(scene: Scene) -> raster.Scene:
    """The image file of a registered scene; raises `SourceError` when it is gone."""
    path = Path(scene.path)
    if not path.exists():
        raise SourceError(f"got {path.name}, whose file is gone; wanted it where it was registered")
    return raster.open_scene(path, acquired_on=scene.acquired_on, sensor=scene.sensor)


def shapely_of(shape: GEOSGeometry) -> shapely.Geometry:
    """A geometry of the database for the computing half."""
    return shapely.from_wkb(bytes(shape.wkb))


def damage_runs(case: Case) -> list[Run]:
    """The runs whose patches stand behind the case, oldest first."""
    patches = Patch.objects.filter(clue_link__clue__cases=case)
    runs = Run.objects.filter(pk__in=patches.values("run")).select_related("before", "after")
    return sorted(runs, key=lambda run: run.after_on or date.max)


def scenes_of(case: Case, now: Scene) -> dict[str, Scene | None]:
    """`before`, `damaged`, `closing` and `now`; None where there is no such image.

    Without an image between damage and closing there is none at closing: the one of the damage
    is then what later ones are compared with.
    """
    runs = damage_runs(case)
    first, last = (runs[0], runs[-1]) if runs else (None, None)
    damaged = last.after if last else None
    return {
        "before": first.before if first else None, "damaged": damaged,
        "closing": last_before(case, now, damaged), "now": now,
    }  # fmt: skip


def last_before(case: Case, now: Scene, damaged: Scene | None) -> Scene | None:
    """The last image up to closing that shows the place after the damage was found."""
    found = Scene.objects.filter(
        footprint__contains=case.geom.point_on_surface, acquired_on__lte=case.closed_on
    ).exclude(pk=now.pk)
    if damaged is not None and damaged.acquired_on:
        found = found.filter(acquired_on__gt=damaged.acquired_on)
    return found.order_by("-acquired_on", "-pk").first()


def hidden_in(scene: Scene, place: GEOSGeometry) -> shapely.Geometry:
    """What the runs of this image could not see around a place: cloud, shadow, snow."""
    box = place.buffer(AROUND_DEG)
    shapes = [shapely.Polygon()]
    for side in ("before", "after"):
        rows = UnseenArea.objects.filter(date=side, geom__intersects=box, **{f"run__{side}": scene})
        found = rows.aggregate(shape=Union("geom"))["shape"]
        if found is not None:
            shapes.append(shapely_of(found))
    return shapely.union_all(shapes)


def others_around(case: Case) -> shapely.Geometry:
    """Other cases' outlines near this one: disturbed land is no yardstick."""
    near = Case.objects.exclude(pk=case.pk).filter(geom__intersects=case.geom.buffer(AROUND_DEG))
    found = near.aggregate(shape=Union("geom"))["shape"]
    return shapely.Polygon() if found is None else shapely_of(found)


def open_or_none(scene: Scene | None) -> raster.Scene | None:
    """An older image, or None when its file can no longer be read: it then does not speak."""
    if scene is None:
        return None
    try:
        return opened(scene)
    except EcoredlineError:
        return None
