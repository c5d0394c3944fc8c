"""The whole chain on a real watershed: DEM → LS → soil kept → numbers of the watershed → candidate redline."""

import json

import geopandas as gpd
import numpy as np
import pytest
from rasterio.features import geometry_mask
from youwuzhen_ground import SAID

from ecoredline.delineation import delineate, read_config
from ecoredline.formula_rasters import run_formula
from ecoredline.raster.layers import read_map, write_map
from ecoredline.terrain import derive_terrain
from ecoredline.vector import read_layer
from ecoredline.zonal import zonal_numbers

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def chain(shared_data, tmp_path_factory):
    """Maps of the watershed, made by the library alone, on the grid of InVEST's inputs."""
    out = tmp_path_factory.mktemp("youwuzhen")
    inputs = shared_data / "invest-youwuzhen" / "inputs"
    lulc, grid = read_map(inputs / "lulc.tif", said=SAID)
    dem, whole = read_map(
        shared_data / "youwuzhen-watershed" / "spatial" / "ywzdem30m.tif", said=SAID
    )
    row = round((whole.transform.f - grid.transform.f) / 30)
    write_map(out / "dem.tif", dem[row : row + grid.rows, : grid.cols], grid)
    derive_terrain(out / "dem.tif", out / "terrain")
    ls, ground = read_map(out / "terrain" / "ls.tif")
    land = np.where(np.isnan(lulc[: ls.shape[0], : ls.shape[1]]), np.nan, ls)
    write_map(out / "ls.tif", land, ground)
    for name in ("erosivity", "erodibility"):
        values, _ = read_map(inputs / f"{name}.tif", said=SAID)
        write_map(out / f"{name}.tif", values[: ls.shape[0], : ls.shape[1]], ground)
    given = {"erosivity": out / "erosivity.tif", "erodibility": out / "erodibility.tif", "slope_length": out / "ls.tif", "steepness": "1", "cover": "0.05"}  # fmt: skip
    run_formula("soil_retention", {k: str(v) for k, v in given.items()}, out / "kept.tif", clamped=["slope_length"])  # fmt: skip
    slope, _ = read_map(out / "terrain" / "slope.tif")
    write_map(out / "steep.tif", np.where(slope > 25, 5.0, 1.0), ground)
    return out


def test_numbers_of_the_watershed_are_those_of_its_cells(shared_data, chain):
    watershed = read_layer(
        shared_data / "invest-youwuzhen" / "inputs" / "watershed.shp", crs=SAID
    ).frame
    table = zonal_numbers(chain / "kept.tif", watershed)
    values, grid = read_map(chain / "kept.tif")
    shapes = watershed.to_crs(grid.crs.to_wkt()).geometry
    inside = ~geometry_mask(shapes, values.shape, grid.transform)
    assert table["area_ha"].iloc[0] == pytest.approx(658, rel=0.01)
    assert table["mean"].iloc[0] == pytest.approx(np.nanmean(values[inside]), rel=0.01)
    assert table["total"].iloc[0] == pytest.approx(np.nansum(values[inside]) * 0.09, rel=0.01)


def test_a_candidate_holds_half_of_the_service_on_less_than_half_of_the_land(chain):
    (chain / "c.toml").write_text(
        '[[services]]\npath = "kept.tif"\nzh = "水土保持"\n[[sensitivities]]\npath = "steep.tif"\nzh = "水土流失"\nextreme = 5\n'
        '[parameters]\nsmallest_km2 = 0.01\nhole_km2 = 0.01\nmerge_m = 40\nplace = "游屋圳"\n',
        "utf-8",
    )
    delineate(read_config(chain / "c.toml"), chain / "out")
    package = chain / "out" / "delineation.gpkg"
    top = gpd.read_file(package, layer="01_important")
    candidate = gpd.read_file(package, layer="candidate")
    values, _ = read_map(chain / "kept.tif")
    land_ha = np.isfinite(values).sum() * 0.09
    kept = zonal_numbers(chain / "kept.tif", top.dissolve())["total"].iloc[0]
    assert kept == pytest.approx(0.5 * np.nansum(values) * 0.09, rel=0.02)
    assert top["area_ha"].sum() < 0.35 * land_ha
    assert 0.05 * land_ha < candidate["area_ha"].sum() < 0.6 * land_ha
    assert candidate["name"].str.startswith("游屋圳").all()
    record = json.loads((chain / "out" / "run.json").read_text("utf-8"))
    assert any("未核对" in w for w in record["warnings"])
