import json
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from ecoredline.errors import Cancelled, OutputError
from ecoredline.record import Job
from ecoredline.simulate import ALL_NUISANCES, read_truth, simulate, simulate_arrays
from ecoredline.simulate import writing as writing_module
from ecoredline.simulate.dates import AFTER
from ecoredline.simulate.writing import overview_factors, windows, write_image


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    stages = []
    job = Job(report=lambda progress: stages.append(progress.stage))
    return folder, simulate(folder, rows=400, cols=400, seed=7, job=job), stages


def test_a_scene_is_a_folder_with_every_file_and_no_remains(made):
    folder, paths, stages = made
    names = {
        "before.tif", "after.tif", "redline.gpkg", "protected_areas.gpkg", "divisions.gpkg",
        "places.gpkg", "truth.gpkg", "simulation.json",
    }  # fmt: skip
    assert {p.name for p in folder.iterdir()} == names
    assert {p.name for p in paths.values()} == names
    assert stages[0] == "plan"
    assert {"before", "after", "layers", "done"} <= set(stages)


def test_images_say_what_they_are(made):
    folder = made[0]
    for name, day in (("before", date(2025, 4, 12)), ("after", date(2026, 3, 28))):
        with rasterio.open(folder / f"{name}.tif") as source:
            assert source.crs.to_epsg() == 4543
            assert source.dtypes == ("uint16",) * 4
            assert source.nodata == 0
            assert source.descriptions == ("blue", "green", "red", "nir")
            assert [c.name for c in source.colorinterp[:3]] == ["blue", "green", "red"]
            assert source.profile["compress"] == "deflate"
            assert source.block_shapes == [(512, 512)] * 4
            assert source.overviews(1)
            tags = source.tags()
            assert tags["TIFFTAG_DATETIME"].startswith(f"{day:%Y:%m:%d}")
            assert tags["ECOREDLINE_DEMO"] == "1"
            assert tags["SENSOR"] == "SIM-1 (演示合成)"


def test_files_and_arrays_hold_the_same_scene(made):
    before, after, grid, truth = simulate_arrays(400, 400, 7)
    for name, image in (("before", before), ("after", after)):
        with rasterio.open(made[0] / f"{name}.tif") as source:
            assert np.array_equal(source.read(), image)
            assert source.transform == grid.transform
    for layer in ("activities", "natural"):
        read = read_truth(made[0], layer)
        assert len(read) == len(truth[layer])
        pairs = zip(read.geometry, truth[layer].geometry, strict=True)
        assert all(a.equals(b) for a, b in pairs)
    assert (read_truth(made[0])["activity_type"] == truth["activities"]["activity_type"]).all()


def test_layers_have_the_columns_the_other_rooms_read(made):
    expected = {
        "redline": ["code", "name", "control_zone", "function", "version", "is_demo", "source"],
        "protected_areas": ["code", "name", "level", "kind", "is_demo", "source"],
        "divisions": ["code", "name", "level", "parent", "is_demo", "source"],
        "places": ["name", "kind", "is_demo", "source"],
    }
    for name, columns in expected.items():
        frame = gpd.read_file(made[0] / f"{name}.gpkg")
        assert frame.crs.to_epsg() == 4490
        assert [c for c in frame.columns if c != "geometry"] == columns
        assert (frame["is_demo"] == 1).all()


def test_the_record_states_every_argument_and_count(made):
    record = json.loads((made[0] / "simulation.json").read_text(encoding="utf-8"))
    assert record["notice"] == "演示合成数据"
    assert (record["rows"], record["cols"], record["seed"], record["pixel_m"]) == (400, 400, 7, 2.0)
    assert record["nuisances"] == list(ALL_NUISANCES)
    assert record["counts"]["activities"] == len(read_truth(made[0]))
    assert (record["before_on"], record["after_on"]) == ("2025-04-12", "2026-03-28")


def test_the_image_does_not_depend_on_the_block_size(full_plan, tmp_path, made):
    for block in ((400, 400), (37, 411), (128, 64)):
        path = write_image(full_plan, AFTER, tmp_path / "after.tif", Job(), block=block)
        with rasterio.open(path) as one, rasterio.open(made[0] / "after.tif") as two:
            assert np.array_equal(one.read(), two.read())


def test_no_more_than_a_block_is_made_at_a_time(full_plan, tmp_path, monkeypatch):
    asked = []
    real = writing_module.render

    def watched(painting, row, col, rows, cols):
        asked.append((rows, cols))
        return real(painting, row, col, rows, cols)

    monkeypatch.setattr(writing_module, "render", watched)
    write_image(full_plan, AFTER, tmp_path / "after.tif", Job(), block=(96, 80))
    assert max(rows for rows, _ in asked) == 96
    assert max(cols for _, cols in asked) == 80
    assert sum(rows * cols for rows, cols in asked) == 400 * 400


def test_windows_cover_every_pixel_once():
    seen = np.zeros((100, 70), int)
    for row, col, rows, cols in windows(100, 70, (32, 50)):
        seen[row : row + rows, col : col + cols] += 1
    assert (seen == 1).all()


def test_overviews_halve_until_the_image_is_small():
    assert overview_factors(10000, 10000) == [2, 4, 8, 16, 32, 64]
    assert overview_factors(400, 400) == [2]
    assert overview_factors(64, 64) == []


def test_a_cancelled_scene_leaves_no_image_and_no_record(tmp_path):
    stages = []

    def stop():
        return "after" in stages

    job = Job(report=lambda progress: stages.append(progress.stage), cancelled=stop)
    with pytest.raises(Cancelled):
        simulate(tmp_path, rows=400, cols=400, job=job)
    assert [p.name for p in tmp_path.iterdir()] == ["before.tif"]


def test_a_rerun_that_fails_takes_the_old_record_with_it(tmp_path):
    simulate(tmp_path, rows=64, cols=64)
    assert (tmp_path / "simulation.json").exists()
    job = Job(cancelled=lambda: not (tmp_path / "simulation.json").exists())
    with pytest.raises(Cancelled):
        simulate(tmp_path, rows=64, cols=64, job=job)
    assert not (tmp_path / "simulation.json").exists()


def test_an_output_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not write"):
        simulate(tmp_path / "file" / "out", rows=64, cols=64)


def test_a_full_disk_leaves_nothing_half_written(full_plan, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing_module, "render", full)
    with pytest.raises(OutputError, match="disk is full"):
        write_image(full_plan, AFTER, tmp_path / "after.tif", Job())
    assert list(tmp_path.iterdir()) == []
