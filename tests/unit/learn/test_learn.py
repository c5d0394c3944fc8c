"""The ranker: figures from unseen places only, a file without code, and no use unless approved."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecoredline.errors import InputError, NotEnoughData, SourceError
from ecoredline.learn import FEATURES, approve, load_model, save_model, train
from ecoredline.learn.measure import average_precision, isotonic
from ecoredline.learn.samples import read_verdicts


def samples(places: int, size: int, signal: float, seed: int = 3) -> pd.DataFrame:
    """Noise features; truth follows `ndvi_change`, which no default ranking looks at."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.normal(size=(places * size, len(FEATURES))), columns=list(FEATURES))
    chance = 1 / (1 + np.exp(-signal * table["ndvi_change"]))
    table["truth"] = (random.random(len(table)) < chance).astype(int)
    table["place"] = table["scene"] = np.repeat([f"p{k}" for k in range(places)], size)
    table["sensor"] = "GF-2"
    return table


@pytest.fixture(scope="module")
def good():
    return train(samples(10, 60, 3.0))


def test_a_model_that_sees_more_than_the_default_may_be_approved_and_ranks(good, tmp_path):
    model = approve(good, "李四", on="2026-11-22")
    path = save_model(model, tmp_path / "model.json")
    again = load_model(path)
    fresh = samples(1, 400, 3.0, seed=8)
    ranked = again.rank(fresh, "GF-2")
    assert average_precision(ranked["score"].to_numpy(), fresh["truth"].to_numpy()) > 0.8
    told = ranked["probability"].to_numpy()
    assert abs(told.mean() - fresh["truth"].mean()) < 0.06, "calibrated"
    assert set(ranked["level"]) <= {"high", "medium", "low"}
    assert "植被指数变化" in ranked["reasons"].iloc[0][0]
    assert again.approved == {"by": "李四", "on": "2026-11-22"}


def test_a_model_without_a_gain_is_not_switched_on():
    model = train(samples(9, 60, 0.0))
    low = model.card["held_out"]["ap_gain_interval"][0]
    assert low <= 0
    with pytest.raises(InputError, match="not wholly above 0"):
        approve(model, "李四")


def test_few_verdicts_are_said_with_all_other_faults():
    with pytest.raises(InputError, match=r"no name.*240 verdicts; wanted 500; 4 places; wanted 8"):
        approve(train(samples(4, 60, 3.0)), " ")


def test_an_unapproved_model_and_another_sensor_are_refused(good):
    table = samples(1, 10, 1.0)
    with pytest.raises(InputError, match="nobody approved"):
        good.rank(table, "GF-2")
    with pytest.raises(InputError, match="a model for GF-2 and images of Sentinel-2"):
        approve(good, "李四").rank(table, "Sentinel-2")


def test_a_model_changed_by_hand_is_not_read(good, tmp_path):
    path = save_model(good, tmp_path / "model.json")
    data = json.loads(path.read_text("utf-8"))
    data["card"]["held_out"]["ap_gain_interval"] = [0.5, 0.6]
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(SourceError, match="changed after training"):
        load_model(path)


def test_places_are_held_out_whole(good):
    """Truth that is known by the place alone cannot be learnt from other places."""
    table = samples(8, 60, 0.0, seed=4)
    table["truth"] = table["place"].isin(["p0", "p2", "p4", "p6"]).astype(int)
    table["ndvi_after"] = table["place"].str[1:].astype(float)
    held = train(table).card["held_out"]
    assert held["ap"] < 0.65


def test_too_few_places_are_refused_in_figures():
    with pytest.raises(NotEnoughData, match="2 places; wanted 20 of each kind and 3 places"):
        train(samples(2, 60, 1.0))


def test_isotonic_is_the_best_increasing_fit():
    random = np.random.default_rng(1)
    score = random.random(200)
    truth = (random.random(200) < score).astype(int)
    xs, ys = isotonic(score, truth)
    assert (np.diff(ys) >= 0).all()
    fitted = np.interp(score, xs, ys)
    assert fitted.mean() == pytest.approx(truth.mean(), abs=1e-9)
    grid = np.sort(score)
    for bend in (grid, grid**2, np.sqrt(grid), np.full(200, truth.mean())):
        other = np.interp(score, grid, bend)
        assert ((fitted - truth) ** 2).sum() <= ((other - truth) ** 2).sum() + 1e-9


def test_verdicts_with_faults_are_refused_row_by_row(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("patch_id,verdict\na,属实\nb,也许\na,不属实\nc,\n", "utf-8")
    with pytest.raises(InputError, match=r"row 3: '也许'; row 4: a comes twice"):
        read_verdicts(path)
    path.write_text("patch_id,verdict\na,属实\nb,不属实\nc,\n", "utf-8")
    assert read_verdicts(path)["truth"].to_dict() == {"a": 1, "b": 0}


def test_the_same_samples_give_the_same_model(good):
    again = train(samples(10, 60, 3.0))
    assert replace(again, card={}) == replace(good, card={})
