"""The patch table as files: `patches.gpkg` with its layers, and back."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from ecoredline.errors import SourceError
from ecoredline.files import library_error, whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.columns import LAYERS

GEOPACKAGE_NAME = "patches.gpkg"
GEOJSON_NAME = "patches.geojson"
RAW_LAYER = "patches_raw"
EMPTY = {"number": float("nan"), "integer": 0, "boolean": False}


def arrange(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Put a layer's declared columns in their order; a missing one is blank, others are left out.

    Lists in json columns become JSON text. The geometry must be EPSG:4490 (lon, lat).
    """
    columns = LAYERS[layer]
    data = {}
    for column in columns:
        values = frame.get(column.name)
        if values is None:
            values = pd.Series([EMPTY.get(column.kind, "")] * len(frame), index=frame.index)
        if column.kind == "json":
            values = values.map(
                lambda v: v if isinstance(v, str) else json.dumps(v or [], ensure_ascii=False)
            )
        elif column.kind in ("text", "date"):
            values = values.map(lambda v: "" if v is None or v != v else str(v))
        data[column.name] = values
    return gpd.GeoDataFrame(data, geometry=frame.geometry, crs=STORAGE_CRS, index=frame.index)


def write_tables(
    folder: Path,
    patches: gpd.GeoDataFrame,
    dropped: gpd.GeoDataFrame,
    unseen: gpd.GeoDataFrame,
) -> list[Path]:
    """Write `patches.gpkg` (patches, patches_raw, dropped, unseen) and `patches.geojson`.

    `patches` carries its unrefined outlines in the column `geometry_raw`. Both files
    appear whole or not at all; raises `OutputError`. Returns their paths.
    """
    tables = {
        "patches": arrange(patches, "patches"),
        RAW_LAYER: raw_outlines(patches),
        "dropped": arrange(dropped, "dropped"),
        "unseen": arrange(unseen, "unseen"),
    }
    with whole_file(folder / GEOPACKAGE_NAME) as part:
        for name, table in tables.items():
            write_layer(
                table,
                part,
                layer=name,
                driver="GPKG",
                append=part.exists(),
            )
    with whole_file(folder / GEOJSON_NAME) as part:
        write_layer(
            tables["patches"].to_crs(4326)
            if len(patches)
            else tables["patches"].set_crs(4326, allow_override=True),
            part,
            driver="GeoJSON",
            layer="patches",
            layer_options={"COORDINATE_PRECISION": "8"},
        )
    return [folder / GEOPACKAGE_NAME, folder / GEOJSON_NAME]


def write_layer(table: gpd.GeoDataFrame, part: Path, **options) -> None:
    """Write one layer of multipolygons; raises `OutputError` (no space, no permission)."""
    options |= {"geometry_type": "MultiPolygon", "promote_to_multi": True}
    try:
        pyogrio.write_dataframe(table, part, **options)
    except (DataLayerError, DataSourceError, FeatureError) as fault:
        raise library_error(part, fault) from fault


def raw_outlines(patches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The unrefined outlines as a layer of their own, joined by `patch_id`."""
    raw = gpd.GeoSeries(patches["geometry_raw"].to_numpy() if len(patches) else [], crs=STORAGE_CRS)
    ids = patches["patch_id"].astype(str).to_list() if len(patches) else []
    return gpd.GeoDataFrame({"patch_id": ids}, geometry=raw, crs=STORAGE_CRS)


def read_table(folder: Path | str, layer: str = "patches") -> gpd.GeoDataFrame:
    """Read a layer of a run's `patches.gpkg`; json columns become lists again.

    Raises `SourceError` when the file or the layer is not there.
    """
    path = Path(folder) / GEOPACKAGE_NAME
    try:
        frame = pyogrio.read_dataframe(path, layer=layer)
    except Exception as fault:
        raise SourceError(f"could not read layer {layer!r} of {path}: {fault}") from fault
    for column in LAYERS.get(layer, ()):
        if column.name not in frame:  # written before the column was declared
            frame[column.name] = EMPTY.get(column.kind, "")
        if column.kind == "json":
            frame[column.name] = frame[column.name].map(lambda v: json.loads(v) if v else [])
        elif column.kind in ("text", "date"):
            frame[column.name] = frame[column.name].map(
                lambda v: "" if v is None or v != v else str(v)
            )
        elif column.kind == "boolean":
            frame[column.name] = frame[column.name].astype(bool)
    return frame
