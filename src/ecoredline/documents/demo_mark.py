"""The words 演示合成数据 as a bitmap, so that a picture bears them on a machine without fonts.

Drawn once from Noto Sans CJK SC Bold (SIL Open Font License) at 18 pixels.
"""

import base64
import zlib
from functools import cache

from PIL import Image

SIZE = (110, 22)
BITMAP = (
    "eNp90LFKA0EUBdC3plgCZqcQZALK5A+cNCGiuNj5GVu5jYQFmwiRXUkxjbh1QPA7rBxJkUbcHxCcyliIeWKjqLlO8gF5"
    "cIvDLS48ohUnfdaIXjfXa0RbsgYbEs07D2HMAmNYQfSirr18Q6Rsjvgp1HqpM+eFCtwCUcD9xIkbr64U+MRvcqy+Tbv"
    "YRen1lvcO/rzqKBaLea9zbu44GC2VDqKdElzHcGTB6SCu1EfRwFAu1I8nol1sw0jndNptmjDnJq5k4vT8VJVechrJzO"
    "n3H6HMid6bXsoMfA91O5nxxoX9IvD4eT97rDiggsnpw0i3oiO96i3/iPp1Vw=="
)


@cache
def demo_mark() -> Image.Image:
    """The words as a one-bit picture, to be used as a mask.

    >>> demo_mark().size
    (110, 22)
    """
    return Image.frombytes("1", SIZE, zlib.decompress(base64.b64decode(BITMAP)))
