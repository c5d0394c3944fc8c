"""From a run to verdicts, a model, and back into a run; and the accuracy of its list."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from ecoredline.cli import main
from ecoredline.learn import load_model, read_features, save_model
from ecoredline.learn.samples import read_verdicts
from ecoredline.patches.table import read_table
from ecoredline.pipeline.audits import audit_labels, audit_verdicts, verdicts_by_run
from ecoredline.pipeline.sampling import key_path
from ecoredline.record import read_record
from ecoredline.simulate import read_truth


def call(*arguments, code=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def verdicts(small_scene, small_run, tmp_path_factory):
    """A reviewer who knows the truth, over all candidates of the run."""
    truth = shapely.union_all(read_truth(small_scene["before"].parent).to_crs(4490).geometry)
    shapes = pd.concat([read_table(small_run, n) for n in ("patches", "dropped")])
    known = shapes.set_index("patch_id").loc[read_features(small_run).index]
    real = shapely.area(shapely.intersection(known.geometry.to_numpy(), truth))
    said = real > 0.25 * shapely.area(known.geometry.to_numpy())
    path = tmp_path_factory.mktemp("verdicts") / "verdicts.csv"
    pd.DataFrame(
        {"patch_id": known.index, "verdict": ["属实" if v else "不属实" for v in said]}
    ).to_csv(path, index=False)
    return path


def test_a_model_of_one_place_is_refused_with_figures(small_run, verdicts, tmp_path):
    said = call("train", "--run", small_run, verdicts, "--out", tmp_path / "m.json", code=2)
    assert "1 places; wanted" in said


def test_an_approved_model_writes_its_ranking_into_the_run(
    small_scene, small_run, verdicts, tmp_path, monkeypatch
):
    monkeypatch.setattr("ecoredline.learn.training.LEAST_PLACES", 1)
    monkeypatch.setattr("ecoredline.learn.training.LEAST_OF_A_KIND", 5)
    copies = []
    for k in range(2):
        folder = tmp_path / f"place{k}"
        folder.symlink_to(small_run)
        copies += ["--run", folder.absolute(), verdicts]
    call("train", *copies, "--out", tmp_path / "m.json")
    find = (
        "find", small_scene["before"], small_scene["after"], "--redline", small_scene["redline"],
        "--out", tmp_path / "out", "--quiet", "--model", tmp_path / "m.json",
    )  # fmt: skip
    assert "nobody approved" in call(*find, code=2)
    assert not (tmp_path / "out").exists()
    model = replace(load_model(tmp_path / "m.json"), approved={"by": "李四", "on": "2026-11-22"})
    save_model(model, tmp_path / "m.json")
    call(*find)
    ranking = pd.read_csv(tmp_path / "out" / "ranking.csv")
    assert ranking["probability"].is_monotonic_decreasing
    assert {"ranking.csv", "features.csv"} <= set(read_record(tmp_path / "out")["outputs"])
    assert read_record(tmp_path / "out")["model"]["approved"]["by"] == "李四"
    assert read_table(tmp_path / "out")["remark"].str.contains("核查模型").all()


def test_a_form_filled_from_the_truth_gives_the_true_area_within_its_interval(
    small_scene, small_run, tmp_path
):
    form = tmp_path / "form.csv"
    call("accuracy", small_run, "--plan", form, "--size", 400)
    table = pd.read_csv(form, encoding="utf-8-sig")
    assert "stratum" not in table
    truth = shapely.union_all(read_truth(small_scene["before"].parent).to_crs(4490).geometry)
    table["changed"] = shapely.contains_xy(truth, table["lon"], table["lat"]).astype(int)
    table.to_csv(form, index=False, encoding="utf-8-sig")
    other = tmp_path / "other.csv"
    table.assign(changed=table["changed"].where(table.index % 10 > 0, 1 - table["changed"])).to_csv(
        other, index=False
    )
    said = call("accuracy", small_run, "--responses", form, "--responses", other)
    assert "一致率 0.900" in said
    users = float(said.split("用户精度（1−误报，按面积）")[1].split("±")[0])
    assert users > 0.6
    table.loc[3, "changed"] = 7
    table.to_csv(form, index=False)
    assert "row 5, changed: '7'" in call("accuracy", small_run, "--responses", form, code=2)
    assert key_path(form).is_file()


def test_the_workbook_goes_out_and_comes_back_with_every_fault_named(small_run, tmp_path):
    from openpyxl import load_workbook

    from ecoredline.pipeline.sampling import figures_of

    form = tmp_path / "form.xlsx"
    call("accuracy", small_run, "--plan", form, "--size", 40)
    book = load_workbook(form)
    sheet = book["判读表"]
    assert sheet.data_validations.dataValidation[0].formula1 == '"1,0"'
    rows = range(4, sheet.max_row + 1)
    for row in rows:
        sheet.cell(row, 6, row % 2)
    book.save(form)
    said = call("accuracy", small_run, "--responses", form)
    assert "生产者精度" in said
    assert "未见红线面积" in said
    assert figures_of(small_run)["lines"] == said.strip().splitlines()
    sheet.cell(4, 6, "也许")
    sheet.cell(5, 2, 0.0)
    sheet.cell(6, 1, sheet.cell(7, 1).value)
    book.save(form)
    bad = call("accuracy", small_run, "--responses", form, code=2)
    for fault in ("row 4, changed: '也许'", "row 5, lon: '0'", "row 7, sample_id", "is missing"):
        assert fault in bad
    form.write_bytes(form.read_bytes()[:900])
    assert "copy it again" in call("accuracy", small_run, "--responses", form, code=2 + 1)


def test_what_a_third_image_does_not_show_any_more_is_dropped_by_name(
    small_scene, small_run, tmp_path
):
    """The first image again, dated later: nothing lasted, so nothing is kept."""
    out = tmp_path / "out"
    call(
        "find", small_scene["before"], small_scene["after"], "--redline", small_scene["redline"],
        "--confirm", small_scene["before"], "--confirm-date", "2030-01-01", "--out", out, "--quiet",
    )  # fmt: skip
    assert len(read_table(small_run)) > 5
    assert len(read_table(out)) == 0
    reasons = read_table(out, "dropped")["reason"].value_counts()
    assert reasons["not_persistent"] > 5
    assert read_record(out)["inputs"]["confirm"]["acquired_on"] == "2030-01-01"


def test_audited_places_are_labels_of_what_was_dropped_wrongly_and_of_ground_nobody_listed(
    small_scene, small_run, verdicts, tmp_path, monkeypatch
):
    form = tmp_path / "form.csv"
    call("accuracy", small_run, "--plan", form, "--size", 60)
    stratum = json.loads(key_path(form).read_text(encoding="utf-8"))["stratum"]
    table = pd.read_csv(form, encoding="utf-8-sig", dtype=str)
    layer = table["sample_id"].map(stratum)
    table["changed"] = ["1" if name == "dropped" else "0" for name in layer]
    table.loc[layer.eq("nothing").idxmax(), "changed"] = "1"
    table.to_csv(form, index=False, encoding="utf-8-sig")
    said = audit_verdicts(small_run, form)
    of = {n: set(read_table(small_run, n)["patch_id"]) for n in ("patches", "dropped")}
    assert set(said.loc[said["truth"] == 1].index) <= of["dropped"]
    assert set(said.loc[said["truth"] == 0].index) <= of["patches"]
    squares = audit_labels(small_run, form)
    assert len(squares) == 60
    assert squares["truth"].sum() == layer.eq("dropped").sum() + 1
    one, two = verdicts_by_run([(small_run, verdicts)], [(small_run, form)])[0][1], said
    told = read_verdicts(verdicts)["truth"]
    assert one.loc[told.index, "truth"].equals(told)  # a person's word goes first
    assert len(verdicts_by_run([], [(small_run, form)])[0][1]) == len(two)
    monkeypatch.setattr("ecoredline.learn.training.LEAST_PLACES", 1)
    monkeypatch.setattr("ecoredline.learn.training.LEAST_OF_A_KIND", 1)
    judged, seen = tmp_path / "judged", tmp_path / "seen"
    for folder in (judged, seen):
        folder.symlink_to(small_run)
    words = call(
        "train", "--run", judged, verdicts, "--audit", seen, form, "--out", tmp_path / "m.json"
    )
    learnt = said.index.intersection(read_features(small_run).index)  # what is too small has none
    assert f"其中抽查所得 {len(learnt)} 条" in words
    assert "漏检 1 处" in words
    key_path(form).write_text(
        key_path(form).read_text(encoding="utf-8").replace('"run_sha256": "', '"run_sha256": "0'),
        encoding="utf-8",
    )
    assert "another run" in call(
        "train", "--audit", small_run, form, "--out", tmp_path / "m.json", code=2
    )
