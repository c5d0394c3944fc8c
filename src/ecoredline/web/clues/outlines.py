"""The place of a clue as people give it: coordinates in words, a drawn or an uploaded outline."""

import json
import tempfile
import unicodedata
from pathlib import Path

import numpy as np
import shapely
from django.utils.translation import gettext as _

from ecoredline import vector
from ecoredline.errors import EcoredlineError, InputError
from ecoredline.geodesy import parse_dms
from ecoredline.vector.shapes import clean_polygons
from ecoredline.web.core.problems import BadForm, in_words

SUFFIXES = (".geojson", ".json", ".kml", ".zip", ".gpkg")
MOST_BYTES = 20 * 1024 * 1024
MOST_POINTS = 100_000
SPREAD_DEGREES = 1.0  # one clue is one place


def degrees(text: str, label: str) -> float | None:
    """A coordinate from decimal degrees or degrees, minutes, seconds; None when blank.

    Full-width digits are read too. Raises `BadForm` naming the field.

    >>> degrees("Ｅ101°32′15″", "经度")
    101.5375
    """
    plain = "".join(
        c if c in "′″" else unicodedata.normalize("NFKC", c) for c in (text or "").strip()
    )
    if not plain:
        return None
    try:
        return round(parse_dms(plain), 9)
    except InputError as fault:
        said = _("%(name)s“%(got)s”读不出：请写十进制度或度分秒，如 101.5375 或 E101°32′15″")
        raise BadForm(said % {"name": label, "got": text}) from fault


def drawn_outline(text: str) -> shapely.Geometry | None:
    """An outline drawn on the map (GeoJSON geometry in lon, lat); None when nothing was drawn."""
    if not text.strip():
        return None
    try:
        shape = shapely.from_geojson(json.dumps(json.loads(text)))
    except (ValueError, TypeError, shapely.errors.GEOSException) as fault:
        raise BadForm(_("图上勾画的范围读不出，请重画")) from fault
    return one_place([shape], _("勾画的范围"), [])


def uploaded_outline(upload, *, gcj02: bool = False) -> tuple[shapely.Geometry, list[str]]:
    """The outline of a GeoJSON, KML, GeoPackage or zipped Shapefile, and what was noted on reading.

    `gcj02` converts on the user's word. Raises `BadForm`.
    """
    layer = uploaded_layer(upload, gcj02=gcj02)
    return one_place(layer.frame.geometry.to_numpy(), upload.name, layer.notes), layer.notes


def uploaded_layer(upload, *, gcj02: bool = False) -> vector.Layer:
    """A GeoJSON, KML, GeoPackage or zipped Shapefile as a layer in EPSG:4490; raises `BadForm`."""
    suffix = Path(upload.name or "").suffix.lower()
    if suffix not in SUFFIXES:
        raise BadForm(
            _("范围文件“%(name)s”须为 %(wanted)s")
            % {"name": upload.name, "wanted": "、".join(SUFFIXES)}
        )
    if upload.size > MOST_BYTES:
        raise BadForm(_("范围文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"outline{suffix}"
        path.write_bytes(upload.read())
        try:
            return vector.read_layer(path, gcj02="convert" if gcj02 else "refuse")
        except EcoredlineError as fault:
            said = in_words(fault, path, upload.name)
            raise BadForm(_("范围文件读不出：%(why)s") % {"why": said}) from fault


def one_place(shapes, name: str, notes: list[str]) -> shapely.Geometry:
    """Shapes in lon, lat as one valid outline; raises `BadForm` when they cannot be a clue's."""
    try:
        cleaned = clean_polygons(
            np.array(list(shapes), dtype=object), ["1"] * len(shapes), name, notes
        )
    except InputError as fault:
        raise BadForm(_("%(name)s 不是面：请给出面状范围") % {"name": name}) from fault
    whole = shapely.union_all([s for s in cleaned if s is not None])
    west, south, east, north = whole.bounds
    if shapely.get_num_coordinates(whole) > MOST_POINTS:
        raise BadForm(
            _("%(name)s 的节点过多（上限 %(most)d）") % {"name": name, "most": MOST_POINTS}
        )
    if not (west >= 73 and east <= 136 and south >= 3 and north <= 54):
        raise BadForm(_("%(name)s 不在中国范围内，请检查坐标系") % {"name": name})
    if max(east - west, north - south) > SPREAD_DEGREES:
        raise BadForm(_("%(name)s 跨度超过一度，不像一处问题") % {"name": name})
    return whole
