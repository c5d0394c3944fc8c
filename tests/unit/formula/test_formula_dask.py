import os
import signal

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS
from rasterio.windows import Window

from ecoredline.ecosystem.soil_factors import half_month_erosivity
from ecoredline.errors import InputError, OutputError, SourceError
from ecoredline.files import sha256
from ecoredline.formula import UnitMismatch
from ecoredline.formula_command import command
from ecoredline.formula_rasters import dask_spread, open_spread, run_formula
from ecoredline.formula_rasters.parts import Plan
from ecoredline.grid import Grid
from ecoredline.raster.layers import map_profile, write_map
from ecoredline.record import Job

GRID = Grid(CRS.from_epsg(4543), Affine(30, 0, 400_000, 0, -30, 2.9e6), 1200, 1100)


@pytest.fixture
def given(tmp_path):
    rng = np.random.default_rng(9)
    maps = {n: rng.uniform(a, b, (GRID.rows, GRID.cols)) for n, (a, b) in {"leaf_area": (0, 1.02), "cover": (0, 1), "production": (0, 1)}.items()}  # fmt: skip
    maps["cover"][:5] = np.nan
    return {n: str(write_map(tmp_path / f"{n}.tif", v, GRID)) for n, v in maps.items()}


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_dask_gives_the_same_bytes_as_one_process(given, tmp_path, scheduler):
    pytest.importorskip("dask")
    alone = run_formula("quality_index", given, tmp_path / "a.tif", clamped=["leaf_area"])
    spread = run_formula(
        "quality_index", given, tmp_path / "b.tif", clamped=["leaf_area"],
        spread=dask_spread(scheduler, at_once=3),
    )  # fmt: skip
    assert sha256(tmp_path / "a.tif") == sha256(tmp_path / "b.tif")
    assert (alone.valid, alone.total, alone.remarks) == (spread.valid, spread.total, spread.remarks)
    assert "leaf_area" in alone.remarks[0]


def test_a_fault_in_a_block_elsewhere_stops_the_run_and_leaves_no_file(given, tmp_path):
    pytest.importorskip("dask")
    with pytest.raises(UnitMismatch, match="leaf_area"):
        run_formula("quality_index", given, tmp_path / "c.tif", spread=dask_spread("threads"))
    assert not (tmp_path / "c.tif").exists()
    with pytest.raises(InputError, match="at_once"):
        dask_spread(at_once=0)


def test_the_command_takes_a_scheduler_by_name(given, tmp_path):
    pytest.importorskip("distributed")
    inputs = [text for name, path in given.items() for text in ("--input", f"{name}={path}")]
    made = {}
    for how in ([], ["--scheduler", "local", "--workers", "1"]):
        out = tmp_path / f"{len(how)}.tif"
        done = CliRunner().invoke(command, ["quality_index", *inputs, "--clamp", "leaf_area", "--out", str(out), "--quiet", *how], catch_exceptions=False)  # fmt: skip
        assert done.exit_code == 0
        made[len(how)] = sha256(out)
    assert made[0] == made[4]
    with pytest.raises(InputError, match="threads, processes, local"), open_spread("cluster"):
        pass


def test_a_killed_worker_leaves_the_same_bytes_and_nothing_else(given, tmp_path):
    """Two real processes; one is shot while it works, one part's answer is lost with it."""
    distributed = pytest.importorskip("distributed")
    inputs, killed = {"clamped": ["leaf_area"]}, []
    run_formula("quality_index", given, tmp_path / "a.tif", **inputs)
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as local:

        def kill(progress):
            if progress.done > 0 and not killed:
                killed.append(next(iter(local.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        with distributed.Client(local) as client:
            run_formula(
                "quality_index", given, tmp_path / "out" / "b.tif", **inputs,
                job=Job(report=kill), spread=dask_spread(client, at_once=2),
            )  # fmt: skip
            assert sha256(tmp_path / "a.tif") == sha256(tmp_path / "out" / "b.tif")
            with pytest.raises(UnitMismatch, match="leaf_area"):
                run_formula("quality_index", given, tmp_path / "out" / "c.tif", spread=dask_spread(client))  # fmt: skip
    assert killed and [p.name for p in (tmp_path / "out").iterdir()] == ["b.tif"]


def test_parts_that_lie_elsewhere_are_said(given, tmp_path):
    place = Window(0, 0, 512, 512)
    plan = Plan("quality_index", given, ("leaf_area",), str(tmp_path / "gone"))
    with pytest.raises(OutputError, match="same path"):
        plan.make(place)
    made = plan._replace(folder=str(tmp_path)).make(place)
    assert made.data()[:2] == b"II"
    with pytest.raises(SourceError, match="same path"):
        made.data()  # it was taken away


def test_a_map_of_many_bands_is_that_of_the_whole_arrays(tmp_path):
    """Parts, tiles at the edges and bands: what GDAL reads is what the function gives."""
    grid = Grid(GRID.crs, GRID.transform, 700, 530)
    days = np.random.default_rng(3).uniform(0, 60, (6, grid.rows, grid.cols)).astype("float32")
    with rasterio.open(tmp_path / "rain.tif", "w", **map_profile(grid, count=6)) as made:
        made.write(days)
    half = [1, 2, 9, 9, 24, 12]
    rest = {"half_month": ",".join(map(str, half)), "years": "1"}
    out = tmp_path / "r.tif"
    result = run_formula("half_month_erosivity", {"daily_rain": str(tmp_path / "rain.tif"), **rest}, out)  # fmt: skip
    wanted = half_month_erosivity(days, half, 1).astype("float32")
    with rasterio.open(out) as made:
        np.testing.assert_array_equal(made.read(), wanted)
        assert made.transform == grid.transform and made.units[23] == "MJ·mm/(hm²·h·a)"
        assert made.tags() | result.tags == made.tags()
    assert result.total == pytest.approx(wanted.sum(dtype=float), rel=1e-12)
