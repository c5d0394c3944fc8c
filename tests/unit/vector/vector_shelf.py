"""Small vector files for the tests: polygons near Panzhihua, written in many bad ways."""

import geopandas as gpd
import pyogrio
import shapely
from shapely.geometry import box

SQUARE = box(101.70, 26.58, 101.71, 26.59)
SECOND = box(101.72, 26.58, 101.73, 26.60)


def redline(**columns):
    data = {
        "code": ["A1", "A2"],
        "name": ["白坡山", "二滩湿地"],
        "control_zone": ["核心保护区", "一般控制区"],
        "is_demo": [1, 1],
    } | columns
    count = len(next(iter(data.values())))
    shapes = [shapely.affinity.translate(SQUARE, 0.02 * i, 0) for i in range(count)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=4490)


def write(frame, path, **options):
    pyogrio.write_dataframe(frame, path, **options)
    return path


def shapefile(frame, path, *, encoding="UTF-8", keep_cpg=True, keep_prj=True, language=None):
    """A shapefile, with its side files taken away on demand; `language` is byte 29 of the table."""
    write(frame, path, driver="ESRI Shapefile", encoding=encoding)
    if not keep_cpg:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    if not keep_prj:
        path.with_suffix(".prj").unlink()
    if language is not None:
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = language
        path.with_suffix(".dbf").write_bytes(table)
    return path


def said(layer):
    return "\n".join(layer.notes)
