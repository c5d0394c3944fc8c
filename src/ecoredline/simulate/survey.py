"""A coarse survey of a scene: what the land is, on one date, for placing things and for truth."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ecoredline.simulate.dates import Look
from ecoredline.simulate.paint import shapes_of
from ecoredline.simulate.render import Painting, surface_of
from ecoredline.simulate.terrain import Layout, elevations, lake_distances, river_distances

CELL_M = 8.0
MOST_CELLS = 1000  # along the longer side, so that the survey of any scene fits in memory
SMOOTH_M = 220.0


@dataclass(frozen=True)
class Survey:
    """Kinds of land [rows, cols] in cells of `cell` metres, and the scene they describe."""

    width: float
    height: float
    pixel: float
    cell: float
    layout: Layout
    kinds: np.ndarray

    def kind_at(self, places: np.ndarray) -> np.ndarray:
        """The kind of land at places [n, 2] in local metres; beyond the scene, at its edge."""
        rows, cols = self.kinds.shape
        col = np.clip((places[:, 0] / self.cell).astype(int), 0, cols - 1)
        row = np.clip((places[:, 1] / self.cell).astype(int), 0, rows - 1)
        return self.kinds[row, col]

    def at(self, places: np.ndarray) -> dict[str, np.ndarray]:
        """Facts about places [n, 2] in local metres: kind, elevation, relative, river, lake."""
        x, y = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
        height = elevations(x, y, self.layout)
        reach = SMOOTH_M * self.layout.scale
        around = sum(
            elevations(x + reach * math.cos(a), y + reach * math.sin(a), self.layout)
            for a in np.arange(6) * math.pi / 3
        )
        return {
            "kind": self.kind_at(places),
            "elevation": height,
            "relative": height - around / 6.0,
            "river": river_distances(x, y, self.layout),
            "lake": lake_distances(x, y, self.layout),
        }


def make_survey(rows: int, cols: int, pixel: float, layout: Layout, look: Look) -> Survey:
    """Survey a scene of `rows` by `cols` pixels as it is with `look`, nothing built, unshifted."""
    every = max(1, round(CELL_M / pixel), math.ceil(max(rows, cols) / MOST_CELLS))
    still = bare_look(look)
    coarse = Painting(
        math.ceil(rows / every), math.ceil(cols / every), pixel * every, layout, still,
        shapes_of([], still), lattice_px=1,
    )  # fmt: skip
    kinds = surface_of(coarse, 0, 0, coarse.rows, coarse.cols).kinds
    return Survey(cols * pixel, rows * pixel, pixel, pixel * every, layout, kinds)


def bare_look(look: Look) -> Look:
    """The same look without displacement, clouds or haze: the land itself."""
    return look._replace(shift=0.0, haze=0.0, clouds=np.empty((0, 5)))


def cleaned(mask: np.ndarray) -> np.ndarray:
    """A mask without specks: opened with a 2 by 2 square."""
    return ndimage.binary_opening(mask, np.ones((2, 2), bool))
