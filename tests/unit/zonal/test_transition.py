import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS

from ecoredline.ecology_commands.pattern import command
from ecoredline.ecosystem.pattern import transition_matrix
from ecoredline.errors import GridMismatch
from ecoredline.formula_rasters import sources
from ecoredline.geodesy import areas_ha
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map
from ecoredline.zonal import as_matrix, transition_areas

GRID = Grid(CRS.from_epsg(4543), Affine(50, 0, 470_000, 0, -50, 2.95e6), 60, 80)


@pytest.fixture
def maps(tmp_path):
    rng = np.random.default_rng(1)
    before, after = rng.integers(1, 4, (2, 60, 80)).astype(float)
    before[0, :5] = np.nan
    return write_map(tmp_path / "a.tif", before, GRID), write_map(tmp_path / "b.tif", after, GRID), before, after  # fmt: skip


def zones(*boxes):
    return gpd.GeoDataFrame({"name": [f"z{k}" for k in range(len(boxes))]}, geometry=[shapely.box(*b) for b in boxes], crs=4543).to_crs(4490)  # fmt: skip


def test_zones_that_share_the_land_hold_the_matrix_of_the_whole(maps, monkeypatch):
    before, after, one, other = maps
    west, south, east, north = GRID.bounds
    halves = zones((west, south, 471_217, north), (471_217, south, east, north))
    monkeypatch.setattr(sources, "BLOCK_SIDES", (64,))
    found = transition_areas(before, after, halves)
    both = {k: found[0].get(k, 0) + found[1].get(k, 0) for k in found[0] | found[1]}
    wanted = transition_matrix(one, other, [1, 2, 3], 2500.0) / 1e4
    np.testing.assert_allclose(as_matrix(both)[1], wanted, rtol=2e-3)
    assert sum(found[0].values()) < areas_ha(halves.geometry)[0]  # nodata counts nowhere


def test_the_command_writes_transitions_changes_and_indices(maps, tmp_path):
    before, after, *_ = maps
    zones((471_000, 2_948_000, 472_000, 2_949_000)).to_file(tmp_path / "z.gpkg", engine="pyogrio")
    call = [str(before), str(after), str(tmp_path / "z.gpkg"), "--years", "5", "--out", str(tmp_path / "o")]  # fmt: skip
    done = CliRunner().invoke(command, call, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "o" / "transition.csv")
    assert table.groupby("from")["out_percent"].sum().tolist() == pytest.approx([100] * 3)
    assert table["area_ha"].sum() == pytest.approx(100, rel=1e-3)
    change = pd.read_csv(tmp_path / "o" / "change.csv").set_index("class")
    stay = table[table["from"] == table["to"]]["area_ha"].sum()
    assert change.loc["all", "change_percent"] == pytest.approx(100 - stay, abs=0.2)
    assert pd.read_csv(tmp_path / "o" / "landscape.csv")["map"].tolist() == ["before", "after"]


def test_maps_off_each_other_s_grid_are_refused(maps, tmp_path):
    other = write_map(tmp_path / "c.tif", np.ones((59, 80)), Grid(GRID.crs, GRID.transform, 59, 80))
    with pytest.raises(GridMismatch, match="59 x 80"):
        transition_areas(maps[0], other, zones((471_000, 2_948_000, 472_000, 2_949_000)))
