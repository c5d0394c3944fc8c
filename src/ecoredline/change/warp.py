"""A smooth shift between two dates, and an image resampled by it."""

from dataclasses import dataclass

import numpy as np
from numba import njit

STILL_PX = 0.1  # a field that moves nothing farther is left alone: resampling would only blur


@dataclass(frozen=True)
class ShiftField:
    """Where a place of `before` lies in `after`: `nodes` (down, across, 2) of (rows, cols) px.

    Nodes are spread evenly from the grid's first to its last pixel, bilinear in between:
    after at (row + dy, col + dx) shows what before shows at (row, col).
    """

    nodes: np.ndarray
    rows: int
    cols: int

    @property
    def reach_px(self) -> int:
        """Whole pixels that a block of after must reach beyond a block of before."""
        return int(np.ceil(np.abs(self.nodes).max())) + 1

    @property
    def still(self) -> bool:
        """Is there nothing to correct?"""
        return bool(np.abs(self.nodes).max() < STILL_PX)

    def at(self, row, col) -> np.ndarray:
        """Shift (n, 2) at the given pixels.

        >>> ShiftField(np.ones((2, 2, 2)), 10, 10).at([3], [4]).tolist()
        [[1.0, 1.0]]
        """
        down, across, _ = self.nodes.shape
        v = np.clip(np.asarray(row, float) / max(self.rows - 1, 1), 0, 1) * (down - 1)
        u = np.clip(np.asarray(col, float) / max(self.cols - 1, 1), 0, 1) * (across - 1)
        i, j = np.minimum(v.astype(int), down - 2), np.minimum(u.astype(int), across - 2)
        fv, fu = (v - i)[:, None], (u - j)[:, None]
        top = self.nodes[i, j] * (1 - fu) + self.nodes[i, j + 1] * fu
        bottom = self.nodes[i + 1, j] * (1 - fu) + self.nodes[i + 1, j + 1] * fu
        return top * (1 - fv) + bottom * fv

    def row_shifts(self, row: int, cols: int, rows: int, col: int) -> np.ndarray:
        """Shifts float32 (rows, cols, 2) of a whole window; pixels outside take the edge's."""
        r = np.repeat(np.arange(row, row + rows), cols)
        c = np.tile(np.arange(col, col + cols), rows)
        return self.at(r, c).reshape(rows, cols, 2).astype(np.float32)


def no_shift(rows: int, cols: int) -> ShiftField:
    """The field that moves nothing."""
    return ShiftField(np.zeros((2, 2, 2)), rows, cols)


def resample(source, source_row: int, source_col: int, field: ShiftField, row: int, col: int, out):
    """Fill `out` (bands, rows, cols), whose first pixel is grid (row, col), by bilinear reading.

    `source` (bands, …) starts at grid (source_row, source_col) and must reach `field.reach_px`
    farther than `out` on every side. NaN spreads to the pixels that would need it.
    """
    place = np.array([source_row, source_col, row, col, field.rows, field.cols], np.int64)
    resample_rows(source, field.nodes, place, out)


@njit(nogil=True, cache=True)
def resample_rows(source, nodes, place, out):
    """`resample` in machine code; runs of pixels whose whole shift is one are done together."""
    source_row, source_col, row, col, field_rows, field_cols = place
    _, rows, cols = out.shape
    down, across, _ = nodes.shape
    dy, dx = np.empty(cols, np.float32), np.empty(cols, np.float32)
    left, part = np.empty(cols, np.int64), np.empty(cols)
    line = np.empty((across, 2))
    for x in range(cols):
        u = min(max(col + x, 0), field_cols - 1) / max(field_cols - 1, 1) * (across - 1)
        left[x] = min(int(u), across - 2)
        part[x] = u - left[x]
    for y in range(rows):
        v = min(max(row + y, 0), field_rows - 1) / max(field_rows - 1, 1) * (down - 1)
        i = min(int(v), down - 2)
        for j in range(across):
            for axis in range(2):
                step = nodes[i + 1, j, axis] - nodes[i, j, axis]
                line[j, axis] = nodes[i, j, axis] + step * (v - i)
        for x in range(cols):
            j, f = left[x], part[x]
            dy[x] = line[j, 0] + (line[j + 1, 0] - line[j, 0]) * f
            dx[x] = line[j, 1] + (line[j + 1, 1] - line[j, 1]) * f
        start = 0
        while start < cols:
            down_by, right_by = np.floor(dy[start]), np.floor(dx[start])
            stop = start + 1
            while stop < cols and np.floor(dy[stop]) == down_by and np.floor(dx[stop]) == right_by:
                stop += 1
            r = row + y - source_row + int(down_by)
            c = col + start - source_col + int(right_by)
            for x in range(start, stop):
                dy[x] -= down_by
                dx[x] -= right_by
            resample_run(source, r, c, dy[start:stop], dx[start:stop], out, y, start)
            start = stop


@njit(nogil=True, cache=True)
def resample_run(source, row, col, down, right, out, y, start):
    """Bilinear values from source (row, col) on, at fractions `down`, `right`, into out (y, start)."""
    n = len(down)
    for k in range(out.shape[0]):
        upper, upper_next = source[k, row, col : col + n], source[k, row, col + 1 : col + n + 1]
        lower = source[k, row + 1, col : col + n]
        lower_next = source[k, row + 1, col + 1 : col + n + 1]
        target = out[k, y, start : start + n]
        for x in range(n):
            up = upper[x] + (upper_next[x] - upper[x]) * right[x]
            low = lower[x] + (lower_next[x] - lower[x]) * right[x]
            target[x] = up + (low - up) * down[x]
