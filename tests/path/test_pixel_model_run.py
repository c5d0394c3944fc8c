"""From labelled pairs and verdicts to a detector, and through `find` and back to the default."""

import json

import pandas as pd
from click.testing import CliRunner

from ecoredline.cli import main
from ecoredline.learn import load_pixel_model
from ecoredline.patches.table import read_table
from ecoredline.pipeline.pixels import pixel_places
from ecoredline.record import read_record


def call(*arguments, code=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_pairs_make_a_model_that_detects_once_approved_and_never_after_revoking(
    small_scene, tmp_path, monkeypatch
):
    pairs = []
    for k in range(3):
        folder = tmp_path / f"place{k}"
        folder.mkdir()
        for name, role in (("before.tif", "before"), ("after.tif", "after"), ("truth.gpkg", "truth")):  # fmt: skip
            (folder / name).symlink_to(small_scene[role])
        pairs += ["--pair", folder]
    path = tmp_path / "m.json"
    said = call("train", "--pixels", *pairs, "--sensor", "SIM", "--out", path)
    assert "3 个地区" in said
    assert "未批准" in said
    assert "3 places; wanted 8" in call("train", "--approve", path, "--by", "李四", code=2)
    find = (
        "find", small_scene["before"], small_scene["after"], "--redline", small_scene["redline"],
        "--out", tmp_path / "out", "--quiet", "--model", path,
    )  # fmt: skip
    assert "nobody approved" in call(*find, code=2)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("ecoredline.learn.pixel_model.LEAST_PLACES", 3)
    call("train", "--approve", path, "--by", "李四")
    assert "got" in call(*find, "--model", path, code=2), "two of a kind"
    sensors = list(load_pixel_model(path).calibration)
    named = find if read_sensor(small_scene) in sensors else (*find, "--model-anyway")
    call(*named)
    record, kept = read_record(tmp_path / "out"), read_table(tmp_path / "out")
    assert record["pixel_model"]["approved"]["by"] == "李四"
    assert record["threshold"] == load_pixel_model(path).thresholds[0]
    assert len(kept) > 3
    assert kept["remark"].str.contains("像元模型").all()
    features = pd.read_csv(tmp_path / "out" / "features.csv")
    assert features["probability"].between(0, 1).all()
    assert "完整结果" in call(*named), "the same command again does nothing"
    call("train", "--revoke", path, "--by", "李四")
    assert json.loads(path.read_text("utf-8"))["approved"] is None
    assert "nobody approved" in call(*named, "--force", code=2)


def read_sensor(small_scene) -> str:
    """What the simulated images call their sensor."""
    from ecoredline.raster import open_scene

    return open_scene(small_scene["before"]).sensor


def test_judged_patches_of_a_run_are_labels_and_nothing_else_is(small_run, tmp_path):
    ids = read_table(small_run)["patch_id"].tolist()
    path = tmp_path / "verdicts.csv"
    said = ["属实" if k % 2 else "不属实" for k in range(len(ids))]
    pd.DataFrame({"patch_id": ids, "verdict": said}).to_csv(path, index=False)
    (place,) = pixel_places([], [(small_run, path)], "SIM")
    pixels = read_table(small_run)["area_ha"].sum() * 1e4 / 4
    assert 0.7 * pixels < len(place.even) < 1.3 * pixels
    assert 0 < place.even_truth.mean() < 1
