"""Which coordinate system is it really? Then everything becomes CGCS2000 lon, lat (EPSG:4490).

The numbers themselves are asked first: degrees, Gauss-Krüger with or without a zone number
in the easting, swapped axes. A certain fault is mended with a note; a doubtful one is refused.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from ecoredline.datum import known_way, no_way, old_datum
from ecoredline.errors import UnsuitableCRS
from ecoredline.grid import STORAGE_CRS

CHINA = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north, with the sea
NORTHING_M = (300_000.0, 6_000_000.0)  # 3° N to 54° N
EASTING_M = (100_000.0, 900_000.0)  # false easting 500 km, half a zone and neighbours
SWAPPED_NORTHING_M = 1_000_000.0  # a first number beyond any easting: surely a northing
ZONE_M = 1_000_000.0
FALSE_EASTING_M = 500_000.0
ZONES_3 = range(25, 46)  # EPSG 4513-4533, standards 10.7
ZONES_6 = range(13, 24)  # EPSG 4491-4501
MERCATOR_EAST_M = 15_150_000.0  # Web Mercator reaches this at 136° E: zones 13-15 look alike
LONGEST_SIDE_M = 1000.0  # a straight 1 km side in a projection bends about 1 cm in lon, lat
NAMELESS = ("undefined", "unknown")  # names GDAL gives to a CRS that says nothing
METRE_KINDS = ("zoned", "zones", "plain", "other")


@dataclass(frozen=True)
class Numbers:
    """What the bare numbers of a layer look like."""

    kind: str  # lonlat, latlon, degrees, zoned, zones (several), plain, other
    swapped: bool = False
    zone: int = 0


def is_crs(text: str) -> bool:
    """Is it a coordinate system by its EPSG number? A mere name would be guessed at.

    >>> is_crs("EPSG:4490"), is_crs("EPSG:1"), is_crs("beijing")
    (True, False, False)
    """
    number = text.upper().partition("EPSG:")[2]
    try:
        return number.isdecimal() and bool(CRS.from_epsg(int(number)))
    except CRSError:
        return False


def look(bounds) -> Numbers:
    """Classify the bounds (min x, min y, max x, max y) of a layer.

    >>> look((34_500_000, 2.9e6, 34_520_000, 2.95e6))
    Numbers(kind='zoned', swapped=False, zone=34)
    """
    west, south, east, north = bounds
    for swapped, box in ((False, (west, south, east, north)), (True, (south, west, north, east))):
        if _within(box, CHINA):
            return Numbers("latlon" if swapped else "lonlat", swapped)
        first, last = _zones(box)
        if first:
            return Numbers("zoned" if first == last else "zones", swapped, first)
    if -180 <= west <= east <= 360 and -90 <= south <= north <= 90:
        return Numbers("degrees")
    for swapped, box in ((False, (west, south, east, north)), (True, (south, west, north, east))):
        least_north = SWAPPED_NORTHING_M if swapped else NORTHING_M[0]
        if _within(box, (EASTING_M[0], least_north, EASTING_M[1], NORTHING_M[1])):
            return Numbers("plain", swapped)
    return Numbers("other")


def to_storage(
    geometries: np.ndarray, declared: CRS | None, given, notes: list[str], *, look: bool = False
) -> np.ndarray:  # fmt: skip
    """Geometries of a layer in EPSG:4490 (lon, lat).

    `declared` is the file's own CRS, `given` the user's for a file without one, or whose older
    datum is wrong or comes with its parameters (PROJ text with `+towgs84`). An older national
    datum is converted where PROJ states an accuracy or the user gave parameters; else, unless only
    `look`ed at, it is refused. Raises `UnsuitableCRS` also when the system is missing, ambiguous
    or impossible.
    """
    bounds = shapely.total_bounds(geometries)
    if not np.isfinite(bounds).all():
        raise UnsuitableCRS(f"got coordinates {bounds.tolist()}; wanted finite numbers")
    crs, swap, shift_m = settle(bounds, file_crs(declared, notes), user_crs(given), notes)
    if swap:
        geometries = shapely.transform(geometries, lambda x, y: (y, x), interleaved=False)
    if shift_m:
        geometries = shapely.transform(geometries, lambda x, y: (x + shift_m, y), interleaved=False)
    if crs.is_projected:
        geometries = shapely.segmentize(geometries, LONGEST_SIDE_M / _metres(crs))
    if not crs.is_geographic or crs != STORAGE_CRS:
        geometries = _transform(geometries, crs, notes, look, _with_parameters(given, crs))
    _check_place(shapely.bounds(geometries), crs, notes)
    return geometries


def file_crs(declared, notes: list[str]) -> CRS | None:
    """The horizontal CRS a file declares; None where it declares none or a nameless one."""
    if declared is None:
        return None
    crs = _plane(CRS.from_user_input(declared))
    nameless = crs.name.casefold().startswith(NAMELESS) and old_datum(crs) is None
    if nameless or not (crs.is_geographic or crs.is_projected):
        notes.append(f"文件声明的坐标系“{crs.name}”没有实际含义，按没有坐标系处理")
        return None
    return crs


def user_crs(given) -> CRS | None:
    """The CRS a user named, e.g. "EPSG:4543"; raises `UnsuitableCRS` if PROJ does not know it."""
    if given is None or given == "":
        return None
    try:
        crs = _plane(CRS.from_user_input(given))
    except CRSError as fault:
        raise UnsuitableCRS(f"got CRS {given!r}, unknown to PROJ; wanted e.g. EPSG:4490") from fault
    if not (crs.is_geographic or crs.is_projected):
        raise UnsuitableCRS(
            f"got {crs.name}, which is no map system; wanted EPSG:4490 or a projection"
        )
    return crs


def _with_parameters(given, crs: CRS) -> CRS | None:
    """The user's system with its own shift to WGS 84, where that is the one believed."""
    told = CRS.from_user_input(given) if given else None
    return told if told is not None and told.is_bound and _plane(told) == crs else None


def settle(bounds, declared: CRS | None, given: CRS | None, notes: list[str]):
    """The CRS to believe, whether to swap the axes, and metres to add to the easting."""
    numbers = look(bounds)
    if declared is not None and declared.is_geographic and numbers.kind in METRE_KINDS:
        notes.append(
            f"文件声明为 {declared.name}，但坐标不是经纬度（{_words(bounds)}），按坐标数值重新判定"
        )
        declared = None
    elif given is not None and old_datum(declared):
        notes.append(f"文件声明为 {declared.name}（旧基准），按用户说明采用 {given.name}")
        declared = given
    elif declared is not None and given is not None and declared != given:
        notes.append(f"文件自带坐标系 {declared.name}，未采用另行给出的 {given.name}")
    crs = declared or given
    if crs is None:
        return deduce(bounds, numbers, notes)
    if crs.is_geographic:
        return _settle_degrees(bounds, numbers, crs, notes)
    if _is_gauss_kruger(crs):
        return _settle_gauss_kruger(bounds, numbers, crs, notes)
    return crs, False, 0.0


def deduce(bounds, numbers: Numbers, notes: list[str]):
    """The CRS of a layer that names none, from its numbers; raises `UnsuitableCRS` in doubt."""
    if numbers.kind in ("lonlat", "latlon"):
        notes.append("文件没有坐标系，坐标像中国境内的经纬度，按 CGCS2000（EPSG:4490）处理，请核对")
        _note_swap(numbers, notes)
        return STORAGE_CRS, numbers.swapped, 0.0
    if numbers.kind == "zoned":
        zone = numbers.zone
        easting = bounds[1::2] if numbers.swapped else bounds[::2]
        if zone in ZONES_6 and max(easting) < MERCATOR_EAST_M:
            raise UnsuitableCRS(
                f"got no CRS and coordinates {_words(bounds)}, which may be Web Mercator (EPSG:3857) "
                f"or 6-degree zone {zone} (EPSG:{_zone_code(zone)}): say which with --crs"
            )
        width = 3 if zone in ZONES_3 else 6
        notes.append(
            f"文件没有坐标系，横坐标带 {zone} 带号，按 CGCS2000 高斯-克吕格 {width} 度带第 {zone} 带"
            f"（EPSG:{_zone_code(zone)}）处理；坐标数值不能区分 CGCS2000、西安80 与北京54，请核对"
        )
        _note_swap(numbers, notes)
        return CRS.from_epsg(_zone_code(zone)), numbers.swapped, 0.0
    if numbers.kind == "plain":
        raise UnsuitableCRS(
            f"got no CRS and coordinates {_words(bounds)}, a Gauss-Kruger zone without its number: "
            "the central meridian cannot be known; name it with --crs "
            "(EPSG:4534-4554 for 75E, 78E … 135E; 102E is EPSG:4543)"
        )
    if numbers.kind == "zones":
        raise _several_zones(bounds)
    raise UnsuitableCRS(
        f"got no usable CRS and coordinates {_words(bounds)}, neither lon, lat nor Gauss-Kruger in China: "
        "name the system with --crs (Web Mercator is EPSG:3857)"
    )


def _settle_degrees(bounds, numbers: Numbers, crs: CRS, notes: list[str]):
    if numbers.kind not in ("lonlat", "latlon", "degrees"):
        raise UnsuitableCRS(
            f"got {crs.name}, a system in degrees, and coordinates {_words(bounds)}; wanted them to agree"
        )
    _note_swap(numbers, notes)
    return crs, numbers.swapped, 0.0


def _settle_gauss_kruger(bounds, numbers: Numbers, crs: CRS, notes: list[str]):
    """Make zone number in the numbers and false easting of the CRS agree, or refuse."""
    false_easting, meridian = _origin(crs)
    own_zone = int(false_easting // ZONE_M)
    if numbers.kind in ("lonlat", "latlon"):
        raise UnsuitableCRS(
            f"got {crs.name}, a system in metres, and coordinates {_words(bounds)}, which are degrees: "
            "mend the .prj, or remove it and give --crs EPSG:4490"
        )
    if numbers.kind == "zones":
        raise _several_zones(bounds)
    if numbers.kind not in ("zoned", "plain"):
        return crs, False, 0.0
    _note_swap(numbers, notes)
    if numbers.zone == own_zone:
        return crs, numbers.swapped, 0.0
    if numbers.kind == "plain":
        notes.append(
            f"坐标系 {crs.name} 的横坐标应带 {own_zone} 带号而数据没有，已按 {own_zone} 带补上"
        )
        return crs, numbers.swapped, own_zone * ZONE_M
    if own_zone == 0 and abs(meridian - zone_meridian(numbers.zone)) < 1e-6:
        notes.append(
            f"横坐标带 {numbers.zone} 带号，坐标系 {crs.name} 的东偏移不含带号，"
            f"中央经线一致（{meridian:g}°E），已减去带号"
        )
        return crs, numbers.swapped, -numbers.zone * ZONE_M
    raise UnsuitableCRS(
        f"got eastings with zone number {numbers.zone} (central meridian {zone_meridian(numbers.zone):g}E) "
        f"and {crs.name} (central meridian {meridian:g}E): they contradict each other; mend the .prj, "
        f"or remove it and give --crs EPSG:{_zone_code(numbers.zone)}"
    )


def _several_zones(bounds) -> UnsuitableCRS:
    return UnsuitableCRS(
        f"got eastings of several zones in one layer ({_words(bounds)}); wanted one zone a layer: "
        "split it, or convert it to CGCS2000 lon, lat"
    )


def zone_meridian(zone: int) -> float:
    """Central meridian of a Gauss-Krüger zone number, 3° (25-45) or 6° (13-23).

    >>> zone_meridian(34), zone_meridian(17)
    (102.0, 99.0)
    """
    return zone * 3.0 if zone in ZONES_3 else zone * 6.0 - 3.0


def _zone_code(zone: int) -> int:
    return 4488 + zone if zone in ZONES_3 else 4478 + zone


def _zones(box) -> tuple[int, int]:
    """First and last zone number in front of the eastings of a box; (0, 0) if there is none."""
    west, south, east, north = box
    zones = int(west // ZONE_M), int(east // ZONE_M)
    known = all(z in ZONES_3 or z in ZONES_6 for z in zones)
    inside = all(EASTING_M[0] <= x % ZONE_M <= EASTING_M[1] for x in (west, east))
    if not known or not inside or south < NORTHING_M[0] or north > NORTHING_M[1]:
        return 0, 0
    return zones


def _is_gauss_kruger(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    if operation is None or operation.method_name not in ("Transverse Mercator", "Gauss-Kruger"):
        return False
    false_easting, _ = _origin(crs)
    return false_easting % ZONE_M == FALSE_EASTING_M


def _origin(crs: CRS) -> tuple[float, float]:
    """False easting and central meridian."""
    values = {p.name: p.value for p in crs.coordinate_operation.params}
    return values.get("False easting", 0.0), values.get("Longitude of natural origin", 0.0)


def _plane(crs: CRS) -> CRS:
    """The horizontal part of a CRS, without heights or a bound transformation."""
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound:
        crs = crs.source_crs
    return crs.to_2d()


def _metres(crs: CRS) -> float:
    return crs.axis_info[0].unit_conversion_factor or 1.0


def _transform(geometries: np.ndarray, crs: CRS, notes: list[str], look: bool, own) -> np.ndarray:
    old = old_datum(crs)
    if old is None:
        return _apply(geometries, _step(crs, STORAGE_CRS), crs)
    if own is not None:
        notes.append(f"{old[0]}已按用户给出的转换参数转换为 CGCS2000，精度取决于参数")
        return _apply(geometries, Transformer.from_crs(own, 4326, always_xy=True), crs)
    geometries = _apply(geometries, _step(crs, crs.geodetic_crs), crs)
    way = known_way(old[1], shapely.total_bounds(geometries))
    if way is not None:
        notes.append(
            f"{old[0]}已转换为 CGCS2000（{way.description}，标称精度 {way.accuracy:g} 米）"
        )
        return _apply(geometries, way, crs)
    if not look:
        raise UnsuitableCRS(no_way(old[0]))
    notes.append(no_way(old[0]))
    return geometries


@lru_cache(maxsize=64)
def _step(source: CRS, target: CRS) -> Transformer:
    """Kept: PROJ needs a tenth of a second to find the way, more than a small layer needs for all the rest."""
    return Transformer.from_crs(source, target, always_xy=True)


def _apply(geometries: np.ndarray, step: Transformer, crs: CRS) -> np.ndarray:
    moved = shapely.transform(geometries, step.transform, interleaved=False)
    if not np.isfinite(shapely.total_bounds(moved)).all():
        raise UnsuitableCRS(
            f"got coordinates that {crs.name} cannot hold; wanted them to fit: check the CRS"
        )
    return moved


def _check_place(bounds: np.ndarray, crs: CRS, notes: list[str]) -> None:
    """Note how many features lie outside China; raise when no place on Earth fits."""
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    west, south, east, north = CHINA
    if np.abs(bounds[:, 1::2]).max(initial=0) > 90 or np.abs(bounds[:, ::2]).max(initial=0) > 360:
        raise UnsuitableCRS(f"got coordinates outside the globe under {crs.name}: check the CRS")
    away = (
        (bounds[:, 0] < west)
        | (bounds[:, 1] < south)
        | (bounds[:, 2] > east)
        | (bounds[:, 3] > north)
    )
    if away.any():
        x, y = bounds[away][0][:2]
        notes.append(
            f"{int(away.sum())} 个要素超出中国范围（如 {x:.4f}, {y:.4f}），请核对坐标系 {crs.name}"
        )


def _note_swap(numbers: Numbers, notes: list[str]) -> None:
    if numbers.swapped:
        notes.append("坐标轴顺序颠倒（纬度或北坐标在前），已对调为东、北顺序")


def _within(box, limits) -> bool:
    return (
        box[0] >= limits[0] and box[1] >= limits[1] and box[2] <= limits[2] and box[3] <= limits[3]
    )


def _words(bounds) -> str:
    x0, y0, x1, y1 = bounds
    return f"x {x0:.6g} to {x1:.6g}, y {y0:.6g} to {y1:.6g}"
