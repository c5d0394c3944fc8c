"""Pictures as bytes: a quick PNG for the evidence, a small JPEG for tables and documents."""

import base64
import io
import struct
import zlib

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
FAST = 1  # zlib level: half the time of the usual one for a third more bytes
UP_FILTER = 2  # PNG filter type: difference to the line above
JPEG_QUALITY = 85
NOTICE_KEY = b"Comment"


def png_bytes(picture: Image.Image, notice: str = "") -> bytes:
    """An RGB picture as PNG, about twice as fast as Pillow's; `notice` is kept inside as iTXt.

    >>> Image.open(io.BytesIO(png_bytes(Image.new("RGB", (3, 2), "red")))).size
    (3, 2)
    """
    array = np.asarray(picture.convert("RGB"))
    rows, cols = array.shape[:2]
    flat = array.reshape(rows, cols * 3)
    lines = np.empty((rows, 1 + cols * 3), np.uint8)
    lines[:, 0] = UP_FILTER
    lines[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=lines[1:, 1:])
    text = NOTICE_KEY + b"\0\0\0\0\0" + notice.encode() if notice else b""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", cols, rows, 8, 2, 0, 0, 0)),
        *([(b"iTXt", text)] if text else []),
        (b"IDAT", zlib.compress(lines.tobytes(), FAST)),
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg_bytes(picture: Image.Image, longest_px: int | None = None) -> bytes:
    """A picture as JPEG, made smaller when it is longer than `longest_px`."""
    if longest_px and max(picture.size) > longest_px:
        picture = picture.copy()
        picture.thumbnail((longest_px, longest_px), Image.Resampling.BOX)
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()


def data_uri(data: bytes, kind: str = "png") -> str:
    """Bytes as a data address, so that a page needs no file beside it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
