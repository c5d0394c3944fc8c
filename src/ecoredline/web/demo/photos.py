"""Photographs of the demo year: made pictures that say so, with position, bearing and time in EXIF."""

import io
from datetime import datetime
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, UnidentifiedImageError
from PIL.TiffImagePlugin import IFDRational

SIZE = (640, 480)
GROUND = (118, 108, 84)
EXIF_DETAILS, EXIF_GPS = 0x8769, 0x8825
TAKEN, ZONE, GPS_NORTH, GPS_LAT, GPS_EAST, GPS_LON, GPS_TRUE, GPS_BEARING = (
    36867, 36881, 1, 2, 3, 4, 16, 17,
)  # fmt: skip
SECONDS_SCALE = 10_000
STAMP = "DEMO  made data, not a photograph"


def dms(degrees: float) -> tuple:
    """Degrees as a camera writes them."""
    whole, minutes = int(degrees), int(degrees % 1 * 60)
    seconds = round((degrees - whole - minutes / 60) * 3600 * SECONDS_SCALE)
    return IFDRational(whole), IFDRational(minutes), IFDRational(seconds, SECONDS_SCALE)


def camera(lon: float, lat: float, bearing: float, taken: datetime) -> Image.Exif:
    """EXIF of a telephone that knows where it is."""
    exif = Image.Exif()
    details, gps = exif.get_ifd(EXIF_DETAILS), exif.get_ifd(EXIF_GPS)
    details[TAKEN], details[ZONE] = f"{taken:%Y:%m:%d %H:%M:%S}", "+08:00"
    gps[GPS_NORTH], gps[GPS_EAST] = "N", "E"
    gps[GPS_LAT], gps[GPS_LON] = dms(lat), dms(lon)
    gps[GPS_TRUE], gps[GPS_BEARING] = "T", IFDRational(round(bearing * 100), 100)
    return exif


def turned(chip: Path | None, bearing: float) -> Image.Image | None:
    """The chip turned by the bearing; None when there is none that can be read."""
    if chip is None or not chip.exists():
        return None
    try:
        with Image.open(chip) as found:
            return found.convert("RGB").rotate(bearing).resize(SIZE)
    except UnidentifiedImageError:
        return None


def photograph(
    name: str, *, chip: Path | None, lon: float, lat: float, bearing: float, taken: datetime
) -> SimpleUploadedFile:
    """A made photograph: the place's image chip turned by the bearing, stamped as made data."""
    picture = turned(chip, bearing) or Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, SIZE[1] - 46, SIZE[0], SIZE[1]), fill=(30, 30, 30))
    draw.text((12, SIZE[1] - 38), f"{STAMP}   {lon:.5f} {lat:.5f}  {bearing:.0f} deg", fill="white")
    draw.text((12, SIZE[1] - 20), f"{name}  {taken:%Y-%m-%d %H:%M}", fill="white")
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=80, exif=camera(lon, lat, bearing, taken))
    return SimpleUploadedFile(f"{name}.jpg", body.getvalue(), content_type="image/jpeg")


def paper(name: str) -> SimpleUploadedFile:
    """A made document of one page, as a DOCX."""
    from docx import Document

    made, body = Document(), io.BytesIO()
    made.add_paragraph(f"【演示合成数据】{name}")
    made.save(body)
    return SimpleUploadedFile(f"{name}.docx", body.getvalue())
