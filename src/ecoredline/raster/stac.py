"""A folder of images as a static STAC catalogue: one Item a scene, one Collection, plain JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import shapely

from ecoredline.errors import EcoredlineError
from ecoredline.files import input_sha256, whole_file
from ecoredline.grid import Grid
from ecoredline.raster.products import metadata_file
from ecoredline.raster.reader import Reader
from ecoredline.raster.scene import Scene, open_scene

VERSION = "1.0.0"
SUFFIXES = (".tif", ".tiff", ".img", ".jp2", ".vrt")
EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
]
SAMPLE_PX = 512  # side of the picture on which the unseen share is counted
TYPES = {".tif": "image/tiff; application=geotiff", ".tiff": "image/tiff; application=geotiff",
         ".jp2": "image/jp2"}  # fmt: skip
EDGE_POINTS = 8
MULTIHASH_SHA256 = "1220"


def find_images(folder: Path) -> list[Path]:
    """Image files and delivered products below a folder; files within a product are the product's."""
    found: list[Path] = []

    def walk(place: Path) -> None:
        if metadata_file(place):
            found.append(place)
            return
        for path in sorted(place.iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                walk(path)
            elif path.suffix.lower() in SUFFIXES:
                found.append(path)

    walk(Path(folder))
    return found


def outline(grid: Grid) -> shapely.Polygon:
    """The image's edge in lon, lat, followed closely."""
    along = np.linspace(0, 1, EDGE_POINTS, endpoint=False)
    ones = np.ones_like(along)
    cols = np.concatenate([along, ones, 1 - along, 0 * along]) * grid.cols
    rows = np.concatenate([0 * along, along, ones, 1 - along]) * grid.rows
    lon, lat = grid.to_lonlat.transform(*(grid.transform * (cols, rows)))
    return shapely.Polygon(np.round(np.column_stack([lon, lat]), 7))


def unseen_share(scene: Scene) -> float:
    """Share of the image without a value (nodata, the product's own cloud mask), on a thinned read."""
    grid, names = scene.grid, list(scene.bands)[:1]
    step = max(1.0, max(grid.rows, grid.cols) / SAMPLE_PX)
    shape = max(1, int(grid.rows / step)), max(1, int(grid.cols / step))
    with Reader(scene, grid, names) as reader:
        values = reader.reflectance(0, 0, grid.rows, grid.cols, shape)
    return float(np.isnan(values[0]).mean())


def item_of(scene: Scene, href: str) -> dict:
    """The scene as a STAC Item; `href` is where its file lies, seen from the item."""
    shape = outline(scene.grid)
    moment = f"{scene.acquired_on}T00:00:00Z" if scene.acquired_on else None
    properties = {
        "datetime": moment, "title": scene.image_id, "gsd": round(scene.grid.pixel_size_m, 3),
        "proj:epsg": scene.grid.crs.to_epsg(), "proj:shape": [scene.grid.rows, scene.grid.cols],
        "proj:transform": list(scene.grid.transform)[:6], "ecoredline:is_demo": scene.is_demo,
        "ecoredline:unseen_share": round(unseen_share(scene), 4),
    }  # fmt: skip
    if moment is None:
        properties |= {
            "start_datetime": "1970-01-01T00:00:00Z", "end_datetime": "2100-01-01T00:00:00Z"
        }  # fmt: skip
    if scene.sensor:
        properties["instruments"] = [scene.sensor]
    asset = {
        "href": href, "roles": ["data"], "eo:bands": [{"name": n} for n in scene.bands],
        "type": TYPES.get(scene.path.suffix.lower(), "application/octet-stream"),
        "file:checksum": MULTIHASH_SHA256 + input_sha256(scene.path),
    }  # fmt: skip
    return {
        "type": "Feature", "stac_version": VERSION, "stac_extensions": EXTENSIONS,
        "id": scene.image_id, "collection": "imagery", "bbox": list(shape.bounds),
        "geometry": json.loads(shapely.to_geojson(shape)), "properties": properties,
        "assets": {"data": asset},
        "links": [
            {"rel": "root", "href": "../collection.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
        ],
    }  # fmt: skip


def write_catalogue(
    folder: Path | str, out: Path | str | None = None
) -> tuple[list[dict], list[str]]:
    """Write `stac/collection.json` and `stac/items/*.json` of a folder's images; gives items, faults.

    What cannot be opened is left out and said (`file: why`). Two images of one id get -2, -3 …
    """
    folder = Path(folder).resolve()
    place = Path(out).resolve() if out else folder / "stac"
    items, faults, seen = [], [], {}
    for path in find_images(folder):
        try:
            scene = open_scene(path)
            href = relative(path, place / "items")
            item = item_of(scene, href)
        except EcoredlineError as fault:
            faults.append(f"{path.relative_to(folder)}: {fault}")
            continue
        seen[item["id"]] = seen.get(item["id"], 0) + 1
        if seen[item["id"]] > 1:
            item["id"] = f"{item['id']}-{seen[item['id']]}"
        items.append(item)
    for item in items:
        save(place / "items" / f"{item['id']}.json", item)
    if items:
        save(place / "collection.json", collection_of(items))
    return items, faults


def relative(path: Path, start: Path) -> str:
    """The way from one folder to a file, with forward slashes."""
    import os

    return Path(os.path.relpath(path, start)).as_posix()


def collection_of(items: Iterable[dict]) -> dict:
    """The Collection with its extent and links to all items."""
    items = list(items)
    boxes = np.array([i["bbox"] for i in items])
    moments = sorted(m for i in items if (m := i["properties"]["datetime"]))
    box = [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]
    links = [{"rel": "root", "href": "./collection.json", "type": "application/json"}]
    links += [
        {"rel": "item", "href": f"./items/{i['id']}.json", "type": "application/geo+json"}
        for i in items
    ]
    return {
        "type": "Collection", "stac_version": VERSION, "id": "imagery", "license": "proprietary",
        "description": "影像目录", "links": links,
        "extent": {
            "spatial": {"bbox": [box]},
            "temporal": {"interval": [[moments[0], moments[-1]] if moments else [None, None]]},
        },
    }  # fmt: skip


def save(path: Path, data: dict) -> None:
    """JSON, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
