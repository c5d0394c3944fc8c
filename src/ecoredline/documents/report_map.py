"""The report's overview map as SVG: redline, divisions, patches, what nobody could see."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from ecoredline.documents.chips import scale_length_m
from ecoredline.documents.evidence import LISTED_CHANNELS
from ecoredline.documents.words import text
from ecoredline.grid import ELLIPSOID

WIDTH_PX = 960
HEIGHT_RANGE_PX = (420, 900)
PAD_SHARE = 0.04
DETAIL_PX = 0.6  # outlines are drawn no finer than this
DOT_PX = 5.0
SHAPE_FROM_PX = 5.0  # a smaller patch is a dot only
LINKED_DOTS = 400  # dots that lead to their table row; more would make the page heavy
CHANNELS = (*LISTED_CHANNELS, "outside")


@dataclass(frozen=True)
class MapView:
    """Turns lon, lat into picture coordinates: equirectangular at the middle latitude."""

    west: float
    south: float
    east: float
    north: float
    height_px: int

    @property
    def per_degree(self) -> tuple[float, float]:
        """Pixels per degree of longitude and of latitude."""
        across = WIDTH_PX / (self.east - self.west)
        return across, self.height_px / (self.north - self.south)

    def place(self, coordinates: np.ndarray) -> np.ndarray:
        """Picture coordinates (n, 2) of lon, lat (n, 2)."""
        across, down = self.per_degree
        x = (coordinates[:, 0] - self.west) * across
        return np.column_stack([x, (self.north - coordinates[:, 1]) * down])

    @property
    def metres_per_px(self) -> float:
        """Metres on the ground of one picture pixel, along the middle parallel."""
        middle = (self.south + self.north) / 2
        return ELLIPSOID.inv(self.west, middle, self.east, middle)[2] / WIDTH_PX


def view_of(bounds: Sequence[float]) -> MapView:
    """A view around bounds (west, south, east, north), padded to a pleasant shape.

    >>> view = view_of((101.0, 26.0, 101.2, 26.1))
    >>> view.height_px, view.west < 101.0
    (574, True)
    """
    west, south, east, north = bounds
    least = 1e-3
    pad = max(east - west, north - south, least) * PAD_SHARE
    west, south, east, north = west - pad, south - pad, east + pad, north + pad
    squeeze = math.cos(math.radians((south + north) / 2))
    height = WIDTH_PX * (north - south) / ((east - west) * squeeze)
    fitted = min(max(height, HEIGHT_RANGE_PX[0]), HEIGHT_RANGE_PX[1])
    if fitted > height:
        more = (north - south) * (fitted / height - 1) / 2
        south, north = south - more, north + more
    elif fitted < height:
        more = (east - west) * (height / fitted - 1) / 2
        west, east = west - more, east + more
    return MapView(west, south, east, north, round(fitted))


def bounds_of(record: Mapping, *frames) -> tuple[float, float, float, float] | None:
    """What the map shows: the images when the record tells them, else whatever there is."""
    told = record.get("grid", {}).get("bounds_lonlat")
    if told:
        return tuple(told)
    known = [f.total_bounds for f in frames if f is not None and len(f)]
    known = [b for b in known if np.isfinite(b).all()]
    if not known:
        return None
    return (*np.min(known, axis=0)[:2], *np.max(known, axis=0)[2:])


def path_of(shapes, view: MapView) -> str:
    """Outlines of shapes as one SVG path, cut to the view and no finer than it shows."""
    shapes = np.asarray(shapes, dtype=object)
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    cut = shapely.clip_by_rect(shapes, view.west, view.south, view.east, view.north)
    cut = shapely.simplify(cut, DETAIL_PX / max(view.per_degree))
    polygons = shapely.get_parts(cut)
    rings = shapely.get_rings(polygons[shapely.get_type_id(polygons) == 3])
    pieces = []
    for ring in rings:
        points = view.place(shapely.get_coordinates(ring)[:-1])
        if len(points):
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(pieces)


def dots_of(rows: Sequence[Mapping], view: MapView) -> str:
    """Places of patches as one SVG path of points, drawn by a round pen."""
    known = [(r["lon"], r["lat"]) for r in rows if r.get("lon") == r.get("lon")]
    if not known:
        return ""
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in view.place(np.array(known, float)))


def overview(patches, unseen, redline, divisions, record: Mapping) -> dict | None:
    """Everything the map template draws; None when nothing has a place.

    Frames in EPSG:4490; each may be None or empty. Colours come from the style sheet.
    """
    bounds = bounds_of(record, patches, unseen, redline)
    if bounds is None:
        return None
    view = view_of(bounds)
    length_m = scale_length_m(WIDTH_PX / 5 * view.metres_per_px)
    return {
        "width": WIDTH_PX,
        "height": view.height_px,
        "image": _image_box(record, view),
        "redline": _frame_path(redline, view),
        "unseen": _frame_path(unseen, view),
        "divisions": _divisions(divisions, view),
        "channels": _patch_layers(patches, view),
        "scale_px": round(length_m / view.metres_per_px, 1),
        "scale_words": f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m",
    }


def _frame_path(frame, view: MapView) -> str:
    return path_of(frame.geometry.to_numpy(), view) if frame is not None and len(frame) else ""


def _image_box(record: Mapping, view: MapView) -> str:
    told = record.get("grid", {}).get("bounds_lonlat")
    return path_of([shapely.box(*told)], view) if told else ""


def _divisions(frame, view: MapView) -> list[dict]:
    """Outline and name of each county that the map shows."""
    if frame is None or not len(frame):
        return []
    counties = frame[frame["level"] == "county"] if "level" in frame else frame
    seen = []
    for name, shape in zip(counties["name"], counties.geometry, strict=True):
        path = path_of([shape], view)
        if path:
            box = shapely.box(view.west, view.south, view.east, view.north)
            inner = shapely.intersection(shapely.make_valid(shape), box)
            point = shapely.get_coordinates(shapely.point_on_surface(inner))
            x, y = view.place(point)[0]
            seen.append({"name": text(name), "path": path, "x": round(x, 1), "y": round(y, 1)})
    return seen


def _patch_layers(patches, view: MapView) -> list[dict]:
    """Shapes and dots of each channel; the suspected ones last, so on top."""
    linked = len(patches) <= LINKED_DOTS
    layers = []
    for channel in reversed(CHANNELS):
        part = patches[patches["channel"] == channel] if len(patches) else patches
        layers.append({"channel": channel, **_patch_layer(part, view, linked)})
    return layers


def _patch_layer(part, view: MapView, linked: bool) -> dict:
    """Outlines of the larger patches; dots for all, or spots that lead to the table."""
    if not len(part):
        return {"path": "", "dots": "", "links": []}
    rows = part[["patch_id", "lon", "lat"]].to_dict("records")
    shapes = part.geometry.to_numpy()
    box = shapely.bounds(shapes)
    wide = (box[:, 2] - box[:, 0]) * view.per_degree[0]
    spots = view.place(np.array([(r["lon"], r["lat"]) for r in rows], float))
    links = [
        {"id": text(r["patch_id"]), "x": f"{x:.1f}", "y": f"{y:.1f}", "seen": w < 2 * DOT_PX}
        for r, (x, y), w in zip(rows, spots, wide, strict=True)
        if x == x
    ]
    return {
        "path": path_of(shapes[wide >= SHAPE_FROM_PX], view),
        "dots": "" if linked else dots_of(rows, view),
        "links": links if linked else [],
    }
