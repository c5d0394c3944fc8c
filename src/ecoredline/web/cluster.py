"""The private PostgreSQL + PostGIS cluster the platform makes and starts for itself.

No open port and no password: one unix socket in a directory that only its owner can
enter. `DATABASE_URL` in the environment replaces all of it, and then nothing is started.
"""

import contextlib
import fcntl
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from ecoredline.errors import EcoredlineError
from ecoredline.files import whole_file

BINARIES = Path("/usr/lib/postgresql")  # Debian's layout; its wrappers on PATH refuse root
ROLE = "ecoredline"
DATABASE = "ecoredline"
PORT = 5432  # names the socket only; nothing listens on the network
SOCKET_PATH_LIMIT_BYTES = 107  # sun_path of a unix socket, less its closing zero
SERVICE_USERS = ("postgres", "nobody")  # whom a cluster started by root runs as
SERVICE_HOME = Path("/var/lib/ecoredline")  # data directory when `var` cannot be entered by them
START_TIMEOUT_S = 60
STATE_NAME = "cluster.json"
CONFIGURATION_NAME = "ecoredline.conf"


class ClusterError(EcoredlineError):
    """The private database cluster could not be made, started or stopped."""


@dataclass(frozen=True)
class Place:
    """Where a cluster lives, remembered in `cluster.json`: its data, its socket, its owner."""

    data: str
    socket: str
    user: str
    fsync: bool = True


def start(folder: Path | str, *, fsync: bool = True) -> str:
    """Make the cluster under `folder` if need be, start it if it stands still, give its URL.

    Two starts at once are safe: the second waits for the first. A cluster that was killed
    comes up again. Raises `ClusterError` with what to do.
    """
    if given := os.environ.get("DATABASE_URL"):
        return given
    folder = Path(folder).resolve()
    with locked(folder):
        place = recall(folder) or settle(folder, fsync)
        binaries = binaries_for(Path(place.data))
        if not (Path(place.data) / "PG_VERSION").exists():
            initialise(place, binaries)
        if not answers(place):
            place = mend_socket(folder, place)
            launch(place, binaries)
        prepare_database(place)
        return url_of(place)


def stop(folder: Path | str, *, mode: str = "fast") -> bool:
    """Stop the cluster under `folder`; True when one was running. Data stay."""
    folder = Path(folder).resolve()
    if not (folder / STATE_NAME).exists():
        return False
    with locked(folder):
        place = recall(folder)
        if place is None or postmaster_pid(Path(place.data)) is None:
            return False
        control(place, binaries_for(Path(place.data)), "stop", "-m", mode, "-w")
        return True


def remove(folder: Path | str) -> bool:
    """Stop the cluster and delete its data, socket and notes; True when there was one."""
    folder = Path(folder).resolve()
    place = recall(folder)
    stop(folder, mode="immediate")  # what is thrown away need not be tidy
    if place is not None:
        data = Path(place.data)
        made_for_it = data.parent if data.parent.parent == SERVICE_HOME else data
        for path in (made_for_it, place.socket):
            shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    return place is not None


def status(folder: Path | str) -> str:
    """One word: `given` (DATABASE_URL is set), `absent`, `stopped` or `running`."""
    if os.environ.get("DATABASE_URL"):
        return "given"
    place = recall(Path(folder).resolve())
    if place is None or not (Path(place.data) / "PG_VERSION").exists():
        return "absent"
    return "running" if answers(place) else "stopped"


def url(folder: Path | str) -> str:
    """The URL a cluster under `folder` has or would have; starts nothing."""
    if given := os.environ.get("DATABASE_URL"):
        return given
    folder = Path(folder).resolve()
    place = recall(folder)
    return url_of(place or Place(str(folder / "data"), str(folder / "socket"), ""))


def url_of(place: Place, database: str = DATABASE) -> str:
    """A libpq URL that goes through the socket.

    >>> url_of(Place("/a/data", "/a/s", ""))
    'postgresql://ecoredline@/ecoredline?host=%2Fa%2Fs&port=5432'
    """
    return f"postgresql://{ROLE}@/{database}?host={quote(place.socket, safe='')}&port={PORT}"


# ---- where it lives


def recall(folder: Path) -> Place | None:
    """The place noted in `cluster.json`, if any."""
    try:
        return Place(**json.loads((folder / STATE_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as fault:
        raise ClusterError(
            f"could not read {folder / STATE_NAME}: {fault}; it says where the database lives: "
            "restore it from a copy, or move the folder away to begin with an empty database"
        ) from fault


def note(folder: Path, place: Place) -> Place:
    """Write the place down."""
    with whole_file(folder / STATE_NAME) as part:
        part.write_text(json.dumps(asdict(place), indent=1), encoding="utf-8")
    return place


def settle(folder: Path, fsync: bool) -> Place:
    """Choose owner, data directory and socket directory for a new cluster."""
    user = service_user()
    data = folder / "data"
    if not may_enter(folder, user):
        SERVICE_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
        data = Path(tempfile.mkdtemp(prefix="cluster-", dir=SERVICE_HOME)) / "data"
        data.parent.chmod(0o711)
    socket = make_socket(folder, user)
    return note(folder, Place(str(data), str(socket), user, fsync))


def make_socket(folder: Path, user: str) -> Path:
    """A directory for the socket, mode 0700: in `folder`, or in the system's when that is long."""
    socket = folder / "socket"
    longest = len(os.fsencode(socket / f".s.PGSQL.{PORT}.lock"))
    if longest > SOCKET_PATH_LIMIT_BYTES or not may_enter(folder, user):
        socket = Path(tempfile.mkdtemp(prefix="ecoredline-"))
    own(socket, user)
    return socket


def mend_socket(folder: Path, place: Place) -> Place:
    """Make the socket directory anew when it is gone (a cleaned /tmp) or is not ours alone."""
    socket = Path(place.socket)
    owner = pwd.getpwnam(place.user).pw_uid if place.user else os.geteuid()
    with contextlib.suppress(FileNotFoundError):
        found = socket.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077:
            return place
    if not socket.exists() and socket.parent == folder:
        own(socket, place.user)
        return place
    return note(
        folder, Place(place.data, str(make_socket(folder, place.user)), place.user, place.fsync)
    )


def own(path: Path, user: str) -> None:
    """Make a directory that belongs to `user` (or to us) and that nobody else can enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    if user:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def service_user() -> str:
    """Whom the server runs as: '' for ourselves, a service user when we are root."""
    if os.geteuid() != 0:
        return ""
    for name in SERVICE_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ClusterError(
        f"PostgreSQL must not run as root, and there is no user {' or '.join(SERVICE_USERS)}; "
        "install the Debian package postgresql, which makes one, or start as another user"
    )


def may_enter(folder: Path, user: str) -> bool:
    """Can `user` walk down to `folder`?"""
    if not user:
        return True
    test = subprocess.run(["/usr/bin/test", "-x", str(folder)], **identity(user), check=False)
    return test.returncode == 0


def identity(user: str) -> dict:
    """Arguments of `subprocess.run` that make the child `user`, in a folder it can be in."""
    if not user:
        return {"cwd": "/"}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": "/"}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time makes, starts or stops this cluster."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


# ---- PostgreSQL's own programs


def binaries_for(data: Path) -> Path:
    """The `bin` folder that fits the data directory; the newest with PostGIS for a new one."""
    installed = {int(p.parent.name): p for p in BINARIES.glob("*/bin") if p.parent.name.isdigit()}
    complete = {
        major: path
        for major, path in installed.items()
        if (path / "initdb").exists() and any((path.parent / "lib").glob("postgis-3*.so"))
    }
    if not complete:
        raise ClusterError(
            f"found no PostgreSQL with PostGIS under {BINARIES}; install the Debian packages "
            "postgresql-15 and postgresql-15-postgis-3, or set DATABASE_URL to a server"
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return complete[max(complete)]
    major = int(version.read_text().split(".")[0])
    if major not in complete:
        raise ClusterError(
            f"the data in {data} were written by PostgreSQL {major}; installed with PostGIS: "
            f"{', '.join(map(str, sorted(complete)))}. Install postgresql-{major}-postgis-3, or move "
            "the folder away and load the runs again"
        )
    return complete[major]


def initialise(place: Place, binaries: Path) -> None:
    """Make the empty cluster (`initdb`) beside its place and move it there when it is whole."""
    new = Path(f"{place.data}.new")
    shutil.rmtree(new, ignore_errors=True)  # of an initdb that was killed
    own(new, place.user)
    command = [
        str(binaries / "initdb"), "-D", str(new), "-U", ROLE, "--auth=trust",
        "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
        *([] if place.fsync else ["--no-sync"]),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, **identity(place.user)
    )
    if done.returncode:
        raise ClusterError(f"initdb failed in {new}: {done.stderr.strip() or done.stdout.strip()}")
    os.replace(new, place.data)


def launch(place: Place, binaries: Path) -> None:
    """Start the server and wait until it answers; a stale lock of a killed one is removed."""
    data = Path(place.data)
    configure(place)
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        clear_stale_locks(place)
        try:
            control(
                place, binaries, "start", "-w", "-t", str(START_TIMEOUT_S), "-l", str(data / "log")
            )
            return
        except ClusterError:
            # Children of a killed server may still hold its memory for a moment.
            held = "shared memory" in last_words(data)
            if not held or time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def control(place: Place, binaries: Path, *arguments: str) -> None:
    """Run `pg_ctl` on the cluster as its owner."""
    command = [str(binaries / "pg_ctl"), "-D", place.data, *arguments]
    # Its output goes to a file: the server it starts would keep a pipe open for ever.
    with tempfile.TemporaryFile() as words:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, check=False,
            start_new_session=True, **identity(place.user),
        )  # fmt: skip
        words.seek(0)
        said = words.read().decode(errors="replace").strip()
    if done.returncode:
        raise ClusterError(
            f"pg_ctl {arguments[0]} failed for {place.data}: {said}\n{last_words(Path(place.data))}"
        )


def configure(place: Place) -> None:
    """Write our settings beside PostgreSQL's own; they are renewed on each start."""
    data = Path(place.data)
    safety = "on" if place.fsync else "off"
    lines = {
        "listen_addresses": "''",
        "port": PORT,
        "unix_socket_directories": "'" + place.socket.replace("'", "''") + "'",
        "unix_socket_permissions": "0700",
        "max_connections": 200,
        "jit": "off",
        "fsync": safety,
        "synchronous_commit": safety,
        "full_page_writes": safety,
        "log_min_messages": "warning",
        "timezone": "'UTC'",
    }
    text = "".join(f"{key} = {value}\n" for key, value in lines.items())
    (data / CONFIGURATION_NAME).write_text(text, encoding="utf-8")
    (data / CONFIGURATION_NAME).chmod(0o644)
    main = data / "postgresql.conf"
    include = f"include '{CONFIGURATION_NAME}'"
    if include not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{include}\n")


def last_words(data: Path, lines: int = 8) -> str:
    """The end of the server's log."""
    try:
        return "\n".join((data / "log").read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


# ---- is it alive


def postmaster_pid(data: Path) -> int | None:
    """The process id of the server on `data`, or None when it does not run."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if re.search(r"postgres|postmaster", command) and str(data) in command else None


def clear_stale_locks(place: Place) -> None:
    """Remove lock files of a server that is gone, whoever has its process id now."""
    if postmaster_pid(Path(place.data)) is None:
        for path in (
            Path(place.data) / "postmaster.pid",
            Path(place.socket) / f".s.PGSQL.{PORT}",
            Path(place.socket) / f".s.PGSQL.{PORT}.lock",
        ):
            path.unlink(missing_ok=True)


def answers(place: Place) -> bool:
    """Does the server answer on its socket?"""
    if postmaster_pid(Path(place.data)) is None:
        return False
    try:
        psycopg.connect(url_of(place, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def prepare_database(place: Place) -> None:
    """Make the database and its PostGIS extension where they are missing."""
    with psycopg.connect(url_of(place, "postgres"), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(f'create database "{DATABASE}"')
    with psycopg.connect(url_of(place), autocommit=True) as connection:
        connection.execute("create extension if not exists postgis")
