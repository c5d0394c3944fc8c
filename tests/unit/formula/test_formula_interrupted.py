"""A long run killed without a word leaves nothing that looks whole, and the next run is as ever."""

import os
import signal
import subprocess
import sys

import numpy as np
from affine import Affine
from pyproj import CRS

from ecoredline.formula_rasters import run_formula
from ecoredline.grid import Grid
from ecoredline.raster.layers import read_map, write_map

GRID = Grid(CRS.from_epsg(4543), Affine(30, 0, 400_000, 0, -30, 2.9e6), 2048, 2048)
# the second block waits for ever: the kill meets a run whose file is half written
SCRIPT = """
import sys, time

from ecoredline.formula_rasters import parts, run_formula
whole, calls = parts.compute_block, []
def stuck(*given):
    calls.append(1)
    if len(calls) == 2:
        print("half", flush=True)
        time.sleep(600)
    return whole(*given)
parts.compute_block = stuck
run_formula("steepness_factor", {"slope": sys.argv[1]}, sys.argv[2])
"""


def test_kill_9_in_the_middle_leaves_no_result_and_the_next_run_makes_it(tmp_path):
    slope = write_map(tmp_path / "slope.tif", np.full((2048, 2048), 8.0), GRID, unit="°")
    out = tmp_path / "out" / "s.tif"
    started = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(slope), str(out)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert started.stdout.readline() == "half\n"
    started.send_signal(signal.SIGKILL)
    assert started.wait(60) == -signal.SIGKILL
    assert not out.exists() and [p.name for p in out.parent.iterdir()] == ["s.part.tif"]
    assert run_formula("steepness_factor", {"slope": str(slope)}, out).valid == 2048 * 2048
    assert [p.name for p in out.parent.iterdir()] == ["s.tif"]
    assert np.allclose(read_map(out)[0], 16.8 * np.sin(np.radians(8.0)) - 0.5)
