"""A scene with RPC laid on the ground: GDAL's RPC transformer over a DEM, one file out."""

from pathlib import Path

import rasterio
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.warp import calculate_default_transform, reproject, transform_bounds

from ecoredline.errors import InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.raster.products import is_chinese, metadata_file, read_product

WIDE = 3.0  # degrees of one zone of CGCS2000 / 3-degree Gauss-Kruger CM
FIRST_CM_EPSG, FIRST_CM = 4534, 75.0  # EPSG:4534 is CM 75E, 4554 is CM 135E
WARP_MB = 256
FLAT = "未给 DEM：按 RPC 自带的平均高程纠正，山区会偏移数十米，只作浏览"


def metric_crs(lon: float) -> CRS:
    """The 3-degree Gauss-Krüger zone of CGCS2000 (by central meridian) that a longitude lies in.

    >>> metric_crs(101.7).to_epsg()
    4543
    """
    zone = round((lon - FIRST_CM) / WIDE)
    if not 0 <= zone <= 20:
        raise InputError(
            f"got longitude {lon:.2f}; wanted one of China (73.5–136.5), or give --crs"
        )
    return CRS.from_epsg(FIRST_CM_EPSG + zone)


def rectify(
    path: Path | str, out: Path | str, *, dem: Path | str | None = None, crs: str | None = None,
    pixel_m: float | None = None,
) -> list[str]:  # fmt: skip
    """Write `path` (an image with RPC, or a GF/ZY-3 delivery) rectified to `out`; gives notes.

    `dem` is any raster of ellipsoidal or mean-sea-level heights that covers the scene; without
    it the RPC's own mean height is used, which is said in the notes. `crs` is the system of the
    result (default: the 3-degree zone of the scene). Cubic, tiled, deflate, nodata 0.
    Raises `InputError` (no RPC, no rectification needed), `SourceError`.
    """
    path, notes = Path(path), []
    told = metadata_file(path)
    product = read_product(told) if told and is_chinese(told) else None
    image = next(iter(product.bands.values()))[0] if product else path
    try:
        with rasterio.open(image) as source:
            if source.rpcs is None:
                why = (
                    "is rectified already"
                    if source.crs
                    else "has no RPC (.rpb or _rpc.txt beside it)"
                )
                raise InputError(f"{image} {why}; wanted an image with RPC")
            target = CRS.from_user_input(crs) if crs else metric_crs(source.rpcs.long_off)
            height = source.rpcs.height_off
            options = (
                {"RPC_DEM": str(check_dem(dem, source.rpcs))} if dem else {"RPC_HEIGHT": height}
            )
            if not dem:
                notes.append(FLAT)
            write(source, out, target, options, pixel_m, product)
    except RasterioError as fault:
        raise SourceError(f"could not rectify {image}: {fault}") from fault
    return notes


def check_dem(dem, rpcs) -> Path:
    """The DEM, which must cover the scene's middle; raises `InputError`, `SourceError`."""
    try:
        with rasterio.open(dem) as heights:
            if heights.crs is None:
                raise InputError(f"{dem} has no coordinate system; wanted a DEM with one")
            west, south, east, north = transform_bounds(heights.crs, "EPSG:4326", *heights.bounds)
    except RasterioError as fault:
        raise SourceError(f"could not read the DEM {dem}: {fault}") from fault
    if not (west <= rpcs.long_off <= east and south <= rpcs.lat_off <= north):
        raise InputError(
            f"got a DEM of {west:.3f}–{east:.3f}°E, {south:.3f}–{north:.3f}°N and a scene at "
            f"{rpcs.long_off:.3f}, {rpcs.lat_off:.3f}; wanted a DEM that covers it"
        )
    return Path(dem).resolve()


def write(source, out, target: CRS, options: dict, pixel_m, product) -> None:
    """Warp and write, block by block."""
    transform, width, height = calculate_default_transform(
        "EPSG:4326", target.to_wkt(), source.width, source.height, rpcs=source.rpcs,
        resolution=pixel_m, **options,
    )  # fmt: skip
    with (
        whole_file(Path(out)) as part,
        rasterio.open(
            part, "w", driver="GTiff", width=width, height=height, count=source.count,
            dtype=source.dtypes[0], crs=target.to_wkt(), transform=transform, nodata=0, tiled=True,
            compress="deflate", BIGTIFF="IF_SAFER",
        ) as made,
    ):  # fmt: skip
        for band in range(1, source.count + 1):
            reproject(
                rasterio.band(source, band), rasterio.band(made, band), rpcs=source.rpcs,
                src_crs="EPSG:4326", src_nodata=0, dst_nodata=0, resampling=Resampling.cubic,
                warp_mem_limit=WARP_MB, **options,
            )  # fmt: skip
        if product:
            made.update_tags(ACQUISITION_DATE=product.day, SENSOR=product.sensor)
            for k, name in enumerate(product.bands, start=1):
                made.set_band_description(k, name)
