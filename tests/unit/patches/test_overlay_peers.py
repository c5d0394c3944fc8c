"""The overlay beside geopandas.overlay and beside plain intersections of detailed polygons."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.geodesy import areas_ha
from ecoredline.patches.overlay import MANY_VERTICES, overlay


def wavy(rng, lon, lat, size, vertices):
    """A wavy ring with a wavy hole."""
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    wave = sum(rng.normal(0, 0.2 / k) * np.sin(k * turn + rng.uniform(0, 6)) for k in (2, 5, 9, 23))
    r = size * (1 + np.clip(wave, -0.6, 0.6))
    ring = np.column_stack([lon + r * np.cos(turn), lat + r * np.sin(turn)])
    hole = np.column_stack([lon + 0.3 * r * np.cos(turn), lat + 0.3 * r * np.sin(turn)])
    return shapely.make_valid(shapely.Polygon(ring, [hole]))


def scene(seed, patches=60, polygons=5):
    rng = np.random.default_rng(seed)
    at = rng.uniform((101.0, 26.0), (101.2, 26.2), (polygons, 2))
    many = rng.integers(MANY_VERTICES, 3 * MANY_VERTICES, polygons)
    large = [wavy(rng, *p, 0.05, n) for p, n in zip(at, many, strict=True)]
    spots = rng.uniform((100.98, 25.98), (101.22, 26.22), (patches, 2))
    small = [wavy(rng, *p, rng.uniform(0.0005, 0.02), 40) for p in spots]
    return np.array(small, dtype=object), np.array(large, dtype=object)


def test_the_pieces_are_those_of_geopandas():
    patches, polygons = scene(3, 200, 8)
    found = overlay(patches, areas_ha(patches), polygons)
    one = gpd.GeoDataFrame({"patch": range(len(patches))}, geometry=patches, crs=4490)
    other = gpd.GeoDataFrame({"polygon": range(len(polygons))}, geometry=polygons, crs=4490)
    peer = gpd.overlay(one, other, how="intersection").sort_values(["patch", "polygon"])
    peer["area_ha"] = areas_ha(peer.geometry.to_numpy())
    peer = peer[peer.area_ha > 1e-9]
    kept = found.only(found.area_ha > 1e-9)
    assert kept.patch.tolist() == peer.patch.tolist()
    assert kept.polygon.tolist() == peer.polygon.tolist()
    assert kept.area_ha == pytest.approx(peer.area_ha.to_numpy(), abs=1e-7)
    assert 0 < kept.whole.sum() < len(kept.whole)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_clipping_to_the_surroundings_changes_no_piece(seed):
    patches, polygons = scene(seed)
    own = areas_ha(patches)
    found = overlay(patches, own, polygons)
    plain = areas_ha(shapely.intersection(patches[found.patch], polygons[found.polygon]))
    assert found.area_ha == pytest.approx(plain, abs=1e-7)
    covered = shapely.covers(polygons[found.polygon], patches[found.patch])
    assert (found.whole == covered).all()
    pairs = {*zip(found.patch.tolist(), found.polygon.tolist(), strict=True)}
    every = {(i, k) for i in range(len(patches)) for k in range(len(polygons))} - pairs
    missed = np.array(sorted(every))
    lost = areas_ha(shapely.intersection(patches[missed[:, 0]], polygons[missed[:, 1]]))
    assert lost.max() == pytest.approx(0, abs=1e-9)
