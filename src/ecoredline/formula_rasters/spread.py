"""Blocks computed by Dask: on this machine's cores or a cluster; needs `pip install dask`."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from ecoredline.errors import InputError

SCHEDULERS = ("threads", "processes", "local")
AT_ONCE = 16  # blocks in flight: bounds memory, whatever the size of the map


def dask_spread(scheduler: str | object = "threads", *, at_once: int = AT_ONCE) -> Callable:
    """A `spread` for `run_formula` that computes blocks with Dask and gives them in order.

    `scheduler` is threads (no copies between processes), processes, synchronous, or a `distributed.Client`, whose workers must see the
    same files. Raises `InputError` when Dask is not installed.
    """
    try:
        import dask
    except ImportError as fault:
        raise InputError("got no dask; wanted it installed: pip install dask") from fault
    if at_once < 1:
        raise InputError(f"got at_once={at_once}; wanted 1 or more")
    how = {"scheduler": scheduler}

    def spread(work: Callable, blocks: Sequence) -> Iterator:
        for start in range(0, len(blocks), at_once):
            delayed = [dask.delayed(work, pure=False)(b) for b in blocks[start : start + at_once]]
            yield from dask.compute(*delayed, **how)

    return spread


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
        from distributed import Client, LocalCluster
    except ImportError as fault:
        raise InputError("got no distributed; wanted it installed: pip install distributed") from fault  # fmt: skip
    place = scheduler
    if scheduler == "local":
        place = opened.enter_context(
            LocalCluster(workers, threads_per_worker=1, dashboard_address=None)
        )
    try:
        return opened.enter_context(Client(place, timeout=10))
    except (OSError, ValueError) as fault:
        raise InputError(f"got scheduler {scheduler}, which does not answer: {fault}") from fault
