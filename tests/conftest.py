"""What every test may use: the real data beside the checkout, and the cast of a small scene."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ECOREDLINE_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data for tests; absent on most machines, and then the test says so and skips."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip(f"the real data folder {SHARED.name}/data is not beside the checkout")
    return data
