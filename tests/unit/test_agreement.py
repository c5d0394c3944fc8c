import math

import numpy as np
import pytest

from ecoredline.patches.agreement import agreement

TABLES = ([[20, 5], [10, 15]], [[118, 5], [2, 40]], [[30, 4, 1], [3, 25, 6], [0, 2, 29]])


def jackknife(table) -> float:
    """The standard error of kappa by leaving out one thing at a time: an independent way."""
    table = np.array(table, float)
    n, values, weights = table.sum(), [], []
    for cell in np.ndindex(table.shape):
        if table[cell]:
            less = table.copy()
            less[cell] -= 1
            values.append(agreement(less).kappa)
            weights.append(table[cell])
    values, weights = np.array(values), np.array(weights)
    mean = (values * weights).sum() / n
    return math.sqrt((n - 1) / n * (weights * (values - mean) ** 2).sum())


def test_kappa_of_the_textbook_example():
    # Cohen's kappa of 20, 5, 10, 15 is 0.4: 35 of 50 agree, half would by chance
    found = agreement(TABLES[0])
    assert (found.count, found.share) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4, abs=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_the_interval_is_what_leaving_one_out_gives(table):
    found = agreement(table)
    half = 1.959963984540054 * jackknife(table)
    # an upper end cut at 1 says nothing about the width
    assert found.kappa - found.low == pytest.approx(half, rel=0.04)


def test_nothing_judged_and_one_word_only_have_no_kappa():
    assert math.isnan(agreement([[0, 0], [0, 0]]).share)
    same = agreement([[9, 0], [0, 0]])
    assert same.share == 1
    assert math.isnan(same.kappa)
    with pytest.raises(ValueError, match="square"):
        agreement([[1, 2]])
