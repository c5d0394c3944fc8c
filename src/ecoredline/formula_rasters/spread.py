"""Parts made by Dask: on this machine's cores or a cluster; needs `pip install dask`."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from ecoredline.errors import ComputationError, InputError, SourceError

SCHEDULERS = ("threads", "processes", "local")
AT_ONCE = 16  # parts in flight: bounds memory and disk, whatever the size of the map
RETRIES = 2
POLL_S = 5.0
WORKER_ENVIRON = "distributed.nanny.pre-spawn-environ"
# Dask has workers give every freed array back to the system: each block then costs page faults again
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20, "OMP_NUM_THREADS": 1}  # fmt: skip
TIMEOUT = "30s"  # for a scheduler to answer


def dask_spread(scheduler: str | object = "threads", *, at_once: int = AT_ONCE) -> Callable:
    """A `spread` for `run_formula` that makes parts with Dask and gives them in order.

    `scheduler` is threads (no copies between processes), processes, synchronous, or a `distributed.Client`, whose workers must see the
    same files. Raises `InputError` when Dask is not installed.
    """
    try:
        import dask
    except ImportError as fault:
        raise InputError("got no dask; wanted it installed: pip install dask") from fault
    if at_once < 1:
        raise InputError(f"got at_once={at_once}; wanted 1 or more")
    if not isinstance(scheduler, str):
        return lambda work, places: sent(scheduler, work, places, at_once)

    def spread(work: Callable, places: Sequence) -> Iterator:
        for start in range(0, len(places), at_once):
            delayed = [dask.delayed(work, pure=False)(p) for p in places[start : start + at_once]]
            yield from dask.compute(*delayed, scheduler=scheduler)

    return spread


def sent(client, work: Callable, places: Sequence, at_once: int) -> Iterator:
    """Results of a client's workers in the order of `places`, never more than `at_once` under way.

    A worker that dies loses nothing: its parts are made again. Raises what `work` raised;
    `ComputationError` when workers keep dying, `SourceError` when the scheduler is lost.
    """
    waiting, left = deque(), iter(places)
    try:
        for place in left:
            waiting.append(client.submit(work, place, pure=False, retries=RETRIES))
            if len(waiting) == at_once:
                yield result_of(client, waiting.popleft())
        while waiting:
            yield result_of(client, waiting.popleft())
    finally:
        with contextlib.suppress(Exception):
            client.cancel(list(waiting), force=True)


def result_of(client, future):
    """A part when it is there; what went wrong in our own words."""
    from distributed import KilledWorker

    while True:
        try:
            return future.result(timeout=POLL_S)
        except KilledWorker as fault:
            raise ComputationError(
                f"workers died of one part again and again ({fault}); wanted more memory a worker"
            ) from fault
        except Exception as fault:
            if future.cancelled() or client.status != "running":
                raise SourceError(
                    "lost the scheduler; wanted it running until the map is whole: start it and "
                    "run the same command again"
                ) from fault
            if future.status == "error" or not isinstance(fault, TimeoutError):
                raise  # the work's own fault; else it was only not there yet


@contextlib.contextmanager
def open_spread(scheduler: str | None, workers: int = 2) -> Iterator[Callable | None]:
    """A `spread` by name: none, threads, processes, local (a cluster of `workers` processes), tcp://HOST:PORT.

    A cluster that was started here is closed at the end. Raises `InputError` for another name, or
    when no scheduler answers.
    """
    if scheduler is None:
        yield None
    elif scheduler in ("threads", "processes"):
        yield dask_spread(scheduler)
    elif scheduler == "local" or "://" in scheduler:
        with contextlib.ExitStack() as opened:
            yield dask_spread(client_of(scheduler, workers, opened))
    else:
        raise InputError(
            f"got scheduler {scheduler!r}; wanted {', '.join(SCHEDULERS)} or tcp://HOST:PORT"
        )


def client_of(scheduler: str, workers: int, opened: contextlib.ExitStack):
    """A client of a scheduler, or of a cluster of single-thread processes on this machine."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as fault:
        raise InputError("got no distributed; wanted it installed: pip install distributed") from fault  # fmt: skip
    place = scheduler
    if scheduler == "local":
        opened.enter_context(dask.config.set({WORKER_ENVIRON: KEEP_MEMORY}))
        place = opened.enter_context(
            LocalCluster(workers, threads_per_worker=1, dashboard_address=None)
        )
    try:
        return opened.enter_context(Client(place, timeout=TIMEOUT))
    except (OSError, ValueError) as fault:
        raise InputError(f"got scheduler {scheduler}, which does not answer: {fault}") from fault
