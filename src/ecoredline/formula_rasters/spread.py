"""Blocks computed by Dask: on this machine's cores or a cluster; needs `pip install dask`."""

from collections.abc import Callable, Iterator, Sequence

from ecoredline.errors import InputError

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
