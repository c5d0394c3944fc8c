"""A map of what was lost and gained, as SVG: no script, prints as it is seen."""

import math
from html import escape

import numpy as np
import shapely

WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 900, 300, 1100
PAD = 24
FINE_PX = 0.4
SMALL_PX = 7.0  # what is smaller gets a ring around it, so that it is not overlooked
STEPS = (1, 2, 5)
M_PER_DEGREE = 111_320.0
CHANGES = ("function", "nature", "gained", "lost")
DRAWN = ("county", "redline", *CHANGES)


def difference_svg(
    layers: dict[str, list], labels: list[tuple[float, float, str]], title: str
) -> str:
    """An SVG of the layers county, redline, function, nature, gained, lost (shapely, EPSG:4490); coloured by class.

    `labels` are (lon, lat, words). Gives '' when there is nothing to draw.
    """
    shapes = [g for name in ("redline", *CHANGES) for g in layers.get(name, ())]
    if not shapes:
        return ""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    room = 0.04 * max(east - west, north - south, 1e-4)
    west, south, east, north = west - room, south - room, east + room, north + room
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * PAD) / ((east - west) * squeeze)
    scale = min(scale, (MOST_HEIGHT - 2 * PAD) / (north - south))
    height = max(LEAST_HEIGHT, (north - south) * scale + 2 * PAD)
    left = (WIDTH - (east - west) * squeeze * scale) / 2

    def place(xy):
        return np.c_[
            left + (xy[:, 0] - west) * squeeze * scale, height - PAD - (xy[:, 1] - south) * scale
        ]

    window = shapely.box(0, 0, WIDTH, height)
    body = []
    for name in DRAWN:
        flat = shapely.transform(np.array(layers.get(name, []), dtype=object), place)
        flat = shapely.simplify(flat, FINE_PX) if name != "county" else boundary_lines(flat, window)
        body += [
            f'<path class="{name}" d="{path_of(g)}"/>' for g in flat if not shapely.is_empty(g)
        ]
        if name in CHANGES:
            body += [ring_of(g, name) for g in flat if is_small(g)]
    for lon, lat, words in labels:
        x, y = place(np.array([[lon, lat]]))[0]
        if 0 < x < WIDTH and 0 < y < height:
            body.append(f'<text x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>')
    body.append(scale_bar(scale, height))
    return (
        f'<svg class="difference-map" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(body)}</svg>'
    )


def boundary_lines(shapes, window):
    """The outlines of counties within the picture."""
    return shapely.intersection(shapely.boundary(shapely.simplify(shapes, FINE_PX)), window)


def path_of(geometry) -> str:
    """The `d` of a geometry.

    >>> path_of(shapely.box(0, 0, 1, 1))
    'M1 0L1 1L0 1L0 0L1 0Z'
    """
    drawn = []
    for part in shapely.get_parts(geometry):
        closed = part.geom_type == "Polygon"
        for line in shapely.get_rings(part) if closed else [part]:
            points = (
                f"{x:.1f} {y:.1f}".replace(".0", "") for x, y in shapely.get_coordinates(line)
            )
            drawn.append("M" + "L".join(points) + ("Z" if closed else ""))
    return "".join(drawn)


def is_small(geometry) -> bool:
    """Would it hardly be seen?"""
    if shapely.is_empty(geometry):
        return False
    west, south, east, north = shapely.bounds(geometry)
    return max(east - west, north - south) < SMALL_PX


def ring_of(geometry, name: str) -> str:
    """A ring around something small."""
    middle = shapely.centroid(geometry)
    return f'<circle class="{name} ring" cx="{middle.x:.1f}" cy="{middle.y:.1f}" r="9"/>'


def scale_bar(scale: float, height: float) -> str:
    """A bar of a round length, at the lower left, with north."""
    metres = 160 / scale * M_PER_DEGREE
    power = 10 ** math.floor(math.log10(metres))
    length = max(s * power for s in STEPS if s * power <= metres)
    pixels = length / M_PER_DEGREE * scale
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y = height - 10
    return (
        f'<path class="scale" d="M{PAD} {y - 6:.0f}V{y:.0f}H{PAD + pixels:.0f}V{y - 6:.0f}"/>'
        f'<text x="{PAD + pixels + 6:.0f}" y="{y:.0f}">{words}</text>'
        f'<text x="{WIDTH - PAD}" y="{PAD}">N ↑</text>'
    )
