"""A map of the assessed places coloured by grade, for the report: places are numbered, a table names them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio.features
import shapely
from affine import Affine
from PIL import Image, ImageDraw, ImageFont
from shapely.geometry import shape

from ecoredline.documents.chips import scale_length_m
from ecoredline.documents.png import png_bytes
from ecoredline.documents.report_map import MapView, view_of
from ecoredline.errors import InputError, SourceError

SCALE = 2  # pixels of the picture for each of the view
FINE = 2  # drawn finer and averaged, so that lines are smooth
STEP_COLOURS = ("8D968F", "A51D1D", "D0752C", "D9B312", "7FA84A", "1D7A4D")  # none, 1 (worst) .. 5
LINE, BORDER, PAPER = (255, 255, 255), (96, 108, 101), (247, 248, 246)
FIRST_PLACE, LINE_CODE, BORDER_CODE = 1, 20, 21
LETTER_PX, EDGE_PX, NORTH_PX = 46, 36, 52
MOST_NUMBERS = 60  # more would cover the map; the table keeps them all


@dataclass(frozen=True)
class Outline:
    """A place (or a border drawn for orientation) in lon, lat."""

    code: str
    geometry: object
    is_border: bool = False


def read_outlines(path: Path | str) -> list[Outline]:
    """Outlines of a GeoJSON FeatureCollection with `code` and, for a border, `role` "border".

    Raises `SourceError` when it cannot be read, `InputError` for what is no such collection.
    """
    try:
        data = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    try:
        return [
            Outline(
                str(f["properties"]["code"]),
                shapely.make_valid(shape(f["geometry"])),
                f["properties"].get("role") == "border",
            )
            for f in data["features"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise InputError(
            f"got {path}, of which a feature cannot be taken ({fault!r}); wanted a FeatureCollection "
            "of polygons with the property code"
        ) from fault


def place_map(outlines: Sequence[Outline], shown: Mapping[str, tuple[int, int]]) -> bytes:
    """The map as PNG; `shown` maps a place's code to its number and colour step (0: no grade).

    The same outlines give the same bytes. Raises `InputError` when no place has an outline.
    """
    places = [
        o for o in outlines if not o.is_border and o.code in shown and not o.geometry.is_empty
    ]
    if not places:
        raise InputError(f"got no outline of {len(shown)} places; wanted one or more")
    bounds = shapely.total_bounds([o.geometry for o in places])
    view = view_of(bounds)
    picture = coloured(outlines, places, shown, view)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(LETTER_PX)
    if len(shown) <= MOST_NUMBERS:
        for one in places:
            number_at(pen, font, one, shown[one.code][0], view)
    furniture(pen, font, view, picture.size)
    return png_bytes(picture)


def coloured(outlines, places, shown, view: MapView) -> Image.Image:
    """Places in the colours of their grades, then borders, without letters."""
    across, down = (s * SCALE * FINE for s in view.per_degree)
    size = (view.height_px * SCALE * FINE, round((view.east - view.west) * across))
    transform = Affine(1 / across, 0, view.west, 0, -1 / down, view.north)
    field = np.zeros(size, "uint8")
    fills = [(o.geometry, FIRST_PLACE + shown[o.code][1]) for o in places]
    lines = [(o.geometry.boundary, LINE_CODE) for o in places]
    borders = [(o.geometry.boundary, BORDER_CODE) for o in outlines if o.is_border]
    for shapes, touched in ((fills, False), (lines, True), (borders, True)):
        if shapes:
            rasterio.features.rasterize(shapes, out=field, transform=transform, all_touched=touched)
    table = np.zeros((256, 3), "uint8")
    table[0], table[LINE_CODE], table[BORDER_CODE] = PAPER, LINE, BORDER
    for step, colour in enumerate(STEP_COLOURS):
        table[FIRST_PLACE + step] = tuple(bytes.fromhex(colour))
    return Image.fromarray(table[field]).reduce(FINE)


def number_at(pen, font, one: Outline, number: int, view: MapView) -> None:
    """The place's number on its largest part, dark on a light rim."""
    part = max(shapely.get_parts(one.geometry), key=lambda g: g.area)
    x, y = view.place(shapely.get_coordinates(shapely.point_on_surface(part)))[0] * SCALE
    pen.text((x, y), str(number), font=font, fill="black", anchor="mm", stroke_width=4, stroke_fill="white")  # fmt: skip


def furniture(pen, font, view: MapView, size: tuple[int, int]) -> None:
    """North arrow and scale bar."""
    width, height = size
    x, y = width - EDGE_PX - NORTH_PX // 2, EDGE_PX
    arrow = [(x, y), (x + NORTH_PX // 2, y + NORTH_PX * 1.6), (x, y + NORTH_PX * 1.2), (x - NORTH_PX // 2, y + NORTH_PX * 1.6)]  # fmt: skip
    pen.polygon(arrow, fill="black")
    pen.text((x, y + NORTH_PX * 2.1), "N", font=font, fill="black", anchor="mm")
    per_px = view.metres_per_px / SCALE
    length_m = scale_length_m(width / 4 * per_px)
    length, top = math.floor(length_m / per_px), height - EDGE_PX
    pen.rectangle((EDGE_PX, top - 8, EDGE_PX + length, top), fill="black")
    words = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    pen.text((EDGE_PX + length + 12, top - 4), words, font=font, fill="black", anchor="lm", stroke_width=4, stroke_fill="white")  # fmt: skip
