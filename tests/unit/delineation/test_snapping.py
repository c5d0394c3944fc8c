"""A candidate's edge drawn onto ridges, parcels, protected areas and the edges of river strips."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from ecoredline.delineation import delineate, read_config
from ecoredline.grid import Grid
from ecoredline.raster.layers import write_map

WEST, NORTH = 470_000, 2_950_000
GRID = Grid(CRS.from_epsg(4543), Affine(50, 0, WEST, 0, -50, NORTH), 80, 80)
# the land that is extreme ends at 3 km from the west; each target lies 20 m beyond
EDGE = WEST + 3000
TARGETS = {
    "ridge": (shapely.LineString([(EDGE + 20, NORTH), (EDGE + 20, NORTH - 4000)]), 0),
    "parcels": (shapely.MultiPolygon([shapely.box(EDGE + 20, NORTH - 4000 + k * 1000, EDGE + 900, NORTH - 3000 + k * 1000) for k in range(4)]), 0),
    "protected area": (shapely.box(EDGE + 20, NORTH - 4000, EDGE + 2000, NORTH), 0),
    "strip along a river": (shapely.LineString([(EDGE + 220, NORTH + 500), (EDGE + 220, NORTH - 4500)]), 200),
}  # fmt: skip


def edge_at(folder, distance_m, snap_m):
    """How much of the candidate's edge lies along the target, in metres, and its area in hectares."""
    (folder / "c.toml").write_text(
        '[[sensitivities]]\npath = "slide.tif"\nzh = "水土流失"\nextreme = 5\n[[lines]]\npath = "line.gpkg"\nzh = "线"\n'
        f"distance_m = {distance_m:.1f}\n[parameters]\nsmallest_km2 = 0.1\nsnap_m = {snap_m}\n",
        "utf-8",
    )
    delineate(read_config(folder / "c.toml"), folder / "out")
    frame = gpd.read_file(folder / "out" / "delineation.gpkg", layer="candidate")
    assert frame.geometry.is_valid.all()
    outline = frame.to_crs(4543).geometry.union_all().boundary
    wanted = shapely.LineString([(EDGE + 20, NORTH), (EDGE + 20, NORTH - 4000)]).buffer(0.01)
    return shapely.intersection(outline, wanted).length, frame["area_ha"].sum()


@pytest.mark.parametrize("target", TARGETS)
def test_an_edge_near_a_line_is_drawn_onto_it_and_one_far_off_is_not(tmp_path, target):
    shape, distance = TARGETS[target]
    slide = np.where(np.arange(80)[None, :] < 60, 5.0, 1.0).repeat(80, axis=0)
    write_map(tmp_path / "slide.tif", slide, GRID)
    gpd.GeoDataFrame(geometry=[shape], crs=4543).to_file(tmp_path / "line.gpkg", engine="pyogrio")
    near, grown = edge_at(tmp_path, distance, 30)
    far, plain = edge_at(tmp_path, distance, 10)
    assert near > 3900 and far == 0
    assert grown - plain == pytest.approx(8.0, rel=0.02), "20 m along 4 km"
