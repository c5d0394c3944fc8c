"""Sixty-eight dates of real NDVI with cloud masks (Slovenia); skips where the data are absent."""

import json
from datetime import date, datetime

import numpy as np
import pymannkendall
import pytest
from affine import Affine
from pyproj import CRS

from ecoredline.ecosystem.vegetation import fvc
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map
from ecoredline.series import composite, growing_season, ndvi_limits, trends
from ecoredline.series.dated import dated_images
from ecoredline.series.monitor import Watch, fit, update, write_report

pytestmark = pytest.mark.real


def test_season_composites_and_trend_of_a_real_series(shared_data):
    folder = shared_data / "sentinel2-series" / "TestEOPatch"
    ndvi = np.load(folder / "data" / "NDVI.npy")[..., 0][:, ::4, ::4].astype(float)
    cloud = np.load(folder / "data" / "CLP.npy")[..., 0][:, ::4, ::4]
    days = [datetime.fromisoformat(t) for t in json.loads((folder / "timestamps.json").read_text())]
    clear = (cloud < 0.4 * 255) if cloud.max() > 1 else (cloud < 0.4)
    summer = growing_season(days, "north", 2016)
    made, seen = composite(ndvi[summer], clear[summer], way="max")
    assert summer.sum() > 5 and seen.max() > 3
    assert np.nanmedian(made) > 0.6
    soil, full = ndvi_limits(made)
    cover = np.clip(fvc(made, soil, full), 0, 1)
    assert 0.3 < np.nanmean(cover) < 0.95
    times, first = np.unique([d.toordinal() / 365.25 for d in days], return_index=True)
    some = np.where(clear, ndvi, np.nan)[first, :3, :3]
    found = trends(times, some)
    for at in np.ndindex(3, 3):
        series = some[(slice(None), *at)]
        oracle = pymannkendall.original_test(series[np.isfinite(series)])
        assert found.z[at] == pytest.approx(oracle.z)


def test_a_real_series_watched_by_files_stays_mostly_quiet(shared_data, tmp_path):
    """One date flags most pixels of this field landscape within a year; sites need three in a row."""
    folder = shared_data / "sentinel2-series" / "TestEOPatch"
    ndvi = np.load(folder / "data" / "NDVI.npy")[..., 0].astype(float)
    cloud = np.load(folder / "data" / "CLP.npy")[..., 0]
    clear = cloud < (0.4 * 255 if cloud.max() > 1 else 0.4)
    days = [datetime.fromisoformat(t) for t in json.loads((folder / "timestamps.json").read_text())]
    grid = Grid(CRS.from_epsg(32633), Affine(10, 0, 465_000, 0, -10, 5_080_000), *ndvi.shape[1:])
    files = {}
    for image, seen, day in zip(ndvi, clear, days, strict=True):
        path = tmp_path / "series" / f"ndvi_{day:%Y%m%d}.tif"
        files[path] = write_map(path, np.where(seen, image, np.nan), grid)
    images = dated_images([tmp_path / "series"])
    history = [i for i in images if i.day <= date(2016, 12, 31)]
    watch = fit(history)
    update(watch, images[len(history) :], save_to=tmp_path / "state.npz")
    out = write_report(Watch.load(tmp_path / "state.npz"), tmp_path / "out")
    changed = watch.history.report()["changed_on"] > 0
    assert len(images) == len(files)
    assert changed.mean() < 0.25
    assert (out / "sites.csv").read_text(encoding="utf-8-sig").startswith("site_id,state")
