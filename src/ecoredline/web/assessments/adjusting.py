"""A proposal to adjust the redline, held against the one in force: what moves, what function goes and comes."""

import geopandas as gpd
import shapely
from django.utils.translation import gettext as _

from ecoredline.files import remove
from ecoredline.geodesy import area_ha, round_ha
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments import drawing
from ecoredline.web.assessments.layers import divisions_under
from ecoredline.web.assessments.models import Drawing
from ecoredline.web.assessments.places import county_codes, polygons_in, shape_of, version_in
from ecoredline.web.clues.outlines import uploaded_layer
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.regions.actions import multi

NAMED = "调整提案"  # stored; the page says it in its language
PROPOSED = {"kept": "不变", "missing": "提案调出", "surplus": "提案调入"}
AFTER = "调整后"
LEAST_HA = 0.0001  # what four decimals can say


def propose(*, by, name: str = "", taken_out=None, brought_in=None) -> Drawing:
    """Evaluate a proposal of two uploads, either of which may be missing; raises `BadForm` with all faults.

    Held against the redline in force of the counties it touches. Nothing of the redline changes.
    """
    require(by, "drawing.run")
    if taken_out is None and brought_in is None:
        raise BadForm(_("请至少上传一个范围：调出或调入"))
    out, into = outline_of(taken_out), outline_of(brought_in)
    before, is_demo = redline_around(by, [g for g in (out, into) if not g.is_empty])
    faults = faults_of(out, into, before)
    if faults:
        raise BadForm(*faults)
    after = shapely.difference(before, out).union(into)
    folder = drawing.new_folder(f"{before.wkb_hex}{after.wkb_hex}".encode())
    try:
        write_package(folder / drawing.PACKAGE, before, after, is_demo)
        named = name or " ".join(u.name for u in (taken_out, brought_in) if u is not None)
        return drawing.bring_in(folder, by=by, name=f"{NAMED} {named}")
    except Exception:
        remove(folder)
        raise


def outline_of(upload) -> shapely.Geometry:
    """All shapes of an upload as one; empty where there is none."""
    if upload is None:
        return shapely.Polygon()
    return shapely.union_all(shapely.make_valid(uploaded_layer(upload).frame.geometry.to_numpy()))


def redline_around(by, parts: list) -> tuple[shapely.Geometry, bool]:
    """The redline in force of the counties a proposal touches, and whether it is made up; raises `BadForm`."""
    whole = shapely.union_all(parts)
    if whole.is_empty:
        raise BadForm(_("上传的范围为空"))
    counties = county_codes(divisions_under(multi(whole)))
    seen = scope(by)
    if not counties or seen is None or not seen.covers(counties):
        raise BadForm(
            _("提案范围不在您的行政区范围内：%(codes)s") % {"codes": "、".join(counties) or "—"}
        )
    version = version_in(clock.today().year)
    rows = polygons_in(by, version).filter(scope_codes__overlap=counties)
    shapes = [shape_of(r) for r in rows]
    if not shapes:
        raise BadForm(_("所涉县（区）没有载入现行红线，无从比较"))
    return shapely.union_all(shapes), version.is_demo


def faults_of(out, into, before) -> list[str]:
    """What keeps a proposal from being one, each with its hectares."""
    beyond = area_ha(shapely.difference(out, before)) if not out.is_empty else 0.0
    inside = area_ha(shapely.intersection(into, before)) if not into.is_empty else 0.0
    both = area_ha(shapely.intersection(out, into))
    said = (
        (beyond, _("调出范围有 %(ha)s 公顷不在现行红线内，应全部在红线内")),
        (inside, _("调入范围有 %(ha)s 公顷已在现行红线内，应全部在红线外")),
        (both, _("调出与调入范围重叠 %(ha)s 公顷")),
    )
    return [words % {"ha": f"{round_ha(ha):.4f}"} for ha, words in said if ha > LEAST_HA]


def write_package(path, before, after, is_demo: bool) -> None:
    """The same layers a delineation has, so that the same page shows them."""
    parts = {
        "kept": shapely.intersection(before, after),
        "missing": shapely.difference(before, after),
        "surplus": shapely.difference(after, before),
    }
    rows = [
        {"state": state, "reason": PROPOSED[state], "geometry": piece, "area_ha": area_ha(piece)}
        for state, shape in parts.items()
        for piece in pieces_of(shape)
    ]
    candidate = [
        {"reason": AFTER, "geometry": p, "area_ha": area_ha(p), "is_demo": is_demo}
        for p in pieces_of(after)
    ]
    for layer, table in (("candidate", candidate), ("compared", rows)):
        frame = gpd.GeoDataFrame(table, crs=f"EPSG:{drawing.STORAGE_SRID}")
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")


def pieces_of(shape) -> list:
    """Polygons of a shape that an area can be said of."""
    parts = shapely.get_parts(shape, return_index=False) if not shape.is_empty else []
    polygons = [p for p in parts if p.geom_type == "Polygon"]
    return [p for p in polygons if area_ha(p) > LEAST_HA]
