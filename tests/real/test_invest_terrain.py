"""Pits, slope, flow and LS of Youwuzhen beside InVEST 3.14.2; skips where the data are absent."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import spearmanr
from youwuzhen_ground import SAID, taken

from ecoredline.ecosystem.terrain import ls_factor_desmet_govers, ls_factor_invest
from ecoredline.raster.layers import read_map
from ecoredline.terrain import (
    accumulate,
    accumulate_flow,
    aspect_degrees,
    derive_terrain,
    fill_pits,
    flow_directions,
    slope_of_dem,
)

pytestmark = pytest.mark.real
CELL = (30.0, 30.0)


@pytest.fixture(scope="module")
def youwuzhen(shared_data):
    """The DEM cut to InVEST's grid, and InVEST's maps on it."""
    folder = shared_data / "invest-youwuzhen" / "expected"
    maps = {n: read_map(folder / f"sdr_int_{n}.tif", said=SAID) for n in ("pit_filled_dem", "slope", "flow_accumulation", "ls")}  # fmt: skip
    dem, whole = read_map(
        shared_data / "youwuzhen-watershed" / "spatial" / "ywzdem30m.tif", said=SAID
    )
    filled, grid = maps["pit_filled_dem"]
    row = round((whole.transform.f - grid.transform.f) / 30)
    dem = dem[row : row + grid.rows, : grid.cols]
    found = {name: values for name, (values, _) in maps.items()}
    return {"dem": np.where(np.isnan(filled), np.nan, dem), **found}


def test_pits_are_filled_exactly_as_invest_fills_them(youwuzhen):
    filled = fill_pits(youwuzhen["dem"])
    np.testing.assert_array_equal(filled, youwuzhen["pit_filled_dem"])
    assert (filled > youwuzhen["dem"]).sum() == 5


def test_slope_inside_the_watershed_is_invest_s(youwuzhen):
    percent = np.tan(np.radians(slope_of_dem(youwuzhen["pit_filled_dem"], CELL))) * 100
    inner = ndimage.binary_erosion(~np.isnan(youwuzhen["slope"]), np.ones((3, 3)))
    np.testing.assert_allclose(percent[inner], youwuzhen["slope"][inner], atol=1e-5)


def test_one_way_flow_ranks_as_invest_s_many_way_flow_and_meets_at_one_outlet(youwuzhen):
    filled = fill_pits(youwuzhen["dem"])
    counts = accumulate(flow_directions(filled, CELL))
    theirs = youwuzhen["flow_accumulation"]
    seen = ~np.isnan(theirs)
    assert spearmanr(counts[seen], theirs[seen]).statistic > 0.75
    assert np.nanmax(counts) == pytest.approx(np.nanmax(theirs), rel=0.05)


def test_many_way_flow_and_its_ls_are_invest_s_to_the_printed_digits(youwuzhen):
    filled = fill_pits(youwuzhen["pit_filled_dem"])
    counts = accumulate_flow(filled, flow_directions(filled, CELL), CELL, "mfd")
    theirs, seen = youwuzhen["flow_accumulation"], ~np.isnan(youwuzhen["ls"])
    off = np.abs(counts - theirs)[seen] > 1e-9 * theirs[seen]
    assert off.sum() == 1, "one cell of a flat finds another way out"
    ls = ls_factor_invest(youwuzhen["slope"], counts, 30.0)
    np.testing.assert_allclose(ls[seen][~off], youwuzhen["ls"][seen][~off], rtol=1e-6)


def test_ls_of_the_command_has_invest_s_order_and_magnitude(shared_data, youwuzhen, tmp_path):
    dem = shared_data / "youwuzhen-watershed" / "spatial" / "ywzdem30m.tif"
    derive_terrain(taken(dem, tmp_path / "dem.tif"), tmp_path)
    ours, _ = read_map(tmp_path / "ls.tif")
    ours = ours[2 : 2 + youwuzhen["ls"].shape[0], : youwuzhen["ls"].shape[1]]
    seen = ~np.isnan(youwuzhen["ls"])
    assert spearmanr(ours[seen], youwuzhen["ls"][seen]).statistic > 0.8
    assert 0.5 < np.nanmean(ours[seen]) / np.nanmean(youwuzhen["ls"][seen]) < 3


@pytest.mark.parametrize(
    ("flow", "mean", "median", "high", "rank"),
    [
        ("d8", 8.98, 5.07, 29.79, 0.864),
        ("dinf", 9.32, 5.85, 30.14, 0.887),
        ("mfd", 11.00, 7.63, 35.15, 0.907),
    ],
)
def test_the_rows_of_the_page_on_ls(youwuzhen, flow, mean, median, high, rank):
    filled = fill_pits(youwuzhen["pit_filled_dem"])
    counts = accumulate_flow(filled, flow_directions(filled, CELL), CELL, flow)
    aspect = np.nan_to_num(aspect_degrees(filled, CELL))
    found = ls_factor_desmet_govers(slope_of_dem(filled, CELL), counts, aspect, 30.0, 300.0)
    seen = ~np.isnan(youwuzhen["ls"])
    values, theirs = found[seen], youwuzhen["ls"][seen]
    measured = [values.mean(), np.median(values), np.percentile(values, 95)]
    assert measured == pytest.approx([mean, median, high], abs=0.005)
    assert spearmanr(values, theirs).statistic == pytest.approx(rank, abs=0.0005)
