"""How tourism, transport and other building looks: types 4, 5 and 6 of the activity list.

Builders as in `works`.
"""

import math

import numpy as np
from shapely import affinity

from ecoredline.simulate.outlines import blob, curve, rectangle, strip
from ecoredline.simulate.paint import Piece
from ecoredline.simulate.sites import Site, walk
from ecoredline.simulate.works import TRACK_WIDTH_M, clipped, point_in, track, turned

HOUSE_HEIGHT_M = 7.0
ROAD_WIDTHS_M = ((3000.0, 8.0), (10000.0, 13.0), (math.inf, 20.0))  # up to this area: this width


def houses(
    rng: np.random.Generator, spots: list[tuple[float, float]], angles: list[float], size: float
) -> list[Piece]:
    """Small houses with their shadows: red, white and grey roofs."""
    shadows, roofs = [], []
    for (x, y), angle in zip(spots, angles, strict=True):
        w, h = size * rng.uniform(0.9, 1.5), size * rng.uniform(0.7, 1.0)
        roof = affinity.translate(turned(rectangle(w, h), angle), x, y)
        material = str(rng.choice(["roof_red", "roof_red", "roof_white", "roof_grey"]))
        shadows.append(Piece("shadow", roof, height_m=HOUSE_HEIGHT_M))
        roofs.append(Piece(material, roof, angle))
    return shadows + roofs


def resort(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Gardens with curved paths, scattered small roofs and a pool."""
    ground = blob(rng, area, aspect=1.4, rough=0.35)
    reach = math.sqrt(area)
    paths = []
    for _ in range(2 if area < 5000.0 else 4):
        line = curve(
            rng, np.array(point_in(ground, rng)), rng.uniform(0, 6.3), 1.3 * reach, 7.0, 0.5
        )
        paths += [Piece("path", g) for g in strip(line, 4.0)]
    spots = [point_in(ground.buffer(-6.0) or ground, rng) for _ in range(max(2, int(area / 700.0)))]
    roofs = houses(rng, spots, list(rng.uniform(0, math.pi, len(spots))), 12.0)
    pool = Piece(
        "water", affinity.translate(blob(rng, min(900.0, 0.05 * area)), *point_in(ground, rng))
    )
    return [Piece("park", ground), *clipped([*paths, pool, *roofs], ground)]


def golf(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Smooth bright fairways with sand bunkers in rougher grass, a pond."""
    ground = blob(rng, area, aspect=1.5, rough=0.4)
    details = []
    lengthwise = rng.uniform(0, math.pi)
    for _ in range(max(2, round(area / 6000.0))):
        x, y = point_in(ground, rng)
        angle = lengthwise + rng.normal(0.0, 0.25)
        fairway = blob(rng, min(7000.0, 0.22 * area), aspect=3.6, rough=0.25, angle=angle)
        details.append(Piece("fairway", affinity.translate(fairway, x, y), angle))
    for _ in range(max(3, round(area / 3000.0))):
        bunker = blob(rng, rng.uniform(60.0, 200.0), rough=0.4, points=24)
        details.append(Piece("bunker", affinity.translate(bunker, *point_in(ground, rng))))
    pond = affinity.translate(blob(rng, 0.04 * area), *point_in(ground, rng))
    return [Piece("rough", ground), *clipped([*details, Piece("water", pond)], ground)]


def road(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A new road along the slope: pale surface between raw cut slopes."""
    width = next(w for limit, w in ROAD_WIDTHS_M if area <= limit)
    line = walk(site.layout, (site.x, site.y), site.heading, area / width) - (site.x, site.y)
    line = line - line[len(line) // 2]
    cut = [Piece("cut_slope", g) for g in strip(line, width)]
    return cut + [Piece("new_road", g) for g in strip(line, 0.6 * width)]


def wharf(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A quay that reaches into the river, a yard with heaps, a shed."""
    ratio = rng.uniform(1.6, 2.4)
    length, depth = math.sqrt(area * 0.9 * ratio), math.sqrt(area * 0.9 / ratio)
    angle = site.heading - math.pi / 2  # the y axis of the yard points at the river
    yard = turned(rectangle(length, depth), angle)
    quay = turned(rectangle(0.28 * length, 0.5 * depth, 0.2 * length, 0.7 * depth), angle)
    shed = turned(rectangle(0.3 * length, 0.3 * depth, -0.28 * length, -0.25 * depth), angle)
    heaps = []
    for _ in range(max(1, int(area / 1500.0))):
        heap = blob(rng, rng.uniform(60.0, 220.0), points=20)
        heaps.append(Piece("sand_pile", affinity.translate(heap, *point_in(yard, rng))))
    roof = [Piece("shadow", shed, height_m=HOUSE_HEIGHT_M), Piece("roof_blue", shed, angle)]
    return [Piece("yard", yard), Piece("dam", quay), *clipped([*heaps, *roof], yard)]


def clearing(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Felled forest: bare earth in swaths, with a track to it."""
    ground = blob(rng, area, aspect=1.5, rough=0.4)
    lead = track(rng, ground, 40.0) if area > 3000.0 else []
    return [*lead, Piece("felled", ground, rng.uniform(0, math.pi))]


def villas(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Rows of houses on streets, on ground that was just laid bare."""
    ratio = rng.uniform(1.2, 1.7)
    width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
    ground = turned(rectangle(width, height), site.heading)
    across, down = max(1, int(width // 25.0)), max(1, int(height // 32.0))
    streets, spots = [], []
    for j in range(down):
        y = (j + 0.5) * height / down - height / 2
        if down > 1:
            lane = rectangle(width, TRACK_WIDTH_M, 0.0, y - 0.5 * height / down + 3.0)
            streets.append(Piece("asphalt", turned(lane, site.heading)))
        for i in range(across):
            x = (i + 0.5) * width / across - width / 2
            c, s = math.cos(site.heading), math.sin(site.heading)
            spots.append((x * c - y * s, x * s + y * c))
    roofs = houses(rng, spots, [site.heading] * len(spots), 12.0)
    return [Piece("soil_patchy", ground), *clipped([*streets, *roofs], ground)]


def artificial_lake(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """A dug lake with a bare rim."""
    water = blob(rng, area * 0.78, aspect=1.5, rough=0.35)
    rim = water.buffer(0.055 * math.sqrt(area) + 2.0, quad_segs=3)
    island = affinity.translate(blob(rng, 0.03 * area), *point_in(water, rng))
    return [Piece("soil", rim), Piece("water", water), *clipped([Piece("park", island)], water)]


def wetland_fill(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """Pale fill tipped onto wet ground at the water's edge."""
    ground = blob(rng, area, aspect=1.8, rough=0.3, angle=site.heading + math.pi / 2)
    heaps = []
    for _ in range(max(1, int(area / 2500.0))):
        heap = blob(rng, rng.uniform(80.0, 260.0), points=20)
        heaps.append(Piece("soil", affinity.translate(heap, *point_in(ground, rng))))
    return [*track(rng, ground, 35.0), Piece("fill", ground), *clipped(heaps, ground)]


def slide(rng: np.random.Generator, area: float, site: Site) -> list[Piece]:
    """The scar of a natural landslide, long and downhill."""
    return [Piece("slide", blob(rng, area, aspect=3.2, rough=0.45, angle=site.heading))]
