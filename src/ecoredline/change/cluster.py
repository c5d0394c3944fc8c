"""Blocks scored beyond this machine: tiles as tasks of Dask distributed, merged in a fixed order.

What a tile gives is a function of the work and its windows alone, so it does not matter who
computes it, how often, or in which order they come back. Needs `pip install distributed`.
"""

import contextlib
import hashlib
import pickle
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio

from ecoredline.change.detectors import Scorer
from ecoredline.change.maps import UnseenMap
from ecoredline.change.normalise import Radiometry
from ecoredline.change.pair import Pair, Window
from ecoredline.change.parameters import DetectionParameters
from ecoredline.change.warp import ShiftField
from ecoredline.errors import ComputationError, InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.grid import Grid
from ecoredline.raster import Scene
from ecoredline.record import Job

TILE_BLOCKS = 4  # a task is a square of so many blocks a side
POLL_S = 0.5
TIMEOUT = "20s"  # for a scheduler to answer
RETRIES = 2
LOCAL = "local"
NO_DASK = "got no Dask distributed; wanted it installed: pip install 'ecoredline[cluster]'"


@dataclass(frozen=True)
class Work:
    """All that a worker must know of a scene pair to score any block of it."""

    before: Scene
    after: Scene
    grid: Grid
    names: tuple[str, ...]
    field: ShiftField
    radiometry: Radiometry
    unseen: UnseenMap
    parameters: DetectionParameters
    scorer: Scorer

    def token(self, windows: list[Window]) -> str:
        """Digest of the work, its files (path, size, time of change) and its windows."""
        digest = hashlib.sha256(packed(self))
        for scene in (self.before, self.after):
            digest.update(f"{scene.path}{file_facts(scene)}".encode())
        digest.update(repr(windows).encode())
        return digest.hexdigest()[:16]


def packed(work: Work) -> bytes:
    """A work as few bytes, which travel with the tasks: what a lost worker knew is not lost."""
    return zlib.compress(pickle.dumps(work, protocol=5), 1)


def file_facts(scene: Scene) -> tuple[int, int]:
    """Size and time of change of a scene's file."""
    facts = Path(scene.path).stat()
    return facts.st_size, facts.st_mtime_ns


_pairs: dict[str, Pair] = {}  # of this worker process; the last work's only
_lock = threading.Lock()


def worker_pair(work: Work, token: str, sizes: tuple[int, int]) -> Pair:
    """The open pair of a work, one a process. Raises `SourceError` when a file is not there."""
    with _lock:
        if token not in _pairs:
            for old in [_pairs.pop(k) for k in list(_pairs)]:
                old.close()
            for scene, size in zip((work.before, work.after), sizes, strict=True):
                path = Path(scene.path)
                if not path.exists() or path.stat().st_size != size:
                    raise SourceError(
                        f"a worker sees no {path} of {size} bytes; wanted the images at the same "
                        "path on every machine"
                    )
            pair = Pair(
                work.before, work.after, work.grid, work.names, work.parameters.cache_mb << 20
            )
            pair.field, pair.radiometry = work.field, work.radiometry
            _pairs[token] = pair
        return _pairs[token]


def score_tile(work: Work, token: str, sizes: tuple[int, int], windows: list[Window]) -> list:
    """On a worker: what each window of a tile gives (`detect.Found`)."""
    from ecoredline.change.detect import GDAL_CACHE_MB, score_block

    pair = worker_pair(work, token, sizes)
    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB << 20):
        return [score_block(pair, work.unseen, w, work.parameters, Job(), work.scorer) for w in windows]  # fmt: skip


def unpacked(data: bytes) -> Work:
    """The work out of its bytes."""
    return pickle.loads(zlib.decompress(data))


@dataclass
class Cluster:
    """A connection to a scheduler; finished tiles are kept in `scratch`.

    `said` tells the run record where the work was done.
    """

    client: object
    address: str
    scratch: Path | None = None
    said: dict = field(default_factory=lambda: {"tiles": 0, "from_scratch": 0})

    def blocks(self, work: Work, windows: list[Window], job: Job) -> list:
        """What each window gives, in the order of `windows`.

        Raises `Cancelled`; `ComputationError` when workers keep dying of a tile; `SourceError`
        when the scheduler is lost. Then finished tiles wait in `scratch` for the next try.
        """
        tiles = list(grouped(windows, work.parameters.block_px).values())
        token = work.token(windows)
        done = {i: had for i in range(len(tiles)) if (had := self.kept(token, i)) is not None}
        self.said["tiles"] += len(tiles)
        self.said["from_scratch"] += len(done)
        missing = [i for i in range(len(tiles)) if i not in done]
        if missing:
            self.compute(
                work, token, {i: [windows[k] for k in tiles[i]] for i in missing}, done, job
            )
        found = [None] * len(windows)
        for i, places in enumerate(tiles):
            for k, one in zip(places, done[i], strict=True):
                found[k] = one
        return found

    def compute(self, work: Work, token: str, tiles: dict, done: dict, job: Job) -> None:
        """Send tiles as tasks and put what comes back into `done`, each once."""
        sizes = tuple(file_facts(scene)[0] for scene in (work.before, work.after))
        total, client = len(tiles) + len(done), self.client
        known = client.submit(unpacked, packed(work), key=f"work-{token}")
        futures = {
            client.submit(
                score_tile, known, token, sizes, windows, key=f"tile-{token}-{i}", retries=RETRIES
            ): i
            for i, windows in tiles.items()
        }
        pending = set(futures)
        try:
            while pending:
                job.at("score", len(done) / total)
                pending = self.waited(pending)
                self.check_alive()
                for one in [f for f in futures if f not in pending and futures[f] not in done]:
                    done[futures[one]] = self.keep(token, futures[one], self.result(one))
        finally:
            with contextlib.suppress(Exception):
                client.cancel([*futures, known], force=True)

    def waited(self, pending: set) -> set:
        """What is still to come, a moment later."""
        from distributed import wait
        from distributed.client import FuturesCancelledError

        try:
            return wait(pending, timeout=POLL_S, return_when="FIRST_COMPLETED").not_done
        except TimeoutError:
            return pending
        except FuturesCancelledError as fault:
            raise self.lost() from fault

    def lost(self) -> SourceError:
        """What is said when the scheduler is gone or let the work go."""
        return SourceError(
            f"lost the scheduler at {self.address}; finished tiles are kept: start the "
            "scheduler and run the same command again"
        )

    def check_alive(self) -> None:
        """Raise `SourceError` when the scheduler is gone."""
        if self.client.status != "running":
            raise self.lost()

    def result(self, future):
        """A task's result; what went wrong on a worker in our own words."""
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as fault:
            raise ComputationError(
                f"workers died of one tile again and again ({fault}); wanted more memory a worker"
            ) from fault
        except Exception:
            if future.cancelled():
                raise self.lost() from None
            raise

    def kept(self, token: str, number: int):
        """A tile finished in an earlier try, or None; a file that does not read counts as none."""
        if self.scratch is None:
            return None
        try:
            return read_tile(self.tile_path(token, number))
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def keep(self, token: str, number: int, found: list) -> list:
        """Write a finished tile, whole or not at all."""
        if self.scratch is not None:
            write_tile(self.tile_path(token, number), found)
        return found

    def tile_path(self, token: str, number: int) -> Path:
        """Where a finished tile waits."""
        return self.scratch / token / f"tile-{number:06d}.npz"


def write_tile(path: Path, found: list) -> None:
    """Write what a tile's windows gave, as plain arrays."""
    arrays = {"count": np.array(len(found))}
    for k, one in enumerate(found):
        arrays[f"whole-{k}"], arrays[f"real-{k}"] = one.whole, one.real
        if one.missing is not None:
            arrays[f"before-{k}"], arrays[f"after-{k}"] = one.missing
    with whole_file(path) as part:
        np.savez_compressed(part, **arrays)


def read_tile(path: Path) -> list:
    """What `write_tile` wrote."""
    from ecoredline.change.detect import Found

    with np.load(path, allow_pickle=False) as had:
        missing = [
            (had[f"before-{k}"], had[f"after-{k}"]) if f"before-{k}" in had else None
            for k in range(int(had["count"]))
        ]
        return [Found(had[f"whole-{k}"], had[f"real-{k}"], m) for k, m in enumerate(missing)]


def grouped(windows: list[Window], block_px: int) -> dict[tuple[int, int], list[int]]:
    """Places in `windows` by tile (row, col of tiles), tiles in order.

    >>> grouped([Window(0, 0, 8, 8), Window(0, 32, 8, 8), Window(8, 8, 8, 8)], 8)
    {(0, 0): [0, 2], (0, 1): [1]}
    """
    side, found = TILE_BLOCKS * block_px, {}
    for k, w in enumerate(windows):
        found.setdefault((w.row // side, w.col // side), []).append(k)
    return dict(sorted(found.items()))


@contextlib.contextmanager
def open_cluster(
    scheduler: str, scratch: Path | None = None, workers: int = 2
) -> Iterator[Cluster]:
    """Connect to a scheduler (`tcp://host:port`), or start `workers` processes here (`local`).

    Raises `InputError` without Dask, `SourceError` when nobody answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as fault:
        raise InputError(NO_DASK) from fault
    with contextlib.ExitStack() as stack:
        address = scheduler
        if scheduler == LOCAL:
            local = LocalCluster(workers, threads_per_worker=1, dashboard_address=None)
            address = stack.enter_context(local).scheduler_address
        try:
            client = stack.enter_context(Client(address, timeout=TIMEOUT, set_as_default=False))
        except (OSError, ValueError) as fault:
            raise SourceError(
                f"no scheduler answers at {address} ({fault}); wanted the address that "
                "`dask scheduler` prints, such as tcp://10.0.0.5:8786"
            ) from fault
        stack.enter_context(client.as_current())
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        cluster = Cluster(client, address, scratch)
        cluster.said |= {"scheduler": scheduler, "workers": count}
        yield cluster
