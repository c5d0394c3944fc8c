"""The commands as a person uses them: load, serve, Ctrl-C; and taking the demo away."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import sample_run
from django.db import connection

from ecoredline.ledger import books
from ecoredline.web import cluster, demo, server

PASSWORD = "correct-horse-7"
TIMEOUT_S = 60


@pytest.fixture
def home(tmp_path):
    """An installation of its own: `ECOREDLINE_VAR` in a new folder, no server given."""
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment |= {"ECOREDLINE_VAR": str(tmp_path / "own"), "PYTHONUNBUFFERED": "1"}
    yield environment
    cluster.remove(tmp_path / "own" / "postgres")


def ecoredline(home, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "ecoredline.cli", *map(str, arguments)], env=home,
        capture_output=True, text=True, timeout=TIMEOUT_S, **options,
    )  # fmt: skip


def read_until(process, pattern: str) -> str:
    """Read the process's messages until one fits; gives what the pattern caught."""
    said = []
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        line = process.stderr.readline()
        said.append(line)
        if found := re.search(pattern, line):
            return found.group(1)
        if not line and process.poll() is not None:
            break
    raise AssertionError("".join(said))


def descendants(pid: int) -> list[int]:
    """The process and all its children, by Linux's own books."""
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == pid:
                found += descendants(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def browse(address: str) -> urllib.request.OpenerDirector:
    """A browser logged in as the officer."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(address + "login/").read()
    token = next(c.value for c in jar if c.name == "ecoredline_csrf")
    body = {"username": "officer", "password": PASSWORD, "csrfmiddlewaretoken": token}
    opener.open(address + "login/", urllib.parse.urlencode(body).encode()).read()
    return opener


def test_load_serve_look_and_stop(home, tmp_path):
    run = sample_run.make_run(tmp_path)
    cluster.start(tmp_path / "own" / "postgres", fsync=False)  # tests need not survive a power cut
    cluster.stop(tmp_path / "own" / "postgres")
    assert "已载入：批次 1" in ecoredline(home, "load", run).stdout
    assert "此前已载入：批次 1" in ecoredline(home, "load", run).stdout
    assert ecoredline(home, "cluster", "status").stdout == "stopped\n"
    made = ecoredline(
        home, "add-person", "officer", "--role", "officer", "--level", "county", "--code", "510422",
        "--unit", "盐边县生态环境局", "--password", PASSWORD,
    )  # fmt: skip
    assert "县级核查员" in made.stdout, made.stderr
    with socket.socket() as taken:
        taken.bind((server.ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "ecoredline.cli", "serve", "--port", str(port)], env=home,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            address = read_until(process, r"(http://\S+)")
            assert f":{port}/" not in address
            browser = browse(address)
            found = json.load(browser.open(address + "runs/1/patches.geojson"))
            assert {f["properties"]["county"] for f in found["features"]} == {"盐边县"}
            page = browser.open(address + "map/").read().decode()
            assert "演示合成数据" in page
            with pytest.raises(urllib.error.HTTPError, match="403"):
                browser.open(address + "runs/1/files/patches.gpkg")
            family = descendants(process.pid)
            assert len(family) >= 4
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT_S)
    assert process.returncode == 0
    assert [pid for pid in family if alive(pid)] == []
    assert ecoredline(home, "cluster", "status").stdout == "stopped\n"


def test_a_run_that_cannot_be_loaded_is_refused_in_words(home, tmp_path):
    done = ecoredline(home, "load", tmp_path)
    assert done.returncode == 3
    assert "run.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "own").exists()


MADE = ["demo", "postgres", "files", "previews", "tiles", "overviews", "demo-logins.json"]


def test_clean_demo_removes_only_what_the_demo_made(tmp_path):
    var = tmp_path / "own"
    for number, is_demo in ((1, False), (2, True)):
        inputs = sample_run.write_inputs(tmp_path / f"in-{number}", is_demo=is_demo)
        sample_run.write_run(var / "runs" / f"job-{number}", inputs, is_demo=is_demo)
    (var / "imagery").mkdir()
    (var / "secret-key").write_text("mine")
    assert demo.note_parts(var) == MADE
    (var / "demo" / "input").mkdir(parents=True)
    (var / "demo-logins.json").write_text("{}")
    assert demo.note_parts(var) == MADE
    assert demo.clean(var) == ["demo", "demo-logins.json", "runs/job-2"]
    assert sorted(p.name for p in var.iterdir()) == ["imagery", "runs", "secret-key"]
    assert [p.name for p in (var / "runs").iterdir()] == ["job-1"]
    assert demo.clean(var) == []


def test_clean_demo_of_a_fresh_installation_leaves_nothing(tmp_path):
    var = tmp_path / "own"
    var.mkdir()
    demo.note_parts(var)
    (var / "demo").mkdir()
    (var / "secret-key").write_text("x")
    demo.clean(var)
    assert not var.exists()


def test_a_manifest_cannot_make_it_remove_anything_else(tmp_path):
    var = tmp_path / "own"
    (var / "other").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (var / demo.MANIFEST_NAME).write_text(json.dumps({"made": ["../outside", "other", "."]}))
    assert demo.clean(var) == []
    assert (tmp_path / "outside").exists()
    assert (var / "other").exists()


@pytest.mark.django_db
def test_the_demo_fills_the_platform_once_and_can_be_taken_out(sample_folder, tmp_path):
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.cases.models import Case
    from ecoredline.web.clues.models import Clue
    from ecoredline.web.core import audit
    from ecoredline.web.core.models import AccessRecord, Transition
    from ecoredline.web.demo.fates import FATES
    from ecoredline.web.ledgers.models import LedgerRow
    from ecoredline.web.patches.models import Run
    from ecoredline.web.redlines.models import Marker
    from ecoredline.web.regions.models import Division

    logins = demo.fill_platform(tmp_path, sample_folder)
    assert demo.fill_platform(tmp_path, sample_folder) == logins
    table = demo.people_table(logins)
    assert (
        "yanbian",
        logins["yanbian"],
        "县级核查员",
        "攀枝花市盐边生态环境局（演示单位）",
    ) in table
    assert Run.objects.count() == 1
    assert {b.name for b in books().values() if b.is_own} == set(
        LedgerRow.objects.values_list("book", flat=True)
    )
    assert LedgerRow.objects.filter(is_demo=False).count() == 0 < Marker.objects.count()
    told = Transition.objects.count()
    assert {"serious", "lawful"} <= {fate for _, fate in FATES[: Clue.objects.count()]}
    assert Case.objects.filter(is_serious=True, state="rectifying").exists()
    connection.check_constraints()
    assert audit.verify().is_whole
    assert demo.forget_in_database() == 1
    assert not Run.objects.exists()
    assert not Clue.objects.exists() and not LedgerRow.objects.exists()
    assert Transition.objects.count() == told  # what was done is not forgotten
    assert audit.verify().is_whole
    assert not Division.objects.exists()
    assert not Person.objects.filter(is_active=True).exists()
    assert AccessRecord.objects.filter(action="run.load").exists()


@pytest.mark.django_db
def test_the_demo_does_not_enter_a_project_with_units_of_its_own(sample_folder, tmp_path, units):
    from ecoredline.errors import InputError
    from ecoredline.web.patches.models import Run

    with pytest.raises(InputError, match="units of its own"):
        demo.fill_platform(tmp_path, sample_folder)
    assert not Run.objects.exists()
