import numpy as np
import pytest
from scipy import ndimage

from ecoredline.ecosystem import landscape
from ecoredline.errors import InputError

# pylandstats 3.1.0 on the map below, cells of 30 m (its LSI and SHAPE use another smallest edge,
# its SHDI the classes of adjacent cells, so those are checked by hand)
PYLANDSTATS = {"np": 56, "pd": 31.11111111111111, "lpi": 32.85, "ed": 139.0, "area_mn": 3.214285714285715}  # fmt: skip
PYLANDSTATS_WITH_HOLE = {"np": 54, "lpi": 34.9468085106383, "ed": 140.4255319148936}
PYLANDSTATS_CLASSES = {1.0: (1, 0.5, 0.09), 2.0: (30, 132.833333, 2.85), 3.0: (19, 138.333333, 4.874211), 4.0: (6, 6.333333, 0.3)}  # fmt: skip
PYLANDSTATS_CONTAGION = 53.77


@pytest.fixture
def mosaic():
    rng = np.random.default_rng(4)
    return ndimage.median_filter(rng.integers(1, 5, (40, 50)), 5).astype(float)


def test_indices_are_those_of_pylandstats(mosaic):
    found = landscape.landscape_indices(mosaic, 30, 30)
    assert {k: found[k] for k in PYLANDSTATS} == pytest.approx(PYLANDSTATS)
    assert found["contag"] == pytest.approx(PYLANDSTATS_CONTAGION, rel=0.005)
    mosaic[:10, :12] = np.nan
    found = landscape.landscape_indices(mosaic, 30, 30)
    assert {k: found[k] for k in PYLANDSTATS_WITH_HOLE} == pytest.approx(PYLANDSTATS_WITH_HOLE)


def test_class_indices_are_those_of_pylandstats(mosaic):
    found = landscape.class_indices(mosaic, 30, 30)
    assert {c: (r["np"], r["ed"], r["area_mn"]) for c, r in found.items()} == {
        c: pytest.approx(row, rel=1e-6) for c, row in PYLANDSTATS_CLASSES.items()
    }
    assert sum(r["share"] for r in found.values()) == pytest.approx(100)


def test_by_hand_on_two_halves():
    """20 × 10 cells of 10 m, left half 1, right half 2: one edge of 100 m across."""
    halves = np.repeat([[1.0, 2.0]], 10, axis=0).repeat(10, axis=1)
    found = landscape.landscape_indices(halves, 10, 10)
    assert found["ed"] == pytest.approx(100 / 2.0)
    assert found["lsi"] == pytest.approx(0.25 * (100 + 600) / np.sqrt(20_000))
    assert found["shape_mn"] == 1.0
    assert (found["shdi"], found["shei"]) == pytest.approx((np.log(2), 1.0))
    like, unlike = 360 / 370, 10 / 370  # sides of each class, pairs counted from both sides
    inner = 2 * sum(p * np.log(p) for p in (like / 2, unlike / 2))
    assert found["contag"] == pytest.approx((1 + inner / (2 * np.log(2))) * 100)


def test_wide_cells_count_their_own_sides():
    patches = landscape.patches_of([[1, 2.0]], 30, 10)
    assert patches.patch_perimeter.tolist() == [80.0, 80.0]
    assert (patches.edge_m.tolist(), patches.outline_m) == ([10.0, 10.0], 140.0)


def test_turning_and_renaming_change_nothing_and_the_map_stays(mosaic):
    before = mosaic.copy()
    found = landscape.landscape_indices(mosaic, 30, 30)
    turned = landscape.landscape_indices(np.rot90(mosaic), 30, 30)
    renamed = landscape.landscape_indices(90.0 - mosaic, 30, 30)
    assert turned == pytest.approx(found) and renamed == pytest.approx(found)
    assert (mosaic == before).all()


def test_one_class_has_no_evenness_and_an_empty_map_is_refused():
    found = landscape.landscape_indices(np.ones((3, 3)), 30, 30)
    assert np.isnan(found["shei"]) and np.isnan(found["contag"]) and found["shdi"] == 0
    with pytest.raises(InputError, match="no valid cell"):
        landscape.landscape_indices(np.full((3, 3), np.nan), 30, 30)
