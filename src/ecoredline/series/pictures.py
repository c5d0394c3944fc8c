"""The state of every pixel as a picture with its legend."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ecoredline.documents.demo_mark import demo_mark

COLOURS = {
    0: ((200, 200, 200), "unseen"), 1: ((232, 240, 224), "stable"), 2: ((247, 214, 94), "suspected"),
    3: ((200, 40, 40), "changed"), 4: ((120, 170, 220), "recovering"), 5: ((40, 110, 60), "recovered"),
}  # fmt: skip
FONT = ImageFont.load_default(13)  # it has no Chinese letters
LARGEST, SMALLEST, LEGEND_PX, SWATCH = 1600, 480, 34, 14


def state_picture(state: np.ndarray, is_demo: bool = False) -> Image.Image:
    """States (rows, cols) of `History.report` as an image with a legend below it."""
    palette = np.zeros((256, 3), np.uint8)
    for value, (colour, _) in COLOURS.items():
        palette[value] = colour
    step = max(1, -(-max(state.shape) // LARGEST))
    drawn = Image.fromarray(palette[state[::step, ::step]])
    grow = max(1, SMALLEST // max(drawn.size))
    drawn = drawn.resize((drawn.width * grow, drawn.height * grow), Image.Resampling.NEAREST)
    whole = Image.new("RGB", (max(drawn.width, SMALLEST), drawn.height + LEGEND_PX), "white")
    whole.paste(drawn, (0, 0))
    pen, x, y = ImageDraw.Draw(whole), 6, drawn.height + 10
    for colour, word in COLOURS.values():
        pen.rectangle((x, y, x + SWATCH, y + SWATCH), fill=colour, outline=(90, 90, 90))
        pen.text((x + SWATCH + 4, y - 1), word, fill=(20, 20, 20), font=FONT)
        x += SWATCH + 18 + 8 * len(word)
    if is_demo:
        whole.paste(demo_mark(), (6, 6))
    return whole
