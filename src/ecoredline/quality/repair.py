"""Repair on request: each change is listed, and no area moves by more than 0.01 %.

What is mended: axes, zone numbers and datum (as the reading does), doubled vertices,
self-intersections, empty and doubled features. What would move an area by more stays as it was and
is listed as left alone. Overlaps, gaps and attributes are for their owner to mend.
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.errors import GEOSException

from ecoredline.datum import NOT_SHIFTED
from ecoredline.documents.words import safe_name
from ecoredline.files import library_error, whole_file
from ecoredline.geodesy import areas_ha
from ecoredline.grid import STORAGE_CRS
from ecoredline.quality.delivery import Item, open_delivery
from ecoredline.record import Job
from ecoredline.vector.shapes import polygonal

MOST_SHARE = 1e-4  # of a feature's area


@dataclass(frozen=True)
class Change:
    """One change of one feature; areas in hectares before and after. `done` False: left alone."""

    item: str
    feature: str
    what: str
    before_ha: float
    after_ha: float
    done: bool = True


def repair_delivery(
    path: Path | str, out: Path | str, *, role: str = "", crs: str | None = None,
    job: Job | None = None,
) -> tuple[list[Change], list[Path]]:  # fmt: skip
    """Write the vector layers of a delivery mended, one GeoPackage each in EPSG:4490.

    Returns the changes and the files. Raises `OutputError`.
    """
    changes, written, job = [], [], job or Job()
    with open_delivery(path, role=role, crs=crs) as items:
        for number, item in enumerate(items):
            job.at("repair", number / len(items), item.name)
            if item.kind != "vector" or item.shapes is None:
                continue
            unshifted = [n for n in item.crs_notes if NOT_SHIFTED in n]
            if unshifted:  # written as CGCS2000 it would be wrong by tens of metres
                changes.append(
                    Change(item.name, "", f"未写出：{unshifted[0]}", 0.0, 0.0, done=False)
                )
                continue
            frame, done = repair_item(item)
            changes += done
            target = Path(out) / f"{safe_name(item.name.rsplit('.', 1)[0])}.gpkg"
            written.append(_write(frame, target))
    return changes, written


def repair_item(item: Item) -> tuple[gpd.GeoDataFrame, list[Change]]:
    """The mended features of one layer and what was done to each."""
    names, shapes = item.names, item.shapes.copy()
    changes = [Change(item.name, "", note, 0.0, 0.0) for note in item.crs_notes]
    kept = item.filled.copy()
    changes += [Change(item.name, names[r], "删除空图形", 0.0, 0.0) for r in np.flatnonzero(~kept)]
    rows = np.flatnonzero(kept)
    before = areas_ha(shapes)
    for row in rows:
        shape = _plain(shapes[row])
        if shapely.get_num_coordinates(shape) < shapely.get_num_coordinates(shapes[row]):
            _take(changes, item, names[row], "删除重复节点", shapes, row, shape, before[row])
    for row in rows[~shapely.is_valid(shapes[rows])]:
        mended = shapely.make_valid(shapes[row], method="structure", keep_collapsed=False)
        mended = polygonal(np.array([mended], object))[0]
        _take(changes, item, names[row], "修复无效图形", shapes, row, mended, before[row])
    seen: dict[bytes, int] = {}
    for row in rows:
        key = (
            shapely.to_wkb(shapely.normalize(shapes[row]))
            + str(item.frame.drop(columns=item.frame.geometry.name).iloc[row].tolist()).encode()
        )
        if key in seen:  # the same shape and the same attributes: nothing is lost
            kept[row] = False
            words = f"删除与{names[seen[key]]}完全相同的要素"
            changes.append(Change(item.name, names[row], words, float(before[row]), 0.0))
        seen.setdefault(key, row)
    columns = item.frame.drop(columns=item.frame.geometry.name)[kept].reset_index(drop=True)
    return gpd.GeoDataFrame(columns, geometry=shapes[kept], crs=STORAGE_CRS), changes


def _plain(shape):
    """A shape without doubled vertices; empty where nothing would be left of it."""
    try:
        return shapely.remove_repeated_points(shape)
    except GEOSException:
        return shapely.Polygon()


def _take(changes, item, name, what, shapes, row, shape, before: float) -> None:
    """Accept a mended shape when its area is what it was."""
    after = float(areas_ha([shape])[0])
    close = abs(after - before) <= MOST_SHARE * max(before, 1e-12)
    if close and not shape.is_empty:
        shapes[row] = shape
        changes.append(Change(item.name, name, what, float(before), after))
        return
    words = f"未{what}：面积变化超过 0.01 %，请人工处理"
    changes.append(Change(item.name, name, words, float(before), after, done=False))


def _write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    with whole_file(path) as part:
        try:
            frame.to_file(part, layer=path.stem, driver="GPKG", engine="pyogrio")
        except Exception as fault:
            raise library_error(path, fault) from fault
    return path
