"""Several sources, one queue: what is one place, what raises a confidence, what a bad layer is told."""

from datetime import date

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ecoredline.errors import InputError
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.foreign import ForeignOptions, read_foreign
from ecoredline.patches.fuse import fuse, one_event, second_opinion

METRE = 1e-5


def table(source, places, *, sensor="GF-2", before="2024-05-01", after="2025-05-01", sure=0.6):
    """Patches of 100 m at (x, y) in metres from a corner."""
    rows = [
        {"patch_id": f"{source}-{k}", "found_by": source, "sensor": sensor, "confidence": sure,
         "before_on": before, "after_on": after,
         "geometry": shapely.box(101 + x * METRE, 26 + y * METRE, 101 + (x + 100) * METRE, 26 + (y + 100) * METRE)}
        for k, (x, y) in enumerate(places)
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)


def test_one_place_of_two_sources_is_one_patch_with_a_higher_confidence():
    ours, theirs = table("A", [(0, 0), (500, 0)]), table("B", [(20, 0), (900, 0)], sure=0.8)
    found = fuse([ours, theirs])
    assert found.kept["patch_id"].tolist() == ["A-0", "A-1", "B-1"]
    assert found.kept["confidence"].tolist() == [round(1 - 0.4 * 0.6, 3), 0.6, 0.8]
    assert found.kept["also_seen_by"].map(len).tolist() == [1, 0, 0]
    assert found.merged["reason"].tolist() == ["seen_by_other"]
    assert "A-0" in found.merged["reason_detail"][0]
    assert found.sightings["iou"].tolist() == pytest.approx([80 / 120], abs=0.01)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"before": "2025-06-01", "after": "2026-05-01"}, 2),  # a later change
        ({"after": ""}, 2),  # no date, no merging
        ({"before": ""}, 1),
        ({"sensor": "Sentinel-1A"}, 1),
    ],
)
def test_dates_decide_and_radar_changes_no_number(change, kept):
    found = fuse([table("A", [(0, 0)]), table("B", [(0, 0)], **change)])
    assert len(found.kept) == kept
    if "sensor" in change:
        assert found.kept["confidence"].tolist() == [0.6]
        assert "不计入置信度" in found.kept["also_seen_by"][0][0]


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order):
    theirs = table("B", [(0, 0), (30, 0), (400, 0), (430, 0), (1000, 0), (1000, 40)])
    first = fuse([table("A", [(10, 0)]), theirs])
    second = fuse([table("A", [(10, 0)]), theirs.iloc[list(order)]])
    assert set(first.kept["patch_id"]) == set(second.kept["patch_id"])
    assert len(first.kept) + len(first.merged) == 7


@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=4))
def test_a_second_opinion_never_lowers_and_never_makes_sure(own, others):
    raised = second_opinion(own, others)
    assert min(own, 0.99) - 1e-9 <= raised <= 0.99 or not others


@given(*[st.dates(date(2020, 1, 1), date(2026, 1, 1)).map(str) for _ in range(4)])
def test_one_event_does_not_depend_on_who_comes_first(a, b, c, d):
    one, other = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    assert one_event(one, other) == one_event(other, one)
    assert one_event(one, one)


def write(path, **columns):
    shapes = [shapely.box(101, 26, 101.001, 26.001), shapely.box(101.01, 26, 101.011, 26.001)]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    return path


def test_a_foreign_layer_is_read_by_its_usual_names(tmp_path):
    path = write(
        tmp_path / "a.geojson", TBBH=["1", "2"], HSX=["20250501", "2025/6/3"], ZXD=["85%", "0.4"],
        HDLX=["矿产资源开发", "采石场"],
    )  # fmt: skip
    got = read_foreign(path, ForeignOptions("省中心", types={"采石场": "1"})).frame
    assert got["after_on"].tolist() == ["2025-05-01", "2025-06-03"]
    assert got["confidence"].tolist() == [0.85, 0.4]
    assert got["activity_type"].tolist() == ["1", "1"]
    assert got.crs == STORAGE_CRS


def test_all_faults_of_all_rows_are_named_at_once(tmp_path):
    path = write(
        tmp_path / "a.geojson", HSX=["2025-13-01", "2099-01-01"], ZXD=["85", "x"], HDLX=["采石场", ""],
        QSX=["", "昨天"],
    )  # fmt: skip
    with pytest.raises(InputError) as fault:
        read_foreign(path, ForeignOptions("省中心"), today=date(2026, 1, 1))
    said = str(fault.value)
    for wanted in (
        "6 faults", "row 1, after_on: '2025-13-01'", "row 2, after_on: 2099-01-01 lies in the future",
        "row 2, before_on: '昨天'", "row 1, confidence: '85'", "row 2, confidence: 'x'",
        "row 1, activity_type: '采石场'",
    ):  # fmt: skip
        assert wanted in said


def test_options_that_cannot_be_are_refused_together(tmp_path):
    path = write(tmp_path / "a.geojson", HSX=["20250501"] * 2)
    with pytest.raises(InputError, match=r"no source.*--field nonsense.*--type x=9"):
        read_foreign(path, ForeignOptions(" ", fields={"nonsense": "a"}, types={"x": "9"}))
    with pytest.raises(InputError, match="whose columns are HSX"):
        read_foreign(path, ForeignOptions("a", fields={"confidence": "PROB"}))
