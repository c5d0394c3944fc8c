import pytest
from affine import Affine
from pyproj import CRS, Geod

from ecoredline.errors import GridMismatch
from ecoredline.grid import Grid


def degrees_grid(lat: float) -> Grid:
    return Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 106.0, 0, -1e-4, lat), 10, 10)


@pytest.mark.parametrize("lat", [0.01, 29.4, 60.0])
def test_ground_size_of_a_pixel_in_degrees_agrees_with_geodesics(lat):
    grid = degrees_grid(lat)
    middle = lat - 5e-4
    oracle = Geod(ellps="GRS80").line_length([106.0005, 106.0006], [middle, middle])
    assert grid.pixel_m[0] == pytest.approx(oracle, rel=1e-5)


def test_web_mercator_pixels_are_measured_on_the_ground():
    grid = Grid(CRS.from_epsg(3857), Affine(10, 0, 11.3e6, 0, -10, 3.08e6), 100, 100)
    assert grid.pixel_m[0] == pytest.approx(10 * 0.896, rel=0.01)


def test_a_window_outside_the_grid_is_refused():
    with pytest.raises(GridMismatch, match="the grid has 10 x 10"):
        degrees_grid(30).window(5, 5, 6, 1)


def test_a_window_keeps_the_lattice():
    grid = degrees_grid(30)
    assert grid.window(2, 3, 4, 5).transform * (0, 0) == grid.transform * (3, 2)


def test_a_grid_shifted_by_a_pixel_is_another_grid():
    grid = degrees_grid(30)
    moved = Grid(grid.crs, grid.transform * Affine.translation(1, 0), 10, 10)
    assert grid.same_as(grid)
    assert not grid.same_as(moved)


def test_an_empty_grid_is_refused():
    with pytest.raises(GridMismatch, match="0 x 3"):
        Grid(CRS.from_epsg(4490), Affine.identity(), 0, 3)
