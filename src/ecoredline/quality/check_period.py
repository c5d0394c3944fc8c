"""Checks against the last edition: nothing gone, nothing smaller, without a word."""

import numpy as np
import shapely

from ecoredline.geodesy import areas_ha
from ecoredline.quality.catalogue import NotApplicable, Place, catalogue, check
from ecoredline.quality.check_geometry import M2_PER_HA, polygons
from ecoredline.quality.check_topology import sound
from ecoredline.vector.fields import take_columns


def _pairs(item, context):
    """Codes and areas of both editions; raises `NotApplicable` without them."""
    if context.previous is None:
        raise NotApplicable("没有给出上期数据")
    role = item.role or "redline"
    old = take_columns(context.previous.frame, role).get("code")
    new = take_columns(item.frame, role).get("code")
    if old is None or new is None:
        raise NotApplicable("没有可对应的编码字段")
    return old, context.previous.frame.geometry.to_numpy(), new


@check("period.withdrawn")
def withdrawn(item, context):
    """Codes of the last edition that are gone, with the area lost in place."""
    limit = catalogue()["period.withdrawn"].limit
    old, shapes, new = _pairs(item, context)
    rows = polygons(item)
    now = shapely.union_all(sound(item, rows))
    for k in np.flatnonzero(~np.isin(old, new)):
        lost = shapely.difference(shapes[k], now)
        square = float(areas_ha([lost])[0]) * M2_PER_HA
        point = shapely.point_on_surface(shapes[k])
        words = f"编码 {old[k]} 上期有、本期无，原地减少 {square / M2_PER_HA:.4f} 公顷"
        place = (float(shapely.get_x(point)), float(shapely.get_y(point)))
        yield Place(str(old[k]), words, *place, soft=square < limit)


@check("period.area")
def area(item, context):
    """Codes whose area has shrunk by more than the limit."""
    limit = catalogue()["period.area"].limit
    old, shapes, new = _pairs(item, context)
    rows = polygons(item)
    now = _by_code(new[rows], areas_ha(sound(item, rows)))
    before = _by_code(old, areas_ha(shapes))
    for code, hectares in before.items():
        if code and code in now and now[code] < hectares * (1 - limit / 100):
            change = (now[code] / hectares - 1) * 100
            words = f"编码 {code} 面积由 {hectares:.4f} 减为 {now[code]:.4f} 公顷（{change:.2f} %）"
            yield Place(str(code), words)


def _by_code(codes, hectares) -> dict:
    total: dict = {}
    for code, value in zip(codes, hectares, strict=True):
        total[code] = total.get(code, 0.0) + float(value)
    return total
