"""Pixel trees: the library's own sums, figures from unseen places, refusals, tiles as the whole."""

import json
from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from ecoredline.change import DetectionParameters, detect
from ecoredline.errors import InputError, NotEnoughData, SourceError
from ecoredline.learn import (
    LabelledPair,
    Place,
    approve_pixels,
    load_pixel_model,
    model_kind,
    place_of,
    read_pair,
    save_model,
    train_pixels,
)
from ecoredline.learn.pixel_features import DEFAULT_FEATURE, WITH_NIR, feature_names
from ecoredline.learn.pixel_model import tree_arrays, tree_sum
from ecoredline.learn.pixel_training import as_lists, held_figures
from ecoredline.raster import common_grid, open_scene

NAMES = feature_names(WITH_NIR)


def place(name: str, signal: float, seed: int, size: int = 1500, sensor: str = "GF-2") -> Place:
    """Noise features; truth follows the default's score and, by `signal`, NDVI."""
    random = np.random.default_rng(seed)

    def rows(n):
        x = random.normal(size=(n, len(NAMES))).astype(np.float32)
        odds = x[:, NAMES.index(DEFAULT_FEATURE)] + signal * x[:, NAMES.index("ndvi_change")] - 2
        return x, random.random(n) < 1 / (1 + np.exp(-odds))

    (x, truth), (even, even_truth) = rows(size), rows(2 * size)
    default = even[:, NAMES.index(DEFAULT_FEATURE)]
    return Place(name, sensor, WITH_NIR, 2.0, x, truth, even, even_truth, default)


@pytest.fixture(scope="module")
def good():
    return train_pixels([place(f"p{k}", 2.0, k) for k in range(8)])


def test_our_sum_of_trees_is_the_librarys_to_the_last_digits_it_prints():
    random = np.random.default_rng(5)
    x = random.normal(size=(3000, 6)).astype(np.float32).astype(float)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 9, "verbosity": -1}, lightgbm.Dataset(x, y), 40
    )
    ours = tree_arrays(as_lists(booster.dump_model()["tree_info"]))
    found = tree_sum(np.ascontiguousarray(x.T, np.float32), *ours)
    np.testing.assert_allclose(found, booster.predict(x, raw_score=True), atol=1e-4)


def test_a_model_that_sees_more_than_the_default_may_be_approved(good, tmp_path):
    held = good.card["held_out"]
    assert held["ap_gain_interval"][0] > 0.05
    assert good.thresholds[0] > good.thresholds[1] > 0
    path = save_model(approve_pixels(good, "李四", on="2026-11-22"), tmp_path / "m.json")
    assert model_kind(path) == "pixels"
    again = load_pixel_model(path)
    assert again.approved == {"by": "李四", "on": "2026-11-22"}
    assert replace(again, approved=None) == good
    data = json.loads(path.read_text("utf-8"))
    data["card"]["held_out"]["ap"] = 0.99
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(SourceError, match="changed after training"):
        load_pixel_model(path)


def test_gains_are_of_the_same_place_in_whatever_order_the_folds_came():
    places = [place(f"p{k}", 1.0, k) for k in range(6)]
    held = {p.name: p.even_default for p in reversed(places)}
    figures = held_figures(places, held)["held_out"]
    assert figures["f1_gain_interval"] == [0.0, 0.0], "the default against itself"
    assert figures["ap_gain_interval"] == [0.0, 0.0]


def test_probabilities_are_calibrated_on_places_not_seen(good):
    fresh = place("new", 2.0, 99, 20_000)
    trees = tree_arrays(good.trees)
    from ecoredline.learn.pixel_model import log_odds

    odds = log_odds(fresh.even.T, fresh.even_default, trees)
    curve = good.calibration["GF-2"]
    told = np.interp(odds, curve["score"], curve["probability"])
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.01)):
        some = (told >= low) & (told < high)
        assert abs(told[some].mean() - fresh.even_truth[some].mean()) < 0.05


def test_without_a_gain_or_with_few_places_it_is_not_switched_on():
    model = train_pixels([place(f"p{k}", 0.0, k) for k in range(4)])
    with pytest.raises(InputError, match=r"no name.*not wholly above 0.*4 places; wanted 8"):
        approve_pixels(model, " ")
    with pytest.raises(NotEnoughData, match="2 places"):
        train_pixels([place(f"p{k}", 1.0, k) for k in range(2)])
    with pytest.raises(InputError, match="a place twice"):
        train_pixels([place("p", 1.0, k) for k in range(3)])


def test_another_sensor_pixel_or_bands_are_refused_all_at_once_unless_waived(good):
    with pytest.raises(InputError, match=r"nobody approved.*not on Sentinel-2.*not 10 m"):
        good.detector("Sentinel-2", WITH_NIR, 10.0)
    model = approve_pixels(good, "李四")
    assert model.detector("Sentinel-2", WITH_NIR, 10.0, anyway=True).curve == good.calibration["*"]
    with pytest.raises(InputError, match="knows the bands"):
        model.detector("GF-2", WITH_NIR[:3], 2.0, anyway=True)


@pytest.fixture(scope="module")
def scenes(small_scene):
    found = [open_scene(small_scene[role]) for role in ("before", "after")]
    return *found, common_grid(*found)[0]


def test_tiles_give_what_the_whole_gives_and_both_scores_are_kept(scenes, good):
    high, low = 0.3, 0.2
    learned = replace(approve_pixels(good, "李四")).detector("GF-2", WITH_NIR, 2.0)
    told = {"threshold": high, "low_threshold": low, "detector": "trees"}
    one, other = (
        detect(*scenes, DetectionParameters(block_px=size, **told), learned=learned)
        for size in (160, 1024)
    )
    assert "pixel trees" in one.method
    assert len(one.runs) > 100
    for name in ("row", "start", "stop", "strong"):
        np.testing.assert_array_equal(getattr(one.runs, name), getattr(other.runs, name))
    for name in ("probability", "score", "before"):
        np.testing.assert_allclose(getattr(one.runs, name), getattr(other.runs, name), rtol=1e-6)
    mean = one.runs.probability / one.runs.pixels
    assert (mean >= low - 1e-6).all()
    assert (mean <= 1).all()
    assert one.runs.score.max() > 1.5, "the strength stays in units of noise"


def test_labels_are_read_from_polygons_and_only_seen_pixels_count(small_scene):
    truth = small_scene["truth"]
    files = [small_scene[role] for role in ("before", "after")]
    found = place_of(LabelledPair("demo", *files, truth, "GF-2"))
    assert found.even.shape == (len(found.even_truth), len(NAMES))
    assert np.isfinite(found.even).all()
    share = found.even_truth.mean()
    assert 0.005 < share < 0.3
    assert found.chosen_truth.mean() > 2 * share or found.chosen_truth.sum() >= 2900
    column = NAMES.index("sum_2px")
    assert found.even[found.even_truth, column].mean() > found.even[~found.even_truth, column].mean()  # fmt: skip


def test_a_folder_that_lacks_files_is_refused_with_all_of_them(tmp_path):
    with pytest.raises(SourceError, match=r"before.tif, after.tif, truth.tif or"):
        read_pair(tmp_path)
