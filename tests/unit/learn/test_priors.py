"""Priors: rates by cell drawn towards the wider one, and known places that are not looked at twice."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from ecoredline.errors import InputError, SourceError
from ecoredline.grid import STORAGE_CRS
from ecoredline.learn import FEATURES
from ecoredline.learn.priors import (
    CLOSED,
    LAWFUL,
    LEVELS,
    WEIGHT,
    cells,
    known_places,
    learn_priors,
    load_priors,
    save_priors,
)

NOTHING = known_places([], [])
CROP, QUARRY = ("vegetation>open", "far", "GF-2", "gated"), ("open>open", "same", "GF-2", "gated")


def judged(*groups):
    rows = [(*cell, truth) for cell, true, false in groups for truth in [1] * true + [0] * false]
    return pd.DataFrame(rows, columns=[*LEVELS, "truth"])


def cell(values):
    return dict(zip(LEVELS, values, strict=True))


def test_a_rate_is_the_direct_sum_of_beta_smoothing_from_wide_to_narrow():
    priors = learn_priors(judged((CROP, 2, 38), (QUARRY, 30, 10)), NOTHING, [])
    expected = (32 + 1) / (80 + 2)
    for _ in LEVELS:
        expected = (2 + WEIGHT * expected) / (40 + WEIGHT)
    assert priors.rate(cell(CROP)) == (pytest.approx(expected), 40)
    other_sensor = cell((*CROP[:2], "ZY-3", "gated"))
    rate, verdicts = priors.rate(other_sensor)
    assert verdicts == 0
    assert expected < rate < 0.2, "an unknown sensor says what its cover and season say"


def test_like_patches_that_were_dismissed_sink_and_confidence_still_orders_within_a_cell():
    priors = learn_priors(judged((CROP, 2, 38), (QUARRY, 30, 10)), NOTHING, [])
    table = pd.DataFrame([CROP, QUARRY, QUARRY], columns=LEVELS)
    ranked = priors.rank(table, np.array([0.7, 0.5, 0.6]))
    assert ranked["probability"].rank(ascending=False).tolist() == [3, 2, 1]
    assert ranked["probability"].between(0, 1).all()


def test_covers_are_told_from_the_features_of_a_run():
    values = dict.fromkeys(FEATURES, 0.1) | {
        "ndvi_before": 0.7,
        "ndwi_before": -0.5,
        "ndwi_after": 0.4,
        "nir_after": 0.03,
    }
    features = pd.DataFrame([values, dict.fromkeys(FEATURES, np.nan)])
    found = cells(features, "S2", "gated", "2023-05-01", "2024-05-10")
    assert found["cover"].tolist() == ["vegetation>water", "unknown>unknown"]
    assert found["season"].tolist() == ["same", "same"]


def patches(*shapes, after_on="2025-06-01"):
    return gpd.GeoDataFrame(
        {"after_on": [after_on] * len(shapes)}, geometry=list(shapes), crs=STORAGE_CRS
    )


def test_a_lawful_place_is_known_until_it_ends_and_growth_is_looked_at_again():
    place = box(101.7, 26.5, 101.71, 26.51)
    small, grown = box(101.702, 26.502, 101.708, 26.508), box(101.7, 26.5, 101.72, 26.51)
    priors = learn_priors(
        judged((QUARRY, 1, 1)), known_places([(LAWFUL, "P1", "2026-01-01")], [place]), []
    )
    reason, words = priors.known(patches(small, grown))
    assert reason.tolist() == [LAWFUL, ""]
    assert words[0] == "与已知合法地块 P1 重合"
    assert priors.known(patches(small, after_on="2026-02-01"))[0].tolist() == [""]


def test_a_closed_place_hides_nothing_that_changed_after_its_closing():
    place = box(101.7, 26.5, 101.71, 26.51)
    known = known_places([(CLOSED, "P1", "2025-03-01"), (CLOSED, "P2", "")], [place, place])
    priors = learn_priors(judged((QUARRY, 1, 1)), known, [])
    assert priors.known(patches(place, after_on="2025-02-01"))[0].tolist() == [CLOSED]
    assert priors.known(patches(place, after_on="2025-04-01"))[0].tolist() == [""]
    assert priors.known(patches(place, after_on=""))[0].tolist() == [""]


def test_a_file_gives_back_what_was_saved_and_other_files_are_refused(tmp_path):
    place = box(101.7, 26.5, 101.71, 26.51)
    priors = learn_priors(
        judged((CROP, 2, 5)), known_places([(LAWFUL, "P1", "")], [place]), ["run: ab"]
    )
    again = load_priors(save_priors(priors, tmp_path / "p.json"))
    assert again.counts == priors.counts
    assert again.card == priors.card
    assert again.places.geometry.iloc[0].equals_exact(place, 1e-8)
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(SourceError, match="wanted a file of learn-priors"):
        load_priors(tmp_path / "x.json")
    with pytest.raises(InputError, match="no verdicts"):
        learn_priors(judged(), NOTHING, [])
