"""Shape measures against figures worked out by hand."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from ecoredline.patches.shape import SHAPE_COLUMNS, elongation, measure_shapes, rectangularity


@settings(max_examples=50, deadline=None)
@given(st.floats(2, 200), st.floats(2, 200), st.floats(0, 90))
def test_a_turned_rectangle_has_its_own_sides(width, height, angle):
    found = measure_shapes([affinity.rotate(shapely.box(0, 0, width, height), angle)]).iloc[0]
    long, short = max(width, height), min(width, height)
    assert found["elongation"] == pytest.approx(long / short, rel=0.12)
    assert found["length_m"] == pytest.approx(long, rel=0.01)
    assert found["mean_width_m"] == pytest.approx(short, rel=0.01)
    assert found["rectangularity"] == pytest.approx(1, abs=1e-6)


def test_a_disc_is_compact_and_not_elongated():
    found = measure_shapes([shapely.Point(5, 5).buffer(30, 64)]).iloc[0]
    assert found["compactness"] == pytest.approx(1, abs=0.01)
    assert found["elongation"] == pytest.approx(1, abs=0.05)
    assert found["rectangularity"] == pytest.approx(np.pi / 4, rel=0.01)


def test_a_winding_road_is_long_though_the_box_around_it_is_square():
    x = np.linspace(0, 4 * np.pi, 200)
    road = shapely.LineString(np.column_stack([30 * x, 150 * np.sin(x)])).buffer(
        4, cap_style="flat"
    )
    long = road.area / 8
    assert elongation([road])[0] == pytest.approx(long / 8, rel=0.15)
    assert measure_shapes([road])["mean_width_m"][0] == pytest.approx(8, rel=0.05)


def test_a_ragged_blob_is_not_taken_for_a_strip():
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radius = np.where(np.arange(120) % 2, 50, 42)
    blob = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    assert elongation([blob])[0] < 1.5


def test_pieces_are_counted_and_an_l_shape_fills_three_quarters_of_its_box():
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(3, 0, 4, 1)])
    assert measure_shapes([two])["pieces"].tolist() == [2]
    corner = shapely.box(0, 0, 2, 2) - shapely.box(1, 1, 2, 2)
    assert rectangularity([corner])[0] == pytest.approx(0.75)


def test_no_patches_give_an_empty_table_with_all_columns():
    assert list(measure_shapes([]).columns) == list(SHAPE_COLUMNS)
