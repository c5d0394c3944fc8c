import numpy as np
import pytest
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS

from ecoredline.errors import InputError
from ecoredline.files import sha256
from ecoredline.formula import UnitMismatch
from ecoredline.formula_command import command
from ecoredline.formula_rasters import dask_spread, open_spread, run_formula
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map

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
