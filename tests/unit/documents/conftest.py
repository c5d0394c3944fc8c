"""The law's text beside the checkout, and the sample table, for the document tests."""

import os
import re
import unicodedata
from pathlib import Path

import pytest
import sample

ROOT = Path(__file__).parents[3]
LAW = "documents/mee-2020-703-supervision-pilot.txt"


def plain(words: str) -> str:
    """Words without typesetting: full and half width alike, no spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", words))


@pytest.fixture(scope="session")
def law() -> str:
    """环办生态函〔2020〕703号 as text; without it beside the checkout the test skips."""
    shared = Path(os.environ.get("ECOREDLINE_SHARED", ROOT.parent / "shared"))
    path = shared / LAW
    if not path.is_file():
        pytest.skip(f"{shared.name}/{LAW} is not beside the checkout")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def patches():
    """Twenty-eight patches; tests do not change it."""
    return sample.patches(28)
