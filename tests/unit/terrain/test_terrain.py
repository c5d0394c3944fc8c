import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from ecoredline.ecology_commands.terrain import command
from ecoredline.errors import InputError
from ecoredline.grid import Grid
from ecoredline.raster.layers import read_map, write_map
from ecoredline.terrain import (
    accumulate,
    accumulate_flow,
    derive_terrain,
    fill_pits,
    flow_directions,
    flow_shares,
    relief,
    slope_of_dem,
)
from ecoredline.terrain.steps import STEPS

CELL = (30.0, 30.0)
METRES = Grid(CRS.from_epsg(4543), Affine(30, 0, 4e5, 0, -30, 2.9e6), 40, 50)
DEMS = hnp.arrays(np.float64, (9, 11), elements=st.integers(0, 6).map(float))


def hills(rows=40, cols=50, seed=3):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols]
    return 1500 + 60 * np.sin(x / 7) + 45 * np.cos(y / 5) + 3 * y + rng.normal(0, 4, (rows, cols))


def downstream(directions):
    """Where each cell leads, as (rows, cols) of the next cell; itself at an outlet."""
    r, c = np.mgrid[: directions.shape[0], : directions.shape[1]]
    for down, right, code in STEPS:
        r, c = r + down * (directions == code), c + right * (directions == code)
    return r, c


@settings(max_examples=40, deadline=None)
@given(DEMS)
def test_every_cell_reaches_the_edge_and_never_climbs(dem):
    before = dem.copy()
    filled = fill_pits(dem)
    directions = flow_directions(filled, CELL)
    assert (dem == before).all() and (filled >= dem).all()
    r, c = downstream(directions)
    assert (filled[r, c] <= filled).all()
    at_r, at_c = np.mgrid[: dem.shape[0], : dem.shape[1]]
    for _ in range(dem.size):
        at_r, at_c = r[at_r, at_c], c[at_r, at_c]
    assert (directions[at_r, at_c] == 0).all()
    edge = (at_r == 0) | (at_c == 0) | (at_r == dem.shape[0] - 1) | (at_c == dem.shape[1] - 1)
    assert edge.all()


@settings(max_examples=40, deadline=None)
@given(DEMS)
def test_what_leaves_the_map_is_every_cell_once(dem):
    filled = fill_pits(dem)
    directions = flow_directions(filled, CELL)
    counts = accumulate(directions)
    assert counts[directions == 0].sum() == dem.size
    assert counts.min() == 1


def test_a_cell_gathers_its_givers_and_itself():
    filled = fill_pits(hills())
    directions = flow_directions(filled, CELL)
    counts = accumulate(directions)
    gathered = np.ones_like(counts)
    r, c = downstream(directions)
    moving = directions != 0
    np.add.at(gathered, (r[moving], c[moving]), counts[moving])
    assert (gathered == counts).all()


def test_slope_of_a_plane_is_that_of_the_plane_and_nodata_spreads_no_further():
    y, x = np.mgrid[:20, :20]
    dem = 3.0 * x - 4.0 * y + 500
    dem[5, 5] = np.nan
    slope = slope_of_dem(dem, (30.0, 20.0))
    wanted = np.degrees(np.arctan(np.hypot(3 / 30, 4 / 20)))
    assert slope[10:19, 10:19] == pytest.approx(wanted)
    assert np.isnan(slope).sum() == 1
    assert relief(dem, 3)[10, 10] == 14.0


def derived(folder):
    return {p.stem: read_map(p)[0] for p in folder.glob("*.tif")}


def test_maps_are_written_and_the_record_says_what_was_filled(tmp_path):
    dem = hills()
    dem[20, 20] -= 40
    dem[0, :3] = np.nan
    write_map(tmp_path / "dem.tif", dem, METRES, unit="m")
    derive_terrain(tmp_path / "dem.tif", tmp_path / "out")
    maps = derived(tmp_path / "out")
    assert set(maps) == {"filled", "slope", "flow_direction", "flow_accumulation", "ls"}
    assert all(np.isnan(m).sum() == 3 for m in maps.values())
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert any("填洼" in w for w in record["warnings"])
    assert record["inputs"]["dem"]["sha256"]
    assert 1 < np.nanmax(maps["ls"]) < 150


def test_a_dem_in_degrees_is_refused_or_reprojected_with_a_line(tmp_path):
    degrees = Grid(CRS.from_epsg(4490), Affine(3e-4, 0, 101.7, 0, -3e-4, 26.6), 40, 50)
    y = np.mgrid[:40, :50][0]
    path = write_map(tmp_path / "dem.tif", 1000.0 + 10 * y, degrees)
    with pytest.raises(InputError, match="in degrees"):
        derive_terrain(path, tmp_path / "no", in_degrees="refuse")
    derive_terrain(path, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert any("EPSG:4543" in w for w in record["warnings"])
    slope, grid = read_map(tmp_path / "out" / "slope.tif")
    north_m = 3e-4 * 110_780
    assert grid.crs.to_epsg() == 4543
    assert np.nanmedian(slope) == pytest.approx(np.degrees(np.arctan(10 / north_m)), abs=0.3)


@pytest.mark.parametrize(("dem", "said"), [(np.full((3, 3), np.nan), "no valid"), (np.full((3, 3), 150_000.0), "metres")])  # fmt: skip
def test_heights_that_cannot_be(dem, said):
    with pytest.raises(InputError, match=said):
        fill_pits(dem)


def test_a_broken_file_leaves_no_result(tmp_path):
    (tmp_path / "dem.tif").write_bytes(b"no image")
    with pytest.raises(OSError, match=r"dem\.tif"):
        derive_terrain(tmp_path / "dem.tif", tmp_path / "out")
    assert not (tmp_path / "out" / "run.json").exists()
    with pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open(tmp_path / "out" / "ls.tif")


def test_what_is_made_of_demo_data_says_so(tmp_path):
    path = write_map(tmp_path / "dem.tif", hills(), METRES, tags={"ECOREDLINE_DEMO": "1"})
    derive_terrain(path, tmp_path / "out")
    for made in (tmp_path / "out").glob("*.tif"):
        with rasterio.open(made) as dataset:
            assert dataset.tags()["ECOREDLINE_NOTICE"] == "演示合成数据", made.name
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["is_demo"]


@settings(max_examples=30, deadline=None)
@given(DEMS, st.sampled_from(["dinf", "mfd"]))
def test_water_that_parts_is_neither_made_nor_lost(dem, flow):
    filled = fill_pits(dem)
    directions = flow_directions(filled, (30.0, 20.0))
    counts = accumulate_flow(filled, directions, (30.0, 20.0), flow)
    shares = [flow_shares(filled, directions, r, c, (30.0, 20.0), flow).sum() for r, c in np.ndindex(dem.shape)]  # fmt: skip
    leaving = np.isclose(shares, 0).reshape(dem.shape)
    assert np.allclose(np.array(shares)[~leaving.ravel()], 1)
    assert counts[leaving].sum() == pytest.approx(dem.size)
    assert counts.min() >= 1


@pytest.mark.parametrize("degrees", [0, 10, 22.5, 45, 60, 90, 135, 200, 290])
def test_dinf_follows_the_fall_of_a_plane_and_parts_it_by_angle(degrees):
    """Tarboton 1997: on a plane the direction is the plane's own, parted between the two steps beside it."""
    toward = np.radians(degrees)  # counter-clockwise from east
    y, x = np.mgrid[:5, :5]
    plane = 100 - (np.cos(toward) * x - np.sin(toward) * y)
    shares = flow_shares(plane, np.zeros((5, 5), np.uint8), 2, 2, (1.0, 1.0), "dinf")
    angles = np.radians(-45 * np.arange(8))  # E, SE, S …
    near = np.abs((np.degrees(angles - toward) + 180) % 360 - 180)
    assert (shares[near >= 45 - 1e-9] < 1e-9).all()
    assert shares == pytest.approx(np.maximum(0, 1 - near / 45), abs=1e-9)


def test_another_flow_is_refused_and_the_command_writes_the_one_asked_for(tmp_path):
    path = write_map(tmp_path / "dem.tif", hills(), METRES)
    with pytest.raises(InputError, match="d8, dinf, mfd"):
        derive_terrain(path, tmp_path / "no", flow="d9")
    found = {}
    for flow in ("d8", "dinf", "mfd"):
        done = CliRunner().invoke(command, [str(path), "--out", str(tmp_path / flow), "--flow", flow, "--quiet"], catch_exceptions=False)  # fmt: skip
        assert done.exit_code == 0
        found[flow] = derived(tmp_path / flow)
    assert (found["d8"]["flow_direction"] == found["mfd"]["flow_direction"]).all()
    assert not np.allclose(found["d8"]["ls"], found["dinf"]["ls"])
    assert len({round(float(m["flow_accumulation"].sum())) for m in found.values()}) == 3
