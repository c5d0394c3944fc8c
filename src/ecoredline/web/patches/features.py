"""Patches as GeoJSON and as a table, limited to a selection."""

import json

import geopandas as gpd
import shapely
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet

from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.columns import PATCH_COLUMNS
from ecoredline.web.patches.models import Patch

COORDINATE_DECIMALS = 8  # about a millimetre
NAMES = [c.name for c in PATCH_COLUMNS]


def plain(value):
    """A cell as JSON: areas as numbers, dates as ISO text."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(value) if type(value).__name__ == "Decimal" else value


def feature(patch: Patch) -> dict:
    """One patch as a GeoJSON feature; `outline` must be annotated."""
    return {
        "type": "Feature",
        "id": patch.pk,
        "geometry": json.loads(patch.outline),
        "properties": {name: plain(getattr(patch, name)) for name in NAMES},
    }


def collection(patches: QuerySet[Patch], notice: str = "") -> dict:
    """A selection as a FeatureCollection; `notice` says that the data are made."""
    drawn = patches.annotate(outline=AsGeoJSON("geom", precision=COORDINATE_DECIMALS))
    return {"type": "FeatureCollection", "notice": notice, "features": [feature(p) for p in drawn]}


def table(patches: QuerySet[Patch]) -> gpd.GeoDataFrame:
    """A selection as the computing half's table (EPSG:4490), for the documents."""
    rows = list(patches)
    data = {name: [cell(getattr(p, name)) for p in rows] for name in NAMES}
    shapes = [shapely.from_wkb(bytes(p.geom.wkb)) for p in rows]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=STORAGE_CRS)


def cell(value):
    """A cell as `patches.table.read_table` gives it: dates as text, blanks empty."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(value) if type(value).__name__ == "Decimal" else value
