"""The small net: its graph, where it looks, tiles as the whole, the gate, and its training where PyTorch is."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from ecoredline.change import DetectionParameters, detect
from ecoredline.cli import main
from ecoredline.errors import Cancelled, InputError, SourceError
from ecoredline.learn import (
    LabelledPair,
    approve_pixels,
    load_detector,
    model_kind,
    place_of,
    save_model,
)
from ecoredline.learn.net_graph import net_graph, reach_px, stride
from ecoredline.learn.net_inputs import MAPS, channels, prior_channel
from ecoredline.learn.net_model import Net, NetModel
from ecoredline.learn.net_places import NetPlace, net_place
from ecoredline.learn.net_training import (
    NetRecipe,
    build_model,
    card_of,
    held_odds,
    place_odds,
    train_net,
)
from ecoredline.learn.pixel_features import WITH_NIR
from ecoredline.patches.table import read_table
from ecoredline.raster import common_grid, open_scene
from ecoredline.record import Job, read_record

WIDTHS = (4, 6, 8)


def some_weights(widths=WIDTHS, bands=4, seed=1) -> dict[str, np.ndarray]:
    """Folded weights as training gives them, drawn at random."""
    random, out = np.random.default_rng(seed), {"prior": np.float32(3), "steps": np.array(7)}

    def layer(name, given, wanted):
        scale = np.sqrt(2 / (9 * given))
        out[f"{name}_w"] = (scale * random.normal(size=(wanted, given, 3, 3))).astype(np.float32)
        out[f"{name}_b"] = (0.1 * random.normal(size=wanted)).astype(np.float32)

    for k, (given, wanted) in enumerate(zip((bands, *widths), widths, strict=False)):
        layer(f"down{k}a", given, wanted)
        layer(f"down{k}b", wanted, wanted)
    for k in range(len(widths) - 1):
        layer(f"up{k}a", widths[k] + widths[k + 1] + len(MAPS), widths[k])
        layer(f"up{k}b", widths[k], widths[k])
    out["head_w"] = random.normal(size=(1, widths[0], 1, 1)).astype(np.float32)
    out["base"] = np.float32(-4)
    return out


def net_with(weights: dict, half: bool = False) -> Net:
    return Net(net_graph(weights, 4, half), stride(weights), reach_px(weights))


def noise(rows: int, cols: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(12, rows, cols)).astype(np.float32)


def place(name: str, signal: float, seed: int, size: int = 100) -> NetPlace:
    """Noise; truth follows the default's score and, by `signal`, the change of the last band."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(12, size, size)).astype(np.float32)
    default = 3 + 2 * random.normal(size=(size, size)).astype(np.float32)
    x[-1] = prior_channel(default)
    odds = 3 * x[-1] + signal * (x[7] - x[3]) - 4
    labels = (random.random((size, size)) < 1 / (1 + np.exp(-odds))).astype(np.uint8)
    return NetPlace(name, "GF-2", WITH_NIR, 2.0, x, labels, np.ones((size, size), bool), default)


def model_of(signal: float, count: int) -> NetModel:
    """A model whose nets know the default and, where there is a signal, the band that tells."""
    places = [place(f"p{k}", signal, k) for k in range(count)]
    weights = {k: np.zeros_like(v) for k, v in some_weights().items()}
    weights |= {"prior": np.float32(3), "base": np.float32(-4), "steps": np.array(400)}
    for name, first in (("down0a", 3), ("down0b", 0)):  # the last band, and less of it, handed on
        weights[f"{name}_w"][0, first, 1, 1] = 1
        weights[f"{name}_b"][0] = 5
    weights["up0a_w"][0, WIDTHS[1], 1, 1], weights["up0a_b"][0] = 1, 5
    weights["up0b_w"][0, 0, 1, 1] = 1
    weights["up0b_b"][1] = 5
    weights["head_w"][0, :2, 0, 0] = signal, -signal
    held = held_odds(places, [([p.name for p in places], weights)])
    return build_model(places, held, weights, card_of(places, held, NetRecipe(), [weights]))


@pytest.fixture(scope="module")
def good():
    return model_of(2.0, 8)


def test_with_no_other_weights_the_net_is_the_default_by_itself():
    weights = {k: np.zeros_like(v) for k, v in some_weights().items()} | {"prior": np.float32(3)}
    x = noise(80, 80)
    found = net_with(weights).odds(x, (0, 0), 32)
    np.testing.assert_allclose(found, 3 * x[-1, 32:-32, 32:-32], rtol=1e-6)
    assert channels(WITH_NIR)[-1] == "default"


def test_a_pixel_looks_no_farther_than_the_graph_says():
    weights = some_weights((4, 5, 6, 7))
    net = net_with(weights)
    assert (net.stride, net.reach_px) == (8, 56)
    side = 2 * net.halo_px + 24
    x, row = noise(side, side), net.halo_px + 11
    for far, same in ((net.reach_px, True), (8, False)):
        y = noise(side, side, seed=3)
        near = np.s_[:, row - far : row + far + 1, row - far : row + far + 1]
        y[near] = x[near]
        one, other = (net.odds(v, (0, 0), net.halo_px)[11, 11] for v in (x, y))
        assert (abs(one - other) < 1e-5) == same


def test_blocks_of_any_size_and_place_give_the_same_odds():
    net, rim = net_with(some_weights()), net_with(some_weights()).halo_px
    x = noise(180 + 2 * rim, 150 + 2 * rim)
    whole = net.odds(x, (-rim, -rim), rim)
    for row, col, rows, cols in ((0, 0, 90, 77), (37, 61, 120, 33), (101, 3, 7, 140)):
        part = x[:, row : row + rows + 2 * rim, col : col + cols + 2 * rim]
        found = net.odds(part, (row - rim, col - rim), rim)
        np.testing.assert_allclose(found, whole[row : row + rows, col : col + cols], atol=2e-5)


def test_half_precision_says_nearly_the_same():
    x = noise(96, 96)
    one, other = (net_with(some_weights(), half).odds(x, (0, 0), 24) for half in (False, True))
    assert not np.array_equal(one, other)
    np.testing.assert_allclose(one, other, atol=0.05)


def test_what_beats_the_default_may_be_approved_and_is_read_back_unchanged(good, tmp_path):
    held = good.card["held_out"]
    assert held["ap_gain_interval"][0] > 0.02
    assert held["f1_gain_interval"][0] > 0
    path = save_model(approve_pixels(good, "李四", on="2026-11-22"), tmp_path / "m.json")
    assert model_kind(path) == "net"
    assert replace(load_detector(path), approved=None) == good
    path.write_text(path.read_text("utf-8").replace('"stride": 4', '"stride": 2'), "utf-8")
    with pytest.raises(SourceError, match="changed after training"):
        load_detector(path)


def test_without_a_gain_or_with_few_places_it_is_not_switched_on():
    with pytest.raises(InputError, match=r"not wholly above 0.*4 places; wanted 8"):
        approve_pixels(model_of(0.0, 4), "李四")


def test_it_is_refused_where_it_was_not_trained_without_its_runtime_and_without_a_gpu(
    good, monkeypatch
):
    with pytest.raises(InputError, match=r"nobody approved.*not on Sentinel-2.*not 10 m"):
        good.detector("Sentinel-2", WITH_NIR, 10.0)
    model = approve_pixels(good, "李四")
    assert model.detector("Sentinel-2", WITH_NIR, 10.0, anyway=True).curve == good.calibration["*"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(InputError, match="got --gpu"):
        model.detector("GF-2", WITH_NIR, 2.0, gpu=True)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install 'ecoredline\[net-use\]'"):
        model.detector("GF-2", WITH_NIR, 2.0)


@pytest.fixture(scope="module")
def scenes(small_scene):
    found = [open_scene(small_scene[role]) for role in ("before", "after")]
    return *found, common_grid(*found)[0]


def test_patches_do_not_depend_on_the_blocks_and_both_scores_are_kept(scenes, good):
    learned = approve_pixels(good, "李四").detector("GF-2", WITH_NIR, 2.0)
    told = {"threshold": 0.4, "low_threshold": 0.3, "detector": "net"}
    one, other = (
        detect(*scenes, DetectionParameters(block_px=size, **told), learned=learned)
        for size in (170, 1024)
    )
    assert "Siamese net" in one.method
    assert len(one.runs) > 100
    for name in ("row", "start", "stop", "strong"):
        np.testing.assert_array_equal(getattr(one.runs, name), getattr(other.runs, name))
    for name in ("probability", "score", "before"):
        np.testing.assert_allclose(getattr(one.runs, name), getattr(other.runs, name), rtol=1e-4)
    assert one.runs.score.max() > 1.5, "the strength stays in units of noise"


def test_the_net_learns_from_the_pixels_and_the_default_the_trees_are_measured_by(
    small_scene, tmp_path
):
    pair = LabelledPair(
        "demo", small_scene["before"], small_scene["after"], small_scene["truth"], "GF-2"
    )
    found, trees = net_place(pair, tmp_path), place_of(pair)
    assert found.even_truth.sum() == trees.even_truth.sum()
    default = (np.sort(p.even_default) for p in (found, trees))  # the order of blocks differs
    np.testing.assert_allclose(*default, rtol=1e-4)
    assert found.inputs.shape == (12, 1000, 1000)
    assert 0.8 < np.asarray(found.inputs[:8, ::9, ::9], np.float32).std() < 1.2
    (kept,) = tmp_path.glob("*/inputs.npy")
    stamp = kept.stat().st_mtime_ns
    again = net_place(pair, tmp_path)
    assert stamp == kept.stat().st_mtime_ns
    np.testing.assert_array_equal(again.labels, found.labels)


def call(*arguments, code=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_find_uses_a_net_only_when_approved_and_says_so_in_run_and_remarks(
    small_scene, good, tmp_path
):
    path = save_model(good, tmp_path / "net.json")
    find = (
        "find", small_scene["before"], small_scene["after"], "--redline", small_scene["redline"],
        "--out", tmp_path / "out", "--quiet", "--model-anyway",
    )  # fmt: skip
    assert "nobody approved" in call(*find, "--model", path, code=2)
    assert "got --gpu without a net" in call(*find, "--gpu", code=2)
    assert not (tmp_path / "out").exists()
    call("train", "--approve", path, "--by", "李四")
    call(*find, "--model", path)
    record, kept = read_record(tmp_path / "out"), read_table(tmp_path / "out")
    assert (record["pixel_model"]["kind"], record["pixel_model"]["gpu"]) == ("net", False)
    assert "Siamese net" in record["method"]
    assert len(kept) > 3
    assert kept["remark"].str.contains("像元模型").all()
    call("train", "--revoke", path, "--by", "李四")
    assert "nobody approved" in call(*find, "--model", path, "--force", code=2)
    assert "--pixels and --net" in call("train", "--pixels", "--net", "--pair", tmp_path, "--out", path, code=2)  # fmt: skip


def test_without_pytorch_training_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "ecoredline.learn.net_torch", raising=False)
    with pytest.raises(InputError, match=r"no PyTorch.*ecoredline\[net\]"):
        train_net([place(f"p{k}", 2.0, k) for k in range(3)], tmp_path)


def test_training_is_repeated_to_the_bit_goes_on_after_a_stop_and_is_what_runs(tmp_path):
    torch = pytest.importorskip(
        "torch", reason="PyTorch is an extra: pip install 'ecoredline[net]'"
    )
    from ecoredline.learn.net_torch import SiameseNet, folded

    places = [place(f"p{k}", 2.0, k) for k in range(3)]
    recipe = NetRecipe(steps=12, widths=(4, 6, 8))
    one = train_net(places, tmp_path / "a", recipe)
    said = []
    job = Job(report=said.append, cancelled=lambda: len(said) >= 3)
    with pytest.raises(Cancelled):
        train_net(places, tmp_path / "b", recipe, job)
    assert [p.stage for p in said] == ["train"] * 3
    assert list((tmp_path / "b").glob("*.pt")), "what was half done is kept"
    other = train_net(places, tmp_path / "b", recipe)
    assert one.graph == other.graph
    assert one.card["settings"]["steps_done"] == [12] * 4
    limited = train_net(places, tmp_path / "c", replace(recipe, minutes=1e-9))
    assert limited.card["settings"]["ended_early"]
    torch.manual_seed(1)
    net = SiameseNet(4, (4, 6, 8))
    torch.nn.init.normal_(net.head.weight)
    net.train()(torch.randn(4, 12, 32, 32))  # so that the normalisation has seen something
    weights = folded(net.eval())
    x = places[0].inputs[:, :96, :96]
    with torch.no_grad():
        wanted = net(torch.from_numpy(x[None]))[0, 0].numpy()
    rim = net_with(weights).halo_px
    inner = np.s_[rim:-rim, rim:-rim]
    np.testing.assert_allclose(net_with(weights).odds(x, (0, 0), rim), wanted[inner], atol=1e-4)
    assert place_odds(places[0], net_with(weights)).shape == (100, 100)
