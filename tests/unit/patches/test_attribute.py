import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from ecoredline.errors import UnsuitableCRS
from ecoredline.geodesy import area_ha, areas_ha, round_ha
from ecoredline.grid import ELLIPSOID
from ecoredline.patches.attribute import attribute, representative_points
from ecoredline.patches.overlay import merged, overlay

WEST, SOUTH = 101.70, 26.58
STEP = 0.001  # about 100 m


def square(col, row, cols=1.0, rows=1.0):
    """A rectangle on a grid of about 100 m."""
    return box(
        WEST + col * STEP,
        SOUTH + row * STEP,
        WEST + (col + cols) * STEP,
        SOUTH + (row + rows) * STEP,
    )


def patches(*shapes):
    return gpd.GeoDataFrame({"score": range(len(shapes))}, geometry=list(shapes), crs=4490)


def redline(*rows):
    """Rows of (code, shape) or (code, shape, zone)."""
    data = {
        "code": [r[0] for r in rows],
        "name": [f"名{r[0]}" for r in rows],
        "control_zone": [r[2] if len(r) > 2 else "" for r in rows],
        "version": ["2022"] * len(rows),
    }
    return gpd.GeoDataFrame(data, geometry=[r[1] for r in rows], crs=4490)


def named(**shapes):
    data = {"code": list(shapes), "name": list(shapes)}
    return gpd.GeoDataFrame(data, geometry=list(shapes.values()), crs=4490)


def divisions(*rows):
    """Rows of (code, name, shape)."""
    levels = []
    for code, *_ in rows:
        ends = "township" if len(code) > 6 else "province" if code.endswith("0000") else ""
        levels.append(ends or ("city" if code.endswith("00") else "county"))
    data = {"code": [r[0] for r in rows], "name": [r[1] for r in rows], "level": levels}
    return gpd.GeoDataFrame(data, geometry=[r[2] for r in rows], crs=4490)


FAR = redline(("Z", square(500, 500)))


def test_areas_are_those_of_the_ellipsoid_and_of_the_clipped_part():
    found = attribute(patches(square(0, 0, 4, 2)), redline=redline(("A", square(1, 0, 2, 9))))
    row = found.iloc[0]
    exact = abs(ELLIPSOID.geometry_area_perimeter(square(0, 0, 4, 2))[0]) / 1e4
    assert row["area_ha"] == round(exact, 4)
    assert row["redline_area_ha"] == pytest.approx(exact / 2, abs=1e-4)
    assert row["channel"] == "suspected"
    assert row["redline_ids"] == ["A"] and row["redline_names"] == ["名A"]
    assert row["redline_version"] == "2022"


def test_a_patch_wholly_inside_has_the_very_same_two_areas():
    blob = Point(WEST, SOUTH).buffer(0.002, 40)
    row = attribute(patches(blob), redline=redline(("A", square(-9, -9, 30, 30)))).iloc[0]
    assert row["area_ha"] == row["redline_area_ha"] > 0


def test_holes_of_the_redline_count_off():
    ring = square(-5, -5, 20, 20) - square(1, 0, 1, 2)
    row = attribute(patches(square(0, 0, 2, 2)), redline=redline(("A", ring))).iloc[0]
    assert row["redline_area_ha"] == pytest.approx(row["area_ha"] / 2, abs=1e-4)


def test_a_place_in_two_redline_polygons_counts_once():
    two = redline(("B", square(0, 0, 3, 1)), ("A", square(1, 0, 3, 1)))
    row = attribute(patches(square(0, 0, 4, 1)), redline=two).iloc[0]
    assert row["redline_area_ha"] == row["area_ha"]
    inside = attribute(patches(square(1.2, 0.2, 0.5, 0.5)), redline=two).iloc[0]
    assert inside["redline_area_ha"] == inside["area_ha"]
    assert inside["redline_ids"] == ["A", "B"]


def test_polygons_are_listed_by_size_of_the_shared_piece_and_slivers_left_out():
    layer = redline(
        ("A", square(0, 0, 1, 1)), ("B", square(1, 0, 3, 1)), ("C", square(4, 0, 1e-5, 1))
    )
    row = attribute(patches(square(0, 0, 5, 1)), redline=layer).iloc[0]
    assert row["redline_ids"] == ["B", "A"]


@pytest.mark.parametrize("shape", [square(1, 0), square(1 - 1e-6, 0), square(5, 5)])
def test_touching_or_missing_the_redline_is_outside(shape):
    row = attribute(patches(square(0, 0)), redline=redline(("A", shape, "core"))).iloc[0]
    assert row["redline_area_ha"] == 0
    assert row["channel"] == "outside"
    assert row["redline_ids"] == [] and row["control_zone"] == ""


@pytest.mark.parametrize(
    ("core", "general", "zone", "noted"),
    [
        (2, 1, "core", True),
        (1, 2, "general", True),
        (1, 1, "core", True),
        (3, 0, "core", False),
        (0, 3, "general", False),
    ],
)
def test_the_larger_part_gives_the_control_zone_and_both_are_noted(core, general, zone, noted):
    rows = [("A", square(0, 0, core, 1), "core")] if core else []
    rows += [("B", square(core, 0, general, 1), "general")] if general else []
    row = attribute(patches(square(0, 0, 3, 1)), redline=redline(*rows)).iloc[0]
    assert row["control_zone"] == zone
    assert ("核心保护区" in row["control_zone_note"]) == noted
    if noted:
        part_ha = area_ha(square(core, 0, general, 1))
        assert f"一般控制区 {round_ha(part_ha):.4f} 公顷" in row["control_zone_note"]


@pytest.mark.parametrize(
    ("cols", "channel"),
    [(0.9, "suspected"), (1.0, "suspected"), (1.1, "protected"), (2, "protected")],
)
def test_the_channel_follows_the_larger_part_of_the_clipped_piece(cols, channel):
    """The patch is 4 wide, its redline part 2 wide; the reserve also covers much outside it."""
    reserve = MultiPolygon([square(0, 0, cols, 1), square(2, 0, 2, 1)]).buffer(0)
    row = attribute(
        patches(square(0, 0, 4, 1)),
        redline=redline(("A", square(0, 0, 2, 1))),
        protected_areas=named(苏铁=reserve),
    ).iloc[0]
    assert row["channel"] == channel
    assert row["protected_area_ha"] == pytest.approx(row["area_ha"] * (2 + cols) / 4, abs=2e-4)
    assert row["protected_names"] == ["苏铁"]


def test_outside_the_redline_a_reserve_changes_no_channel():
    row = attribute(
        patches(square(0, 0)), redline=FAR, protected_areas=named(甲=square(0, 0), 乙=square(0, 0))
    ).iloc[0]
    assert row["channel"] == "outside"
    assert row["protected_names"] == ["乙", "甲"]
    assert row["protected_area_ha"] == row["area_ha"]


def test_the_division_with_the_largest_share_wins_and_the_others_are_named():
    layer = divisions(
        ("510000", "四川省", square(-9, -9, 40, 40)),
        ("510400", "攀枝花市", square(-9, -9, 40, 40)),
        ("510421", "米易县", square(3, 0, 5, 5)),
        ("510422", "盐边县", square(0, 0, 3, 5)),
        ("510422203", "红果彝族乡", square(0, 0, 1, 5)),
        ("510421104", "攀莲镇", square(3, 0, 5, 5)),
    )
    row = attribute(patches(square(0, 0, 5, 1)), redline=FAR, divisions=layer).iloc[0]
    assert row[["province", "city", "county", "township"]].tolist() == [
        "四川省",
        "攀枝花市",
        "盐边县",
        "红果彝族乡",
    ]
    assert row["division_code"] == "510422"
    assert row["division_note"] == "跨县：盐边县 60.0%、米易县 40.0%"


def test_a_tie_goes_to_the_lowest_code_and_both_are_named():
    layer = divisions(
        ("510403", "西区", square(0, 0, 1, 1)), ("510402", "东区", square(1, 0, 1, 1))
    )
    row = attribute(patches(square(0, 0, 2, 1)), redline=FAR, divisions=layer).iloc[0]
    assert row["county"] == "东区" and row["division_code"] == "510402"
    assert "面积相等：东区（510402）、西区（510403），归入代码较小者" in row["division_note"]
    assert "跨县：" in row["division_note"]


def test_divisions_that_overlap_wholly_tie_too():
    layer = divisions(
        ("510403", "西区", square(0, 0, 9, 9)), ("510402", "东区", square(0, 0, 9, 9))
    )
    row = attribute(patches(square(1, 1)), redline=FAR, divisions=layer).iloc[0]
    assert row["county"] == "东区" and "面积相等" in row["division_note"]


def test_parents_come_from_the_code_where_the_layer_has_none():
    layer = divisions(("510421", "米易县", square(0, 0, 5, 5)))
    row = attribute(patches(square(0, 0)), redline=FAR, divisions=layer).iloc[0]
    assert row[["province", "city", "county", "township"]].tolist() == [
        "四川省",
        "攀枝花市",
        "米易县",
        "",
    ]
    assert row["division_note"] == ""
    other = divisions(("530722", "永胜县", square(0, 0, 5, 5)))
    row = attribute(patches(square(0, 0)), redline=FAR, divisions=other).iloc[0]
    assert row[["province", "city", "county"]].tolist() == ["云南省", "", "永胜县"]
    other["city"], other["province"] = "丽江市", "云南省"
    row = attribute(patches(square(0, 0)), redline=FAR, divisions=other).iloc[0]
    assert row["city"] == "丽江市"


def test_without_counties_the_city_or_the_townships_serve():
    city = divisions(("510400", "攀枝花市", square(0, 0, 5, 5)))
    row = attribute(patches(square(0, 0)), redline=FAR, divisions=city).iloc[0]
    assert row[["province", "city", "county"]].tolist() == ["四川省", "攀枝花市", ""]
    assert row["division_code"] == "510400"
    towns = divisions(
        ("510422203", "红果彝族乡", square(0, 0, 2, 5)),
        ("510422100", "桐子林镇", square(2, 0, 3, 5)),
    )
    row = attribute(patches(square(0, 0, 5, 1)), redline=FAR, divisions=towns).iloc[0]
    assert row[["county", "township", "division_code"]].tolist() == ["盐边县", "桐子林镇", "510422"]


def test_what_lies_beyond_the_divisions_is_said():
    layer = divisions(("510421", "米易县", square(0, 0, 3, 1)))
    found = attribute(patches(square(0, 0, 4, 1), square(50, 0)), redline=FAR, divisions=layer)
    assert found["division_note"].tolist() == [
        "另有 25.0% 在所给行政区划范围外",
        "不在所给行政区划范围内",
    ]
    assert found["county"].tolist() == ["米易县", ""]
    assert found["division_code"].tolist() == ["510421", ""]


def test_what_is_not_given_stays_blank():
    row = attribute(patches(square(0, 0)), redline=FAR).iloc[0]
    for name in (
        "province",
        "city",
        "county",
        "township",
        "division_code",
        "division_note",
        "position",
    ):
        assert row[name] == ""
    assert row["protected_names"] == [] and row["protected_area_ha"] == 0


def test_the_position_names_county_township_and_nearest_place():
    layer = divisions(
        ("510421", "米易县", square(-5, -5, 30, 30)),
        ("510421104", "攀莲镇", square(-5, -5, 30, 30)),
    )
    places = gpd.GeoDataFrame(
        {"name": ["示范村一"]}, geometry=[Point(WEST - 0.005, SOUTH + 0.0005)], crs=4490
    )
    row = attribute(patches(square(0, 0)), redline=FAR, divisions=layer, places=places).iloc[0]
    assert row["position"] == "米易县攀莲镇示范村一东约550米"


def test_other_columns_rows_and_the_input_stay_as_they_are():
    given = patches(square(0, 0), square(3, 3)).set_index(np.array([7, 3]))
    before = given.copy()
    found = attribute(given, redline=FAR)
    assert found.index.tolist() == [7, 3] and found["score"].tolist() == [0, 1]
    assert given.equals(before)


def test_no_patches_give_an_empty_table_with_all_columns():
    found = attribute(
        patches(),
        redline=FAR,
        protected_areas=named(甲=square(0, 0)),
        divisions=divisions(("510421", "米易县", square(0, 0))),
    )
    assert len(found) == 0
    assert {"area_ha", "channel", "county", "position", "redline_ids"} <= set(found.columns)


def test_a_crossed_outline_does_not_stop_the_table():
    bowtie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    bowtie = shapely.transform(bowtie, lambda xy: xy * STEP + [WEST, SOUTH])
    row = attribute(patches(bowtie), redline=redline(("A", square(0, 0)))).iloc[0]
    assert (
        row["redline_area_ha"]
        == row["area_ha"]
        == pytest.approx(area_ha(square(0, 0)) / 2, abs=1e-4)
    )


def test_layers_in_another_crs_are_refused():
    with pytest.raises(UnsuitableCRS, match="got redline in CGCS2000 / 3-degree"):
        attribute(patches(square(0, 0)), redline=FAR.to_crs(4543))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_representative_point_lies_inside_even_narrow_shapes(seed):
    rng = np.random.default_rng(seed)
    line = shapely.LineString(np.cumsum(rng.normal(0, 2e-4, (12, 2)), axis=0) + [WEST, SOUTH])
    shape = line.buffer(rng.uniform(2e-7, 5e-5), cap_style="flat")
    lon, lat = representative_points(np.array([shape]))
    assert shape.contains(Point(lon[0], lat[0]))


def random_shapes(seed, count, size):
    rng = np.random.default_rng(seed)
    centres = rng.uniform((WEST, SOUTH), (WEST + 0.01, SOUTH + 0.01), (count, 2))
    shapes = []
    for centre in centres:
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radii = size * rng.uniform(0.3, 1, 9)
        ring = centre + np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
        shapes.append(shapely.make_valid(Polygon(ring), method="structure", keep_collapsed=False))
    return np.array(shapes)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_clipped_areas_equal_those_of_plain_unions_and_never_exceed_the_patch(seed):
    """Oracle: shapely's union of all polygons, cut by each patch, without any short cuts."""
    shapes, layer = random_shapes(seed, 12, 0.002), random_shapes(seed + 1, 6, 0.006)
    areas = areas_ha(shapes)
    pieces = overlay(shapes, areas, layer)
    _, clipped = merged(pieces, len(shapes))
    everything = shapely.union_all(layer)
    wanted = areas_ha(shapely.intersection(shapes, everything))
    assert clipped == pytest.approx(wanted, abs=1e-7)
    assert (clipped <= areas + 1e-9).all()
    assert (pieces.area_ha > 0).all()
    assert set(zip(pieces.patch, pieces.polygon, strict=True)) == {
        (i, j) for i in range(12) for j in range(6) if area_ha(shapes[i] & layer[j]) > 0
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_dividing_the_redline_changes_no_area(seed, share):
    shapes = random_shapes(seed, 8, 0.003)
    whole = random_shapes(seed + 1, 1, 0.008)[0]
    west, south, east, north = whole.bounds
    middle = west + share * (east - west)
    halves = [whole & box(west, south, middle, north), whole & box(middle, south, east, north)]
    one = attribute(patches(*shapes), redline=redline(("A", whole)))
    two = attribute(patches(*shapes), redline=redline(("A", halves[0]), ("B", halves[1])))
    assert one["redline_area_ha"].to_numpy() == pytest.approx(
        two["redline_area_ha"].to_numpy(), abs=1.01e-4
    )
    assert (one["redline_area_ha"] <= one["area_ha"]).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_of_a_tiling_add_up_to_the_patch(seed):
    shapes = random_shapes(seed, 6, 0.003)
    areas = areas_ha(shapes)
    tiles = np.array([square(c, r, 3, 3) for c in range(-9, 24, 3) for r in range(-9, 24, 3)])
    pieces = overlay(shapes, areas, tiles)
    sums = np.bincount(pieces.patch, pieces.area_ha, minlength=len(shapes))
    assert round_ha(sums) == pytest.approx(round_ha(areas), abs=1e-9)
