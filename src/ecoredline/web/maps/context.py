"""What every page is given, and what the map's script is given."""

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ecoredline import __version__
from ecoredline.codes import code_list
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core.menu import menu_for
from ecoredline.web.core.permissions import may
from ecoredline.web.core.taking_out import levels_of
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.imagery.models import Scene
from ecoredline.web.maps.ground import grounds
from ecoredline.web.maps.registry import configs_for
from ecoredline.web.patches.models import Run
from ecoredline.web.patches.queries import home_extent, runs_for

GENERAL_ACTIONS = ("run.view", "run.start", "audit.view")
ANY_NUMBER = 0


def platform(request) -> dict:
    """Context of every page: who looks, from which unit, and whether the data are made."""
    person = getattr(request, "user", None)
    known = person if person is not None and person.is_authenticated else None
    return {
        "person": known,
        "unit": known and known.unit,
        "version": __version__,
        "demo_notice": SimpleLazyObject(demo_notice),
        "menu": menu_for(request, known) if known else [],
        "may": {action for action in GENERAL_ACTIONS if known and may(known, action)},
    }


def demo_notice() -> str:
    """演示合成数据 when the project holds demo data."""
    return DEMO_NOTICE if Run.objects.filter(is_demo=True).exists() else ""


def labels(name: str, column: str = "") -> dict[str, str]:
    """A code list as code → label in the page's language."""
    wanted = column if column and language() == "zh" else language()
    return {code: row[wanted] for code, row in code_list(name).items()}


def tile_pattern(name: str, *fixed) -> str:
    """An address with {z}/{x}/{y} for the map library."""
    return reverse(name, args=[*fixed, 0, 0, 0]).replace("/0/0/0", "/{z}/{x}/{y}")


def scene_config(scene: Scene | None) -> dict | None:
    """An image layer of the map."""
    if scene is None:
        return None
    return {
        "url": tile_pattern("tile", scene.pk),
        "label": scene.image_id,
        "date": scene.acquired_on.isoformat() if scene.acquired_on else "",
        "extent": list(scene.footprint.extent),
        "max_zoom": scene.max_zoom,
    }


def zones_of(run: Run | None) -> dict[str, str]:
    """The control zones that occur in the run's redline, with their labels: what a legend needs."""
    known = labels("control_zones")
    if run is None or run.redline_version is None:
        return {}
    found = set(run.redline_version.polygons.values_list("control_zone", flat=True))
    return {code: label for code, label in known.items() if code in found}


MOST_TIMES = 60


def times_for(person) -> list[dict]:
    """The person's newest runs in the order of their later image: what the time slider goes through."""
    runs = runs_for(person).exclude(after_on=None)
    newest = sorted(runs[:MOST_TIMES], key=lambda run: (run.after_on, run.pk))
    return [
        {
            "run": run.pk, "date": run.after_on.isoformat(), "name": run.name,
            "patches": f"{tile_pattern('map_tile', 'patches')}?run={run.pk}",
            "before": scene_config(run.before), "after": scene_config(run.after),
        }
        for run in newest
    ]  # fmt: skip


def map_config(person, run: Run | None) -> dict:
    """What the map's script needs to know about a run; it opens on the person's own divisions."""
    found = {
        "run": run and run.pk,
        "extent": home_extent(person, run) if run else None,
        "patch": reverse("patch", args=[ANY_NUMBER]),
        "patch_geojson": reverse("patch_geojson", args=[ANY_NUMBER]),
        "labels": {
            "channel": labels("channels"),
            "activity": labels("activity_types", "short_zh"),
            "zone": zones_of(run),
            "unseen": labels("unseen_reasons"),
        },
        "demo_notice": demo_notice(),
        "layers": {},
        "scenes": {"before": None, "after": None},
        "table": "",
        "more": configs_for(person, tile_pattern),
        "levels": levels_of("patches", "redline", "protected_areas"),
        "grounds": grounds(),
    }
    if run is not None:
        layers = ("redline", "protected", "divisions", "patches", "unseen")
        found["layers"] = {n: f"{tile_pattern('map_tile', n)}?run={run.pk}" for n in layers}
        found["scenes"] = {"before": scene_config(run.before), "after": scene_config(run.after)}
        found["table"] = reverse("patch_table", args=[run.pk])
    return found
