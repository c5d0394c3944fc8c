"""Small pictures of photographs: drawn anew, without what the camera wrote, kept apart and disposable."""

import os
import uuid
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps

from ecoredline.files import whole_file
from ecoredline.web.core.problems import NotFound
from ecoredline.web.files import store
from ecoredline.web.files.content import MOST_PIXELS, PICTURE_FORMATS

SIZES = {"thumb": 360, "page": 1400}  # the longer side, pixels
QUALITY = 82
DRAWN_TYPES = ("image/jpeg", "image/png", "image/heic")
MOST_DECODED = 60_000_000  # of a PNG, which cannot be decoded at a smaller size


def has_preview(attachment) -> bool:
    """Can a small picture be drawn of it?"""
    return attachment.media_type in DRAWN_TYPES


def preview(attachment, size: str) -> Path:
    """The small picture of an attachment, drawn at the first call.

    Raises `NotFound` (404.1) for what has none, `FileChanged` (409.3) for an altered original.
    """
    if size not in SIZES or not has_preview(attachment):
        raise NotFound()
    sha256 = attachment.sha256
    path = settings.ECOREDLINE_VAR / "previews" / sha256[:2] / f"{sha256}-{size}.jpg"
    if not path.exists():
        with store.opened(sha256) as original:
            drawn = small(original, SIZES[size])
        waiting = path.with_name(f"{path.stem}-{uuid.uuid4().hex}.jpg")  # two may ask at once
        with whole_file(waiting) as part:
            drawn.save(part, "JPEG", quality=QUALITY)
        os.replace(waiting, path)
    return path


def small(original, side: int) -> Image.Image:
    """The picture upright, at most `side` pixels long, in plain RGB."""
    try:
        with Image.open(original, formats=PICTURE_FORMATS) as picture:
            picture.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
            if picture.width * picture.height > min(MOST_PIXELS, MOST_DECODED):
                raise NotFound()
            picture.thumbnail((side, side))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise NotFound() from fault
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    return plain
