"""Large maps strip by strip: the same thresholds, the same candidate, the same comparison as in one piece."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS
from scipy import ndimage

from ecoredline.delineation import cells, delineate, importance_thresholds, outlines, read_config
from ecoredline.delineation.dust import small_groups
from ecoredline.delineation.grade import thresholds_of_blocks
from ecoredline.errors import NotEnoughData
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map
from ecoredline.record import read_record

ROWS, COLS = 150, 90
METRES = Grid(CRS.from_epsg(4543), Affine(100, 0, 470_000, 0, -100, 2.95e6), ROWS, COLS)
DEGREES = Grid(CRS.from_epsg(4490), Affine(1e-3, 0, 101.7, 0, -1e-3, 26.6), ROWS, COLS)
NUMBERS = st.one_of(st.integers(-2, 9).map(float), st.floats(0, 1e9), st.just(np.nan))


@settings(max_examples=12, deadline=None)
@given(hnp.arrays(np.float64, (6, 5), elements=NUMBERS), st.integers(1, 5), st.sampled_from([(0.5, 0.8), (0.2, 0.21, 1.0)]))  # fmt: skip
def test_thresholds_of_blocks_are_those_of_the_whole(values, cut, shares):
    areas = np.arange(1.0, 31.0).reshape(6, 5)
    given_out = lambda: [(values[:cut], areas[:cut]), (values[cut:], areas[cut:])]  # noqa: E731
    try:
        whole = importance_thresholds(values, areas, shares)
    except NotEnoughData:
        with pytest.raises(NotEnoughData):
            thresholds_of_blocks(given_out, shares)
        return
    assert thresholds_of_blocks(given_out, shares) == whole


@settings(max_examples=80, deadline=None)
@given(hnp.arrays(bool, (9, 7)), hnp.arrays(bool, (9, 7), elements=st.integers(0, 12).map(lambda n: n == 0)), st.lists(st.integers(1, 8), max_size=3, unique=True))  # fmt: skip
def test_groups_across_seams_are_judged_as_in_one_piece(land, ties, seams):
    edges = [0, *sorted(seams), 9]
    spans = list(itertools.pairwise(edges))
    rows = [f for _, f in small_groups(lambda a, b: land[a:b], lambda a, b: ties[a:b], spans, 6.5)]
    labels, count = ndimage.label(land, np.ones((3, 3)))
    wanted = np.zeros_like(land)
    for label, (r, c) in enumerate(ndimage.find_objects(labels), 1):
        own = labels == label
        wanted |= own & ((r.stop - r.start) * (c.stop - c.start) < 6.5 and not ties[own].any())
    assert count == labels.max()
    assert (np.concatenate(rows) == wanted).all()


def speckled(seed):
    """A map with pieces, dust and holes of all sizes."""
    rng = np.random.default_rng(seed)
    fine, coarse = (ndimage.gaussian_filter(rng.normal(size=(ROWS, COLS)), s) for s in (1, 8))
    return np.clip(fine / fine.std() + 1.5 * coarse / coarse.std() + 2, 0, None)


def case(folder, seed, grid, rules):
    """Inputs and configuration of a delineation."""
    west, south, east, north = grid.bounds
    x, y = (lambda s: west + s * (east - west)), (lambda s: south + s * (north - south))
    write_map(folder / "water.tif", speckled(seed), grid, unit="mm")
    write_map(folder / "erosion.tif", np.digitize(speckled(seed + 50), [1, 2, 3, 4]) + 1.0, grid)
    layers = {
        "park": shapely.box(x(0.7), y(0.1), x(0.73), y(0.12)),
        "river": shapely.LineString([(x(0.1), y(0.2)), (x(0.9), y(0.35))]),
        "old": shapely.box(x(-0.1), y(0.4), x(0.6), y(0.95)),
    }
    for name, one in layers.items():
        gpd.GeoDataFrame({"code": ["A"]}, geometry=[one], crs=grid.crs).to_file(
            folder / f"{name}.gpkg", engine="pyogrio"
        )
    parts = "".join(f'[[{role}]]\npath = "{path}"\nzh = "{zh}"\n{more}\n' for role, path, zh, more in [
        ("services", "water.tif", "水源涵养", ""), ("sensitivities", "erosion.tif", "水土流失", "extreme = 5"),
        ("required", "park.gpkg", "自然保护地", ""), ("buffers", "river.gpkg", "河流", "distance_m = 120"),
        ("lines", "river.gpkg", "河流中线", ""),
    ])  # fmt: skip
    (folder / "c.toml").write_text(f'redline = "old.gpkg"\n{parts}[parameters]\n{rules}\n', "utf-8")
    return read_config(folder / "c.toml")


@pytest.mark.parametrize(
    ("seed", "grid", "rules"),
    [
        (1, METRES, "smallest_km2 = 0.6\nhole_km2 = 0.3"),
        (2, METRES, "smallest_km2 = 1.0\nhole_km2 = 0.2\nmerge_m = 150\nsnap_m = 80"),
        (3, DEGREES, "smallest_km2 = 0.5\nhole_km2 = 0.15\nmerge_m = 120"),
    ],
)
def test_a_large_map_gives_the_candidate_of_the_whole(tmp_path, monkeypatch, seed, grid, rules):
    config = case(tmp_path, seed, grid, rules)
    delineate(config, tmp_path / "whole")
    monkeypatch.setattr(outlines, "DRAWN_CELLS", 0)
    monkeypatch.setattr(cells, "STRIP_CELLS", 1)
    assert len(list(cells.strips_of(grid))) == 3
    delineate(config, tmp_path / "strips")
    one, other = (
        {n: gpd.read_file(tmp_path / d / "delineation.gpkg", layer=n) for n in ("candidate", "compared", "07_removed", "03_union")}
        for d in ("whole", "strips")
    )  # fmt: skip
    for column in ("code", "name", "reason", "area_ha"):
        assert one["candidate"][column].tolist() == other["candidate"][column].tolist()
    pairs = zip(one["candidate"].geometry, other["candidate"].geometry, strict=True)
    assert max(a.symmetric_difference(b).area for a, b in pairs) < 1e-11, "0.1 m²"
    sums = [t["compared"].groupby(["state", "reason"])["area_ha"].sum() for t in (one, other)]
    assert sums[0].index.tolist() == sums[1].index.tolist()
    assert sums[0].to_numpy() == pytest.approx(sums[1].to_numpy(), abs=0.02)
    corners = [shapely.get_num_coordinates(t["03_union"].geometry).sum() for t in (one, other)]
    assert corners[1] < 0.95 * corners[0], "less is drawn"
    said = read_record(tmp_path / "strips")["warnings"]
    assert any("栅格较大" in w for w in said)
    assert (tmp_path / "whole" / "cells.tif").read_bytes() == (tmp_path / "strips" / "cells.tif").read_bytes()  # fmt: skip
