"""What a camera wrote into its picture: time, position, bearing. Shown with its source, never taken as truth."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import BinaryIO

from django.utils.timezone import get_default_timezone
from PIL import ExifTags, Image

from ecoredline.web.files.content import PICTURE_FORMATS

GPS = ExifTags.GPS
BASE = ExifTags.Base
SOURCE = "EXIF（相机自记，未经核实）"
NOTE_LENGTH = 200


@dataclass(frozen=True)
class CameraFacts:
    """Time (aware), lon and lat in degrees (WGS 84, as CGCS2000), bearing from true or magnetic north.

    None where the camera wrote nothing usable; `note` says what is missing or doubtful.
    """

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    bearing: float | None = None
    note: str = ""


def read_camera(file: BinaryIO) -> CameraFacts:
    """What the camera wrote; a picture without it, or with nonsense, gives blanks and a note."""
    file.seek(0)
    try:
        with Image.open(file, formats=PICTURE_FORMATS) as picture:
            exif = picture.getexif()
            details, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # a camera's tags can be broken in more ways than Pillow names
        return CameraFacts(note="EXIF 无法读取")
    notes: list[str] = []
    lon, lat = position(gps, notes)
    taken_at = time_taken(exif, details, gps, notes)
    found = bearing(gps, notes)
    if any(value is not None for value in (lon, taken_at, found)):
        notes.insert(0, SOURCE)
    return CameraFacts(taken_at, lon, lat, found, "；".join(notes)[:NOTE_LENGTH])


def position(gps: dict, notes: list[str]) -> tuple[float | None, float | None]:
    """Longitude and latitude, west and south negative; both or none."""
    if GPS.GPSLatitude not in gps and GPS.GPSLongitude not in gps:
        notes.append("没有拍摄位置")
        return None, None
    lat = signed(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS")
    lon = signed(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW")
    fits = lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180
    if not fits or (lat == 0 and lon == 0):
        notes.append("拍摄位置无效")
        return None, None
    datum = str(gps.get(GPS.GPSMapDatum, "")).strip("\0 ").upper().replace("-", "").replace(" ", "")
    if datum not in ("", "WGS84", "WGS1984", "CGCS2000"):
        notes.append(f"坐标系为 {datum[:20]}")
    return lon, lat


def signed(gps: dict, value_tag: int, mark_tag: int, marks: str) -> float | None:
    """Degrees of three rationals; the mark (N, S, E, W) must be there. None when it cannot be read."""
    mark = gps.get(mark_tag, "")
    mark = mark.decode("ascii", "replace") if isinstance(mark, bytes) else str(mark)
    mark = mark.strip("\0 ").upper()
    try:
        parts = [float(part) for part in gps[value_tag]]
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if mark not in tuple(marks) or len(parts) != 3 or not all(0 <= p < 1e6 for p in parts):
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -degrees if mark == marks[1] else degrees


def bearing(gps: dict, notes: list[str]) -> float | None:
    """Where the lens pointed, degrees clockwise from north in 0 to 360."""
    try:
        found = float(gps[GPS.GPSImgDirection])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(found) or not 0 <= found <= 360:
        return None
    if str(gps.get(GPS.GPSImgDirectionRef, "")).strip("\0 ").upper() == "M":
        notes.append("方位角为磁北")
    return found % 360


def time_taken(exif, details: dict, gps: dict, notes: list[str]) -> datetime | None:
    """When: the camera's clock with its offset, or in the platform's time zone, or the satellites'."""
    for time_tag, offset_tag in (
        (BASE.DateTimeOriginal, BASE.OffsetTimeOriginal),
        (BASE.DateTimeDigitized, BASE.OffsetTimeDigitized),
    ):
        if (found := clock_time(details.get(time_tag))) is not None:
            zone = offset(details.get(offset_tag))
            if zone is None:
                notes.append("相机未记时区，按平台时区")
            return found.replace(tzinfo=zone or get_default_timezone())
    try:
        hours = [float(part) for part in gps[GPS.GPSTimeStamp]]
        day = datetime.strptime(str(gps[GPS.GPSDateStamp]).strip("\0 "), "%Y:%m:%d")
        found = day + timedelta(hours=hours[0], minutes=hours[1], seconds=hours[2])
        return found.replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None


def clock_time(text) -> datetime | None:
    """`2026:03:02 09:10:11` as a time without zone."""
    try:
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None


def offset(text) -> timezone | None:
    """`+08:00` as a zone."""
    try:
        return datetime.strptime(str(text).strip("\0 "), "%z").tzinfo
    except ValueError:
        return None
