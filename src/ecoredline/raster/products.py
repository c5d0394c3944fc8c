"""Satellite products as delivered, seen as one image: Sentinel-2 SAFE, Landsat C2 L2, GF and ZY-3.

Nothing is copied: the product's own files are put together as a GDAL virtual raster, with band
names, scale, offset, date and the product's own cloud mask. Keys were compared with what open
readers of these products look for (GDAL's readers of GF and ZY-3, Sentinel-2 and Landsat tools);
no GF or ZY-3 scene was at hand to try.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from ecoredline.errors import InputError, SourceError

S2_FILES = ("MTD_MSIL2A.xml", "MTD_MSIL1C.xml")
S2_BANDS = {"blue": ("B02", 1), "green": ("B03", 2), "red": ("B04", 3), "nir": ("B08", 7),
            "swir1": ("B11", 11), "swir2": ("B12", 12)}  # fmt: skip  # name → file, band_id
S2_OFFSET_FROM = 4.0  # processing baseline from which numbers carry an offset
SCL_HIDDEN = (0, 1, 3, 8, 9, 10, 11)  # no data, defective, shadow, clouds, cirrus, snow
LANDSAT_BANDS = {
    "oli": {"blue": 2, "green": 3, "red": 4, "nir": 5, "swir1": 6, "swir2": 7},
    "tm": {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 7},
}
QA_HIDDEN = 0b111111  # fill, dilated cloud, cirrus, cloud, cloud shadow, snow
CHINESE_ROOTS = ("ProductMetaData", "sensor_corrected_metadata")  # GF, ZY-3 02C; ZY-3
PAN_ONLY = ("PAN", "BWD", "FWD", "NAD")  # ends of names of the one-band files beside it
MULTISPECTRAL = ("MSS", "MUX")
# AcquistionTime: so it is spelt in ZY-3's own files
DAY_KEYS = (
    "CenterTime",
    "AcquistionTime",
    "AcquisitionTime",
    "ImagingTime",
    "ReceiveTime",
    "StartTime",
)
ID_TAG = "ECOREDLINE_IMAGE_ID"


@dataclass(frozen=True)
class Product:
    """What a product's metadata say: band name → (file, scale, offset), mask file and its table."""

    image_id: str
    sensor: str
    day: str
    bands: dict[str, tuple[Path, float, float]]
    mask: Path | None = None
    table: dict[int, int] = field(default_factory=dict)  # value of the mask file → 0 or 255


def metadata_file(path: Path) -> Path | None:
    """The metadata file that a folder or file names as a product; None for a plain image."""
    if path.is_dir():
        found = [p for n in S2_FILES for p in [path / n] if p.is_file()]
        found = found or sorted(path.glob("*_MTL.txt"))
        found = found or sorted(filter(is_chinese, path.glob("*.xml")), key=multispectral_first)
        return found[0] if found else None
    if path.name in S2_FILES or path.name.endswith("_MTL.txt"):
        return path
    return path if path.suffix.lower() == ".xml" and is_chinese(path) else None


def is_chinese(path: Path) -> bool:
    """Is this the metadata of a GF or ZY-3 scene?"""
    with path.open("rb") as stream:
        head = stream.read(2048)
    return any(f"<{root}".encode() in head for root in CHINESE_ROOTS)


def multispectral_first(path: Path) -> tuple[int, str]:
    """The order in which the metadata of one delivery are looked at.

    >>> names = ["a-BWD.xml", "a-FWDPAN.xml", "a-BWDMUX.xml", "a.xml"]
    >>> sorted(names, key=lambda n: multispectral_first(Path(n)))[:2]
    ['a-BWDMUX.xml', 'a.xml']
    """
    kind = path.stem.rsplit("-", 1)[-1].rstrip("1234").upper()
    several = any(kind.endswith(word) for word in MULTISPECTRAL)
    single = "-" in path.stem and any(kind.endswith(word) for word in PAN_ONLY)
    return (0 if several else 2 if single else 1), path.name


def read_product(path: Path) -> Product:
    """What a product says about itself. Raises `SourceError`, `InputError`."""
    try:
        if path.name in S2_FILES:
            return sentinel_2(path)
        return landsat(path) if path.name.endswith("_MTL.txt") else chinese(path)
    except (ElementTree.ParseError, KeyError, ValueError, AttributeError) as fault:
        if isinstance(fault, InputError):
            raise
        raise SourceError(f"could not read {path} as product metadata: lacks {fault}") from fault


def sentinel_2(path: Path) -> Product:
    """A SAFE folder, level 2A (with its scene classification) or 1C."""
    root = ElementTree.parse(path).getroot()
    text = {one.tag.split("}")[-1]: (one.text or "").strip() for one in root.iter()}
    level2 = path.name == S2_FILES[0]
    factor = float(text["BOA_QUANTIFICATION_VALUE" if level2 else "QUANTIFICATION_VALUE"])
    tag = "BOA_ADD_OFFSET" if level2 else "RADIO_ADD_OFFSET"
    added = {int(one.get("band_id")): float(one.text) for one in root.iter(tag)}
    if not added and float(text["PROCESSING_BASELINE"]) >= S2_OFFSET_FROM:
        raise InputError(
            f"{path} has processing baseline {text['PROCESSING_BASELINE']} and no {tag}; wanted "
            "the offsets, without which reflectance is 0.1 too high: download the product again"
        )
    bands = {}
    for name, (code, number) in S2_BANDS.items():
        file = finest(path.parent, code)
        if file is not None:
            bands[name] = file, 1 / factor, added.get(number, 0.0) / factor
    mask = finest(path.parent, "SCL") if level2 else None
    table = {v: 0 if v in SCL_HIDDEN else 255 for v in range(256)} if mask else {}
    return Product(
        path.parent.name.removesuffix(".SAFE"), text.get("SPACECRAFT_NAME", "Sentinel-2"),
        text["PRODUCT_START_TIME"][:10], bands, mask, table,
    )  # fmt: skip


def finest(folder: Path, code: str) -> Path | None:
    """The band's file of the finest resolution under `GRANULE`."""
    found = folder.glob(f"GRANULE/*/IMG_DATA/**/*_{code}*.jp2")

    def metres(path: Path) -> int:
        said = re.search(r"_(\d+)m\.jp2$", path.name)
        return int(said[1]) if said else 0

    return min(found, key=lambda p: (metres(p), p.name), default=None)


def landsat(path: Path) -> Product:
    """Landsat Collection 2 level 2, one file a band, with QA_PIXEL."""
    groups = mtl_groups(path)
    image, content = groups["IMAGE_ATTRIBUTES"], groups["PRODUCT_CONTENTS"]
    if "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS" not in groups:
        raise InputError(f"got {path}, which is no level 2; wanted surface reflectance (C2 L2)")
    numbers = groups["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
    sensor = image["SPACECRAFT_ID"]
    kind = "oli" if sensor in ("LANDSAT_8", "LANDSAT_9") else "tm"
    bands = {
        name: (path.parent / content[f"FILE_NAME_BAND_{k}"], float(numbers[f"REFLECTANCE_MULT_BAND_{k}"]),
               float(numbers[f"REFLECTANCE_ADD_BAND_{k}"]))
        for name, k in LANDSAT_BANDS[kind].items()
    }  # fmt: skip
    quality = path.parent / content["FILE_NAME_QUALITY_L1_PIXEL"]
    table = {v: 0 if v & QA_HIDDEN else 255 for v in values_of(quality)}
    name = path.name.removesuffix("_MTL.txt")
    return Product(name, sensor, image["DATE_ACQUIRED"], bands, quality, table)


def mtl_groups(path: Path) -> dict[str, dict[str, str]]:
    """The groups of an MTL text file; the same key stands in several."""
    groups: dict[str, dict[str, str]] = {}
    current = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "GROUP":
            current = value
        elif value and key != "END_GROUP":
            groups.setdefault(current, {})[key] = value.strip('"')
    return groups


def values_of(path: Path) -> list[int]:
    """All values that a one-band file holds."""
    found: set[int] = set()
    try:
        with rasterio.open(path) as dataset:
            for _, window in dataset.block_windows(1):
                found.update(np.unique(dataset.read(1, window=window)).tolist())
    except RasterioError as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    return sorted(found)


def chinese(path: Path) -> Product:
    """A GF or ZY-3 scene: XML beside a TIFF of the same name, bands blue, green, red, nir first."""
    root = ElementTree.parse(path).getroot()
    said = {one.tag: (one.text or "").strip() for one in root.iter()}
    image = next((p for s in (".tiff", ".tif") for p in [path.with_suffix(s)] if p.is_file()), None)
    if image is None and list(path.parent.glob(f"{path.stem}-[123].tif*")):
        raise InputError(
            f"got {path}, which comes in three unrectified images ({path.stem}-1 …): wanted each "
            "rectified with its own RPC (gdalwarp -rpc) and put together; give the result"
        )
    if image is None:
        raise SourceError(f"got {path} without {path.stem}.tiff beside it; wanted both")
    with rasterio.open(image) as dataset:
        count = dataset.count
    names = ("blue", "green", "red", "nir")
    if count < 4:
        raise InputError(f"{image} has {count} bands; wanted the multispectral one of the scene")
    day = next((found for key in DAY_KEYS if (found := iso_day(said.get(key, "")))), None)
    if day is None:
        raise KeyError(f"a date ({', '.join(DAY_KEYS)})")
    sensor = "-".join(v for v in (said.get("SatelliteID"), said.get("SensorID")) if v)
    return Product(path.stem, sensor, day, dict.fromkeys(names, (image, 1.0, 0.0)))


def iso_day(text: str) -> str:
    """The day of `2022-06-24 13:39:09.0`, `2022 06 24` or `20220624133909.12`; else ''.

    >>> iso_day("2022-06-24 13:39:09.0"), iso_day("20220624133909.12"), iso_day("soon")
    ('2022-06-24', '2022-06-24', '')
    """
    found = re.match(r"\s*(\d{4})[-/. ]?(\d{2})[-/. ]?(\d{2})", text)
    return "-".join(found.groups()) if found else ""


@lru_cache(maxsize=16)
def virtual_raster(path: Path, _changed_ns: int = 0) -> str:
    """A product as the XML of a virtual raster on the lattice of its finest band.

    Raises `SourceError`, `InputError`; `UnsuitableCRS` follows when the scene is not rectified.
    """
    product = read_product(path)
    if len(product.bands) < 3:
        raise InputError(
            f"{path} has bands {', '.join(product.bands)}; wanted blue, green, red, nir"
        )
    sizes = {}
    for file, _, _ in product.bands.values():
        try:
            with rasterio.open(file) as one:
                sizes[file] = one.width, one.height, one.dtypes[0], one.crs, one.transform, one.rpcs
        except RasterioError as fault:
            raise SourceError(f"could not read {file} of {path}: {fault}") from fault
    base = max(sizes.values(), key=lambda s: s[0])
    if base[3] is None:
        raise_unrectified(path, bool(base[5]))
    several = len(sizes) == 1
    parts = [header(product, base)]
    for k, (name, (file, scale, offset)) in enumerate(product.bands.items(), start=1):
        source = source_xml(file, k if several else 1, sizes[file][:2], base[:2])
        parts.append(
            f'<VRTRasterBand dataType="{GDAL_TYPES[sizes[file][2]]}" band="{k}">'
            f"<Description>{name}</Description><NoDataValue>0</NoDataValue>"
            f"<Offset>{offset!r}</Offset><Scale>{scale!r}</Scale>"
            f"<SimpleSource>{source}</SimpleSource></VRTRasterBand>"
        )
    if product.mask is not None:
        parts.append(mask_xml(product, base))
    return "".join([*parts, "</VRTDataset>"])


GDAL_TYPES = {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16", "float32": "Float32"}


def raise_unrectified(path: Path, has_rpc: bool) -> None:
    """Say how to make a scene lie on the ground."""
    from ecoredline.errors import UnsuitableCRS

    how = "ecoredline rectify SCENE --dem DEM --out TIF" if has_rpc else "an orthorectified product"
    raise UnsuitableCRS(
        f"{path} is not rectified ({'it has RPC' if has_rpc else 'no coordinate system, no RPC'}); "
        f"wanted it on the ground: {how}, then give the result"
    )


def header(product: Product, base) -> str:
    """The head of the virtual raster: size, place, tags."""
    width, height, _, crs, t, _ = base
    place = ", ".join(repr(float(v)) for v in (t.c, t.a, t.b, t.f, t.d, t.e))
    tags = {"ACQUISITION_DATE": product.day, "SENSOR": product.sensor, ID_TAG: product.image_id}
    said = "".join(f"<MDI key={quoteattr(k)}>{escape(v)}</MDI>" for k, v in tags.items())
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>{escape(crs.to_wkt())}</SRS>'
        f"<GeoTransform>{place}</GeoTransform><Metadata>{said}</Metadata>"
    )


def source_xml(file: Path, band: int, size, base) -> str:
    """Where a virtual band's numbers come from, stretched over the whole lattice."""
    return (
        f'<SourceFilename relativeToVRT="0">{escape(str(file.resolve()))}</SourceFilename>'
        f"<SourceBand>{band}</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" xSize="{size[0]}" ySize="{size[1]}"/>'
        f'<DstRect xOff="0" yOff="0" xSize="{base[0]}" ySize="{base[1]}"/>'
    )


def mask_xml(product: Product, base) -> str:
    """The product's own mask as the mask of the virtual raster."""
    try:
        with rasterio.open(product.mask) as one:
            size = one.width, one.height
    except RasterioError as fault:
        raise SourceError(f"could not read {product.mask}: {fault}") from fault
    table = ",".join(f"{value}:{seen}" for value, seen in sorted(product.table.items()))
    source = source_xml(product.mask, 1, size, base[:2])
    return (
        '<MaskBand><VRTRasterBand dataType="Byte">'
        f"<ComplexSource>{source}<LUT>{table}</LUT></ComplexSource></VRTRasterBand></MaskBand>"
    )
