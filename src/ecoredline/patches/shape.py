"""What a patch looks like from above: how long, how wide, how rectangular, how compact."""

import numpy as np
import pandas as pd
import shapely

SHAPE_COLUMNS = (
    "perimeter_m", "pieces", "elongation", "length_m", "mean_width_m", "rectangularity", "compactness",
)  # fmt: skip
CIRCLE_TOLERANCE = 0.02  # of the square root of the area


def measure_shapes(geometry) -> pd.DataFrame:
    """The columns `SHAPE_COLUMNS` of polygons whose coordinates are metres; one row each.

    A strip of 100 m × 4 m, straight or bent:

    >>> bend = shapely.LineString([(0, 0), (50, 0), (50, 50)])
    >>> strips = [shapely.box(0, 0, 100, 4), bend.buffer(2, cap_style="flat", join_style="mitre")]
    >>> measure_shapes(strips)[["length_m", "mean_width_m"]].round(1).to_numpy().tolist()
    [[100.0, 4.0], [100.0, 4.0]]
    """
    geometry = np.asarray(geometry, object)
    area, perimeter = shapely.area(geometry), shapely.length(geometry)
    width, length = equal_rectangle(area, perimeter)
    columns = {
        "perimeter_m": perimeter,
        "pieces": shapely.get_num_geometries(geometry),
        "elongation": elongation(geometry),
        "length_m": length,
        "mean_width_m": width,
        "rectangularity": rectangularity(geometry),
        "compactness": np.clip(4 * np.pi * area / np.maximum(perimeter, 1e-9) ** 2, 0, 1),
    }
    return pd.DataFrame(columns, columns=list(SHAPE_COLUMNS))


def elongation(geometry) -> np.ndarray:
    """How many squares of a strip's width lie along it; at least 1.

    The larger of two: the side ratio of the smallest rectangle around the patch (right for
    straight ones), and the area over the square of the largest inscribed circle's diameter
    (right for bent ones, and not misled by a ragged outline).

    >>> elongation([shapely.box(0, 0, 30, 10), shapely.Point(0, 0).buffer(9)]).round(1).tolist()
    [3.0, 1.0]
    """
    geometry = np.asarray(geometry, object)
    if not len(geometry):
        return np.empty(0)
    area = shapely.area(geometry)
    step = np.maximum(CIRCLE_TOLERANCE * np.sqrt(area), 1e-9)
    radius = shapely.length(shapely.maximum_inscribed_circle(geometry, step))
    strips = area / np.maximum(2 * radius, 1e-9) ** 2
    long, short = box_sides(geometry)
    return np.maximum(1.0, np.maximum(strips, long / np.maximum(short, 1e-9)))


def rectangularity(geometry) -> np.ndarray:
    """Area over the area of the smallest rectangle around the patch, 0..1.

    >>> rectangularity([shapely.box(0, 0, 30, 10), shapely.Polygon([(0, 0), (2, 0), (0, 2)])]).tolist()
    [1.0, 0.5]
    """
    long, short = box_sides(geometry)
    return np.clip(shapely.area(geometry) / np.maximum(long * short, 1e-9), 0, 1).round(9)


def box_sides(geometry) -> tuple[np.ndarray, np.ndarray]:
    """Long and short side of the smallest rectangle, at any angle, around each patch.

    >>> [v.round(3).tolist() for v in box_sides([shapely.box(0, 0, 3, 10)])]
    [[10.0], [3.0]]
    """
    boxes = shapely.oriented_envelope(np.asarray(geometry, object))
    flat = shapely.get_type_id(boxes) != shapely.GeometryType.POLYGON
    boxes = np.where(flat, shapely.envelope(geometry), boxes)
    corners = shapely.get_coordinates(boxes).reshape(-1, 5, 2)
    one = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    two = np.hypot(*(corners[:, 2] - corners[:, 1]).T)
    return np.maximum(one, two), np.minimum(one, two)


def equal_rectangle(area, perimeter) -> tuple[np.ndarray, np.ndarray]:
    """Width and length of the rectangle with this area and perimeter; a square where none has.

    >>> [float(v) for v in equal_rectangle(400.0, 208.0)]
    [4.0, 100.0]
    """
    area, perimeter = np.asarray(area, float), np.asarray(perimeter, float)
    spread = np.sqrt(np.maximum(perimeter**2 - 16 * area, 0))
    width = np.where(spread > 0, (perimeter - spread) / 4, np.sqrt(area))
    return width, np.where(spread > 0, (perimeter + spread) / 4, np.sqrt(area))
