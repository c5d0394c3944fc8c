"""Layers of a run's GeoPackage as rows of the database, and nothing else."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import geopandas as gpd
from django.contrib.gis.db import models

from ecoredline.patches.columns import (
    AREA_DECIMALS,
    DROPPED_COLUMNS,
    PATCH_COLUMNS,
    UNSEEN_COLUMNS,
    Column,
)
from ecoredline.web.core.problems import TamperedRun
from ecoredline.web.patches.models import DroppedPatch, Patch, Run, UnseenArea
from ecoredline.web.regions.actions import multi


def value_of(column: Column, field: models.Field, raw):
    """A cell as the database keeps it: blank numbers and dates as NULL, areas as decimals."""
    missing = raw is None or raw != raw
    if isinstance(field, models.DecimalField):
        return Decimal(0) if missing else round(Decimal(str(raw)), AREA_DECIMALS)
    if column.kind in ("number", "integer"):
        return None if missing else float(raw)
    if column.kind == "date":
        return date.fromisoformat(raw) if raw else None
    if column.kind == "boolean":
        return bool(raw)
    if column.kind == "json":
        return list(raw)
    return "" if missing else str(raw)


def cells(columns, model, row: dict) -> dict:
    """The declared columns of one row, ready for the model."""
    fields = {f.name: f for f in model._meta.fields}
    try:
        return {c.name: value_of(c, fields[c.name], row[c.name]) for c in columns}
    except (KeyError, ValueError, TypeError) as fault:
        raise TamperedRun(f"patches.gpkg: {type(fault).__name__} {fault}") from fault


def patch_rows(
    run: Run, patches: gpd.GeoDataFrame, raw: gpd.GeoDataFrame, scope_codes
) -> Iterator[Patch]:
    """The kept patches with both outlines; `scope_codes` holds each row's divisions."""
    outlines = dict(zip(raw["patch_id"], raw.geometry, strict=True))
    for row, codes in zip(patches.to_dict("records"), scope_codes, strict=True):
        outline = outlines.get(row["patch_id"])
        yield Patch(
            run=run, geom=multi(row["geometry"]), geom_raw=outline and multi(outline),
            scope_codes=codes, **cells(PATCH_COLUMNS, Patch, row),
        )  # fmt: skip


def dropped_rows(run: Run, dropped: gpd.GeoDataFrame, scope_codes) -> Iterator[DroppedPatch]:
    """The dropped patches with their reasons; `scope_codes` holds each row's divisions."""
    for row, codes in zip(dropped.to_dict("records"), scope_codes, strict=True):
        yield DroppedPatch(
            run=run, geom=multi(row["geometry"]), scope_codes=codes,
            **cells(DROPPED_COLUMNS, DroppedPatch, row),
        )  # fmt: skip


def unseen_rows(run: Run, unseen: gpd.GeoDataFrame, scope_codes) -> Iterator[UnseenArea]:
    """What could not be seen; `scope_codes` holds each row's divisions."""
    for row, codes in zip(unseen.to_dict("records"), scope_codes, strict=True):
        yield UnseenArea(
            run=run, geom=multi(row["geometry"]), scope_codes=codes,
            **cells(UNSEEN_COLUMNS, UnseenArea, row),
        )  # fmt: skip
