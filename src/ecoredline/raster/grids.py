"""Two scenes on one grid: the bands both have, their overlap, and what must be resampled."""

import math

from pyproj import Transformer

from ecoredline.errors import GridMismatch, InputError, NotEnoughData
from ecoredline.grid import STORAGE_CRS, Grid
from ecoredline.raster.bands import ALIASES, MINIMUM_BANDS
from ecoredline.raster.scene import MINIMUM_SIDE_PX, Scene, north_up

SAME_LATTICE_PX = 0.02  # lattices closer than this, over the whole overlap, are one lattice


def common_bands(before: Scene, after: Scene) -> tuple[str, ...]:
    """Names of the bands both scenes have, in spectral order; at least three, else `InputError`."""
    shared = [name for name in ALIASES if name in before.bands and name in after.bands]
    if len(shared) < MINIMUM_BANDS:
        shared = [name for name in before.bands if name in after.bands]
    if len(shared) < MINIMUM_BANDS:
        raise InputError(
            f"{before.path.name} has {', '.join(before.bands)} and {after.path.name} has "
            f"{', '.join(after.bands)}; wanted at least {MINIMUM_BANDS} bands in both: "
            "name them with --bands"
        )
    return tuple(shared)


def common_grid(before: Scene, after: Scene) -> tuple[Grid, list[str]]:
    """The grid both images are compared on (their overlap), and what was resampled, in words.

    The coarser of the two lattices is used, the first one's when they are as fine.
    Raises `GridMismatch` when the images do not overlap.
    """
    coarser = after.grid.pixel_size_m > before.grid.pixel_size_m * 1.02
    base, other = (after, before) if coarser else (before, after)
    west, south, east, north = other_bounds(base.grid, other.grid)
    t = base.grid.transform
    slack = SAME_LATTICE_PX
    col0 = max(0, math.ceil((west - t.c) / t.a - slack))
    col1 = min(base.grid.cols, math.floor((east - t.c) / t.a + slack))
    row0 = max(0, math.ceil((north - t.f) / t.e - slack))
    row1 = min(base.grid.rows, math.floor((south - t.f) / t.e + slack))
    if col1 <= col0 or row1 <= row0:
        raise GridMismatch(no_overlap(before, after))
    if min(col1 - col0, row1 - row0) < MINIMUM_SIDE_PX:
        raise NotEnoughData(
            f"{before.path.name} and {after.path.name} share {row1 - row0} x {col1 - col0} pixels; "
            f"wanted at least {MINIMUM_SIDE_PX} x {MINIMUM_SIDE_PX}"
        )
    grid = base.grid.window(row0, col0, row1 - row0, col1 - col0)
    return grid, grid_notes(grid, before, after)


def grid_notes(grid: Grid, before: Scene, after: Scene) -> list[str]:
    """Say which image is resampled and what part of it is used."""
    notes = []
    for name, scene in (("前时相", before), ("后时相", after)):
        if not on_lattice(scene.grid, grid):
            notes.append(
                f"{name}影像由 {scene.grid.crs.name}、像元 {scene.grid.pixel_size_m:.2f} 米,"
                f"双线性重采样到 {grid.crs.name}、像元 {grid.pixel_size_m:.2f} 米。"
            )
        elif (grid.rows, grid.cols) != (scene.grid.rows, scene.grid.cols):
            notes.append(f"{name}影像只用重叠部分 {grid.rows}×{grid.cols} 像元,未重采样。")
    return notes


def other_bounds(base: Grid, other: Grid) -> tuple[float, float, float, float]:
    """Bounds of `other` in the CRS of `base`."""
    if base.crs == other.crs:
        return other.bounds
    return Transformer.from_crs(other.crs, base.crs, always_xy=True).transform_bounds(*other.bounds)


def no_overlap(before: Scene, after: Scene) -> str:
    """Where each image lies, in lon and lat."""
    places = []
    for scene in (before, after):
        to_lonlat = Transformer.from_crs(scene.grid.crs, STORAGE_CRS, always_xy=True)
        west, south, east, north = to_lonlat.transform_bounds(*scene.grid.bounds)
        places.append(
            f"{scene.path.name} lies at lon {west:.4f} to {east:.4f}, "
            f"lat {south:.4f} to {north:.4f}"
        )
    return f"the images do not overlap: {places[0]}; {places[1]}. Give two images of one place"


def on_lattice(own: Grid, wanted: Grid) -> bool:
    """Do the two grids share one lattice of pixels, so that no resampling is needed?"""
    a, b = own.transform, wanted.transform
    if own.crs != wanted.crs or not north_up(a):
        return False
    extent = max(wanted.rows, wanted.cols)
    if max(abs(a.a - b.a) / a.a, abs(a.e - b.e) / -a.e) * extent > SAME_LATTICE_PX:
        return False
    col, row = (b.c - a.c) / a.a, (b.f - a.f) / a.e
    return max(abs(col - round(col)), abs(row - round(row))) <= SAME_LATTICE_PX
