"""What every test may use: the real data beside the checkout, and the cast of a small scene."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
settings.register_profile("house", deadline=None)  # no test is timed
settings.load_profile("house")
SHARED = Path(os.environ.get("ECOREDLINE_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data for tests; absent on most machines, and then the test says so and skips."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip(f"the real data folder {SHARED.name}/data is not beside the checkout")
    return data


@pytest.fixture(scope="session")
def small_scene(tmp_path_factory) -> dict[str, Path]:
    """A simulated scene of 2 km a side with its truth; one for each test process."""
    from ecoredline.simulate import simulate

    return simulate(tmp_path_factory.mktemp("scene"), rows=1000, cols=1000, seed=7)


@pytest.fixture(scope="session")
def small_run(small_scene, tmp_path_factory) -> Path:
    """The finished run folder of the small scene, made by the main job itself."""
    from ecoredline.pipeline import find_patches

    layers = {k: small_scene[k] for k in ("redline", "protected_areas", "divisions", "places")}
    out = tmp_path_factory.mktemp("run") / "out"
    return find_patches(small_scene["before"], small_scene["after"], out=out, **layers)


def pytest_terminal_summary(terminalreporter):
    """Print the accuracy measured on real pairs, whichever process measured it."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "accuracy" and report.when == "call"
    ]
    if rows:
        terminalreporter.section("accuracy on real pairs")
        for row in sorted(rows):
            terminalreporter.write_line(row)
