"""How mines, factories and energy works look: types 1, 2 and 3 of the activity list.

A builder takes a generator, the area wanted (m²) and the site, and gives pieces in
local metres around the site, in painting order. Every piece but shadows is part of the
activity's outline.
"""

import math

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from ecoredline.simulate.outlines import blob, curve, rectangle, strip
from ecoredline.simulate.paint import Piece
from ecoredline.simulate.sites import Site

TRACK_WIDTH_M = 5.0
HALL_HEIGHT_M = 11.0
TOWER_HEIGHT_M = 85.0
WIND_SPACING_M = 130.0


def turned(geometry: BaseGeometry, angle: float) -> BaseGeometry:
    """The geometry turned around the origin by `angle` radians."""
    return affinity.rotate(geometry, angle, origin=(0, 0), use_radians=True)


def clipped(pieces: list[Piece], ground: BaseGeometry) -> list[Piece]:
    """The pieces as far as they lie on `ground`; shadows are left as they are."""
    kept = []
    for piece in pieces:
        shape = (
            piece.geometry if piece.material == "shadow" else piece.geometry.intersection(ground)
        )
        if not shape.is_empty and shape.area > 1.0:
            kept.append(Piece(piece.material, shape, piece.angle, piece.height_m))
    return kept


def point_in(ground: BaseGeometry, rng: np.random.Generator) -> tuple[float, float]:
    """A place on `ground`, or a point of its surface when chance finds none."""
    west, north, east, south = ground.bounds
    for _ in range(40):
        x, y = rng.uniform(west, east), rng.uniform(north, south)
        if shapely.contains_xy(ground, x, y):
            return x, y
    at = shapely.point_on_surface(ground)
    return at.x, at.y


def track(rng: np.random.Generator, ground: BaseGeometry, length: float) -> list[Piece]:
    """An access track that leaves `ground`."""
    heading = rng.uniform(0.0, 2.0 * math.pi)
    line = curve(rng, np.zeros(2), heading, length + 0.5 * math.sqrt(ground.area), 9.0, 0.25)
    return [Piece("track", g.buffer(0)) for g in strip(line, TRACK_WIDTH_M)]


def quarry(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A bright pit with benches, a heap of spoil below it, a pond in a large one."""
    pit = blob(rng, area * 0.7, aspect=1.35, rough=0.3)
    reach = 0.85 * math.sqrt(area * 0.7 / math.pi)
    spoil = affinity.translate(
        blob(rng, area * 0.34, aspect=1.6, rough=0.33),
        reach * math.cos(site.heading),
        reach * math.sin(site.heading),
    )
    pieces = [*track(rng, pit, 60.0)] if area > 3000.0 else []
    pieces += [Piece("spoil", spoil), Piece("quarry", pit)]
    details = [Piece("gravel", affinity.translate(blob(rng, area * 0.12), *point_in(pit, rng)))]
    if area > 8000.0:
        details.append(
            Piece("pond", affinity.translate(blob(rng, area * 0.03), *point_in(pit, rng)))
        )
    return pieces + clipped(details, pit)


def sand_pit(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A dug-over river bank: pale sand, heaps, pools."""
    ground = blob(rng, area, aspect=2.2, rough=0.4, angle=site.heading + math.pi / 2)
    details = []
    for material, count, share in (("pond", 3, 0.06), ("sand_pile", 5, 0.035), ("spoil", 2, 0.06)):
        for _ in range(count if area > 3000.0 else 1):
            shape = blob(rng, area * share * rng.uniform(0.6, 1.4), rough=0.2)
            details.append(Piece(material, affinity.translate(shape, *point_in(ground, rng))))
    return [Piece("sand", ground), *clipped(details, ground)]


def factory(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A paved yard with rows of large roofs and the shadows they throw."""
    ratio = rng.uniform(1.1, 1.8)
    width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
    across, down = max(1, round(width / 62.0)), max(1, round(height / 48.0))
    angle = site.heading
    pieces = [Piece("yard", turned(rectangle(width, height), angle), angle)]
    roofs = []
    for i in range(across):
        for j in range(down):
            if across * down > 3 and rng.random() < 0.15:
                continue
            w = width / across * rng.uniform(0.62, 0.82)
            h = height / down * rng.uniform(0.55, 0.76)
            x, y = (i + 0.5) * width / across - width / 2, (j + 0.5) * height / down - height / 2
            roof = turned(rectangle(w, h, x, y), angle)
            material = rng.choice(["roof_blue", "roof_blue", "roof_white", "roof_grey"])
            pieces.append(Piece("shadow", roof, height_m=HALL_HEIGHT_M))
            roofs.append(Piece(str(material), roof, angle + math.pi / 2))
    return pieces + roofs


def wind_pads(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Bright pads in a row along a crest, a track between them, a tower on each."""
    side = 34.0 if area >= 4000.0 else 21.0
    spacing = WIND_SPACING_M if area >= 4000.0 else 80.0
    count = max(1, round(area / (side * side + spacing * TRACK_WIDTH_M)))
    along = (np.arange(count) - (count - 1) / 2.0) * spacing
    wander = np.cumsum(rng.normal(0.0, 9.0, count))
    wander -= wander.mean()
    c, s = math.cos(site.heading), math.sin(site.heading)
    spots = np.column_stack([along * c - wander * s, along * s + wander * c])
    pieces = []
    if count == 1:
        line = curve(rng, spots[0], site.heading, 45.0, 9.0, 0.2)
        pieces += [Piece("track", g) for g in strip(line, TRACK_WIDTH_M)]
    else:
        middles = 0.5 * (spots[1:] + spots[:-1]) + rng.normal(0.0, 8.0, (count - 1, 2))
        line = np.vstack([np.insert(middles, range(count - 1), spots[:-1], axis=0), spots[-1:]])
        line = np.array(shapely.LineString(line).segmentize(20.0).coords)
        pieces += [Piece("track", g) for g in strip(line, TRACK_WIDTH_M)]
    for x, y in spots:
        pad = turned(rectangle(side, side * rng.uniform(0.8, 1.1)), rng.uniform(0, 1.5))
        pieces.append(Piece("gravel", affinity.translate(pad, x, y)))
        tower = shapely.Point(x, y).buffer(2.6, quad_segs=3)
        pieces.append(Piece("shadow", shapely.Point(x, y).buffer(2.0, 3), height_m=TOWER_HEIGHT_M))
        pieces.append(Piece("turbine", tower))
    return pieces


def solar(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Dark rows of panels from east to west on cleared ground, with service lanes."""
    ratio = rng.uniform(1.2, 2.0)
    field = turned(
        rectangle(math.sqrt(area * ratio), math.sqrt(area / ratio)), rng.normal(0.0, 0.25)
    )
    if area > 4000.0:
        field = field.intersection(blob(rng, area * 1.35, aspect=1.5, rough=0.2, angle=0.0))
    lanes = []
    if area > 4000.0:
        for at in np.arange(-2, 3) * 75.0 + rng.uniform(-20, 20):
            lanes.append(Piece("track", rectangle(5.0, 900.0, at, 0.0)))
    rows = rng.normal(0.0, 0.05)
    return [Piece("solar", field, rows), *clipped(lanes, field)]


def hydro(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """New water behind a dam in a valley, a power house and its track below the dam."""
    pool = blob(rng, area * 0.85, aspect=2.4, rough=0.35, angle=site.heading)
    reach = 0.8 * math.sqrt(area * 0.85 * 2.4 / math.pi)
    c, s = math.cos(site.heading), math.sin(site.heading)
    span = max(20.0, 0.62 * math.sqrt(area))
    cut = turned(rectangle(4.0 * reach, 6.0 * span, reach + 2.0 * reach, 0.0), site.heading)
    pool = max(shapely.get_parts(pool.difference(cut)), key=lambda p: p.area)
    dam = turned(rectangle(7.0, span, reach, 0.0), site.heading)
    house = turned(rectangle(12.0, 18.0, reach + 20.0, 0.2 * span), site.heading)
    line = np.array(
        [[reach + 2.0, 0.45 * span], [reach + 14.0, 0.5 * span], [reach + 45.0, 0.2 * span]]
    )
    line = np.column_stack([line[:, 0] * c - line[:, 1] * s, line[:, 0] * s + line[:, 1] * c])
    return [
        Piece("soil", pool.buffer(3.0, quad_segs=2)),
        Piece("water", pool),
        *(Piece("track", g) for g in strip(line, TRACK_WIDTH_M)),
        Piece("dam", dam),
        Piece("shadow", house, height_m=8.0),
        Piece("roof_grey", house),
    ]
