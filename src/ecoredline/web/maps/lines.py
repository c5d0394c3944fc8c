"""The operator's own vectors (rivers, roads, lakes) as picture tiles of the ground: GeoPackage, SHP, GeoJSON."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from PIL import Image, ImageDraw
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from ecoredline.datum import no_way, old_datum
from ecoredline.errors import SourceError

TILE_PIXELS, FINER = 256, 2
MARGIN = 0.02  # of a tile's side: lines at its edge are drawn whole
MOST_FEATURES = 20_000
WATER, ROAD, OTHER = (90, 140, 190), (150, 130, 110), (140, 145, 140)
WATER_WORDS = ("water", "river", "lake", "stream", "canal", "水", "河", "湖", "江", "库", "渠")
ROAD_WORDS = ("road", "rail", "street", "highway", "路", "道", "街")


@cache
def layers_of(path: str) -> tuple[str, ...]:
    """The names of the layers with shapes; none for a picture file. Raises `SourceError`."""
    try:
        return tuple(str(name) for name, kind in pyogrio.list_layers(path) if kind)
    except pyogrio.errors.DataSourceError:
        return ()


@cache
def crs_of(path: str, layer: str) -> Transformer:
    """From lon, lat to the layer's own system."""
    known = pyogrio.read_info(path, layer=layer)["crs"]
    if old := old_datum(CRS.from_user_input(known) if known else None):
        raise SourceError(f"{Path(path).name}, layer {layer}: {no_way(old[0])}")
    try:
        return Transformer.from_crs("EPSG:4490", known or "EPSG:4490", always_xy=True)
    except CRSError as fault:
        raise SourceError(f"{Path(path).name}, layer {layer}: {fault}") from fault


def colour_of(layer: str) -> tuple[int, int, int]:
    """Blue for waters, brown for roads, by the layer's name.

    >>> colour_of("道路"), colour_of("rivers") == WATER
    ((150, 130, 110), True)
    """
    name = layer.lower()
    if any(word in name for word in WATER_WORDS):
        return WATER
    return ROAD if any(word in name for word in ROAD_WORDS) else OTHER


def tile(path: str, z: int, x: int, y: int) -> bytes | None:
    """The web-mercator tile z/x/y as PNG; None where nothing is. Raises `SourceError`."""
    side = TILE_PIXELS * FINER
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    drawn = 0
    for layer in layers_of(path):
        colour = colour_of(layer)
        for shape in shapes_in(path, layer, z, x, y):
            draw(pen, shape, colour)
            drawn += 1
    if not drawn:
        return None
    body = io.BytesIO()
    picture.resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.BOX).save(body, "PNG")
    return body.getvalue()


def shapes_in(path: str, layer: str, z: int, x: int, y: int) -> list:
    """The parts of a layer in a tile, in the picture's pixels from its upper left corner."""
    move = crs_of(path, layer)
    n = 2**z
    lons = np.array([x - MARGIN, x + 1 + MARGIN]) / n * 360 - 180
    lats = np.degrees(
        np.arctan(np.sinh(np.pi * (1 - 2 * np.array([y + 1 + MARGIN, y - MARGIN]) / n)))
    )
    box = move.transform_bounds(lons[0], lats[0], lons[1], lats[1])
    try:
        found = pyogrio.read_dataframe(
            path, layer=layer, bbox=box, columns=[], max_features=MOST_FEATURES, force_2d=True
        )
    except (pyogrio.errors.DataLayerError, OSError) as fault:
        raise SourceError(f"could not read {Path(path).name}, layer {layer}: {fault}") from fault

    def pixels(places: np.ndarray) -> np.ndarray:
        lon, lat = move.transform(places[:, 0], places[:, 1], direction="INVERSE")
        down = 0.5 - np.log(np.tan(np.pi / 4 + np.radians(np.clip(lat, -85, 85)) / 2)) / (2 * np.pi)
        return np.column_stack([(lon / 360 + 0.5) * n - x, down * n - y]) * TILE_PIXELS * FINER

    shapes = [s for s in found.geometry.to_numpy() if s is not None and not s.is_empty]
    return [p for s in shapes for p in shapely.get_parts(shapely.transform(s, pixels))]


def draw(pen: ImageDraw.ImageDraw, shape, colour: tuple[int, int, int]) -> None:
    """One part: areas filled palely, lines drawn, points as dots."""
    if shape.geom_type == "Polygon":
        pen.polygon(
            [tuple(p) for p in shape.exterior.coords], fill=(*colour, 110), outline=(*colour, 255)
        )
    elif shape.geom_type == "LineString":
        pen.line(
            [tuple(p) for p in shape.coords], fill=(*colour, 255), width=FINER + 1, joint="curve"
        )
    elif shape.geom_type == "Point":
        pen.ellipse([shape.x - 3, shape.y - 3, shape.x + 3, shape.y + 3], fill=(*colour, 255))
