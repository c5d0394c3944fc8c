"""The shape of a row as people give it: drawn on the map or uploaded, or left as it is."""

import json
import tempfile
from pathlib import Path

import shapely
from django.utils.translation import gettext as _

from ecoredline.errors import EcoredlineError
from ecoredline.ledger import Book, kept_shape
from ecoredline.ledger.shapes import read_shape
from ecoredline.web.core.problems import BadForm, in_words
from ecoredline.web.files import store
from ecoredline.web.ledgers.actions import KEEP

SUFFIXES = (".geojson", ".json", ".kml", ".zip", ".gpkg")
MOST_BYTES = 20 << 20


def shape_told(book: Book, *, outline: str = "", upload=None, crs: str = "", drop: bool = False):
    """What a form says of the shape: shapely's, None for none, KEEP for nothing said.

    Raises `BadForm` (422.4) when it is said twice or cannot be one of the book.
    """
    if sum(map(bool, (outline, upload, drop))) > 1:
        raise BadForm(_("图形：勾画、上传、删除三者只能选一"))
    if drop:
        return None
    try:
        if upload:
            return uploaded(upload, book, crs)
        return kept_shape(drawn(outline), book) if outline else KEEP
    except ValueError as fault:
        raise BadForm(_("图形：%(why)s") % {"why": fault}) from fault


def drawn(outline: str) -> list:
    """The shapes of the page's GeoJSON."""
    try:
        features = json.loads(outline)["features"]
        return [shapely.from_geojson(json.dumps(f["geometry"])) for f in features]
    except (ValueError, TypeError, KeyError, shapely.errors.GEOSException) as fault:
        raise BadForm(_("勾画的图形无法读取，请重新勾画")) from fault


def uploaded(upload, book: Book, crs: str):
    """The shape in a file."""
    suffix = Path(upload.name or "").suffix.lower()
    if suffix not in SUFFIXES or upload.size > MOST_BYTES:
        raise BadForm(
            _("文件“%(name)s”应为不超过 20 MB 的 %(wanted)s")
            % {"name": upload.name, "wanted": "、".join(SUFFIXES)}
        )
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / f"shape{suffix}"
        with path.open("wb") as stream:
            store.copy(upload, stream)
        try:
            return read_shape(path, book, crs or None)
        except EcoredlineError as fault:
            raise BadForm(in_words(fault, path, upload.name)) from fault
