"""Small pictures in a row for the pages of docs: image parts with outlines, one stretch for all."""

from collections.abc import Sequence

import numpy as np
import shapely
from PIL import Image, ImageDraw, ImageFont

from ecoredline.grid import Grid

STRETCH_PERCENT = (2, 95)
COLOURS = 40  # of the palette: what keeps a strip below 100 kB
GAP_PX, CAPTION_PX = 6, 18
FONT = ImageFont.load_default(12)  # Latin letters only
YELLOW, RED, BLUE = (255, 230, 0), (255, 45, 45), (70, 160, 255)
DRAWN = (YELLOW, RED, BLUE)


def stretch_of(values: np.ndarray) -> list[tuple[float, float]]:
    """Low and high of each band (bands, rows, cols), the range all pictures of a strip share."""
    return [tuple(np.nanpercentile(band, STRETCH_PERCENT)) for band in values]


def picture(values: np.ndarray, limits, side: int) -> Image.Image:
    """Three bands (3, rows, cols) as an image of `side` pixels; nodata is grey."""
    low, high = (np.array([v[k] for v in limits])[:, None, None] for k in (0, 1))
    scaled = np.clip((values - low) / np.maximum(high - low, 1e-6), 0, 1) ** 0.8
    grey = np.isnan(scaled).any(axis=0)
    whole = np.where(grey, 0.6, np.nan_to_num(scaled))
    drawn = Image.fromarray((255 * np.moveaxis(whole, 0, -1)).astype(np.uint8))
    return drawn.resize((side, side), Image.Resampling.NEAREST)


def grey_picture(values: np.ndarray, limits: tuple[float, float], side: int) -> Image.Image:
    """One band (rows, cols) in grey."""
    return picture(np.stack([values] * 3), [limits] * 3, side)


def outlines(drawn: Image.Image, shapes, part: Grid, colour=YELLOW, width: int = 1) -> Image.Image:
    """The image with the outlines of `shapes` (CRS of `part`, the image's own grid) drawn on it."""
    pen = ImageDraw.Draw(drawn)
    scale = drawn.width / part.cols
    for shape in shapely.get_parts(np.array(list(shapes), object)):
        for ring in shapely.get_rings(shape):
            x, y = shapely.get_coordinates(ring).T
            cols, rows = ~part.transform * (x, y)
            pen.line(
                [(c * scale, r * scale) for c, r in zip(cols, rows, strict=True)], colour, width
            )
    return drawn


def strip(pictures: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    """Pictures side by side, each with a caption below, in few colours."""
    side = pictures[0].height
    width = sum(p.width for p in pictures) + GAP_PX * (len(pictures) - 1)
    whole, x = Image.new("RGB", (width, side + CAPTION_PX), "white"), 0
    pen = ImageDraw.Draw(whole)
    for drawn, words in zip(pictures, captions, strict=True):
        whole.paste(drawn, (x, 0))
        pen.text((x + 2, side + 2), words, fill=(30, 30, 30), font=FONT)
        x += drawn.width + GAP_PX
    return in_few_colours(whole)


def in_few_colours(whole: Image.Image) -> Image.Image:
    """The image with a small palette in which the outline colours stay what they are."""
    few = whole.quantize(COLOURS, dither=Image.Dither.NONE)
    exact, numbers = np.array(whole), np.array(few)
    for k, colour in enumerate(DRAWN):
        numbers[(exact == colour).all(axis=-1)] = COLOURS + k
    made = Image.fromarray(numbers, "P")
    made.putpalette([*few.getpalette()[: 3 * COLOURS], *(v for colour in DRAWN for v in colour)])
    return made
