"""The map of an answer: project over redline, zones, protected areas and water, as PNG.

Letters need no Chinese font: the legend is words of the document (`LEGEND`), the picture has
scale bar, north arrow, coordinates and date in figures.
"""

import numpy as np
import shapely
from PIL import Image, ImageDraw

from ecoredline.documents.chips import scale_length_m
from ecoredline.documents.demo_mark import demo_mark
from ecoredline.documents.png import png_bytes
from ecoredline.documents.report_map import MapView, view_of
from ecoredline.record import DEMO_NOTICE

AROUND = 0.8  # of the project's longer side, on each side
LEAST_AROUND_DEG = 0.003
PAPER, INK, FRAME = (252, 252, 248), (30, 30, 30), (120, 120, 120)
# key → (name, fill, outline); drawn in this order
LEGEND = {
    "redline": ("生态保护红线", (214, 60, 60), (170, 20, 20)),
    "core": ("核心保护区", (140, 0, 40), (110, 0, 30)),
    "protected": ("自然保护地", (60, 150, 70), (20, 110, 40)),
    "water": ("饮用水水源保护区", (60, 130, 210), (20, 80, 170)),
    "approved": ("已批准项目", (150, 120, 60), (110, 80, 30)),
    "clues": ("疑似问题与案件", (160, 60, 190), (120, 20, 150)),
    "project": ("本项目", (250, 190, 0), (0, 0, 0)),
}
ALPHA = {"redline": 70, "core": 110, "project": 150}
DETAIL_PX = 0.5
TEXT_PX, PAD_PX = 18, 12


def map_png(admission, indexes, made_on: str = "") -> tuple[bytes, tuple[str, ...]]:
    """The picture and the keys of `LEGEND` that are on it. `indexes` are those of the layers."""
    view = _view(admission.project.shape)
    picture = Image.new("RGB", (960, view.height_px), PAPER)
    shown = []
    for key, shapes in _layers(admission, indexes, view):
        if _fill(picture, shapes, view, key):
            shown.append(key)
    pen = ImageDraw.Draw(picture)
    _scale(pen, picture.size, view)
    _north(pen, picture.size[0])
    _corners(pen, picture.size, view, made_on or admission.as_of)
    if admission.is_demo:
        mark = demo_mark()
        x, y = picture.width - mark.width - PAD_PX, picture.height - mark.height - 40
        picture.paste((150, 0, 0), (x - 4, y - 3, x + mark.width + 4, y + mark.height + 3))
        picture.paste((255, 255, 255), (x, y), mark)
    return png_bytes(picture, DEMO_NOTICE if admission.is_demo else ""), tuple(shown)


def _view(shape) -> MapView:
    west, south, east, north = shapely.bounds(shape)
    room = max(LEAST_AROUND_DEG, AROUND * max(east - west, north - south))
    return view_of((west - room, south - room, east + room, north + room))


def _layers(admission, indexes, view: MapView):
    """Key and shapes of everything in view, in drawing order."""
    box = shapely.box(view.west, view.south, view.east, view.north)
    near = {}
    for role, index in indexes.items():
        rows = index.near(box)
        near[role] = index.shapes[rows]
        if role in ("redline", "zones"):
            core = index.columns["zone"][rows] == "core"
            near["core"] = np.concatenate(
                [near.get("core", np.array([], object)), near[role][core]]
            )
    near["project"] = np.array([admission.project.shape], object)
    return [(key, near[key]) for key in LEGEND if len(near.get(key, ()))]


def _fill(picture: Image.Image, shapes, view: MapView, key: str) -> bool:
    """Draw shapes half transparent with an outline; False when nothing of them is in view."""
    cut = shapely.clip_by_rect(shapes, view.west, view.south, view.east, view.north)
    cut = shapely.simplify(cut, DETAIL_PX / max(view.per_degree))
    parts = shapely.get_parts(shapely.get_parts(cut))
    polygons = parts[shapely.get_type_id(parts) == 3]
    dots = parts[shapely.get_type_id(parts) == 0]
    if not len(polygons) and not len(dots):
        return False
    _, fill, outline = LEGEND[key]
    mask = Image.new("L", picture.size, 0)
    pen, ink = ImageDraw.Draw(mask), ImageDraw.Draw(picture)
    lines = []
    for polygon in polygons:
        rings = [_points(r, view) for r in shapely.get_rings(polygon)]
        pen.polygon(rings[0], fill=ALPHA.get(key, 60))
        for hole in rings[1:]:
            pen.polygon(hole, fill=0)
        lines += rings
    picture.paste(fill, (0, 0), mask)
    for line in lines:
        ink.line([*line, line[0]], fill=outline, width=3 if key == "project" else 2)
    for x, y in (_points(d, view)[0] for d in dots):
        ink.ellipse((x - 5, y - 5, x + 5, y + 5), fill=fill, outline=outline)
    return True


def _points(ring, view: MapView) -> list[tuple[float, float]]:
    return [tuple(p) for p in view.place(shapely.get_coordinates(ring))]


def _font():
    from PIL import ImageFont

    return ImageFont.load_default(TEXT_PX)


def _scale(pen: ImageDraw.ImageDraw, size, view: MapView) -> None:
    length_m = scale_length_m(size[0] / 4 * view.metres_per_px)
    length = length_m / view.metres_per_px
    x, y = PAD_PX, size[1] - PAD_PX
    pen.rectangle((x, y - 8, x + length, y), fill="white", outline=INK)
    pen.rectangle((x, y - 8, x + length / 2, y), fill=INK)
    said = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    pen.text((x, y - 14 - TEXT_PX), said, INK, _font(), stroke_width=3, stroke_fill=PAPER)


def _north(pen: ImageDraw.ImageDraw, width: int) -> None:
    x, y = width - 30, 14
    pen.polygon([(x, y), (x - 11, y + 34), (x, y + 26)], fill="white", outline=INK)
    pen.polygon([(x, y), (x + 11, y + 34), (x, y + 26)], fill=INK, outline=INK)
    pen.text((x - 7, y + 36), "N", INK, _font(), stroke_width=3, stroke_fill=PAPER)


def _corners(pen: ImageDraw.ImageDraw, size, view: MapView, day: str) -> None:
    """Frame, coordinates of two corners, the date."""
    font, halo = _font(), {"stroke_width": 3, "stroke_fill": PAPER}
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=FRAME, width=2)
    pen.text((PAD_PX, PAD_PX), f"{view.west:.4f}E {view.north:.4f}N", INK, font, **halo)
    said = f"{view.east:.4f}E {view.south:.4f}N   {day}"
    wide = pen.textlength(said, font)
    pen.text((size[0] - wide - PAD_PX, size[1] - TEXT_PX - PAD_PX), said, INK, font, **halo)
