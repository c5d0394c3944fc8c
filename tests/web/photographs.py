"""Photographs for tests: small pictures with what a camera would write into them."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.TiffImagePlugin import IFDRational


def dms(degrees: float) -> tuple:
    """Degrees as a camera writes them."""
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = round((degrees - whole - minutes / 60) * 3600 * 10_000)
    return IFDRational(whole), IFDRational(minutes), IFDRational(seconds, 10_000)


def exif_of(
    *, lon=None, lat=None, bearing=None, taken="2026:03:05 09:10:11", zone="+08:00", marks=""
):
    """EXIF of a camera; `marks` overrides the letters N S E W (two of them)."""
    exif = Image.Exif()
    details, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    if taken:
        details[36867] = taken
        if zone:
            details[36881] = zone
    if lon is not None:
        letters = marks or ("S" if lat < 0 else "N") + ("W" if lon < 0 else "E")
        if letters[0] != " ":
            gps[1], gps[3] = letters[0], letters[1]
        gps[2], gps[4] = dms(abs(lat)), dms(abs(lon))
    if bearing is not None:
        gps[16], gps[17] = "T", IFDRational(round(bearing * 100), 100)
    return exif


def picture(*, name="现场.jpg", colour=(90, 120, 60), size=(64, 48), kind="JPEG", **camera):
    """An uploaded photograph; equal arguments give equal bytes."""
    body = io.BytesIO()
    Image.new("RGB", size, colour).save(body, kind, exif=exif_of(**camera))
    return SimpleUploadedFile(name, body.getvalue())
