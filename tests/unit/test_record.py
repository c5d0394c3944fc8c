import hashlib
import json
from concurrent.futures import Future

import pytest

from ecoredline.errors import Cancelled, SourceError
from ecoredline.files import hash_ahead
from ecoredline.record import DEMO_NOTICE, Job, RunRecord, read_record


def test_a_record_knows_inputs_and_outputs_by_hash(tmp_path):
    (tmp_path / "in.tif").write_bytes(b"in")
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / "a.txt"
    output.write_bytes(b"out")
    record = RunRecord("find", {"threshold": 3})
    record.add_input("before", tmp_path / "in.tif", bands=["red"])
    with record.step("read") as step:
        step.found(rows=4)
    record.finish(tmp_path / "out", [output])
    data = read_record(tmp_path / "out")
    assert data["inputs"]["before"]["bands"] == ["red"]
    assert len(data["inputs"]["before"]["sha256"]) == 64
    assert data["steps"][0]["rows"] == 4
    assert list(data["outputs"]) == ["a.txt"]
    assert data["finished_at"] >= data["started_at"]


def test_a_run_that_was_interrupted_has_no_record(tmp_path):
    with pytest.raises(SourceError, match="finished run"):
        read_record(tmp_path)


def test_a_record_of_another_format_is_refused(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(SourceError, match="format 99"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_text("{half")
    with pytest.raises(SourceError, match="could not read"):
        read_record(tmp_path)


def test_a_failed_step_is_not_noted_as_done():
    record = RunRecord("find", {})
    with pytest.raises(ValueError, match="no"), record.step("detect"):
        raise ValueError("no")
    assert record.data["steps"] == []


def test_a_warning_is_said_once_and_demo_is_marked():
    record = RunRecord("find", {})
    record.warn("a")
    record.warn("a")
    record.mark_demo()
    assert record.data["warnings"] == ["a"]
    assert record.data["notice"] == DEMO_NOTICE


def test_a_cancelled_job_stops_at_its_next_report():
    stop = []
    job = Job(cancelled=lambda: bool(stop))
    job.at("read")
    stop.append(1)
    with pytest.raises(Cancelled):
        job.at("score")


def test_an_input_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SourceError, match=r"nix\.tif for dem, which does not exist"):
        RunRecord("terrain", {}).add_input("dem", tmp_path / "nix.tif")


def test_hashes_computed_beside_the_work_are_those_of_the_files(tmp_path):
    paths = [tmp_path / name for name in ("a.tif", "b.tif")]
    for k, path in enumerate(paths):
        path.write_bytes(bytes([k]) * 3_000_000)
    record = RunRecord("find", {})
    hash_ahead(*paths)
    for path in paths:
        record.add_input(path.stem, path, later=True, rows=1)
        assert record.data["inputs"][path.stem]["sha256"] == ""
    paths.append(tmp_path / "c.tif")
    paths[2].write_bytes(b"not announced")
    record.add_input("c", paths[2], later=True)
    record.settle()
    for path in paths:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert record.data["inputs"][path.stem]["sha256"] == digest
    record.add_input("gone", paths[0], later=True)
    gone = Future()
    gone.set_exception(SourceError("could not read it"))
    record.awaited["gone"] = gone
    with pytest.raises(SourceError, match="could not read"):
        record.finish(tmp_path, [])
    assert not (tmp_path / "run.json").exists()
