"""Run the catalogue over a delivery: every check on every item it is about."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely

from ecoredline import __version__
from ecoredline.files import input_sha256
from ecoredline.quality import (  # noqa: F401 (each fills the catalogue's functions)
    check_attributes,
    check_crs,
    check_file,
    check_geometry,
    check_media,
    check_period,
    check_topology,
)
from ecoredline.quality.catalogue import FAIL, PASS, SKIP, WARN, CheckResult, catalogue, run_check
from ecoredline.quality.context import CheckOptions, Context
from ecoredline.quality.delivery import Item, open_delivery
from ecoredline.record import Job

MOST_OUTLINES = 5000
KINDS = {
    "file": ("vector", "raster", "photo", "other"), "CRS": ("vector",), "geometry": ("vector",),
    "topology": ("vector",), "attributes": ("vector",), "cross-period": ("vector",),
    "raster": ("raster",), "photo": ("photo",),
}  # fmt: skip


@dataclass
class QualityReport:
    """All results of one delivery; `status` is the worst of them."""

    delivery: str
    sha256: str
    results: list[CheckResult]
    items: list[str]
    notes: list[str] = field(default_factory=list)
    is_demo: bool = False
    outlines: np.ndarray = field(default_factory=lambda: np.array([], dtype=object), repr=False)

    @property
    def status(self) -> str:
        """fail, warn or pass."""
        found = {r.status for r in self.results}
        return next((s for s in (FAIL, WARN) if s in found), PASS)

    def of(self, *statuses: str) -> list[CheckResult]:
        """The results with one of these states."""
        return [r for r in self.results if r.status in statuses]

    def to_dict(self) -> dict:
        """Plain JSON."""
        counts = {s: len(self.of(s)) for s in (PASS, WARN, FAIL, SKIP)}
        return {
            "delivery": self.delivery, "sha256": self.sha256, "status": self.status,
            "counts": counts, "items": self.items, "notes": self.notes, "is_demo": self.is_demo,
            "ecoredline": __version__,
            "results": [r.to_dict() for r in self.results],
        }  # fmt: skip


def check_delivery(
    path: Path | str,
    options: CheckOptions | None = None,
    *,
    only: Sequence[str] = (),
    job: Job | None = None,
    done: MutableMapping[str, list[CheckResult]] | None = None,
) -> QualityReport:
    """Check a file, folder or zip. `only` names checks or objects; all when empty.

    `done` holds the results of items by name; what it has is not checked again, so that a job that
    was stopped goes on where it was (same file, same options: the caller's care). Raises
    `SourceError` and `InputError` only for what is no delivery at all; a damaged file inside is a
    failed check.
    """
    options, job, done = options or CheckOptions(), job or Job(), {} if done is None else done
    names = chosen(only)
    with open_delivery(path, role=options.role, crs=options.crs) as items:
        context = Context(options, items)
        results = []
        for number, item in enumerate(items):
            job.at("check", number / len(items), item.name)
            if item.name not in done:
                done[item.name] = check_item(item, context, names, job)
            results += done[item.name]
        return QualityReport(
            Path(path).name, input_sha256(path), results, [i.name for i in items],
            [f"{i.name}：{n}" for i in items for n in (*i.notes, *i.crs_notes)],
            any(_is_demo(i) for i in items),
            _outlines(items),
        )  # fmt: skip


def check_item(
    item: Item, context: Context, names: Sequence[str], job: Job | None = None
) -> list[CheckResult]:
    """All checks of one item that are about its kind; after an unreadable one none but files'."""
    every, job = catalogue(), job or Job()
    found = []
    for name in names:
        job.stop_if_asked()
        about = every[name].object
        if item.kind in KINDS[about] and not (item.fault and about != "file"):
            found.append(run_check(name, item, context))
    return found


def chosen(only: Sequence[str]) -> list[str]:
    """Check ids from ids, beginnings of ids or objects; raises `InputError` for others.

    >>> chosen(["photo"])[:2]
    ['photo.readable', 'photo.position']
    """
    from ecoredline.errors import InputError

    every = catalogue()
    if not only:
        return list(every)
    for word in only:
        if not any(_means(word, c) for c in every.values()):
            raise InputError(f"got check {word!r}; wanted one of {', '.join(every)}")
    return [name for name, c in every.items() if any(_means(w, c) for w in only)]


def _means(word: str, told) -> bool:
    return word in (told.id, told.object, told.id.split(".")[0])


def _outlines(items: list[Item]) -> np.ndarray:
    """The first areas of the delivery, as the background of the report's map."""
    shapes = [i.shapes[i.filled] for i in items if i.shapes is not None]
    every = np.concatenate([np.array([], dtype=object), *shapes])
    return every[np.isin(shapely.get_type_id(every), (3, 6))][:MOST_OUTLINES]


def _is_demo(item: Item) -> bool:
    from ecoredline.vector.fields import flags, take_columns

    if item.frame is None:
        return False
    taken = take_columns(item.frame, "redline")
    return "is_demo" in taken and bool(flags(taken["is_demo"]).any())
