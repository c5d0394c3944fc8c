"""Datums before CGCS2000: told by name or ellipsoid, and never taken for CGCS2000 without a word.

Between Beijing 1954, Xian 1980 and CGCS2000 lie tens to more than a hundred metres, and the
parameters of most places are not public (standards 10.7).
"""

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import Transformer, TransformerGroup

from ecoredline.errors import UnsuitableCRS

BY_NAME = {"beijing": ("北京54坐标系", 4214), "xian": ("西安80坐标系", 4610)}
# metres of the semi-major axis, for systems that name no datum
BY_AXIS = {6378245.0: BY_NAME["beijing"], 6378140.0: BY_NAME["xian"]}
VAGUE = ("unknown", "not specified", "unnamed", "krass", "d_krasovsky")
NOT_SHIFTED = "未做基准转换"
ADVICE = "请先用当地控制点参数转换为 CGCS2000；若坐标其实已是 CGCS2000，只是声明有误，请以 --crs EPSG:4490（或相应投影带）写明"


def old_datum(crs: CRS | None) -> tuple[str, int] | None:
    """(words, EPSG code of its lon, lat system) when the system stands on an older national datum.

    >>> old_datum(CRS.from_epsg(2412)), old_datum(CRS.from_epsg(4543))
    (('北京54坐标系', 4214), None)
    >>> old_datum(CRS.from_user_input("+proj=longlat +ellps=krass"))[0]
    '北京54坐标系'
    """
    geodetic = None if crs is None else crs.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return None
    name = geodetic.datum.name.lower()
    found = next((v for k, v in BY_NAME.items() if k in name), None)
    if found is None and name.startswith(VAGUE) and geodetic.ellipsoid is not None:
        found = BY_AXIS.get(round(geodetic.ellipsoid.semi_major_metre, 1))
    return found


def known_way(code: int, bounds) -> Transformer | None:
    """PROJ's way from an old lon, lat system to WGS 84 there, with its accuracy; None without one.

    WGS 84 equals CGCS2000 to decimetres. A way whose accuracy PROJ does not state is none.

    >>> known_way(4610, (101.7, 26.5, 101.8, 26.6)) is None
    True
    """
    ways = TransformerGroup(
        CRS.from_epsg(code), 4326, always_xy=True, area_of_interest=AreaOfInterest(*bounds)
    ).transformers
    return ways[0] if ways and ways[0].accuracy > 0 else None


def no_way(words: str) -> str:
    """What is said where PROJ knows no way."""
    return f"{words}：PROJ 没有覆盖该地区的公开转换参数，{NOT_SHIFTED}，位置可能偏差数十米至百余米；{ADVICE}"


def refuse_old(crs: CRS, path) -> CRS:
    """The system of a raster; raises `UnsuitableCRS` for one on an older national datum.

    >>> refuse_old(CRS.from_epsg(4490), "a.tif").to_epsg()
    4490
    """
    if old := old_datum(crs):
        raise UnsuitableCRS(
            f"got {path} in {crs.name}（{old[0]}）; wanted CGCS2000: PROJ has no exact shift for rasters. Warp it with "
            "the parameters of local control points (gdalwarp -s_srs '… +towgs84=…' -t_srs EPSG:…), or, where "
            "only the declaration is wrong, set it right (gdal_edit.py -a_srs EPSG:…)"
        )
    return crs
