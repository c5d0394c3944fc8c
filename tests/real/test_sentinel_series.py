"""Sixty-eight dates of real NDVI with cloud masks (Slovenia); skips where the data are absent."""

import json
from datetime import datetime

import numpy as np
import pymannkendall
import pytest

from ecoredline.ecosystem.vegetation import fvc
from ecoredline.series import composite, growing_season, ndvi_limits, trends

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
