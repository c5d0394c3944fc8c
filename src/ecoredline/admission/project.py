"""Projects 建设项目 as handed in: any vector file, a drawing, or a table of vertices → EPSG:4490."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.admission.buffer import buffered
from ecoredline.admission.parcels import is_parcels, read_parcels
from ecoredline.admission.vertices import SUFFIXES, read_sketches, shape_of
from ecoredline.codes import code_list
from ecoredline.errors import InputError, SourceError
from ecoredline.files import input_sha256
from ecoredline.geodesy import from_gcj02
from ecoredline.grid import STORAGE_CRS
from ecoredline.vector.crs import file_crs, settle, to_storage, user_crs
from ecoredline.vector.fields import feature_names, flags, take_columns
from ecoredline.vector.layer import GCJ_CHOICES
from ecoredline.vector.shapes import clean_polygons
from ecoredline.vector.source import read_source

FACTS = ("code", "name", "activity", "path", "opinion", "province")
POINT_KINDS, LINE_KINDS = (0, 4), (1, 2, 5)


@dataclass(frozen=True)
class Project:
    """One project: its facts, its area in EPSG:4490 (buffer included), where it came from."""

    code: str
    name: str
    shape: object
    activity: str = ""
    path: str = "plain"
    opinion: str = ""
    province: str = ""
    buffer_m: float = 0.0
    source: str = ""
    sha256: str = ""
    crs: str = "EPSG:4490"
    is_demo: bool = False
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Reading:
    """How to read: CRS and encoding for files that lack them, buffer, what the user says of all."""

    buffer_m: float | None = None
    crs: str | None = None
    encoding: str | None = None
    layer: str | None = None
    gcj02: str = "refuse"
    together: bool = False  # one project a file, whatever its features are called
    facts: Mapping[str, str] = field(default_factory=dict)


def read_projects(path: Path | str, reading: Reading | None = None) -> list[Project]:
    """The projects of a file; features of one code (else one name) are one project.

    SHP, ZIP, GeoJSON, KML, GPKG, DXF (closed lines are areas), CSV/XLSX of vertices, survey TXT. Points and
    lines need a buffer. `reading.facts` fill what the file leaves blank. GCJ-02 is converted
    only when `gcj02="convert"`.

    Raises `SourceError`, `UnsuitableCRS`, `TableFaults` (all bad cells), `InputError`.
    """
    path, reading = Path(path), reading or Reading()
    if reading.gcj02 not in GCJ_CHOICES:
        raise InputError(f"got gcj02={reading.gcj02!r}; wanted one of {', '.join(GCJ_CHOICES)}")
    if not path.exists():
        raise SourceError(f"got {path}, which does not exist; wanted a project file")
    notes: list[str] = []
    frame = _read(path, reading, notes)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    kept = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not kept.any():
        raise InputError(f"got {path.name} without a single shape; wanted a project's outline")
    if not kept.all():
        notes.append(f"丢弃 {int((~kept).sum())} 个空图形")
    frame, shapes = frame[kept].reset_index(drop=True), shapes[kept]
    crs = _crs_name(shapes, frame.crs, reading)
    shapes = to_storage(shapes, frame.crs, reading.crs, notes)
    if reading.gcj02 == "convert":
        shapes = shapely.transform(shapes, from_gcj02, interleaved=False)
        notes.append("按用户说明，坐标由 GCJ-02 反算为 CGCS2000")
    return _projects(path, frame, shapes, crs, reading, notes)


def _read(path: Path, reading: Reading, notes: list[str]) -> gpd.GeoDataFrame:
    if path.suffix.lower() == ".txt" and is_parcels(path):
        sketches, crs, said = read_parcels(path)
        notes.extend(said)
        shapes = [shape_of(s, notes) for s in sketches]
        return gpd.GeoDataFrame([s.facts for s in sketches], geometry=shapes, crs=crs)
    if path.suffix.lower() in SUFFIXES:
        sketches, said = read_sketches(path, reading.encoding)
        notes.extend(said)
        shapes = [shape_of(s, notes) for s in sketches]
        return gpd.GeoDataFrame([s.facts for s in sketches], geometry=shapes)
    frame = read_source(path, notes, layer=reading.layer, encoding=reading.encoding)
    return _from_drawing(frame, notes) if path.suffix.lower() == ".dxf" else frame


def _from_drawing(frame: gpd.GeoDataFrame, notes: list[str]) -> gpd.GeoDataFrame:
    """A drawing's closed lines as areas, a project a layer; its lettering and marks are left out.

    What lies on a layer nobody named (`UNNAMED`) has no code: each of its parts is by itself.
    """
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    closed = shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) > LEAST_RING)
    areas = np.isin(shapely.get_type_id(shapes), (3, 6)) | closed
    if not areas.any():
        return frame
    if not areas.all():
        notes.append(f"DXF 中 {int((~areas).sum())} 个文字、点或未闭合线未采用")
    layers = frame["Layer"] if "Layer" in frame else pd.Series([""] * len(frame))
    made = []
    for name, rows in pd.Series(np.flatnonzero(areas)).groupby(layers[areas].to_numpy()):
        rings = [shapely.Polygon(shapes[k]) if closed[k] else shapes[k] for k in rows]
        shape = _nested(rings, notes)
        if str(name).strip().lower() not in UNNAMED:
            made.append((str(name), shape))
            continue
        parts = shapely.get_parts(shape)
        made += [("", part) for part in parts]
        notes.append(f"DXF 图层“{name}”是默认图层，不作项目编码，其 {len(parts)} 处范围分别编号")
    names, joined = zip(*made, strict=True)
    return gpd.GeoDataFrame({"name": list(names)}, geometry=list(joined), crs=frame.crs)


LEAST_RING = 3
UNNAMED = ("", "0", "defpoints", "none", "nan")  # the drawing program's own layers


def _nested(rings, notes):
    """Rings of a drawing as one shape: a ring inside another is a hole."""
    from ecoredline.admission.vertices import Sketch

    named = {str(k + 1): list(shapely.get_coordinates(r)) for k, r in enumerate(rings)}
    if len(named) == 1:
        return rings[0]
    return shape_of(Sketch({}, named), notes)


def _projects(path, frame, shapes, crs, reading: Reading, notes) -> list[Project]:
    taken = take_columns(frame, "project")
    count = len(frame)
    facts = {c: taken.get(c, np.full(count, "", object)) for c in (*FACTS, "buffer")}
    shapes, said = _areas(path, shapes, facts["buffer"], reading, feature_names(frame), notes)
    keys = _keys(facts, path, together=reading.together)
    demo = "is_demo" in frame and bool(flags(frame["is_demo"].astype(str).to_numpy()).any())
    digest, found = input_sha256(path), []
    for number, key in enumerate(dict.fromkeys(keys), 1):
        rows = [k for k in range(count) if keys[k] == key and shapes[k] is not None]
        if not rows:
            continue
        own = {c: _first(facts[c][rows]) or reading.facts.get(c, "") for c in FACTS}
        shape = shapes[rows[0]] if len(rows) == 1 else shapely.union_all(shapes[rows])
        own["code"] = (
            own["code"] or own["name"] or (f"{path.stem}-{number}" if count > 1 else path.stem)
        )
        own["name"] = own["name"] or own["code"]
        own["path"] = _path(own["path"])
        how = said[rows[0]]
        found.append(
            Project(
                **own, shape=shape, buffer_m=how[0], source=path.name, sha256=digest, crs=crs,
                is_demo=demo, notes=(*notes, *how[1]),
            )
        )  # fmt: skip
    return found


def _areas(path, shapes, given, reading: Reading, names, notes):
    """Areas from points, lines and areas; for each (metres, words) of the buffer."""
    said, bare, wrong = [], [], []
    for row, shape in enumerate(shapes):
        metres = reading.buffer_m or 0.0
        if given[row]:
            try:
                metres = float(given[row])
            except ValueError:
                wrong.append(f"{names[row]}：{given[row]!r}")
        if metres:
            shapes[row], words = buffered(shape, metres)
            said.append((metres, [words]))
            continue
        if shapely.get_dimensions(shape) < 2:
            bare.append(names[row])
        said.append((0.0, []))
    if wrong:
        raise InputError(f"got {path.name} with buffers that are no metres: {'、'.join(wrong)}")
    if bare:
        raise InputError(
            f"got {path.name} with {len(bare)} points or lines ({'、'.join(bare[:5])}); "
            "wanted areas: say how wide they are with --buffer METRES"
        )
    return clean_polygons(shapes, names, path.name, notes), said


def _keys(facts, path: Path, *, together: bool) -> list:
    if together:
        return [path.stem] * len(facts["code"])
    pairs = zip(facts["code"], facts["name"], strict=True)
    return [code or name or row for row, (code, name) in enumerate(pairs)]


def _path(words: str) -> str:
    """The path's code from its code or name; other words stay and match no rule."""
    rows = code_list("admission_paths")
    return {r["zh"]: code for code, r in rows.items()}.get(words, words or "plain")


def _first(values) -> str:
    return next((str(v) for v in values if v), "")


def _crs_name(shapes, declared, reading: Reading) -> str:
    """The system that is believed, by name; `to_storage` notes why."""
    bounds = shapely.total_bounds(shapes)
    crs, _, _ = settle(bounds, file_crs(declared, []), user_crs(reading.crs), [])
    code = crs.to_epsg()
    return f"{crs.name}（EPSG:{code}）" if code else crs.name or STORAGE_CRS.name
