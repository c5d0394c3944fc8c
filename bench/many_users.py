"""The platform at the size of a country, under 50 people: seeded, served as the product serves it, measured.

    .venv/bin/python bench/many_users.py [--patches 200000] [--clues 50000] [--cases 20000] [--users 50]
                                       [--keep FOLDER] [--clicks 12] [--pause 3]

It makes a throw-away cluster in a temporary folder (`--keep` keeps it and finds it again), fills it,
starts the product's own web server and lets `--users` people click, each from their own session.
First with a pause between two clicks, as people do; then without any, which shows how much the
machine can give. `ratio` is to `/health/`, which asks the database `select 1`, in the same run.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _platform import throw_away

WAIT_S = 60
HOST = "127.0.0.1"
ALONE = 50


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=int, default=200_000)
    parser.add_argument("--clues", type=int, default=50_000)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=12, help="clicks of each person and page")
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between two clicks")
    parser.add_argument("--keep", type=Path, help="folder that is kept and used again")
    parser.add_argument("--skip-audit", action="store_true")
    return parser.parse_args()


def sessions(people) -> list[str]:
    """A log-in for each person, made in the database: the log-in page is not what is measured."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    found = []
    for person in people:
        store = SessionStore()
        store[SESSION_KEY] = str(person.pk)
        store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.create()
        found.append(store.session_key)
    return found


def addresses() -> dict[str, object]:
    """Page → the addresses a person may click, by person; pages that do not exist are left out."""
    from django.urls import NoReverseMatch, reverse

    from ecoredline.web.cases.models import Case

    def address(name, *args):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            return ""

    def clue_list(person):
        code = person.unit.division_code
        state = random.choice(("dispatched", "submitted", "confirmed"))
        return (
            address("clue_list") and f"{address('clue_list')}?state={state}&county={code}&year=2026"
        )

    cases = {}

    def case(person):
        if person.pk not in cases:
            keys = Case.objects.visible_to(person).values_list("pk", flat=True)[:200]
            cases[person.pk] = list(keys)
        return address("case", random.choice(cases[person.pk]))

    return {
        "select 1": lambda person: "/health/",
        "inbox": lambda person: address("inbox"),
        "clue list, filtered": clue_list,
        "case page": case,
        "board": lambda person: address("board"),
        "funnel": lambda person: address("funnel"),
    }


def ask(line: http.client.HTTPConnection, address: str, heads: dict) -> int:
    """One answer, read to its end; a line the server closed meanwhile is opened again, as browsers do."""
    for last in (False, True):
        try:
            line.request("GET", address, headers=heads)
            answer = line.getresponse()
            answer.read()
            return answer.status
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            line.close()
            if last:
                raise
    raise AssertionError


class User(threading.Thread):
    """One person: their clicks, and how long each answer took."""

    def __init__(self, port: int, cookie: str, clicks: list[tuple[str, str]], pause: float):
        super().__init__(daemon=True)
        self.port, self.cookie, self.clicks, self.pause = port, cookie, clicks, pause
        self.took: list[tuple[str, float]] = []
        self.faults: list[str] = []

    def run(self) -> None:
        """Click through; a page that does not answer 200 is a fault."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=WAIT_S)
        heads = {"Cookie": f"ecoredline_session={self.cookie}", "Host": f"localhost:{self.port}"}
        for page, address in self.clicks:
            if self.pause:
                time.sleep(random.uniform(0.2, 1.8) * self.pause)
            start = time.perf_counter()
            try:
                status = ask(line, address, heads)
            except (OSError, http.client.HTTPException) as fault:
                self.faults.append(f"{page}: {fault!r}")
                line.close()
                continue
            self.took.append((page, time.perf_counter() - start))
            if status != 200:
                self.faults.append(f"{page}: {status} {address}")
        line.close()


def click(port: int, people, cookies, pages: dict, clicks: int, pause: float) -> dict:
    """Let everybody click all pages in their own order; gives page → seconds."""
    users = []
    for person, cookie in zip(people, cookies, strict=True):
        todo = [(page, make(person)) for page, make in pages.items() for _ in range(clicks)]
        todo = [(page, address) for page, address in todo if address]
        random.shuffle(todo)
        users.append(User(port, cookie, todo, pause))
    for user in users:
        user.start()
    for user in users:
        user.join()
    found: dict[str, list[float]] = {page: [] for page in pages}
    for user in users:
        for page, seconds in user.took:
            found[page].append(seconds)
    faults = [f for user in users for f in user.faults]
    if faults:
        print(f"{len(faults)} faults, first: {faults[0]}", file=sys.stderr)
    return found


def table(title: str, found: dict[str, list[float]]) -> None:
    """Print page, clicks, p50, p95 and the ratio of p50 to the bare page."""
    bare = statistics.median(found["select 1"])
    print(
        f"\n{title}\n\n| page | clicks | p50 ms | p95 ms | p50 ÷ select 1 |\n|---|---|---|---|---|"
    )
    for page, took in found.items():
        if not took:
            print(f"| {page} | — | — | — | — |")
            continue
        p50, p95 = statistics.median(took), sorted(took)[int(0.95 * (len(took) - 1))]
        print(f"| {page} | {len(took)} | {1000 * p50:.0f} | {1000 * p95:.0f} | {p50 / bare:.1f} |")


def busy_s(root: int) -> float:
    """Processor seconds of a process, all it started, and every PostgreSQL server of ours."""
    parents, spent, names = {}, {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "stat").read_text()
        except OSError:
            continue  # it ended meanwhile
        name, rest = text[text.index("(") + 1 :].rsplit(")", 1)
        parts = rest.split()
        pid = int(path.name)
        parents[pid], names[pid] = int(parts[1]), name
        spent[pid] = sum(map(int, parts[11:13])) / os.sysconf("SC_CLK_TCK")

    def belongs(pid: int, roots: set[int]) -> bool:
        while pid > 1:
            if pid in roots:
                return True
            pid = parents.get(pid, 0)
        return False

    data = Path(os.environ["ECOREDLINE_VAR"]) / "postgres"
    from ecoredline.web import cluster

    place = cluster.recall(data)
    ours = cluster.postmaster_pid(Path(place.data)) if place else None
    roots = {root, ours or root}
    return sum(seconds for pid, seconds in spent.items() if belongs(pid, roots))


def alone(child, port: int, people, cookies, pages: dict, clicks: int) -> None:
    """Print what one click costs when nobody else clicks: time, and processor time of web and database.

    Processor time hardly minds what else the machine does; users ÷ pause × cost is the cores needed.
    """
    print("\none person at a time\n\n| page | p50 ms | processor ms a click |\n|---|---|---|")
    costs = []
    for page, make in pages.items():
        todo = [
            (page, make(person), cookie) for person, cookie in zip(people, cookies, strict=True)
        ]
        todo = (todo * clicks)[:clicks]
        if not todo[0][1]:
            continue
        before, took = busy_s(child.pid), []
        for name, address, cookie in todo:
            user = User(port, cookie, [(name, address)], 0)
            user.run()
            took += [seconds for _page, seconds in user.took]
        cost = 1000 * (busy_s(child.pid) - before) / len(todo)
        costs += [cost] if page != "select 1" else []
        print(f"| {page} | {1000 * statistics.median(took):.0f} | {cost:.0f} |")
    print(f"\nmean of the five pages: {statistics.mean(costs):.0f} ms of processor a click")


def serve(port: int) -> subprocess.Popen:
    """The product's own web server, waited for."""
    from ecoredline.web import server

    child = server.spawn(server.web_command(port))
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            line = http.client.HTTPConnection(HOST, port, timeout=5)
            line.request("GET", "/health/", headers={"Host": f"localhost:{port}"})
            if line.getresponse().status == 200:
                return child
        except OSError:
            time.sleep(0.3)
    server.stop_process(child)
    raise SystemExit("the web server did not answer")


def annex_1(port: int, cookie: str) -> tuple[float, int]:
    """Seconds and bytes of annex 1 of the run with 5,000 suspected patches."""
    from ecoredline.web.patches.models import Run

    first = Run.objects.order_by("pk").values_list("pk", flat=True)[0]
    line = http.client.HTTPConnection(HOST, port, timeout=10 * WAIT_S)
    heads = {"Cookie": f"ecoredline_session={cookie}", "Host": f"localhost:{port}"}
    start = time.perf_counter()
    line.request("GET", f"/runs/{first}/annex-1.xlsx", headers=heads)
    answer = line.getresponse()
    size = len(answer.read())
    assert answer.status == 200, answer.status
    return time.perf_counter() - start, size


def main() -> None:
    """Fill, serve, click, print."""
    asked = arguments()
    with throw_away(asked.keep):
        measure(asked)


def measure(asked: argparse.Namespace) -> None:
    """With the database up."""
    import _many_rows as seed
    from ecoredline.web import server
    from ecoredline.web.accounts.models import Person
    from ecoredline.web.core import audit
    from ecoredline.web.core.models import Transition

    start = time.perf_counter()
    if not Person.objects.exists():
        seed.fill(asked.patches, asked.clues, asked.cases, say=lambda w: print(w, file=sys.stderr))
        print(f"seeded in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(f"{asked.patches} patches, {asked.clues} clues, {asked.cases} cases, {Transition.objects.count()} transitions")  # fmt: skip
    everybody = list(Person.objects.select_related("unit").order_by("unit__division_code"))
    random.seed(1)
    people = everybody[:1] + random.sample(everybody[1:], asked.users - 1)
    cookies, pages = sessions(people), addresses()
    port = server.free_port(0)
    child = serve(port)
    try:
        click(port, people, cookies, pages, 1, 0)  # everything is opened once
        alone(child, port, people, cookies, pages, ALONE)
        slow = click(port, people, cookies, pages, asked.clicks, asked.pause)
        table(f"{asked.users} people, {asked.pause:g} s between clicks", slow)
        table(f"{asked.users} people, no pause", click(port, people, cookies, pages, 4, 0))
        before = busy_s(child.pid)
        seconds, size = annex_1(port, cookies[0])
        cost = busy_s(child.pid) - before
        print(
            f"\nannex 1 with 5,000 rows: {seconds:.2f} s ({cost:.2f} s of processor), {size} bytes"
        )
    finally:
        server.stop_process(child)
    if not asked.skip_audit:
        start, before = time.perf_counter(), busy_s(os.getpid())
        result = audit.verify()
        took, cost = time.perf_counter() - start, busy_s(os.getpid()) - before
        said = "whole" if result.is_whole else f"NOT WHOLE: {result.faults[:2]}"
        print(
            f"audit verify: {result.rows} rows in {took:.1f} s ({cost:.1f} s of processor), "
            f"{result.rows / took:.0f} rows/s, {result.rows / cost:.0f} a processor second, {said}"
        )


if __name__ == "__main__":
    main()
