"""The platform's tests: one private cluster per session, one database per worker, the cast."""

import fcntl
import json
from pathlib import Path

import pytest
import sample_run
from django.db import connections
from django.db.models.signals import post_migrate
from psycopg.conninfo import conninfo_to_dict

from ecoredline.web import cluster

PASSWORD = "correct-horse-7"
# who: unit level, division code, role
CAST = {
    "ministry_analyst": ("ministry", "", "analyst"),
    "ministry_supervisor": ("ministry", "", "supervisor"),
    "province_supervisor": ("province", "51", "supervisor"),
    "city_supervisor": ("city", "5104", "supervisor"),
    "city_checker": ("city", "5104", "checker"),
    "city_analyst": ("city", "5104", "analyst"),
    "city_auditor": ("city", "5104", "auditor"),
    "city_administrator": ("city", "5104", "administrator"),
    "yanbian_officer": ("county", "510422", "officer"),
    "yanbian_analyst": ("county", "510422", "analyst"),
    "miyi_officer": ("county", "510421", "officer"),
    "huaping_officer": ("county", "530723", "officer"),
    "panzhou_officer": ("county", "520281", "officer"),
}


@pytest.fixture(scope="session")
def cluster_folder(tmp_path_factory, worker_id):
    """The cluster of this test session, shared by its workers; the last one stops it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "cluster"
    users = folder.with_suffix(".users")
    with counted(users, +1):
        cluster.start(folder, fsync=False)
    yield folder
    with counted(users, -1) as left:
        if not left:
            cluster.remove(folder)


class counted:
    """Count who uses the cluster, one at a time."""

    def __init__(self, path: Path, step: int):
        self.path, self.step = path, step

    def __enter__(self) -> int:
        self.stream = open(self.path, "a+")
        fcntl.flock(self.stream, fcntl.LOCK_EX)
        self.stream.seek(0)
        count = int(self.stream.read() or 0) + self.step
        self.stream.truncate(0)
        self.stream.write(str(count))
        self.stream.flush()
        return count

    def __exit__(self, *_):
        self.stream.close()


@pytest.fixture(scope="session")
def worker_id(request):
    """The xdist worker's name, or `master`."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(cluster_folder, worker_id):
    """Point Django at the session's cluster, at a database of this worker's own."""
    found = conninfo_to_dict(cluster.start(cluster_folder))
    place = {
        "NAME": found["dbname"], "USER": found["user"], "PASSWORD": found.get("password", ""),
        "HOST": found["host"], "PORT": found.get("port", ""), "OPTIONS": {},
    }  # fmt: skip
    test_name = f"test_ecoredline_{worker_id}"
    for held in (connections.settings["default"], connections["default"].settings_dict):
        held.update(place)
        held["TEST"]["NAME"] = test_name


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    """Every test writes into its own folder, and passwords are hashed quickly."""
    settings.ECOREDLINE_VAR = tmp_path / "var"
    settings.RUNS_FOLDER = tmp_path / "var" / "runs"
    settings.IMAGERY_FOLDER = tmp_path / "var" / "imagery"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.IMAGERY_FOLDER.mkdir(parents=True)
    return settings


@pytest.fixture
def units(db):
    """A unit for each division of the cast."""
    from ecoredline.web.accounts.actions import create_unit

    wanted = sorted({(code, level) for level, code, _ in CAST.values()})
    return {
        code: create_unit(level=level, code=code, name=f"{code} {level}") for code, level in wanted
    }


@pytest.fixture
def cast(units):
    """Everybody, by name."""
    from ecoredline.web.accounts.actions import create_person

    return {
        name: create_person(username=name, password=PASSWORD, unit=units[code], role=role)
        for name, (_, code, role) in CAST.items()
    }


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    """A finished run folder that tests may read and must not change."""
    return sample_run.make_run(tmp_path_factory.mktemp("sample"), unplaced=True)


@pytest.fixture
def run(db, sample_folder):
    """The sample run, loaded."""
    from ecoredline.web.patches.actions import load_run

    return load_run(sample_folder)


@pytest.fixture
def as_person(cast, client):
    """Log somebody of the cast in: `as_person("yanbian_officer").get(...)`."""

    def log_in(name: str):
        client.force_login(cast[name])
        return client

    return log_in


@pytest.fixture
def ask(client, cast):
    """`ask("city_supervisor", "/clues", {…})` by the API with a token of that person; its answer.

    `ask.upload(who, path, {…})` sends a form with files and gives the response.
    """
    from ecoredline.web.api import tokens

    secrets = {}

    def bearer(who) -> dict:
        if who not in secrets:
            _, secrets[who] = tokens.make_token(by=cast[who], name="t", days=1, may_write=True)
        return {"Authorization": f"Bearer {secrets[who]}"}

    def call(who, path, body=None, status=200, method="POST"):
        found = client.generic(
            method, f"/api/v1{path}", json.dumps(body or {}) if method == "POST" else "",
            content_type="application/json", headers=bearer(who),
        )  # fmt: skip
        assert found.status_code == status, found.content.decode()
        return found.json()

    call.upload = lambda who, path, said: client.post(f"/api/v1{path}", said, headers=bearer(who))
    return call


@pytest.fixture
def committed(transactional_db):
    """A database whose changes other connections see; emptied afterwards.

    What is append-only refuses to be emptied, so its guard is lifted for that moment only;
    Django tells when the tables are empty, and then it is put back.
    """
    yield
    set_guard("disable")
    post_migrate.connect(guard_again, dispatch_uid="guard_again")


def guard_again(sender, **_):
    """The tables are empty: put the guard back."""
    if sender.label == "core":
        post_migrate.disconnect(dispatch_uid="guard_again")
        set_guard("enable")


def set_guard(how: str) -> None:
    with connections["default"].cursor() as cursor:
        for table in ("core_accessrecord", "core_transition", "core_seal"):
            cursor.execute(f"alter table {table} {how} trigger user")
