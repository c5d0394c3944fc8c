"""An outline drawn by a person: read, checked, measured with the same overlay and ellipsoid."""

import json

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.patches.overlay import merged, overlay
from ecoredline.web.core import clock
from ecoredline.web.core.moves import move
from ecoredline.web.core.problems import BadForm
from ecoredline.web.regions.actions import multi
from ecoredline.web.reviews import claims
from ecoredline.web.reviews.models import Refinement
from ecoredline.web.reviews.queries import CHECK, REVIEW
from ecoredline.web.reviews.rules import rule

MOST_BYTES = 2_000_000
MOST_POINTS = 20_000
MOST_HA = 1_000_000.0
METRES_PER_DEGREE = 111_320.0
AWAY_DEGREES = 0.1  # about ten kilometres: farther off it is another place


def read_outline(text: str) -> shapely.Geometry:
    """A polygon of GeoJSON (lon, lat) that is valid and has an area.

    Raises `BadForm` (422.4) that says what is wrong and where.
    """
    if len(text) > MOST_BYTES:
        raise BadForm(_("范围：数据过大"))
    try:
        shape = shapely.geometry.shape(json.loads(text))
    except (ValueError, TypeError, AttributeError, KeyError, shapely.errors.ShapelyError) as fault:
        raise BadForm(_("范围：无法读取，请重新绘制")) from fault
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadForm(_("范围：须为面"))
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise BadForm(_("范围：顶点过多，不超过 20000 个"))
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadForm(_("范围：坐标须为经纬度"))
    shape = shapely.force_2d(shape)
    if not shape.is_valid:
        said = shapely.is_valid_reason(shape)
        raise BadForm(_("范围：图形无效（%(said)s），请修正后再保存") % {"said": said})
    return shape


def redline_shapes(run, shape: shapely.Geometry) -> np.ndarray:
    """The redline polygons of the run's version that reach the outline's box."""
    if run.redline_version is None:
        return np.array([], dtype=object)
    box = Polygon.from_bbox(shape.bounds)
    box.srid = 4490
    found = run.redline_version.polygons.filter(geom__bboverlaps=box)
    return np.array([shapely.from_wkb(bytes(p.geom.wkb)) for p in found], dtype=object)


def measured(shape: shapely.Geometry, redline: np.ndarray) -> tuple[float, float]:
    """Area and the part inside the redline, hectares, as `patches.attribute` measures them."""
    shapes = np.array([shape], dtype=object)
    areas = areas_ha(shapes)
    if not len(redline):
        return round_ha(float(areas[0])), 0.0
    _shape, inside = merged(overlay(shapes, areas, redline), 1)
    return round_ha(float(areas[0])), round_ha(float(inside[0]))


def simplified(shape: shapely.Geometry, metres: float) -> shapely.Geometry:
    """With fewer points, still valid and with an area; the shape itself where that cannot be."""
    found = shapely.simplify(shape, metres / METRES_PER_DEGREE, preserve_topology=True)
    return found if found.is_valid and not found.is_empty and found.area > 0 else shape


@transaction.atomic
def refine(patch, *, by, outline: str, reason: str = "", seen=None) -> Refinement:
    """Keep a drawn outline beside the detector's raw and refined ones; the newest counts.

    Raises `BadForm` (422.4), `ClaimedByOther` (409.7) and what `move` raises.
    """
    shape = read_outline(outline)
    source = shapely.from_wkb(bytes(patch.geom.wkb))
    if shapely.distance(shape, source) > AWAY_DEGREES:
        raise BadForm(_("范围：离原图斑太远，请另立线索"))
    area, inside = measured(shape, redline_shapes(patch.run, shape))
    if not 0 < area <= MOST_HA:
        raise BadForm(_("范围：面积须大于 0"))
    claims.take(patch, by=by, purpose=CHECK if patch.state == "accepted" else REVIEW)
    drawn = Refinement.objects.create(
        patch=patch, person=by, reason=reason[:300], area_ha=area, redline_area_ha=inside,
        geom=multi(shape), geom_simple=multi(simplified(shape, rule("simplify_m"))),
        created_at=clock.now(),
    )  # fmt: skip
    said = {"record": f"refinement:{drawn.pk}", "area_ha": area, "redline_area_ha": inside}
    move(patch, "refine", by=by, reason=reason, details=said, seen=seen)
    return drawn
