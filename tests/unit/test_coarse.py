"""Coarse cells: nothing finer than the grid, against counting cells by hand."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.boundary.coarse import CoarseGrid, coarse
from ecoredline.errors import InputError

STEPS = st.sampled_from([0.01, 0.02, 0.05, 0.1])
PLACES = st.tuples(st.floats(101.0, 102.0, allow_nan=False), st.floats(26.0, 27.0, allow_nan=False))


@settings(max_examples=40, deadline=None)
@given(st.lists(PLACES, min_size=3, max_size=12), STEPS)
def test_every_vertex_is_a_corner_of_the_grid_and_counties_share_no_cell(places, step):
    area = shapely.convex_hull(shapely.MultiPoint(places)).buffer(step / 3)
    west, south, east, north = area.buffer(0.1).bounds
    middle = (west + east) / 2
    counties = {"a": shapely.box(west, south, middle, north), "b": shapely.box(middle, south, east, north)}  # fmt: skip
    found = coarse(
        {code: area.intersection(shape) for code, shape in counties.items()}, counties, step
    )
    for inside, county in found.values():
        corners = shapely.get_coordinates([inside, county]) / step
        assert np.abs(corners - np.rint(corners)).max(initial=0) < 1e-6
        assert inside.difference(county.buffer(1e-9)).area == pytest.approx(0, abs=1e-12)
    assert found["a"][1].intersection(found["b"][1]).area == pytest.approx(0, abs=1e-12)


def test_a_cell_is_shown_when_half_of_it_is_covered():
    county = shapely.box(101.0, 26.0, 101.1, 26.1)
    area = shapely.box(101.0, 26.0, 101.0365, 26.05)  # 3 whole columns and 65 % of the fourth
    ((inside, whole),) = coarse({"c": area}, {"c": county}, 0.01).values()
    assert inside.bounds == pytest.approx((101.0, 26.0, 101.04, 26.05))
    assert (round(inside.area / 1e-4), round(whole.area / 1e-4)) == (20, 100)
    small = shapely.box(101.031, 26.031, 101.036, 26.036)  # a quarter of a cell
    assert coarse({"c": small}, {"c": county}, 0.01)["c"][0].is_empty


def test_two_shapes_with_the_same_cells_cannot_be_told_apart():
    county = shapely.box(101.0, 26.0, 101.1, 26.1)
    wiggly = shapely.box(101.02, 26.02, 101.06, 26.06).buffer(0.0011, quad_segs=5)
    plain = shapely.box(101.02, 26.02, 101.06, 26.06)
    assert coarse({"c": wiggly}, {"c": county}, 0.01) == coarse({"c": plain}, {"c": county}, 0.01)


@pytest.mark.parametrize("step", [0, -1, 2, 1e-5])
def test_a_grid_that_cannot_be_is_refused(step):
    with pytest.raises(InputError):
        CoarseGrid(step, (101.0, 26.0, 102.0, 27.0))
