"""The demo landscape with its truth, made from a seed. Everything it makes says 演示合成数据.

`simulate` writes a scene into a folder, `simulate_arrays` gives a small one to a test,
`read_truth` reads back what truly happened.
"""

from ecoredline.simulate.dates import ALL_NUISANCES
from ecoredline.simulate.ecology import demo_ecology
from ecoredline.simulate.later import LATER_ON, later_image
from ecoredline.simulate.making import DEFAULT_SEED, simulate, simulate_arrays
from ecoredline.simulate.truth import read_truth

__all__ = [
    "ALL_NUISANCES",
    "DEFAULT_SEED",
    "LATER_ON",
    "demo_ecology",
    "later_image",
    "read_truth",
    "simulate",
    "simulate_arrays",
]
