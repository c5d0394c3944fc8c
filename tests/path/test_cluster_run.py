"""`find --scheduler`: real worker processes, the same patches to the last vertex."""

import os
import signal

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from test_main_job import find_arguments

from ecoredline.change import DetectionParameters, cluster, detect
from ecoredline.cli import main
from ecoredline.errors import Cancelled, SourceError
from ecoredline.patches.table import read_table
from ecoredline.raster import common_grid, open_scene
from ecoredline.record import Job, read_record

distributed = pytest.importorskip("distributed")
SMALL = DetectionParameters(block_px=64)


@pytest.fixture(scope="module")
def local():
    """Two worker processes, each watched by a nanny that starts it again."""
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as made:
        yield made


@pytest.fixture
def pair(small_scene):
    scenes = [open_scene(small_scene[role]) for role in ("before", "after")]
    return *scenes, common_grid(*scenes)[0]


@pytest.fixture
def alone(pair):
    return detect(*pair, SMALL)


def same_runs(one, other):
    for name in vars(one.runs):
        np.testing.assert_array_equal(getattr(one.runs, name), getattr(other.runs, name))
    np.testing.assert_array_equal(one.unseen.before, other.unseen.before)


def test_two_workers_give_the_same_patches_to_the_last_vertex(
    small_scene, small_run, local, tmp_path
):
    out = tmp_path / "run"
    more = ("--scheduler", local.scheduler_address)
    done = CliRunner().invoke(main, find_arguments(small_scene, out, *more))
    assert done.exit_code == 0, done.output
    for layer in ("patches", "patches_raw", "dropped", "unseen"):
        ours, theirs = read_table(out, layer), read_table(small_run, layer)
        assert (shapely.to_wkb(ours.geometry) == shapely.to_wkb(theirs.geometry)).all()
        pd.testing.assert_frame_equal(
            pd.DataFrame(ours.drop(columns="geometry")),
            pd.DataFrame(theirs.drop(columns="geometry")),
        )
    assert read_record(out)["cluster"]["workers"] == 2
    assert read_record(out)["cluster"]["scheduler"] == local.scheduler_address
    assert not (out / ".scratch").exists()


def test_a_killed_worker_loses_and_doubles_nothing(pair, alone, local, tmp_path):
    killed = []

    def kill(progress):
        if progress.stage == "score" and progress.done > 0 and not killed:
            killed.append(next(iter(local.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    with cluster.open_cluster(local.scheduler_address, tmp_path) as where:
        found = detect(*pair, SMALL, job=Job(report=kill), cluster=where)
    assert killed
    same_runs(found, alone)


def test_a_broken_off_run_goes_on_where_it_stopped(pair, alone, local, tmp_path):
    stop = []

    def watch(progress):
        if progress.stage == "score" and progress.done > 0:
            stop.append(True)

    with (
        cluster.open_cluster(local.scheduler_address, tmp_path) as where,
        pytest.raises(Cancelled),
    ):
        detect(*pair, SMALL, job=Job(report=watch, cancelled=lambda: bool(stop)), cluster=where)
    kept = sorted(tmp_path.rglob("tile-*.npz"))
    assert kept
    kept[0].write_bytes(kept[0].read_bytes()[:40])  # cut short: it is computed again
    with cluster.open_cluster(local.scheduler_address, tmp_path) as where:
        found = detect(*pair, SMALL, cluster=where)
        assert where.said["from_scratch"] == len(kept) - 1
        same_runs(found, alone)
        again = detect(*pair, SMALL, cluster=where)
        assert where.said["from_scratch"] == len(kept) - 1 + where.said["tiles"] // 2
    same_runs(again, alone)


def test_another_image_finds_nothing_in_the_scratch_of_this_one(pair, local, tmp_path):
    before, after, grid = pair
    with cluster.open_cluster(local.scheduler_address, tmp_path) as where:
        detect(before, after, grid, SMALL, cluster=where)
        detect(before, before, grid, SMALL, cluster=where)
        assert where.said["from_scratch"] == 0


def test_a_lost_scheduler_is_said_in_words_and_leaves_its_tiles(pair, alone, tmp_path):
    made = distributed.LocalCluster(1, threads_per_worker=1, dashboard_address=None)
    closed = []

    def close(progress):
        if progress.stage == "score" and progress.done > 0 and not closed:
            closed.append(made.close())

    with (
        pytest.raises(SourceError, match="run the same command again"),
        cluster.open_cluster(made.scheduler_address, tmp_path) as where,
    ):
        detect(*pair, SMALL, job=Job(report=close), cluster=where)
    assert list(tmp_path.rglob("tile-*.npz"))
    with cluster.open_cluster("local", tmp_path, workers=1) as where:
        same_runs(detect(*pair, SMALL, cluster=where), alone)
        assert where.said["from_scratch"] > 0


def test_an_address_where_nobody_answers_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT", "1s")
    with (
        pytest.raises(SourceError, match=r"tcp://127.0.0.1:9.*dask scheduler"),
        cluster.open_cluster("tcp://127.0.0.1:9"),
    ):
        pass
