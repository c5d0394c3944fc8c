"""Picture tiles of an edition: drawn from its frozen cells, so they tell nothing finer at any zoom."""

import io
import math

import numpy as np
from PIL import Image
from rasterio import Affine
from rasterio.features import rasterize

from ecoredline.web.publications.models import PublicEdition

TILE_PIXELS = 256
DEEPEST = 14
REDLINE, COUNTY, EDGE = 1, 2, 3
PALETTE = {0: (0, 0, 0, 0), COUNTY: (244, 241, 232, 255), REDLINE: (46, 125, 80, 255), EDGE: (90, 96, 92, 255)}  # fmt: skip
COLOURS = np.array([PALETTE[k] for k in range(len(PALETTE))], dtype=np.uint8)


def tile(edition: PublicEdition, z: int, x: int, y: int) -> bytes:
    """The web-mercator tile z/x/y as PNG; transparent where nothing is."""
    place = Affine(2**-z / TILE_PIXELS, 0, x / 2**z, 0, 2**-z / TILE_PIXELS, y / 2**z)
    rows = edition.contents["counties"]
    found = np.zeros((TILE_PIXELS, TILE_PIXELS), dtype=np.uint8)
    for kind, value in (("outline", COUNTY), ("redline", REDLINE)):
        shapes = [(polygon(p), value) for row in rows for p in row[kind]]
        if shapes:
            rasterize(shapes, out=found, transform=place)
    lines = [(line(ring), EDGE) for row in rows for p in row["outline"] for ring in p]
    if lines:
        rasterize(lines, out=found, transform=place)
    body = io.BytesIO()
    Image.fromarray(COLOURS[found], "RGBA").save(body, "PNG", optimize=True)
    return body.getvalue()


def polygon(rings: list) -> dict:
    """A polygon in the mercator square of side 1."""
    return {"type": "Polygon", "coordinates": [squared(ring) for ring in rings]}


def line(ring: list) -> dict:
    """A ring's line in the mercator square."""
    return {"type": "LineString", "coordinates": squared(ring)}


def squared(ring: list) -> list[tuple[float, float]]:
    """lon, lat as places of the mercator square, from its upper left corner.

    >>> [(round(x, 3), round(y, 3)) for x, y in squared([[-180, 0], [0, 66.51326]])]
    [(0.0, 0.5), (0.5, 0.25)]
    """
    return [
        (lon / 360 + 0.5, 0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.tau)
        for lon, lat in ring
    ]
