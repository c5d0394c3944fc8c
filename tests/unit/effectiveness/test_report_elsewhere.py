"""The same inputs on another day, in another time zone, in another process: the same bytes."""

import os
import subprocess
import sys

import pytest
from test_report_figures import given, run  # noqa: F401  (a fixture)

# two years on, with other salts of strings: what openpyxl, python-docx and zipfile ask for the time
DCTERMS = "http://purl.org/dc/terms/"
ELSEWHERE = """
import datetime, sys, time, types
from pathlib import Path
import docx.opc.parts.coreprops as words
import openpyxl.packaging.core as core
import openpyxl.writer.excel as excel
from ecoredline.effectiveness import assess

LATER = 2 * 365.25 * 86_400
now, local = time.time, time.localtime
time.time = lambda: now() + LATER
time.localtime = lambda s=None: local(now() + LATER if s is None else s)
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.now(tz) + datetime.timedelta(seconds=LATER)
changed = types.SimpleNamespace(**vars(datetime) | {"datetime": Later})
core.datetime = excel.datetime = changed
words.dt = changed
given = Path(sys.argv[1])
assess("demo", given / "numbers.csv", 2023, given / "later", compare_year=2022, draws=50, outlines=given / "outlines.geojson")
"""


@pytest.fixture
def other_prefixes():
    """Another library of the process gives the namespace of core properties a prefix of its own."""
    from lxml import etree

    etree.register_namespace("dct", DCTERMS)
    yield
    etree.register_namespace("dcterms", DCTERMS)


def test_a_rerun_elsewhere_and_later_gives_the_same_bytes(given, other_prefixes):  # noqa: F811
    here = run(given, "a")
    there = os.environ | {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "77", "MALLOC_PERTURB_": "85"}
    there |= {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", ELSEWHERE, str(given)], env=there, check=True, timeout=300)  # fmt: skip
    for name in ("report.docx", "evaluation.json", "scores.csv"):
        assert (here / name).read_bytes() == (given / "later" / name).read_bytes(), name
