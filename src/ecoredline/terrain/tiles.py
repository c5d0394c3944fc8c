"""A map in square tiles, and planes of numbers on disk that are read and written tile by tile."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from ecoredline.errors import InputError
from ecoredline.files import output_error, remove

TILE_PX = 2048
SCRATCH_NAME = ".terrain.part"


@dataclass(frozen=True)
class Tiles:
    """Squares of `side` cells over a map of rows × cols; those at the far edges are smaller.

    >>> tiles = Tiles(5, 7, 4)
    >>> len(tiles), tiles.shape(3), tiles.around(3)
    (4, (1, 3), [0, 1, 2])
    """

    rows: int
    cols: int
    side: int = TILE_PX

    def __post_init__(self):
        if self.side < 1:
            raise InputError(f"got tiles of {self.side} cells a side; wanted 1 or more")

    @property
    def across(self) -> int:
        """Tiles in a row of tiles."""
        return -(-self.cols // self.side)

    def __len__(self) -> int:
        return -(-self.rows // self.side) * self.across

    def corner(self, tile: int) -> tuple[int, int]:
        """Row and column of the tile's first cell."""
        return tile // self.across * self.side, tile % self.across * self.side

    def shape(self, tile: int) -> tuple[int, int]:
        """Rows and columns of the tile."""
        top, left = self.corner(tile)
        return min(self.side, self.rows - top), min(self.side, self.cols - left)

    def window(self, tile: int) -> Window:
        """The tile's place in the map."""
        (top, left), (rows, cols) = self.corner(tile), self.shape(tile)
        return Window(left, top, cols, rows)

    def beside(self, tile: int, down: int, right: int) -> int | None:
        """The tile so many tiles further; None beyond the map."""
        row, col = tile // self.across + down, tile % self.across + right
        inside = 0 <= row < -(-self.rows // self.side) and 0 <= col < self.across
        return row * self.across + col if inside else None

    def around(self, tile: int) -> list[int]:
        """The up to eight tiles that touch this one."""
        steps = [(d, r) for d in (-1, 0, 1) for r in (-1, 0, 1) if d or r]
        found = (self.beside(tile, *step) for step in steps)
        return [other for other in found if other is not None]


class Plane:
    """One number a cell, on disk; zero until written. The disk is taken at once, so it cannot run out later."""

    def __init__(self, path: Path, tiles: Tiles, dtype):
        self.path, self.tiles, self.dtype = path, tiles, np.dtype(dtype)
        try:
            with open(path, "wb") as stream:
                os.posix_fallocate(
                    stream.fileno(), 0, tiles.rows * tiles.cols * self.dtype.itemsize
                )
        except OSError as fault:
            raise output_error(path, fault) from fault

    def _mapped(self, mode: str):
        return np.memmap(self.path, self.dtype, mode, shape=(self.tiles.rows, self.tiles.cols))

    def read(self, tile: int, dtype=None) -> np.ndarray:
        """A tile's numbers (rows, cols)."""
        (top, left), (rows, cols) = self.tiles.corner(tile), self.tiles.shape(tile)
        part = self._mapped("r")[top : top + rows, left : left + cols]
        return np.array(part, dtype or self.dtype)

    def read_around(self, tile: int, beyond, dtype=None) -> np.ndarray:
        """A tile's numbers with those of one cell around it (rows + 2, cols + 2); `beyond` outside the map."""
        (top, left), (rows, cols) = self.tiles.corner(tile), self.tiles.shape(tile)
        found = np.full((rows + 2, cols + 2), beyond, dtype or self.dtype)
        first, start = max(top - 1, 0), max(left - 1, 0)
        part = self._mapped("r")[first : top + rows + 1, start : left + cols + 1]
        down, right = first - top + 1, start - left + 1
        found[down : down + part.shape[0], right : right + part.shape[1]] = part
        return found

    def write(self, tile: int, values: np.ndarray) -> None:
        """Put a tile's numbers in their place."""
        (top, left), (rows, cols) = self.tiles.corner(tile), self.tiles.shape(tile)
        self._mapped("r+")[top : top + rows, left : left + cols] = values

    def drop(self) -> None:
        """Give the disk back."""
        remove(self.path)


@dataclass(frozen=True)
class Scratch:
    """A folder of planes for one run."""

    folder: Path

    def plane(self, name: str, tiles: Tiles, dtype) -> Plane:
        """A new plane of zeros."""
        return Plane(self.folder / name, tiles, dtype)


@contextlib.contextmanager
def scratch_in(out: Path) -> Iterator[Scratch]:
    """A folder beside the results that is gone afterwards; what a killed run left is removed first."""
    folder = out / SCRATCH_NAME
    remove(folder)
    try:
        folder.mkdir(parents=True)
        yield Scratch(folder)
    except OSError as fault:
        if isinstance(fault.filename, str) and SCRATCH_NAME in fault.filename:
            raise output_error(folder, fault) from fault
        raise
    finally:
        remove(folder)
