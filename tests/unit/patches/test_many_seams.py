"""30,000 patches of a 10,000 × 10,000 map, found block by block: those of the whole map, to the last vertex."""

import numpy as np
from affine import Affine
from pyproj import CRS
from rasterio import features
from shapely.geometry import shape

from ecoredline.change import ChangeMap, UnseenMap
from ecoredline.change.runs import join_runs
from ecoredline.grid import Grid
from ecoredline.patches.extract import extract_patches

SIDE, BLOCK, STEP, LARGEST_PX = 10_000, 512, 55, 14  # 512 and 55: seams cut discs anywhere
BANDS = ("blue", "green", "red", "nir")
FOREST, SOIL = (0.03125, 0.0625, 0.03125, 0.375), (0.125, 0.15625, 0.1875, 0.28125)  # exact sums
GRID = Grid(CRS.from_epsg(4543), Affine(2, 0, 5e5, 0, -2, 2.94e6), SIDE, SIDE)


def ragged_map() -> np.ndarray:
    """A bool raster of some 30,000 ragged discs, none near another; hundreds lie over seams."""
    rng = np.random.default_rng(5)
    mask = np.zeros((SIDE, SIDE), bool)
    y, x = np.mgrid[-LARGEST_PX : LARGEST_PX + 1, -LARGEST_PX : LARGEST_PX + 1]
    for row in range(20, SIDE - 20, STEP):
        for col in range(20, SIDE - 20, STEP):
            reach = rng.uniform(6, LARGEST_PX - 2) + rng.uniform(-1.5, 1.5, y.shape)
            at = row + rng.integers(-3, 4), col + rng.integers(-3, 4)
            place = np.s_[at[0] - LARGEST_PX : at[0] + LARGEST_PX + 1, at[1] - LARGEST_PX : at[1] + LARGEST_PX + 1]  # fmt: skip
            mask[place] = np.hypot(y, x) < reach
    return mask


def runs_of(mask: np.ndarray, row: int, col: int):
    """What a block of the map gives (`block_runs`), in map coordinates."""
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    length = stops - starts
    whole = np.column_stack([rows + row, starts + col, stops + col, length]).astype(np.int32)
    return whole, length[:, None] * np.array([10.0, 8.0, *FOREST, *SOIL])


def patches(blocks):
    """The patches of blocks as `find` makes them."""
    seen = np.zeros((1, 1), np.uint8)
    unseen = UnseenMap(GRID, SIDE, seen, seen)
    return extract_patches(
        ChangeMap(GRID, join_runs(blocks, len(BANDS)), unseen, BANDS, "test", 6.0, 4.0)
    )


def test_thirty_thousand_patches_block_by_block_are_those_of_the_whole_map():
    mask = ragged_map()
    tiles = [
        runs_of(mask[r : r + BLOCK, c : c + BLOCK], r, c)
        for r in range(0, SIDE, BLOCK) for c in range(0, SIDE, BLOCK)
    ]  # fmt: skip
    np.random.default_rng(1).shuffle(order := np.arange(len(tiles)))  # workers end in any order
    whole, tiled = patches([runs_of(mask, 0, 0)]), patches([tiles[k] for k in order])
    assert len(whole) > 30_000
    assert whole.attrs == tiled.attrs
    for column in ("geometry", "geometry_raw"):
        assert [g.wkb for g in whole[column]] == [g.wkb for g in tiled[column]]
    numbers = whole.drop(columns=["geometry", "geometry_raw"])
    assert numbers.equals(tiled.drop(columns=["geometry", "geometry_raw"]))
    seam = features.shapes(  # an outside tracer, on both sides of one seam
        mask[:, BLOCK - 40 : BLOCK + 40].astype(np.uint8), mask[:, BLOCK - 40 : BLOCK + 40],
        connectivity=4, transform=GRID.transform @ Affine.translation(BLOCK - 40, 0),
    )  # fmt: skip
    x = GRID.transform.c + 2 * BLOCK
    crossing = {shape(s).normalize().wkb for s, _ in seam if shape(s).bounds[0] < x < shape(s).bounds[2]}  # fmt: skip
    ours = {p.normalize().wkb for g in tiled["geometry_raw"] for p in g.geoms}
    assert len(crossing) > 50
    assert crossing <= ours, f"{len(crossing - ours)} outlines over the seam differ"
