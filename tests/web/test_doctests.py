"""The examples in the platform's docstrings, which need Django to be set up."""

import doctest
import importlib
import pkgutil

import pytest

from ecoredline import web

MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(web.__path__, "ecoredline.web.")
    if not name.endswith(("wsgi", "settings")) and ".migrations" not in name
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    tests = [t for n in MODULES for t in finder.find(importlib.import_module(n)) if t.examples]
    assert len(tests) >= 6
