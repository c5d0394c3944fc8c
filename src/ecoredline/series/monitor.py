"""A place watched over years: a saved state, taken further by each new date, reported as sites.

`fit` learns what is usual from a quiet time; `update` takes new dates in their order, each once;
`write_report` says what changed when. The state is one file, written whole: whoever is stopped
between two dates goes on where the last finished date stands.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.change.history import FORMAT, LEAST_DATES, History
from ecoredline.change.history import fit as fit_block
from ecoredline.errors import InputError, NotEnoughData, SourceError
from ecoredline.files import check_writable, input_sha256, whole_file
from ecoredline.geodesy import areas_ha, round_ha
from ecoredline.grid import Grid
from ecoredline.patches.table import write_layer
from ecoredline.raster.layers import write_map
from ecoredline.record import Job, RunRecord
from ecoredline.series.dated import DatedImage
from ecoredline.series.pictures import state_picture
from ecoredline.series.sites import find_sites

MOST_PIXELS = 40_000_000  # about 3 GB of state
BLOCK_VALUES = 12_000_000  # of a history read at once
MAPS = {
    "state": ("uint8", "像元状态：1 稳定 2 疑似 3 已变化 4 正在恢复 5 已恢复"),
    "changed_on": ("int32", "变化日期（公历序数日，0 为无）"),
    "recovered_on": ("int32", "恢复日期（公历序数日，0 为未恢复）"),
    "confidence": ("float32", "变化置信度 0–1"),
}


@dataclass
class Watch:
    """A history on its grid, and which files it has taken (day → sha256)."""

    history: History
    grid: Grid
    taken: dict[str, str] = field(default_factory=dict)
    is_demo: bool = False

    def save(self, path: Path | str) -> Path:
        """Write the state, whole or not at all; arrays as they are, the rest as JSON."""
        about = {
            "crs": self.grid.crs.to_wkt(), "transform": list(self.grid.transform)[:6],
            "rows": self.grid.rows, "cols": self.grid.cols, "taken": self.taken,
            "is_demo": self.is_demo,
        }  # fmt: skip
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez_compressed(
                stream, format=FORMAT, about=json.dumps(about), **vars(self.history)
            )
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> "Watch":
        """Read a saved state; raises `SourceError` for anything else."""
        try:
            with np.load(path, allow_pickle=False) as data:
                about = json.loads(str(data["about"]))
                if int(data["format"]) != FORMAT:
                    raise ValueError(f"state of format {int(data['format'])}, not {FORMAT}")
                values = {f.name: data[f.name] for f in fields(History)}
            for name in ("last", "dates"):
                values[name] = int(values[name])
            grid = Grid(
                CRS.from_wkt(about["crs"]),
                Affine(*about["transform"]),
                about["rows"],
                about["cols"],
            )
            return cls(History(**values), grid, about["taken"], about["is_demo"])
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            EOFError,
            BadZipFile,
            zlib.error,
        ) as fault:
            raise SourceError(
                f"could not read {path}: {fault}; wanted a state that `history fit` wrote"
            ) from fault


def fit(
    images: Sequence[DatedImage], *, until: date | None = None, job: Job | None = None
) -> Watch:
    """Learn what is usual from the images up to `until` (all), row block by row block.

    Raises `NotEnoughData` below 8 dates, `InputError` for more pixels than the state may hold.
    """
    job = job or Job()
    chosen = [i for i in images if until is None or i.day <= until]
    if len(chosen) < LEAST_DATES:
        raise NotEnoughData(
            f"got {len(chosen)} images up to {until or 'the last'}; wanted {LEAST_DATES} or more "
            "dates of a quiet time"
        )
    grid = chosen[0].grid
    if grid.rows * grid.cols > MOST_PIXELS:
        raise InputError(
            f"got {grid.rows} x {grid.cols} pixels; wanted {MOST_PIXELS:,} or fewer: cut the images "
            "to the redline's parts"
        )
    rows = max(1, BLOCK_VALUES // (len(chosen) * grid.cols))
    days, parts = [i.day for i in chosen], []
    for row in range(0, grid.rows, rows):
        job.at("overview", row / grid.rows)
        take = min(rows, grid.rows - row)
        stack = np.stack([i.read(row, take, grid) for i in chosen])
        parts.append(fit_or_unseen(stack, days))
    history = joined(parts)
    if not np.isfinite(history.noise).any():
        raise NotEnoughData("no pixel was seen on 8 dates; wanted a longer or a clearer history")
    taken = {i.day.isoformat(): input_sha256(i.path) for i in chosen}
    return Watch(history, grid, taken, any(i.is_demo for i in chosen))


def fit_or_unseen(stack: np.ndarray, days: list[date]) -> History:
    """The fit of one block; a block nobody saw often enough stays unseen."""
    try:
        return fit_block(stack, days)
    except NotEnoughData:
        padded = np.where(np.isfinite(stack), stack, 0.5)
        history = fit_block(padded, days)
        history.noise[:], history.coefficients[:] = np.nan, np.nan
        return history


def joined(parts: list[History]) -> History:
    """Row blocks as one history."""
    values = {}
    for one in fields(History):
        first = getattr(parts[0], one.name)
        if isinstance(first, np.ndarray):
            axis = 1 if one.name == "coefficients" else 0
            values[one.name] = np.concatenate([getattr(p, one.name) for p in parts], axis=axis)
        else:
            values[one.name] = first
    return History(**values)


def update(
    watch: Watch,
    images: Sequence[DatedImage],
    *,
    save_to: Path | None = None,
    job: Job | None = None,
) -> list[date]:
    """Take new dates in their order; the state is saved after each. Gives the days that were new.

    A day the state has is passed over; one before its last day, or a file of a known day that is
    another one now, is refused before anything is taken: history is not rewritten.
    """
    job, faults, new = job or Job(), [], []
    last = date.fromordinal(watch.history.last)
    for image in images:
        had = watch.taken.get(image.day.isoformat())
        if had is None and image.day <= last:
            faults.append(f"{image.path.name}: {image.day} is before the state's last day {last}")
        elif had is None:
            new.append(image)
        elif had != input_sha256(image.path):
            faults.append(f"{image.path.name}: {image.day} was taken from another file before")
        if image.scene is None and not image.grid.same_as(watch.grid):
            faults.append(f"{image.path.name}: its grid is not the state's")
    if faults:
        raise InputError(
            "; ".join(faults) + ". Nothing was taken: fit again, or give newer images only"
        )
    for k, image in enumerate(sorted(new, key=lambda i: i.day)):
        job.at("score", k / len(new), str(image.day))
        watch.history.update(image.read(0, watch.grid.rows, watch.grid), image.day)
        watch.taken[image.day.isoformat()] = input_sha256(image.path)
        watch.is_demo = watch.is_demo or image.is_demo
        if save_to is not None:
            watch.save(save_to)
    return [i.day for i in new]


def write_report(watch: Watch, out: Path | str, *, least_px: int = 4, redline=None) -> Path:
    """Write sites.gpkg, sites.csv, four maps, state.png and run.json; gives the folder.

    With `redline` (frame, EPSG:4490) sites carry `redline_area_ha`, and those outside are left out.
    """
    out = check_writable(out)
    record = RunRecord("history", {"least_px": least_px, "taken": watch.taken})
    sites = find_sites(watch.history, watch.grid, least_px)
    if redline is not None:
        sites = within(sites, redline)
    report = watch.history.report()
    outputs = []
    for name, (dtype, zh) in MAPS.items():
        path = out / f"{name}.tif"
        outputs.append(write_map(path, report[name], watch.grid, dtype=dtype, zh=zh))
    with whole_file(out / "sites.gpkg") as part:
        write_layer(sites, part, layer="sites", driver="GPKG")
    with whole_file(out / "sites.csv") as part:
        centre = sites.geometry.representative_point()
        table = sites.drop(columns="geometry").assign(lon=centre.x.round(6), lat=centre.y.round(6))
        table.to_csv(part, index=False, encoding="utf-8-sig")
    with whole_file(out / "state.png") as part:
        state_picture(report["state"], watch.is_demo).save(part, "PNG")
    if watch.is_demo:
        record.mark_demo()
    record.data["counts"] = {
        "sites": len(sites), "states": sites["state"].value_counts().to_dict(),
        "dates": len(watch.taken),
    }  # fmt: skip
    record.finish(out, [*outputs, out / "sites.gpkg", out / "sites.csv", out / "state.png"])
    return out


def within(sites, redline):
    """Sites that touch the redline, with the area inside it (a place counts once)."""
    whole = shapely.union_all(redline.geometry.to_numpy())
    inside = shapely.intersection(sites.geometry.to_numpy(), whole)
    sites = sites.assign(redline_area_ha=round_ha(areas_ha(inside)) if len(sites) else [])
    return sites[sites["redline_area_ha"] > 0].reset_index(drop=True)
