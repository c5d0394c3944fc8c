"""A folder of dated images watched over years: states of sites, what a stop leaves, what is refused."""

import re
from datetime import date, timedelta

import numpy as np
import pyogrio
import pytest
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS

from ecoredline.cli import main
from ecoredline.errors import InputError, SourceError
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map
from ecoredline.series import monitor
from ecoredline.series.dated import dated_images

GRID = Grid(CRS.from_epsg(4543), Affine(10, 0, 480_000, 0, -10, 2_980_000), 30, 40)
START = date(2022, 1, 5)
QUIET, EVERY = 50, 14  # dates of history, days between two
PLACES = {
    "growing": (slice(2, 6), slice(2, 8)), "idle": (slice(2, 6), slice(14, 20)),
    "active": (slice(2, 6), slice(26, 32)), "removed": (slice(16, 20), slice(2, 8)),
    "recovering": (slice(16, 20), slice(14, 20)),
}  # fmt: skip


def ndvi(k: int, day: date, random) -> np.ndarray:
    """Date k of the made landscape: five sites, each with its own story after the quiet time."""
    season = 0.55 + 0.2 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 200) / 365.25)
    image = season + random.normal(0, 0.03, (GRID.rows, GRID.cols))
    late = k - QUIET
    if late >= 5:
        for name in ("idle", "growing"):
            image[PLACES[name]] = season - 0.4 + random.normal(0, 0.01)
        image[PLACES["active"]] = season - 0.35 - 0.25 * (k % 2)
    if late >= 32:
        image[2:6, 8:12] = season - 0.4
    if 5 <= late < 15:
        image[PLACES["removed"]] = season - 0.4
    if late >= 5:
        back = max(0.0, 0.42 - 0.012 * max(0, late - 8))
        image[PLACES["recovering"]] = season - max(back, 0.2)
    image[0, :5] = np.nan if k % 2 else image[0, :5]
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place, random = tmp_path_factory.mktemp("series"), np.random.default_rng(4)
    for k in range(QUIET + 40):
        day = START + timedelta(days=EVERY * k)
        write_map(place / f"ndvi_{day:%Y%m%d}.tif", ndvi(k, day, random), GRID)
    return place


def test_the_commands_tell_five_sites_apart(folder, tmp_path):
    state, out, run = tmp_path / "state.npz", tmp_path / "out", CliRunner().invoke
    until = START + timedelta(days=EVERY * (QUIET - 1))
    done = run(main, ["history", "fit", str(folder), "--state", str(state), "--until", str(until)])
    assert done.exit_code == 0, done.output
    assert "50 期" in done.output
    assert run(main, ["history", "fit", str(folder), "--state", str(state)]).exit_code == 2
    later = [str(p) for p in sorted(folder.iterdir())[QUIET:]]
    assert "新增 40 期" in run(main, ["history", "update", *later, "--state", str(state)]).output
    assert "新增 0 期" in run(main, ["history", "update", *later, "--state", str(state)]).output
    assert run(main, ["history", "report", "--state", str(state), "--out", str(out)]).exit_code == 0
    sites = pyogrio.read_dataframe(out / "sites.gpkg")
    began = START + timedelta(days=EVERY * (QUIET + 5))
    for name, (rows, cols) in PLACES.items():
        x, y = GRID.transform * ((cols.start + cols.stop) / 2, (rows.start + rows.stop) / 2)
        lon, lat = GRID.to_lonlat.transform(x, y)
        here = sites[sites.intersects(__import__("shapely").Point(lon, lat))]
        assert here["state"].tolist() == [name]
        assert abs((date.fromisoformat(here["changed_on"].iloc[0]) - began).days) <= EVERY
        assert here["confidence"].iloc[0] >= 0.95
    assert {p.suffix for p in out.iterdir()} == {".tif", ".gpkg", ".csv", ".png", ".json"}
    removed = sites[sites["state"] == "removed"].iloc[0]
    assert removed["recovered_on"] > removed["changed_on"]


def test_a_run_that_is_stopped_goes_on_and_ends_the_same(folder, tmp_path):
    images = dated_images([folder])
    whole = monitor.fit(images[:QUIET])
    monitor.update(whole, images[QUIET : QUIET + 20])
    state = tmp_path / "state.npz"
    monitor.fit(images[:QUIET]).save(state)

    class Stopped(Exception):
        pass

    seen = []

    def stop(progress):
        seen.append(progress)
        if len(seen) == 8:
            raise Stopped

    with pytest.raises(Stopped):
        monitor.update(
            monitor.Watch.load(state), images[QUIET : QUIET + 20], save_to=state,
            job=monitor.Job(report=stop),
        )  # fmt: skip
    half = monitor.Watch.load(state)
    assert len(half.taken) == QUIET + 7
    monitor.update(half, images[QUIET : QUIET + 20], save_to=state)
    one, two = whole.history.report(), monitor.Watch.load(state).history.report()
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not list(tmp_path.glob("*.part*"))


def test_wrong_images_are_named_all_at_once_and_nothing_is_taken(folder, tmp_path):
    good = sorted(folder.iterdir())[:3]
    values = np.full((GRID.rows, GRID.cols), 0.5)
    write_map(tmp_path / "undated.tif", values, GRID)
    write_map(tmp_path / "twice_20220105.tif", values, GRID)
    write_map(tmp_path / "other_20220601.tif", values[:20], Grid(GRID.crs, GRID.transform, 20, 40))
    (tmp_path / "cut_20220701.tif").write_bytes(good[0].read_bytes()[:300])
    with pytest.raises(InputError) as fault:
        dated_images([*good, tmp_path])
    for name in ("undated.tif: got no date", "2022-01-05 comes twice", "other_20220601.tif: its grid",
                 "cut_20220701.tif: "):  # fmt: skip
        assert name in str(fault.value)
    images = dated_images([folder])
    watch = monitor.fit(images[10:30])
    with pytest.raises(InputError, match=re.escape("before the state's last day")):
        monitor.update(watch, images[:3])
    assert len(watch.taken) == 20


def test_a_state_that_is_none_is_refused(tmp_path):
    (tmp_path / "s.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises((SourceError, InputError), match="wanted a state"):
        monitor.Watch.load(tmp_path / "s.npz")
