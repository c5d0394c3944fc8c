"""Checks of rasters and photos."""

from datetime import datetime

import numpy as np
import rasterio
from PIL import ExifTags, Image, UnidentifiedImageError
from pyproj import CRS
from rasterio.enums import MaskFlags

from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.quality.check_crs import CGCS2000, WGS84
from ecoredline.raster import open_scene
from ecoredline.vector.crs import CHINA

FIRST_PHOTO = datetime(2000, 1, 1)
EIGHT_BIT = "uint8"


def _open(item):
    try:
        return rasterio.open(item.path)
    except rasterio.RasterioIOError as fault:
        raise NotApplicable("打不开") from fault


@check("raster.readable")
def readable(item, context):
    """Every block of every band is read once: a truncated file fails at some block."""
    try:
        with rasterio.open(item.path) as dataset:
            for _, window in dataset.block_windows(1):
                try:
                    dataset.read(window=window)
                except rasterio.RasterioIOError as fault:
                    yield Place(
                        "",
                        f"行 {window.row_off}、列 {window.col_off} 起的数据块读不出：{_last(fault)}",
                    )
                    return
    except (rasterio.RasterioIOError, ValueError) as fault:
        yield Place("", f"打不开：{_last(fault)}")


def _last(fault: BaseException) -> str:
    """What the library said last of all."""
    while fault.__cause__ is not None:
        fault = fault.__cause__
    return str(fault).replace("\n", " ")[:200]


@check("raster.crs")
def raster_crs(item, context):
    """No CRS, or no transform."""
    with _open(item) as dataset:
        if dataset.crs is None:
            yield Place("", "没有坐标系")
        if dataset.transform.is_identity and not dataset.gcps[0]:
            yield Place("", "没有仿射变换：不知位置")


@check("raster.cgcs2000")
def raster_cgcs2000(item, context):
    """Another datum."""
    with _open(item) as dataset:
        if dataset.crs is None:
            raise NotApplicable("没有坐标系")
        crs = CRS.from_user_input(dataset.crs)
    datum = crs.geodetic_crs.datum.name if crs.geodetic_crs and crs.geodetic_crs.datum else ""
    if not any(word in f"{crs.name} {datum}".lower() for word in CGCS2000):
        near = any(word in f"{crs.name} {datum}".lower() for word in WGS84)
        yield Place("", f"坐标系为 {crs.name}，应为 CGCS2000", soft=near)


@check("raster.nodata")
def nodata(item, context):
    """Neither nodata value nor mask; a nodata value the type cannot hold."""
    with _open(item) as dataset:
        bare = all(MaskFlags.all_valid in flags for flags in dataset.mask_flag_enums)
        if bare:
            yield Place("", "没有无数据值，也没有掩膜或透明波段")
        for band, (value, kind) in enumerate(
            zip(dataset.nodatavals, dataset.dtypes, strict=True), 1
        ):
            limits = np.iinfo(kind) if np.dtype(kind).kind in "iu" else None
            if value is not None and limits and not (limits.min <= value <= limits.max):
                yield Place("", f"第 {band} 波段的无数据值 {value:g} 超出 {kind} 的范围")


@check("raster.depth")
def depth(item, context):
    """Eight bits in a multispectral image, bands of several types."""
    with _open(item) as dataset:
        kinds = set(dataset.dtypes)
        if len(kinds) > 1:
            yield Place("", f"各波段位深不一：{'、'.join(dataset.dtypes)}")
        if kinds == {EIGHT_BIT} and dataset.count >= 4:
            yield Place("", "多光谱影像只有 8 位：多为拉伸后的显示数据，反射率已失真")


@check("raster.overviews")
def overviews(item, context):
    """A large raster without overviews."""
    limit = int(catalogue()["raster.overviews"].limit)
    with _open(item) as dataset:
        if max(dataset.width, dataset.height) > limit and not dataset.overviews(1):
            yield Place("", f"{dataset.width} × {dataset.height} 像元，没有金字塔，显示很慢")


@check("raster.pixel")
def pixel(item, context):
    """Pixels larger than asked, in metres on the ground."""
    limit = context.options.max_pixel_m
    if limit is None:
        raise NotApplicable("没有给出像元上限")
    try:
        sides = open_scene(item.path).grid.pixel_m
    except Exception as fault:
        raise NotApplicable(f"不能确定像元大小：{str(fault)[:80]}") from fault
    if max(sides) > limit * 1.0001:
        yield Place("", f"像元 {sides[0]:.3f} × {sides[1]:.3f} 米，限 {limit:g} 米")


def exif(item) -> dict:
    """Time, lon, lat and bearing of a photo, as far as it tells them."""
    try:
        with Image.open(item.path) as picture:
            tags = picture.getexif()
            inner, gps = tags.get_ifd(ExifTags.IFD.Exif), tags.get_ifd(ExifTags.IFD.GPSInfo)
    except (UnidentifiedImageError, OSError, ValueError) as fault:
        raise NotApplicable("照片打不开") from fault
    when = inner.get(ExifTags.Base.DateTimeOriginal) or tags.get(ExifTags.Base.DateTime)
    return {
        "when": when, "lon": _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef),
        "lat": _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef),
        "bearing": gps.get(ExifTags.GPS.GPSImgDirection),
    }  # fmt: skip


def _degrees(gps: dict, key: int, letter: int) -> float | None:
    parts = gps.get(key)
    if not parts or len(parts) != 3:
        return None
    try:
        value = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    except (ZeroDivisionError, TypeError, ValueError):
        return None
    return -value if gps.get(letter) in ("S", "W") else value


@check("photo.readable")
def photo_readable(item, context):
    """A photo that cannot be decoded to its last line."""
    try:
        with Image.open(item.path) as picture:
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError) as fault:
        yield Place("", f"照片读不出：{fault}")


@check("photo.position")
def position(item, context):
    """No position, none on land of the reference, zero, or outside China."""
    told = exif(item)
    lon, lat = told["lon"], told["lat"]
    if lon is None or lat is None:
        yield Place("", "EXIF 中没有经纬度")
        return
    west, south, east, north = CHINA
    if not (west <= lon <= east and south <= lat <= north):
        yield Place("", f"位置 {lon:.6f}, {lat:.6f} 不在中国范围内", lon, lat)


@check("photo.time")
def time(item, context):
    """No time, one that is none, or one to come."""
    when = exif(item)["when"]
    if not when:
        yield Place("", "EXIF 中没有拍摄时间")
        return
    try:
        moment = datetime.strptime(str(when).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        yield Place("", f"拍摄时间“{when}”不是时间")
        return
    if not FIRST_PHOTO <= moment <= datetime.now():
        yield Place("", f"拍摄时间 {moment} 不合理")


@check("photo.direction")
def direction(item, context):
    """No bearing."""
    if exif(item)["bearing"] is None:
        yield Place("", "EXIF 中没有拍摄方向")
