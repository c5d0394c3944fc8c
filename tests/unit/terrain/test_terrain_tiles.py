"""Pits, flow and LS by tiles: to the last bit what the whole map gives, and what other programs find."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pyflwdir
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import ndimage, sparse

from ecoredline.errors import Cancelled, InputError, OutputError
from ecoredline.grid import Grid
from ecoredline.raster.layers import read_map, write_map
from ecoredline.record import Job
from ecoredline.terrain import (
    accumulate_flow,
    derive_terrain,
    fill_pits,
    flow_directions,
)
from ecoredline.terrain.fill import fill_tiles
from ecoredline.terrain.flats import direct_tiles
from ecoredline.terrain.flow import Inflow
from ecoredline.terrain.spread import spread_tiles
from ecoredline.terrain.steps import STEPS
from ecoredline.terrain.tiles import SCRATCH_NAME, Tiles, scratch_in

CELL = (30.0, 20.0)


def rough(seed: int, rows: int, cols: int, steps: int, holes: float) -> np.ndarray:
    """Hills in few heights, so that pits and flats are many, with holes without data."""
    rng = np.random.default_rng(seed)
    hills = ndimage.gaussian_filter(rng.normal(size=(rows, cols)), rng.uniform(0.3, 3))
    dem = np.round((hills - hills.min()) / (np.ptp(hills) or 1) * steps)
    dem[rng.random((rows, cols)) < holes] = np.nan
    dem[rows // 2, cols // 2] = 1.0  # never without any height
    return dem


DEMS = st.builds(
    rough, st.integers(0, 2**32), st.integers(1, 19), st.integers(1, 19),
    st.sampled_from([1, 3, 9, 100]), st.sampled_from([0.0, 0.02, 0.2]),
)  # fmt: skip


def whole(plane) -> np.ndarray:
    """All of a plane."""
    tiles = Tiles(plane.tiles.rows, plane.tiles.cols, max(plane.tiles.rows, plane.tiles.cols))
    return np.fromfile(plane.path, plane.dtype).reshape(tiles.shape(0))


def by_tiles(dem, side: int, folder, flows=("d8", "dinf", "mfd")) -> dict:
    """Everything of a DEM, tile by tile."""
    tiles, job = Tiles(*dem.shape, side), Job()
    with scratch_in(folder) as scratch:
        heights = scratch.plane("dem", tiles, "f4")
        for tile in range(len(tiles)):
            heights.write(tile, dem[tiles.window(tile).toslices()])
        filled, raised = fill_tiles(heights, scratch, job)
        codes = direct_tiles(filled, CELL, scratch, job)
        found = {"filled": whole(filled), "codes": whole(codes), "raised": raised}
        for flow in flows[1:]:
            found[flow] = whole(spread_tiles(filled, codes, CELL, flow, scratch, job))
        inflow, found["d8"] = Inflow(codes, job), np.empty(dem.shape)
        for tile in range(len(tiles)):
            found["d8"][tiles.window(tile).toslices()] = inflow.counts(tile)
    return found


@settings(max_examples=40, deadline=None)
@given(DEMS, st.integers(1, 12))
def test_tiles_of_any_side_give_what_the_whole_map_gives_bit_for_bit(dem, side):
    with tempfile.TemporaryDirectory() as folder:
        found = by_tiles(dem, side, Path(folder))
    filled = fill_pits(dem)
    codes = flow_directions(filled, CELL)
    np.testing.assert_array_equal(found["filled"], filled)
    np.testing.assert_array_equal(found["codes"], codes)
    assert found["raised"]["raised_cells"] == (filled > dem).sum()
    for flow in ("d8", "dinf", "mfd"):
        np.testing.assert_array_equal(found[flow], accumulate_flow(filled, codes, CELL, flow), flow)


@settings(max_examples=60, deadline=None)
@given(DEMS)
def test_filled_heights_are_pyflwdir_s(dem):
    theirs, _ = pyflwdir.fill_depressions(dem.copy(), nodata=np.nan, outlets="edge")
    np.testing.assert_array_equal(fill_pits(dem), theirs)


@settings(max_examples=60, deadline=None)
@given(DEMS)
def test_a_flat_drains_by_the_shortest_way_there_is(dem):
    """The way along the codes is as long as the shortest path scipy finds in the graph of the flat."""
    filled = fill_pits(dem)
    codes = flow_directions(filled, CELL)
    rows, cols = dem.shape
    place = np.arange(dem.size).reshape(dem.shape)
    lower = np.zeros(dem.shape, bool)
    links = []
    for down, right, code in STEPS:
        here = np.s_[max(0, -down) : rows - max(0, down), max(0, -right) : cols - max(0, right)]
        there = np.s_[max(0, down) : rows + min(0, down), max(0, right) : cols + min(0, right)]
        lower[here] |= filled[here] > filled[there]
        level = filled[here] == filled[there]
        links.append((place[here][level], place[there][level], 7 if down and right else 5, code))
    drains = lower | (codes == 0)
    one, other, length = (
        np.concatenate(part)
        for part in zip(*((a, b, np.full(a.size, n)) for a, b, n, _ in links), strict=True)
    )
    graph = sparse.csr_array((length, (one, other)), (dem.size, dem.size))
    shortest = sparse.csgraph.dijkstra(graph, indices=place[drains], min_only=True)
    for a, b, step, code in links:
        along = (codes.ravel()[a] == code) & ~drains.ravel()[a]
        assert (shortest[a[along]] == shortest[b[along]] + step).all()
    assert np.isfinite(shortest[~np.isnan(dem).ravel()]).all()


def test_counts_of_a_larger_map_are_pyflwdir_s_by_any_tiles(tmp_path):
    dem = rough(7, 301, 411, 400, 0.001)
    found = by_tiles(dem, 64, tmp_path, flows=("d8",))
    theirs = pyflwdir.from_array(found["codes"], ftype="d8", check_ftype=False).upstream_area(
        unit="cell"
    )
    np.testing.assert_array_equal(found["d8"], np.where(found["codes"] == 247, np.nan, theirs))
    assert np.nansum(found["d8"][found["codes"] == 0]) == np.isfinite(dem).sum()


def dem_file(folder, degrees=False):
    y = np.mgrid[:90, :120][0]
    dem = rough(11, 90, 120, 900, 0.003) + 0.5 * y + 1000
    grid = Grid(CRS.from_epsg(4543), Affine(30, 0, 4e5, 0, -30, 2.9e6), 90, 120)
    if degrees:
        grid = Grid(CRS.from_epsg(4490), Affine(3e-4, 0, 101.7, 0, -3e-4, 26.6), 90, 120)
    return write_map(folder / f"dem{int(degrees)}.tif", dem, grid, unit="m")


@pytest.mark.parametrize("degrees", [False, True])
@pytest.mark.parametrize("flow", ["d8", "mfd"])
def test_files_are_the_same_whatever_the_tiles(tmp_path, flow, degrees):
    path = dem_file(tmp_path, degrees)
    records = {}
    for side in (16, 37, 2048):
        derive_terrain(path, tmp_path / f"{side}", flow=flow, tile_px=side)
        records[side] = json.loads((tmp_path / f"{side}" / "run.json").read_text("utf-8"))
        assert not (tmp_path / f"{side}" / SCRATCH_NAME).exists()
    for name in ("filled", "slope", "flow_direction", "flow_accumulation", "ls"):
        maps = [read_map(tmp_path / f"{side}" / f"{name}.tif")[0] for side in records]
        np.testing.assert_array_equal(maps[0], maps[2], name)
        np.testing.assert_array_equal(maps[1], maps[2], name)
    assert records[16]["warnings"] == records[2048]["warnings"]


def test_stopped_halfway_it_leaves_no_map_and_no_scratch_and_runs_again_over_what_a_kill_left(
    tmp_path,
):
    path, out = dem_file(tmp_path), tmp_path / "out"
    seen = []

    def stop():
        return len(seen) > 20

    with pytest.raises(Cancelled):
        derive_terrain(path, out, tile_px=32, job=Job(seen.append, stop))
    assert list(out.iterdir()) == []
    (out / SCRATCH_NAME).mkdir()
    (out / SCRATCH_NAME / "filled").write_bytes(b"left by a kill")
    derive_terrain(path, out)
    assert len(list(out.iterdir())) == 6
    assert seen[0].stage == "read"


def test_a_disk_too_small_is_said_before_anything_is_computed(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputError, match="disk is full"):
        derive_terrain(dem_file(tmp_path), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_large_maps_keep_whole_counts_and_tiles_of_nothing_are_refused(tmp_path, monkeypatch):
    from ecoredline.terrain import run

    monkeypatch.setattr(run, "EXACT_IN_FLOAT32", 100)
    derive_terrain(dem_file(tmp_path), tmp_path / "out")
    with rasterio.open(tmp_path / "out" / "flow_accumulation.tif") as made:
        assert made.dtypes == ("float64",)
    with pytest.raises(InputError, match="tiles of 0"):
        derive_terrain(dem_file(tmp_path), tmp_path / "no", tile_px=0)
