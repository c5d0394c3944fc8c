"""The run record `run.json`, progress and cancelling: what a job says about itself."""

import json
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from ecoredline import __version__
from ecoredline.errors import Cancelled, SourceError
from ecoredline.files import input_sha256, input_sha256_soon, parts_of, sha256, whole_file

RECORD_NAME = "run.json"
RECORD_FORMAT = 1
NOTED_LIBRARIES = ("numpy", "numba", "rasterio", "pyogrio", "shapely", "pyproj", "geopandas")
DEMO_NOTICE = "演示合成数据"


@dataclass(frozen=True)
class Progress:
    """One moment of a job: which stage, how much of it is done (0..1), a word about it."""

    stage: str
    done: float
    message: str = ""


@dataclass
class Job:
    """What a long function is handed: a place to report to, and a way to be stopped.

    >>> seen = []
    >>> job = Job(report=seen.append)
    >>> job.at("score", 0.5)
    >>> seen[0].stage
    'score'
    """

    report: Callable[[Progress], None] = lambda progress: None
    cancelled: Callable[[], bool] = lambda: False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def at(self, stage: str, done: float = 0.0, message: str = "") -> None:
        """Report progress; raise `Cancelled` if somebody asked the job to stop. Thread-safe."""
        self.stop_if_asked()
        with self._lock:
            self.report(Progress(stage, min(1.0, max(0.0, done)), message))

    def stop_if_asked(self) -> None:
        """Raise `Cancelled` if somebody asked the job to stop."""
        if self.cancelled():
            raise Cancelled("the job was cancelled; start it again when you want")


class RunRecord:
    """Everything a run must be able to say later: inputs, parameters, versions, steps, counts.

    Sections are plain JSON: `inputs` (role → path, sha256, bytes), `parameters`,
    `versions`, `steps` (one entry a step: name, seconds, what it found), `warnings`,
    `counts`, `areas_ha`, `outputs` (name → sha256).
    """

    def __init__(self, job: str, parameters: dict):
        self.data = {
            "format": RECORD_FORMAT,
            "job": job,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "finished_at": None,
            "is_demo": False,
            "notice": "",
            "inputs": {},
            "parameters": parameters,
            "versions": versions(),
            "steps": [],
            "warnings": [],
            "counts": {},
            "areas_ha": {},
            "outputs": {},
        }
        self.awaited = {}

    def add_input(self, role: str, path: Path | str, *, later: bool = False, **facts) -> None:
        """Note an input file with its hash; `facts` are kept beside it (CRS, bands, date).

        `later` hashes it while others compute: the hash is empty until `settle`.
        Raises `SourceError` for a file that is not there.
        """
        path = Path(path).resolve()
        if not path.exists():
            raise SourceError(f"got {path.name} for {role}, which does not exist; check the path")
        self.data["inputs"][role] = {
            "path": str(path),
            "name": path.name,
            "bytes": sum(part.stat().st_size for part in parts_of(path)),
            "sha256": "" if later else input_sha256(path),
            **facts,
        }
        if later:
            self.awaited[role] = input_sha256_soon(path)

    def settle(self) -> None:
        """Wait for the hashes that are computed beside the work; raises `SourceError`."""
        while self.awaited:
            role, future = self.awaited.popitem()
            self.data["inputs"][role]["sha256"] = future.result()

    def warn(self, message: str) -> None:
        """Keep a warning that the user must see; each is said once."""
        if message not in self.data["warnings"]:
            self.data["warnings"].append(message)

    def step(self, name: str, **found) -> "Step":
        """Time a step: `with record.step("register") as s: s.found(shift_px=1.2)`."""
        return Step(self, name, found)

    def mark_demo(self) -> None:
        """Say on everything that comes of this run that its data are made."""
        self.data["is_demo"], self.data["notice"] = True, DEMO_NOTICE

    def finish(self, folder: Path, outputs: list[Path]) -> Path:
        """Hash the outputs and write `run.json`, last of all: its presence means a whole run."""
        self.settle()
        self.data["outputs"] = {
            str(p.relative_to(folder)): {"sha256": sha256(p), "bytes": p.stat().st_size}
            for p in sorted(outputs)
        }
        self.data["finished_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        with whole_file(folder / RECORD_NAME) as part:
            part.write_text(json.dumps(self.data, ensure_ascii=False, indent=2), encoding="utf-8")
        return folder / RECORD_NAME


class Step:
    """The timing of one step; `found(...)` adds what it found."""

    def __init__(self, record: RunRecord, name: str, found: dict):
        self.record, self.entry = record, {"name": name, **found}

    def __enter__(self) -> "Step":
        self.begun = time.perf_counter()
        return self

    def found(self, **found) -> None:
        """Add findings to the step's entry."""
        self.entry.update(found)

    def __exit__(self, kind, *_):
        self.entry["seconds"] = round(time.perf_counter() - self.begun, 3)
        if kind is None:
            self.record.data["steps"].append(self.entry)


def versions() -> dict:
    """Version of EcoRedline, Python and the libraries that decide the numbers."""
    found = {"ecoredline": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in NOTED_LIBRARIES}


def read_record(folder: Path | str) -> dict:
    """Read a finished run's record; raise `SourceError` when the run is not whole."""
    path = Path(folder) / RECORD_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise SourceError(
            f"got {folder}, which has no {RECORD_NAME}; wanted the --out folder of a finished run"
        ) from fault
    except (OSError, ValueError) as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    if data.get("format") != RECORD_FORMAT:
        raise SourceError(
            f"{path} has format {data.get('format')}; this version reads {RECORD_FORMAT}"
        )
    return data
