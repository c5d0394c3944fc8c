"""Small holes and dust of large maps, found in cells before anything is drawn; the candidate stays the same.

Only what the steps on shapes would fill or take out for certain is touched: a group of cells whose
box is smaller than the limit, that nothing near it joins, and that meets nothing which must be in.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
from scipy import ndimage

from ecoredline.delineation.cells import Cells, strips_of
from ecoredline.delineation.config import Parameters
from ecoredline.grid import Grid
from ecoredline.raster.layers import open_map

Rows = Callable[[int, int], np.ndarray]  # (first row, row after the last) → bool cells
KEPT, DUST = 1, 2
MARGIN = 1.05  # cells in degrees differ in size over a map: limits are meant for certain
AROUND = np.ones((3, 3), bool)  # groups hang together across corners, too


def without_dust(cells: Cells, rules: Parameters, required, folder: Path) -> Path:
    """A map in `folder`: 1 where cells stay, small holes filled; 2 where they are dust.

    `required` is what must be in, in the grid's coordinates. What is filled and what is dust is
    what the steps on shapes would fill and take out for certain; the rest is left to them.
    """
    grid, path = cells.grid, folder / "kept.tif"
    spans = [(w.row_off, w.row_off + w.height) for w in strips_of(grid)]
    cell_m2, cell_m = grid.pixel_area_m2 * MARGIN, min(grid.pixel_m) / MARGIN
    reach = math.ceil(rules.merge_m / 2 / cell_m) + 1 if rules.merge_m else 0
    with ExitStack() as files:
        codes = files.enter_context(rasterio.open(cells.path))
        filled = folder / "filled.tif"
        some = rows_of(codes, grid)
        holes = small_groups(
            lambda *span: ~some(*span), rim(grid), spans, rules.hole_km2 * 1e6 / cell_m2
        )
        write_rows(filled, grid, ((top, hole | some(top, top + len(hole))) for top, hole in holes))
        full = rows_of(files.enter_context(rasterio.open(filled)), grid)
        ties = widened(burnt(required, grid), grid.rows, reach + 1)
        near = widened(full, grid.rows, reach)
        dust = small_groups(near, ties, spans, rules.smallest_km2 * 1e6 / cell_m2)
        write_rows(path, grid, ((top, full(top, top + len(d)) * np.where(d, DUST, KEPT)) for top, d in dust))  # fmt: skip
    return path


def rows_of(dataset, grid: Grid) -> Rows:
    """Rows of an open map of codes: which are not 0."""
    return lambda top, bottom: dataset.read(1, window=((top, bottom), (0, grid.cols))) != 0


def rim(grid: Grid) -> Rows:
    """The outermost cells of a map."""

    def edge(top: int, bottom: int) -> np.ndarray:
        made = np.zeros((bottom - top, grid.cols), bool)
        made[:, [0, -1]] = True
        made[0] |= top == 0
        made[-1] |= bottom == grid.rows
        return made

    return edge


def burnt(geometry, grid: Grid) -> Rows:
    """Cells that a geometry (in the grid's coordinates) touches."""

    def touched(top: int, bottom: int) -> np.ndarray:
        size = (bottom - top, grid.cols)
        if geometry.is_empty:
            return np.zeros(size, bool)
        place = grid.window(top, 0, *size).transform
        return rasterio.features.rasterize([geometry], size, transform=place, all_touched=True) != 0

    return touched


def write_rows(path: Path, grid: Grid, rows: Iterator[tuple[int, np.ndarray]]) -> None:
    """Write strips of small codes."""
    with open_map(path, grid, dtype="uint8") as made:
        for top, values in rows:
            window = ((top, top + len(values)), (0, grid.cols))
            made.write(values.astype(np.uint8), 1, window=window)


@dataclass
class Groups:
    """Groups that cross seams, by number: the box of each, whether it is tied to something, its parent."""

    parent: list[int] = field(default_factory=list)
    boxes: list[list[int]] = field(default_factory=list)  # top, left, bottom, right
    tied: list[bool] = field(default_factory=list)

    def new(self, box, tied: bool) -> int:
        """A number for a group."""
        self.parent.append(len(self.parent))
        self.boxes.append(list(box))
        self.tied.append(tied)
        return len(self.parent) - 1

    def root(self, number: int) -> int:
        """Whose group it is."""
        while self.parent[number] != number:
            self.parent[number] = self.parent[self.parent[number]]
            number = self.parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Two groups are one."""
        one, other = sorted((self.root(one), self.root(other)))
        if one == other:
            return
        self.parent[other], (a, b) = one, (self.boxes[one], self.boxes[other])
        self.boxes[one] = [*map(min, a[:2], b[:2]), *map(max, a[2:], b[2:])]
        self.tied[one] |= self.tied[other]


def small_groups(
    cells: Rows, tied: Rows, spans: Sequence[tuple[int, int]], most_cells: float
) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, where a group's box is smaller than `most_cells` and it is not tied), span by span.

    `cells` gives rows of the map, `tied` those that keep a group; `spans` are the rows of each strip,
    from the top. Every strip is read twice; kept between strips: the groups on their seams.

    >>> cells = np.array([[1, 0, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1]], bool)
    >>> part = lambda top, bottom: cells[top:bottom]
    >>> none = lambda top, bottom: cells[top:bottom] & False
    >>> [found.astype(int).tolist() for _, found in small_groups(part, none, [(0, 2), (2, 3)], 2)]
    [[[1, 0, 0, 0], [0, 0, 0, 0]], [[1, 0, 0, 0]]]
    """
    groups, names = Groups(), []
    last = None
    for top, bottom in spans:
        labels, boxes, held = labelled(cells(top, bottom), tied(top, bottom), top)
        edges = np.union1d(labels[0], labels[-1]).tolist()
        names.append({k: groups.new(boxes[k - 1], bool(held[k])) for k in edges if k})
        if last is not None:
            join_seam(groups, last, renamed(labels[0], names[-1]))
        last = renamed(labels[-1], names[-1])
    for own, (top, bottom) in zip(names, spans, strict=True):
        labels, boxes, held = labelled(cells(top, bottom), tied(top, bottom), top)
        for label, number in own.items():
            root = groups.root(number)
            boxes[label - 1], held[label] = groups.boxes[root], groups.tied[root]
        size = np.array(boxes, dtype=float).reshape(-1, 4)
        small = (size[:, 2] - size[:, 0]) * (size[:, 3] - size[:, 1]) < most_cells
        yield top, (np.append(False, small) & ~held)[labels]


def labelled(cells: np.ndarray, keeps: np.ndarray, top: int):
    """Groups of one strip: their numbers from 1 on, the box of each, whether each is tied."""
    labels, count = ndimage.label(cells, AROUND)
    boxes = [
        (top + r.start, c.start, top + r.stop, c.stop) for r, c in ndimage.find_objects(labels)
    ]
    held = np.zeros(count + 1, bool)
    held[np.unique(labels[keeps])] = True
    return labels, boxes, held


def renamed(line: np.ndarray, own: dict[int, int]) -> np.ndarray:
    """A line of groups by their lasting numbers, −1 where there is none."""
    table = np.full(int(line.max(initial=0)) + 1, -1, np.int64)
    for label, number in own.items():
        if label < len(table):
            table[label] = number
    return table[line]


def join_seam(groups: Groups, above: np.ndarray, below: np.ndarray) -> None:
    """Groups that touch across a seam, corners included, are one."""
    for shift in (-1, 0, 1):
        a = above[max(0, -shift) : len(above) - max(0, shift)]
        b = below[max(0, shift) : len(below) - max(0, -shift)]
        both = (a >= 0) & (b >= 0)
        for one, other in np.unique(np.stack([a[both], b[both]], axis=1), axis=0).tolist():
            groups.join(one, other)


def widened(read: Rows, rows: int, cells: int) -> Rows:
    """Rows in which every cell is grown by `cells` to all sides.

    >>> line = np.array([[0], [1], [0], [0]], bool)
    >>> widened(lambda top, bottom: line[top:bottom], 4, 1)(2, 4).ravel()
    array([ True, False])
    """

    def grown(top: int, bottom: int) -> np.ndarray:
        first, last = max(0, top - cells), min(rows, bottom + cells)
        made = read(first, last)
        for axis in (0, 1):
            made = ndimage.maximum_filter1d(made, 2 * cells + 1, axis=axis, mode="constant")
        return made[top - first : bottom - first]

    return grown if cells else read
