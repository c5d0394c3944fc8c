"""Ecology layers: registered from the folders the commands write, drawn with a legend that is data."""

import io
import itertools
import json
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from PIL import Image
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from ecoredline.errors import EcoredlineError, InputError, SourceError
from ecoredline.files import sha256
from ecoredline.grid import STORAGE_CRS
from ecoredline.raster import DEMO_TAG, open_dataset
from ecoredline.raster.layers import map_grid
from ecoredline.record import read_record
from ecoredline.web.accounts.scoping import prefixes
from ecoredline.web.assessments.models import EcologyLayer
from ecoredline.web.assessments.spoken import spoken
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.imagery.actions import footprint, worthy_zoom
from ecoredline.web.maps.context import tile_pattern
from ecoredline.web.regions.models import Division

LICENCE_TAG = "ECOREDLINE_LICENCE"  # of what a map was made from, shown wherever the map is
TILE_PIXELS, PICTURE_PIXELS, SAMPLE_PIXELS, MOST_CLASSES = 256, 320, 512, 40
RAMP = ((247, 244, 221), (201, 221, 160), (127, 184, 107), (58, 138, 86), (14, 77, 53))
STEPS = 5
CLASS_COLOURS = {
    "1": (38, 115, 62), "2": (122, 158, 62), "3": (184, 205, 118), "4": (86, 150, 190),
    "5": (226, 200, 110), "6": (190, 75, 65), "7": (214, 196, 164), "8": (235, 240, 245),
}  # fmt: skip
CLASS_WORDS = {
    "1": "森林", "2": "灌丛", "3": "草地", "4": "湿地", "5": "农田", "6": "城镇", "7": "荒漠", "8": "其他",
}  # fmt: skip


def layers_for(person) -> QuerySet[EcologyLayer]:
    """Layers that touch the person's divisions."""
    return EcologyLayer.objects.visible_to(person).select_related("by__unit")


def layer_for(person, pk: int) -> EcologyLayer:
    """One layer; raises `NotFound` (404.1)."""
    found = layers_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def rasters_offered() -> list[str]:
    """GeoTIFFs of the server's imagery folder, as paths inside it."""
    root = settings.IMAGERY_FOLDER.resolve()
    found = (p.resolve() for p in root.rglob("*.tif") if p.is_file())
    return sorted(str(p.relative_to(root)) for p in found if p.is_relative_to(root))


def offered(name: str) -> Path:
    """A raster of the imagery folder; raises `BadForm` for anything outside."""
    root = settings.IMAGERY_FOLDER.resolve()
    path = (root / name).resolve() if "\0" not in name else root
    if not (path.is_relative_to(root) and path.is_file()):
        raise BadForm(_("文件 %(name)s 不在服务器影像目录内") % {"name": name})
    return path


def sampled(path: Path) -> np.ndarray:
    """A coarse picture of the values, without nodata."""
    with open_dataset(path) as source:
        factor = max(1.0, max(source.height, source.width) / SAMPLE_PIXELS)
        shape = (max(1, int(source.height / factor)), max(1, int(source.width / factor)))
        values = source.read(1, out_shape=shape, masked=True).astype("float64")
    return np.ma.masked_invalid(values).compressed()


def colour_at(share: float) -> tuple[int, int, int]:
    """A colour of the ramp, 0..1.

    >>> colour_at(0.0), colour_at(1.0)
    ((247, 244, 221), (14, 77, 53))
    """
    at = min(max(share, 0.0), 1.0) * (len(RAMP) - 1)
    low = min(int(at), len(RAMP) - 2)
    pair = zip(RAMP[low], RAMP[low + 1], strict=True)
    return tuple(round(a + (b - a) * (at - low)) for a, b in pair)


def hexed(colour) -> str:
    """`#rrggbb`.

    >>> hexed((14, 77, 53))
    '#0e4d35'
    """
    return "#" + "".join(f"{c:02x}" for c in colour)


def tidy(value: float) -> float:
    """Three digits that mean something."""
    return float(f"{value:.3g}")


def number_legend(values: np.ndarray) -> tuple[float, float, list]:
    """Lower and upper end (2 and 98 per cent) and five steps."""
    low, high = (tidy(v) for v in np.percentile(values, (2, 98)))
    if high <= low:  # one value all over
        return low, low + 1, [[low, hexed(colour_at(0.5)), f"{low:g}"]]
    edges = [low + (high - low) * k / STEPS for k in range(STEPS + 1)]
    rows = [
        [tidy(a), hexed(colour_at((k + 0.5) / STEPS)), f"{tidy(a):g} — {tidy(b):g}"]
        for k, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    return low, high, rows


def class_legend(values: np.ndarray) -> list:
    """One row a code; HJ 1166 codes by their first digit, in shades."""
    codes = np.unique(values)
    if len(codes) > MOST_CLASSES or not np.allclose(codes, codes.round()):
        raise BadForm(_("不是类型图：有 %(n)s 种数值") % {"n": len(codes)})
    rows = []
    for code in codes:
        text = f"{code:g}"
        base = CLASS_COLOURS.get(text[0], (150, 150, 150))
        shade = 1 + 0.09 * (int(text[-1]) - 1) if len(text) > 1 else 1
        colour = hexed(min(255, round(c * shade)) for c in base)
        rows.append([float(code), colour, f"{text} {CLASS_WORDS.get(text[0], '')}".strip()])
    return rows


@transaction.atomic
def register_layer(
    path: Path, *, by, name: str = "", year: int | None = None, kind: str = "number", feeds: str = "",
) -> EcologyLayer:  # fmt: skip
    """Register a map with what it says of itself; one already known by path and hash is given back.

    Raises `BadForm` for a file that is no map of numbers or classes.
    """
    require(by, "ecology.register")
    path = Path(path).resolve()
    digest = sha256(path)
    known = EcologyLayer.objects.filter(path=str(path), sha256=digest).first()
    if known is not None:
        return known
    try:
        facts = facts_of(path, kind)
    except EcoredlineError as fault:
        raise BadForm(str(fault)) from fault
    tags = facts.pop("tags")
    row = EcologyLayer.objects.create(
        name=name or facts.pop("zh") or path.stem, path=str(path), sha256=digest, kind=kind,
        year=year, feeds=feeds, tags=tags, record=record_beside(path), by=by,
        is_demo=tags.get(DEMO_TAG) == "1", **{k: v for k, v in facts.items() if k != "zh"},
    )  # fmt: skip
    row.scope_codes = divisions_under(row.footprint)
    row.save(update_fields=["scope_codes"])
    note("ecology.register", f"layer {row.pk}", by=by, name=row.name, sha256=digest)
    return row


def facts_of(path: Path, kind: str) -> dict:
    """Unit, words, tags, legend, footprint and zoom of a map."""
    with open_dataset(path) as dataset:
        grid = map_grid(dataset, path)
        unit = dataset.units[0] or dataset.tags().get("ECOREDLINE_UNIT", "")
        zh, tags = dataset.descriptions[0] or "", dict(dataset.tags())
    values = sampled(path)
    if not values.size:
        raise InputError(_("%(name)s 没有有效像元") % {"name": path.name})
    low, high, legend = (
        (0.0, 1.0, class_legend(values)) if kind == "class" else number_legend(values)
    )
    return {
        "unit": unit, "zh": zh, "tags": tags, "legend": legend, "low": low, "high": high,
        "footprint": footprint(grid), "max_zoom": worthy_zoom(grid),
    }  # fmt: skip


def record_beside(path: Path) -> dict:
    """The run record of the folder, where there is one that made this file."""
    try:
        found = read_record(path.parent)
    except SourceError:
        return {}
    return found if path.name in found.get("outputs", {}) else {}


def divisions_under(outline) -> list[str]:
    """Scope codes of the counties an outline touches."""
    counties = Division.objects.filter(level="county", geom__intersects=outline)
    return prefixes(counties.values_list("code", flat=True))


def tile(layer: EcologyLayer, z: int, x: int, y: int) -> bytes | None:
    """The tile as PNG in the legend's colours; None outside or where all is nodata."""
    try:
        with Reader(layer.path) as source:
            method = "nearest" if layer.kind == "class" else "bilinear"
            picture = source.tile(
                x, y, z, tilesize=TILE_PIXELS, indexes=[1], resampling_method=method
            )
    except TileOutsideBounds:
        return None
    except OSError as fault:  # rasterio's errors are OSError
        raise SourceError(f"could not read {layer.name}: {fault}") from fault
    values = picture.array[0].astype("float64").filled(np.nan)
    if not np.isfinite(values).any():
        return None
    return as_png(painted(layer, values))


def picture(layer: EcologyLayer, within=None) -> bytes:
    """The layer, at most 320 pixels wide, as PNG; clear outside `within` (a shape in EPSG:4490)."""
    try:
        with open_dataset(Path(layer.path)) as source:
            factor = max(1.0, source.width / PICTURE_PIXELS)
            shape = (max(1, int(source.height / factor)), max(1, int(source.width / factor)))
            values = source.read(1, out_shape=shape, masked=True).astype("float64").filled(np.nan)
            if within is not None:
                values[outside(source, within, shape)] = np.nan
    except OSError as fault:
        raise SourceError(f"could not read {layer.name}: {fault}") from fault
    return as_png(painted(layer, values))


def outside(source, within, shape: tuple[int, int]) -> np.ndarray:
    """Pixels (rows, cols) of a map read in this shape that a shape in EPSG:4490 does not touch."""
    rows, cols = shape
    ground = transform_geom(STORAGE_CRS.to_wkt(), source.crs, shapely.geometry.mapping(within))
    step = source.transform * Affine.scale(source.width / cols, source.height / rows)
    return geometry_mask([ground], shape, step, all_touched=True)


def painted(layer: EcologyLayer, values: np.ndarray) -> np.ndarray:
    """RGBA uint8 [4, rows, cols] of values; NaN is clear."""
    if layer.kind == "class":
        return painted_classes(layer, values)
    share = np.clip((values - layer.low) / ((layer.high - layer.low) or 1), 0, 1)
    stops = np.linspace(0, 1, len(RAMP))
    bands = [np.interp(np.nan_to_num(share), stops, [c[k] for c in RAMP]) for k in range(3)]
    return np.stack([*bands, np.isfinite(values) * 255.0]).round().astype("uint8")


def painted_classes(layer: EcologyLayer, values: np.ndarray) -> np.ndarray:
    """Each code in its colour; what the legend does not know is clear."""
    made = np.zeros((4, *values.shape), "uint8")
    for code, colour, _words in layer.legend:
        here = values == code
        for band in range(3):
            made[band][here] = int(colour[1 + 2 * band : 3 + 2 * band], 16)
        made[3][here] = 255
    return made


def as_png(rgba: np.ndarray) -> bytes:
    """PNG bytes of RGBA [4, rows, cols]."""
    held = io.BytesIO()
    Image.fromarray(np.moveaxis(rgba, 0, -1)).save(held, "PNG")
    return held.getvalue()


def layer_config(layer: EcologyLayer) -> dict:
    """What the map's script needs to know of a layer."""
    return {
        "pk": layer.pk, "url": tile_pattern("ecology_tile", layer.pk), "label": spoken(layer),
        "extent": list(layer.footprint.extent), "max_zoom": layer.max_zoom,
        "legend": layer.legend, "unit": layer.unit,
    }  # fmt: skip


def inputs_of(layer: EcologyLayer) -> list[dict]:
    """Inputs a formula's result names: role, file or value, hash."""
    try:
        given = json.loads(layer.tags.get("ECOREDLINE_INPUTS", "{}"))
    except ValueError:
        given = {}
    rows = [{"role": role, "facts": facts} for role, facts in given.items()]
    rows += [{"role": r, "facts": f} for r, f in layer.record.get("inputs", {}).items()]
    return rows
