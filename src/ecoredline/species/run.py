"""Suitability of land for species, and their richness, over map files block by block."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Transformer
from rasterio.windows import Window

from ecoredline.ecosystem.distribution import FEWEST_PRESENCES, Suitability, fit_distribution
from ecoredline.ecosystem.irreplaceability import species_richness
from ecoredline.errors import InputError, NotEnoughData
from ecoredline.files import check_writable, whole_file
from ecoredline.formula_rasters.sources import windows
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster import open_dataset
from ecoredline.raster.layers import demo_tags, open_map
from ecoredline.record import Job, RunRecord
from ecoredline.series.run import one_grid, stacked
from ecoredline.species.sightings import Sightings, read_sightings

BACKGROUND = 10_000
TRIES = 20  # batches of random cells before the land counts as too small
BLOCKS_A_SIDE = 10  # blocks of land that are held out together
OMISSION = 10.0  # per cent of the sightings that may lie below the threshold of presence
NOTE = "物种分布为加权逻辑回归（scikit-learn）；存在阈值取训练点适宜度第 10 百分位，均为本平台方法，不是标准规定"


def species_maps(
    sightings: Path | str, variables: Mapping[str, Path], out: Path | str, *,
    background: int = BACKGROUND, omission: float = OMISSION, seed: int = 0, job: Job | None = None,
) -> Path:  # fmt: skip
    """Write SPECIES.tif (suitability 0..1) for each species, richness.tif, species.csv and run.json.

    `variables` names → maps on one grid. Of several sightings in a cell one counts. Species with fewer
    than ten cells, or seen outside the maps, are said in the record. The same seed, the same bytes.
    Raises `GridMismatch`, `InputError` (all faults), `NotEnoughData` when no species is left.
    """
    if not variables or background < FEWEST_PRESENCES or not 0 <= omission < 100:
        raise InputError(
            f"got {len(variables)} maps, {background} background points, omission {omission}; wanted "
            f"one map or more, {FEWEST_PRESENCES} points or more, 0..100 per cent"
        )
    seen, out, job = read_sightings(sightings), check_writable(out), job or Job()
    check_files(np.unique(seen.species).tolist())
    paths = [Path(p) for p in variables.values()]
    record = RunRecord("species", {"background": background, "omission": omission, "seed": seed, "variables": list(variables)})  # fmt: skip
    record.warn(NOTE)
    record.add_input("sightings", sightings)
    for name, path in zip(variables, paths, strict=True):
        record.add_input(name, path)
    with ExitStack() as files:
        layers = [files.enter_context(open_dataset(p)) for p in paths]
        grid, tags = one_grid(layers, paths), demo_tags(paths)
        if tags:
            record.mark_demo()
        land = background_cells(layers, paths, grid, background, seed)
        models = fitted_models(seen, layers, paths, grid, land, omission, record)
        made = write_suitability(models, layers, paths, grid, out, tags, job)
    table = pd.DataFrame([facts(n, m, limit) for n, (m, limit) in models.items()])
    with whole_file(out / "species.csv") as part:
        table.to_csv(part, index=False, encoding="utf-8-sig", float_format="%.6g")
    return record.finish(out, [*made, out / "species.csv"])


def facts(name: str, model: Suitability, limit: float) -> dict:
    """A row of the table."""
    return {"species": name, "file": f"{file_name(name)}.tif", "cells": model.presences, "auc": model.auc, "auc_held_out": model.auc_held_out, "threshold": limit}  # fmt: skip


def file_name(name: str) -> str:
    """A species' name as a file's.

    >>> file_name("Pinus armandii / 华山松")
    'Pinus-armandii-华山松'
    """
    return "-".join("".join(c if c.isalnum() else " " for c in name).split()) or "species"


def check_files(names: Sequence[str]) -> None:
    """Raise `InputError` for species whose maps would take each other's place."""
    taken: dict[str, list[str]] = {"richness": ["richness.tif"]}
    for name in names:
        taken.setdefault(file_name(name).lower(), []).append(name)
    alike = [" / ".join(own) for own in taken.values() if len(own) > 1]
    if alike:
        raise InputError(
            f"got species that would be one file: {'; '.join(alike)}; wanted other names"
        )


def cells_of(seen: Sightings, grid: Grid) -> np.ndarray:
    """Flat cell of each sighting, −1 outside the map."""
    step = Transformer.from_crs(STORAGE_CRS, grid.crs, always_xy=True)
    col, row = ~grid.transform * np.array(step.transform(seen.lon, seen.lat))
    row, col = np.floor(row), np.floor(col)
    inside = (row >= 0) & (col >= 0) & (row < grid.rows) & (col < grid.cols)
    return np.where(inside, row * grid.cols + col, -1).astype(np.int64)


def values_at(layers, paths, grid: Grid, cells: np.ndarray) -> np.ndarray:
    """(cells, variables) of the maps, read by blocks that hold any of the cells."""
    found = np.full((len(cells), len(layers)), np.nan)
    row, col = cells // grid.cols, cells % grid.cols
    for window in windows(grid, len(layers)):
        top, left = window.row_off, window.col_off
        here = (row >= top) & (row < top + window.height) & (col >= left) & (col < left + window.width)  # fmt: skip
        if here.any():
            block = stacked(layers, paths, window)
            found[here] = block[:, row[here] - top, col[here] - left].T
    return found


def background_cells(layers, paths, grid: Grid, wanted: int, seed: int):
    """Random cells of the land that have all variables: (cells, values)."""
    rng, size = np.random.default_rng(seed), grid.rows * grid.cols
    cells = np.empty(0, np.int64)
    values = np.empty((0, len(layers)))
    for _ in range(TRIES):
        drawn = np.setdiff1d(rng.integers(0, size, wanted * 2), cells)
        drawn = rng.permutation(drawn)
        got = values_at(layers, paths, grid, drawn)
        known = np.isfinite(got).all(axis=1)
        cells, values = np.append(cells, drawn[known]), np.concatenate([values, got[known]])
        if len(cells) >= min(wanted, size):
            break
    return cells[:wanted], values[:wanted]


def fitted_models(
    seen: Sightings, layers, paths, grid: Grid, land, omission: float, record: RunRecord
) -> dict[str, tuple[Suitability, float]]:
    """A model and the threshold of presence for each species that has enough cells."""
    cells, models = cells_of(seen, grid), {}
    if (cells < 0).any():
        record.warn(f"{int((cells < 0).sum())} 条记录在图外，未用")
    for name in np.unique(seen.species).tolist():
        own = np.unique(cells[(seen.species == name) & (cells >= 0)])
        values = values_at(layers, paths, grid, own)
        known = np.isfinite(values).all(axis=1)
        own, values = own[known], values[known]
        if len(own) < FEWEST_PRESENCES or len(own) > len(land[0]):
            record.warn(f"{name}：{len(own)} 个有值像元，需要 {FEWEST_PRESENCES}—{len(land[0])} 个，未建模")  # fmt: skip
            continue
        blocks = blocks_of(np.append(own, land[0]), grid)
        model = fit_distribution(values, land[1], blocks)
        limit = float(np.percentile(model.predict(values.T[:, :, None])[:, 0], omission))
        models[name] = (model, limit)
    if not models:
        raise NotEnoughData("got no species with enough cells: " + "；".join(record.data["warnings"][1:]))  # fmt: skip
    return models


def blocks_of(cells: np.ndarray, grid: Grid) -> np.ndarray:
    """Which of ten by ten blocks of the map a cell lies in."""
    row, col = cells // grid.cols, cells % grid.cols
    return row * BLOCKS_A_SIDE // grid.rows * BLOCKS_A_SIDE + col * BLOCKS_A_SIDE // grid.cols


def write_suitability(models, layers, paths, grid: Grid, out: Path, tags, job: Job) -> list[Path]:
    """A map a species, and their number."""
    made = [out / f"{file_name(name)}.tif" for name in models]
    with ExitStack() as files:
        opened = [files.enter_context(open_map(p, grid, zh=f"适宜度：{n}", unit="1", tags=tags)) for p, n in zip(made, models, strict=True)]  # fmt: skip
        count = files.enter_context(open_map(out / "richness.tif", grid, zh="物种丰富度", unit="1", tags=tags))  # fmt: skip
        blocks = list(windows(grid, len(layers)))
        for done, window in enumerate(blocks):
            job.at("formula", done / len(blocks))
            block, there = stacked(layers, paths, window), []
            for one, (model, limit) in zip(opened, models.values(), strict=True):
                found = model.predict(block)
                one.write(found.astype("float32"), 1, window=window)
                there.append(np.where(np.isnan(found), np.nan, found >= limit))
            count.write(species_richness(there).astype("float32"), 1, window=window)
    return [*made, out / "richness.tif"]


def richness_map(
    maps: Sequence[Path], out: Path | str, *, threshold: float | None = None, job: Job | None = None
) -> Path:
    """Write how many of the maps have a species in each cell: above 0, or from `threshold` on.

    NaN counts as not seen; NaN where all are. Raises `GridMismatch`, `InputError` without maps.
    """
    paths, out, job = [Path(p) for p in maps], Path(out), job or Job()
    if not paths:
        raise InputError("got no map; wanted one a species")
    with ExitStack() as files:
        layers = [files.enter_context(open_dataset(p)) for p in paths]
        grid = one_grid(layers, paths)
        made = files.enter_context(open_map(out, grid, zh="物种丰富度", unit="1", tags=demo_tags(paths)))  # fmt: skip
        blocks: list[Window] = list(windows(grid, len(layers)))
        for done, window in enumerate(blocks):
            job.at("formula", done / len(blocks))
            values = stacked(layers, paths, window)
            if threshold is not None:
                values = np.where(np.isnan(values), np.nan, values >= threshold)
            made.write(species_richness(values).astype("float32"), 1, window=window)
    return out
