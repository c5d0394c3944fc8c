"""The private cluster: made, started twice, killed, moved, refused."""

import os
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest

from ecoredline.web import cluster
from ecoredline.web.cluster import ClusterError

ROOT = os.geteuid() == 0


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch):
    """No server is given by the environment."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The cluster these tests start, kill and mend; each begins with whatever the last one left."""
    path = tmp_path_factory.mktemp("own") / "postgres"
    yield path
    cluster.remove(path)


@pytest.fixture
def empty(tmp_path):
    """A folder without a cluster; removed with all that hangs on it."""
    yield tmp_path / "postgres"
    cluster.remove(tmp_path / "postgres")


def ask(url: str, sql: str):
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchone()[0]


def kill(folder: Path) -> None:
    """Kill the server as a power cut would, and wait until it is gone."""
    data = Path(cluster.recall(folder).data)
    pid = cluster.postmaster_pid(data)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.postmaster_pid(data) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_cluster_is_made_started_stopped_and_removed(empty):
    folder = empty
    assert cluster.status(folder) == "absent"
    url = cluster.start(folder, fsync=False)
    assert cluster.status(folder) == "running"
    assert ask(url, "select postgis_version()").startswith("3.")
    assert ask(url, "select current_user") == "ecoredline"
    assert cluster.start(folder) == url == cluster.url(folder)
    assert cluster.stop(folder) is True
    assert cluster.status(folder) == "stopped"
    assert cluster.stop(folder) is False
    place = cluster.recall(folder)
    assert cluster.remove(folder) is True
    assert not folder.exists()
    assert not Path(place.data).exists()
    assert not Path(place.socket).exists()


def test_nobody_else_can_reach_it(folder):
    url = cluster.start(folder, fsync=False)
    assert ask(url, "show listen_addresses") == ""
    place = cluster.recall(folder)
    for path in (place.socket, place.data):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    if ROOT:
        assert os.stat(place.data).st_uid != 0
        for path in (place.socket, place.data):
            done = subprocess.run(["/bin/ls", path], user="nobody", capture_output=True, cwd="/")
            assert done.returncode != 0


def test_it_comes_up_again_after_kill_9_with_its_data(empty):
    folder = empty
    url = cluster.start(folder)  # with the safety that real data get
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 7 as n")
    kill(folder)
    assert cluster.status(folder) == "stopped"
    assert cluster.start(folder) == url
    assert ask(url, "select n from kept") == 7


def test_a_stale_lock_whose_number_now_belongs_to_another_program_does_not_stop_it(folder):
    url = cluster.start(folder, fsync=False)
    kill(folder)
    data = Path(cluster.recall(folder).data)
    lock = data / "postmaster.pid"
    lock.write_text(lock.read_text().replace(lock.read_text().split("\n")[0], str(os.getpid()), 1))
    assert cluster.status(folder) == "stopped"
    assert ask(cluster.start(folder), "select 1") == 1
    assert url


def test_starts_at_once_make_one_cluster(empty):
    folder = empty
    urls: list = []
    threads = [
        threading.Thread(target=lambda: urls.append(cluster.start(folder, fsync=False)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 3
    assert len(set(urls)) == 1


def test_a_half_made_cluster_is_made_again(folder):
    cluster.start(folder, fsync=False)
    cluster.stop(folder)
    place = cluster.recall(folder)
    os.rename(place.data, f"{place.data}.new")  # as a killed initdb leaves it
    (Path(f"{place.data}.new") / "PG_VERSION").unlink()
    assert ask(cluster.start(folder), "select 1") == 1


def test_data_of_another_major_version_are_refused_with_what_to_do(folder):
    cluster.start(folder, fsync=False)
    cluster.stop(folder)
    version = Path(cluster.recall(folder).data) / "PG_VERSION"
    true_version = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(ClusterError, match=r"PostgreSQL 9.*Install postgresql-9-postgis-3"):
            cluster.start(folder)
    finally:
        version.write_text(true_version)


def test_without_postgresql_it_says_what_to_install(empty, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "BINARIES", tmp_path)
    with pytest.raises(ClusterError, match="install the Debian packages"):
        cluster.start(empty)


def test_a_given_server_is_used_and_nothing_started(empty, monkeypatch):
    folder = empty
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/n")
    assert cluster.start(folder) == cluster.url(folder) == "postgresql://u@h/n"
    assert cluster.status(folder) == "given"
    assert not folder.exists()


def test_a_long_path_gets_a_short_socket(tmp_path):
    folder = tmp_path / ("long" * 25) / "postgres"
    try:
        url = cluster.start(folder, fsync=False)
        assert ask(url, "select 1") == 1
        socket = Path(cluster.recall(folder).socket)
        assert folder not in socket.parents
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        cluster.stop(folder)
        socket.rmdir()  # a cleaned temporary folder
        socket.symlink_to("/")  # and somebody else's trap in its place
        again = cluster.start(folder)
        assert ask(again, "select 1") == 1
        assert again != url
    finally:
        cluster.remove(folder)
        socket.unlink(missing_ok=True)


@pytest.mark.skipif(not ROOT, reason="only root has to become somebody else")
def test_under_a_folder_the_service_user_cannot_enter_data_go_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "SERVICE_HOME", tmp_path / "home")
    for path in (tmp_path, *tmp_path.parents):
        if path.owner() == "root" and str(path).startswith("/tmp/pytest"):
            path.chmod(0o711)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "postgres"
    url = cluster.start(folder, fsync=False)
    assert ask(url, "select 1") == 1
    place = cluster.recall(folder)
    assert Path(place.data).is_relative_to(tmp_path / "home")
    cluster.remove(folder)
    assert list((tmp_path / "home").iterdir()) == []


def test_a_lost_note_of_the_place_is_said_and_not_guessed(empty):
    folder = empty
    folder.mkdir(parents=True)
    (folder / "cluster.json").write_text("{")
    with pytest.raises(ClusterError, match=r"cluster\.json"):
        cluster.start(folder)
    (folder / "cluster.json").unlink()
