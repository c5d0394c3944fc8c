import pytest

from ecoredline.simulate import simulate_arrays
from ecoredline.simulate.scene import make_plan


@pytest.fixture(scope="session")
def calm_plan():
    """A small scene in which nothing but the activities differs between the dates."""
    return make_plan(400, 400, 2.0, 7, ())


@pytest.fixture(scope="session")
def calm_arrays():
    return simulate_arrays(400, 400, 7, ())


@pytest.fixture(scope="session")
def full_plan():
    """A small scene with every nuisance."""
    from ecoredline.simulate import ALL_NUISANCES

    return make_plan(400, 400, 2.0, 7, ALL_NUISANCES)
