import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.simulate.dates import AFTER, BEFORE, look
from ecoredline.simulate.materials import MATERIALS, NAMES, material_table
from ecoredline.simulate.outlines import blob, merged, rectangle, strip, wavy
from ecoredline.simulate.paint import (
    Piece,
    edges_of,
    near_shapes,
    paint,
    shadow_outline,
    shapes_of,
    within,
)

NO_CLOUDS = np.empty((0, 5))
LOOK = look(AFTER, (), snow_lines=(9e3, 9e3), scale=1.0, clouds=NO_CLOUDS)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(50, 1e5), st.floats(1, 4), st.floats(0, 0.5))
def test_a_blob_has_the_area_asked_for_and_is_one_valid_ring(seed, area, aspect, rough):
    shape = blob(np.random.default_rng(seed), area, aspect=aspect, rough=rough)
    assert shape.is_valid
    assert shape.area == pytest.approx(area, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-60, 60), st.floats(-60, 60))
def test_the_painter_agrees_with_shapely_on_what_is_inside(seed, x, y):
    rng = np.random.default_rng(seed)
    shape = blob(rng, 6000.0, rough=0.4).difference(blob(rng, 900.0))
    shape = shape.union(shapely.box(50, 50, 70, 70))
    edges, counts = edges_of(np.array([shape], dtype=object))
    assert counts.tolist() == [len(edges)]
    if shape.boundary.distance(shapely.Point(x, y)) > 1e-6:
        assert within(x, y, edges, 0, len(edges)) == shapely.contains_xy(shape, x, y)


def test_a_strip_covers_its_line_with_the_width_asked_for():
    line = np.array([[0.0, 0], [50, 0], [90, 30], [90, 80]])
    band = shapely.union_all(strip(line, 8.0))
    # oracle: shapely's own buffer with flat ends and round joints
    buffered = shapely.LineString(line).buffer(4.0, cap_style="flat", quad_segs=16)
    assert band.symmetric_difference(buffered).area < 0.01 * buffered.area


def test_merging_closes_specks_and_keeps_real_holes():
    ring = shapely.box(0, 0, 40, 40).difference(shapely.box(10, 10, 20, 20))
    speck = ring.difference(shapely.box(30, 30, 30.5, 30.5))
    assert merged([speck]).area == pytest.approx(40 * 40 - 100)


def test_wiggles_vanish_at_both_ends():
    line = wavy(np.random.default_rng(3), 61, 10.0)
    assert line[0] == 0.0
    assert line[-1] == pytest.approx(0.0, abs=1e-9)
    assert np.abs(line).max() <= 10.0


def test_a_building_shadow_has_the_length_and_direction_of_the_sun():
    # sun at 45 degrees in the south (y grows to the south): a 10 m wall throws 10 m to the north
    sun = LOOK._replace(sun_x=0.0, sun_y=math.sqrt(0.5), sun_z=math.sqrt(0.5))
    shade = shadow_outline(Piece("shadow", rectangle(20, 20), height_m=10.0), sun)
    assert shade.bounds == pytest.approx((-10, -20, 10, 10))


def test_only_what_was_always_there_is_painted_before():
    pieces = [
        Piece("yard", rectangle(5, 5)),
        Piece("dam", rectangle(9, 9), always=True),
        Piece("soil", shapely.Polygon(), always=True),
    ]
    before = shapes_of(pieces, LOOK._replace(index=BEFORE))
    assert [NAMES[k] for k in before.material] == ["dam"]
    assert len(shapes_of(pieces, LOOK).material) == 2
    assert len(shapes_of([], LOOK).material) == 0


def test_painting_fills_the_pixels_whose_middles_lie_inside_and_no_other():
    pieces = [Piece("yard", blob(np.random.default_rng(4), 900.0, rough=0.3))]
    pieces = [Piece("yard", shapely.transform(p.geometry, lambda at: at + 40.0)) for p in pieces]
    cols, rows = np.meshgrid((np.arange(40) + 0.5) * 2, (np.arange(40) + 0.5) * 2)
    surface, shade = np.zeros((4, 40, 40), np.float32), np.full((40, 40), 0.5, np.float32)
    shapes = shapes_of(pieces, LOOK)
    paint(surface, shade, cols, rows, 0, 0, 2.0, shapes, material_table(), 1)
    expected = shapely.contains_xy(pieces[0].geometry, cols, rows)
    assert np.array_equal(surface[0] > 0, expected)
    assert np.array_equal(shade == 1.0, expected)  # a yard is level: full light
    colour = np.array(MATERIALS["yard"].colour)
    assert surface[:, expected].mean(axis=1) == pytest.approx(colour, rel=0.1)


def test_shapes_far_from_a_window_are_left_out():
    pieces = [Piece("yard", shapely.box(x, 0, x + 5, 5)) for x in (0, 100, 200)]
    kept = near_shapes(shapes_of(pieces, LOOK), (90.0, 0.0, 120.0, 10.0), 3.0)
    assert kept.boxes[:, 0].tolist() == [100.0]
    assert len(kept.edges) == 4
    assert kept.start.tolist() == [0, 4]
