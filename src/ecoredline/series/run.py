"""Composites and trends over files, block by block."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from ecoredline.errors import GridMismatch, InputError, NotEnoughData
from ecoredline.files import check_writable
from ecoredline.formula_rasters.sources import differences, windows
from ecoredline.grid import Grid
from ecoredline.raster import open_dataset
from ecoredline.raster.layers import demo_tags, map_grid, open_map, read_part
from ecoredline.record import Job, RunRecord
from ecoredline.series.composite import check_dates, composite, growing_season
from ecoredline.series.trend import trends

SIGNIFICANT = 0.05
TREND_MAPS = {
    "slope": ("变化斜率（Theil–Sen）", "1/a"), "z": ("Mann–Kendall 统计量 Z", "1"),
    "p": ("显著性 p", "1"), "used": ("有效年数", "1"),
    "class": ("变化类型：−2 显著下降 … 2 显著上升", "code"),
}  # fmt: skip


@dataclass(frozen=True)
class Dated:
    """One image of a series; `mask` is a raster on the same grid, not 0 where it must not be used."""

    day: date
    path: Path
    mask: Path | None = None


def season_maps(
    images: Sequence[Dated], out: Path | str, *, region: str = "south", way: str = "max",
    percentile: float = 90.0, fewest: int = 1, years: Sequence[int] | None = None,
    job: Job | None = None,
) -> dict[int, Path]:  # fmt: skip
    """One composite `YEAR.tif` a year from the images of its growing season; run.json beside them.

    A wanted year without an image is left out with a warning in the record. Raises `GridMismatch`
    (all faults), `InputError`, `NotEnoughData` when no year is left.
    """
    out, job, images = check_writable(out), job or Job(), sorted(images, key=lambda i: i.day)
    check_dates([i.day for i in images])
    record = RunRecord("season", {
        "region": region, "way": way, "percentile": percentile, "fewest": fewest,
        "years": list(years or []),
    })  # fmt: skip
    wanted = sorted(set(years or [i.day.year for i in images]))
    chosen = {y: in_season(images, region, y) for y in wanted}
    for year in [y for y, found in chosen.items() if not found]:
        record.warn(f"{year} 年生长季没有影像，未合成")
        del chosen[year]
    if not chosen:
        raise NotEnoughData(f"got no image in the growing season of {wanted}; wanted one or more")
    made = {}
    for done, (year, group) in enumerate(chosen.items()):
        job.at("composite", done / len(chosen))
        for image in group:
            record.add_input(str(image.day), image.path)
        made[year] = out / f"{year}.tif"
        season_map(group, made[year], way=way, percentile=percentile, fewest=fewest)
    if demo_tags(made.values()):
        record.mark_demo()
    record.finish(out, list(made.values()))
    return made


def in_season(images: Sequence[Dated], region: str, year: int) -> list[Dated]:
    """Images of one year's growing season."""
    chosen = growing_season([i.day for i in images], region, year)
    return [image for image, kept in zip(images, chosen, strict=True) if kept]


def season_map(group: Sequence[Dated], path: Path, **how) -> None:
    """Write one composite."""
    with ExitStack() as files:
        layers = [files.enter_context(open_dataset(Path(i.path))) for i in group]
        masks = [i.mask and files.enter_context(open_dataset(Path(i.mask))) for i in group]
        names = [i.path for i in group] + [i.mask for i in group if i.mask]
        grid = one_grid(layers + [m for m in masks if m], names)
        tags = demo_tags(names)
        made = files.enter_context(open_map(path, grid, zh=path.stem, unit="1", tags=tags))
        for window in windows(grid, len(layers)):
            values = stacked(layers, [i.path for i in group], window)
            valid = [
                np.ones(v.shape, bool) if m is None
                else read_part(m, i.mask, 1, window) == 0
                for v, m, i in zip(values, masks, group, strict=True)
            ]  # fmt: skip
            made.write(composite(values, valid, **how)[0].astype("float32"), 1, window=window)


def one_grid(datasets, names) -> Grid:
    """The grid of all; raise `GridMismatch` that lists every fault."""
    grids = [map_grid(d, n) for d, n in zip(datasets, names, strict=True)]
    faults = [
        f"{Path(name).name}: {'; '.join(differences(grids[0], grid))}"
        for name, grid in zip(names[1:], grids[1:], strict=True)
        if not grids[0].same_as(grid)
    ]
    if faults:
        raise GridMismatch(f"got maps off the grid of {names[0]}: " + " | ".join(faults))
    return grids[0]


def stacked(layers, paths, window) -> np.ndarray:
    """The window of every layer, (times, rows, cols)."""
    return np.stack([read_part(d, p, 1, window) for d, p in zip(layers, paths, strict=True)])


def trend_maps(
    yearly: dict[int, Path], out: Path | str, *, significant: float = SIGNIFICANT,
    job: Job | None = None,
) -> Path:  # fmt: skip
    """Write slope.tif, z.tif, p.tif, used.tif, class.tif of yearly maps, and run.json with missing years."""
    if len(yearly) < 4:
        raise NotEnoughData(f"got {len(yearly)} years; wanted 4 or more for a trend")
    if not 0 < significant < 1:
        raise InputError(f"got significance {significant}; wanted it between 0 and 1")
    out, job, years = check_writable(out), job or Job(), sorted(yearly)
    record = RunRecord("trend", {"significant": significant, "years": years})
    missing = sorted(set(range(years[0], years[-1] + 1)) - set(years))
    if missing:
        record.warn(f"缺少年份：{', '.join(map(str, missing))}；斜率按实际年份间隔计算")
    for year in years:
        record.add_input(str(year), yearly[year])
    paths = [Path(yearly[y]) for y in years]
    with ExitStack() as files:
        layers = [files.enter_context(open_dataset(p)) for p in paths]
        grid, tags = one_grid(layers, paths), demo_tags(paths)
        if tags:
            record.mark_demo()
        made = {
            name: files.enter_context(
                open_map(out / f"{name}.tif", grid, zh=zh, unit=unit, tags=tags)
            )
            for name, (zh, unit) in TREND_MAPS.items()
        }
        blocks = list(windows(grid, len(paths)))
        for done, window in enumerate(blocks):
            job.at("trend", done / len(blocks))
            found = trends(years, stacked(layers, paths, window))
            for name in ("slope", "z", "p", "used"):
                made[name].write(getattr(found, name).astype("float32"), 1, window=window)
            made["class"].write(classes(found, significant), 1, window=window)
    return record.finish(out, [out / f"{n}.tif" for n in TREND_MAPS])


def classes(found, significant: float) -> np.ndarray:
    """−2 falling, significant; −1 falling; 0 none; 1 rising; 2 rising, significant; NaN unknown."""
    sign = np.sign(found.slope)
    return (sign * np.where(found.p < significant, 2, 1)).astype("float32")
