"""The platform's processes: database, web server, background worker; started and stopped together."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from ecoredline.errors import EcoredlineError
from ecoredline.web import cluster
from ecoredline.web.environment import text

ADDRESS = "127.0.0.1"  # a reverse proxy with TLS stands before it when others are to reach it
DEFAULT_PORT = 8703
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 8
LOOK_EVERY_S = 0.2
RESTART_PAUSE_S = 3
WEB_WORKERS, WEB_THREADS = 2, 8
PR_SET_PDEATHSIG = 1  # linux/prctl.h: a child is told when its parent dies


class ServerError(EcoredlineError):
    """A process of the platform did not start or did not stay."""


def var_folder() -> Path:
    """The folder of everything the platform writes."""
    return Path(text("ECOREDLINE_VAR", "var")).resolve()


@contextlib.contextmanager
def database(say: Callable[[str], None] = lambda words: None) -> Iterator[None]:
    """Within the block the database answers and Django is ready and migrated.

    The private cluster is stopped at the end if it stood still before.
    """
    folder = var_folder() / "postgres"
    before = cluster.status(folder)
    if before in ("absent", "stopped"):
        say("启动数据库 …" if before == "stopped" else "建立私有数据库 …")
    try:
        os.environ["DATABASE_URL"] = cluster.start(folder)
        prepare_django()
        yield
    finally:
        if before in ("absent", "stopped"):
            os.environ.pop("DATABASE_URL", None)
            cluster.stop(folder)


def prepare_django() -> None:
    """Set Django up in this process and bring the database to the newest form."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecoredline.web.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def free_port(wanted: int) -> int:
    """The wanted port, or any free one when somebody else has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As the server itself will do: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise ServerError(f"found no free port on {ADDRESS}; close some programs and try again")


def web_command(port: int) -> list[str]:
    """The web server's command line."""
    return [
        sys.executable, "-m", "gunicorn", "ecoredline.web.wsgi", "--no-control-socket",
        "--bind", f"{ADDRESS}:{port}", "--worker-class", "gthread", "--workers", str(WEB_WORKERS),
        "--threads", str(WEB_THREADS), "--log-level", "warning", "--timeout", "60",
        "--limit-request-line", "8190", "--limit-request-fields", "100",
        "--limit-request-field_size", "8190",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """The background worker's command line."""
    return [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "1"]


def spawn(command: list[str]) -> subprocess.Popen:
    """Start a child that Ctrl-C does not reach (we stop it), and that ends when we are killed."""
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    # Only the one call above runs between fork and exec.
    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent)


def stop_process(child: subprocess.Popen) -> None:
    """Ask a child to end, and make it end with all it started: it leads a group of its own."""
    if child.poll() is None:
        child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Within the block SIGTERM ends the program as Ctrl-C does, with everything stopped.

    A second one while it stops is not heard: nothing may be left running.
    """

    def interrupt(_number, _frame):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_server(port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; `ready` is called with the address once the pages answer.

    A worker that dies is started again; a web server that dies ends everything.
    Must be called within `database()`.
    """
    os.environ.setdefault("ECOREDLINE_HTTPS", "0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecoredline.web.settings")
    wanted, port = port, free_port(port)
    if port != wanted:
        print(f"端口 {wanted} 已被其他程序占用，改用 {port}", flush=True)
    address = f"http://{ADDRESS}:{port}/"
    children = {"web": spawn(web_command(port))}
    try:
        wait_for(address + "health/", children["web"])
        children["worker"] = spawn(worker_command())
        ready(address)
        watch(children)
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            stop_process(child)


def watch(children: dict[str, subprocess.Popen]) -> None:
    """Look after the children for ever."""
    while True:
        time.sleep(LOOK_EVERY_S)
        if (code := children["web"].poll()) is not None:
            raise ServerError(f"the web server ended with code {code}; its messages are above")
        if children["worker"].poll() is not None:
            time.sleep(RESTART_PAUSE_S)
            children["worker"] = spawn(worker_command())


def wait_for(address: str, child: subprocess.Popen) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if (code := child.poll()) is not None:
            raise ServerError(f"the web server ended with code {code}; its messages are above")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(LOOK_EVERY_S)
    raise ServerError(
        f"{address} did not answer within {START_TIMEOUT_S} s; see the messages above"
    )
