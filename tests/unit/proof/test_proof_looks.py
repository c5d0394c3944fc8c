"""Looks and judgements against arithmetic done by hand and against made scenes."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer

from ecoredline import raster
from ecoredline.errors import InputError
from ecoredline.proof import Facts, Look, judge, look, watch_days
from ecoredline.proof.tables import quick_days

EAST, NORTH, PIXEL = 480_000, 2_980_000, 10
CODE = CRS.from_epsg(4543)
TO_LONLAT = Transformer.from_crs(CODE, CRS.from_epsg(4490), always_xy=True)


def lonlat(shape):
    return shapely.transform(shape, TO_LONLAT.transform, interleaved=False)


def scene(path, ndvi, *, names=("red", "nir"), day="2026-07-15", nodata=0):
    """A scene whose NDVI is this array (rows, cols), red fixed; NaN is nodata."""
    red = np.full(ndvi.shape, 0.1)
    bands = {"red": red, "nir": red * (1 + ndvi) / (1 - ndvi), "green": red * 2, "blue": red * 3}
    values = np.stack([bands[name] for name in names]) * 10_000
    values = np.where(np.isnan(ndvi), nodata, values.round()).astype("uint16")
    with rasterio.open(
        path, "w", driver="GTiff", height=ndvi.shape[0], width=ndvi.shape[1], count=len(names),
        dtype="uint16", crs=CODE.to_wkt(), transform=Affine(PIXEL, 0, EAST, 0, -PIXEL, NORTH), nodata=nodata,
    ) as target:  # fmt: skip
        target.write(values)
        target.update_tags(ACQUISITION_DATE=day)
    return raster.open_scene(path, bands=list(names))


def box(col, row, cols, rows):
    return lonlat(shapely.box(
        EAST + col * PIXEL, NORTH - (row + rows) * PIXEL, EAST + (col + cols) * PIXEL, NORTH - row * PIXEL
    ))  # fmt: skip


def field(inside, around=0.7, place=np.s_[20:30, 20:30]):
    found = np.full((60, 60), around)
    found[place] = inside
    return found


def test_means_inside_and_around_are_those_of_the_made_scene(tmp_path):
    found = look(scene(tmp_path / "a.tif", field(0.2)), box(20, 20, 10, 10))
    assert found.inside == pytest.approx(0.2, abs=1e-3)
    assert found.ring == pytest.approx(0.7, abs=1e-3)
    assert found.relative == pytest.approx(-0.5, abs=1e-3)
    assert found.valid_share == pytest.approx(1, abs=1e-6)


def test_partial_pixels_count_by_their_share_or_wholly(tmp_path):
    made = scene(tmp_path / "a.tif", field(0.2))
    half = box(19.5, 20, 1, 10)  # half in the place (0.2), half outside (0.7)
    quarter = box(19.25, 20, 1, 10)
    assert look(made, half).inside == pytest.approx(0.45, abs=2e-3)
    assert look(made, quarter).inside == pytest.approx(0.75 * 0.7 + 0.25 * 0.2, abs=2e-3)
    inner = box(19.25, 20.1, 1, 9.8)  # touches ten cells of each column
    assert look(made, inner, counting="touched").inside == pytest.approx(0.45, abs=2e-3)
    with pytest.raises(InputError, match="counting"):
        look(made, half, counting="some")


def test_other_places_are_no_yardstick(tmp_path):
    values = field(0.2)
    values[20:30, 35:45] = 0.1
    made, place, other = scene(tmp_path / "a.tif", values), box(20, 20, 10, 10), box(35, 20, 10, 10)
    assert look(made, place).ring < 0.68
    assert look(made, place, others=other).ring == pytest.approx(0.7, abs=3e-3)


def test_cloud_nodata_and_the_scenes_edge_lower_the_valid_share(tmp_path):
    values = field(0.2)
    values[20:25, 20:30] = np.nan
    made = scene(tmp_path / "a.tif", values)
    assert look(made, box(20, 20, 10, 10)).valid_share == pytest.approx(0.5, abs=0.01)
    hidden = look(made, box(20, 20, 10, 10), hidden=box(18, 18, 14, 14))
    assert (hidden.inside, hidden.valid_share) == (None, 0)
    assert look(made, box(55, 40, 10, 10)).valid_share == pytest.approx(0.5, abs=0.01)
    assert look(made, box(90, 90, 5, 5)).valid_share == 0


def test_without_near_infrared_brightness_speaks_and_greener_is_still_more(tmp_path):
    made = scene(tmp_path / "a.tif", field(0.2), names=("blue", "green", "red"))
    assert look(made, box(20, 20, 10, 10)).index == "brightness"
    with pytest.raises(InputError, match="nir"):
        look(made, box(20, 20, 10, 10), index="ndvi")
    bare, green = (Look(None, "brightness", v, 0.1, 1.0) for v in (0.3, 0.1))
    assert bare.relative < green.relative


def ndvi(value, ring=0.7, share=1.0, on=date(2027, 7, 15)):
    return Look(on, "ndvi", value, ring, share)


BASE = Facts(
    now=ndvi(0.6), before=ndvi(0.7), damaged=ndvi(0.1), closing=ndvi(0.5),
    closed_on=date(2027, 1, 1), begun_on=date(2026, 1, 1), damage_type="forest",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "finding", "proposes", "codes"),
    [
        ({}, "recovering", False, set()),
        ({"now": ndvi(0.51)}, "stable", False, set()),
        ({"now": ndvi(0.3, ring=0.5)}, "stable", False, set()),  # the season: all around fell too
        ({"now": ndvi(0.35)}, "falling", True, {"fall"}),
        ({"now": ndvi(0.1)}, "falling", True, {"fall", "faked"}),
        ({"changed_share": 0.2}, "new_change", True, {"new_change"}),
        ({"now": ndvi(0.6, share=0.2)}, "unseen", False, {"unseen"}),
        ({"begun_on": date(2026, 12, 1)}, "recovering", False, {"quick_closing"}),
        ({"now": ndvi(0.12, on=date(2029, 7, 1)), "closing": ndvi(0.13)}, "stable", False, {"no_recovery"}),
    ],
)  # fmt: skip
def test_findings(changes, finding, proposes, codes):
    found = judge(replace(BASE, **changes))
    assert (found.finding, found.proposes_reopening) == (finding, proposes)
    assert {r["code"] for r in found.reasons} == codes
    assert 0 <= found.risk <= 100


def test_the_more_it_falls_the_higher_the_risk_and_never_beyond_100():
    falls = np.linspace(0.6, -0.2, 30)
    risks = [
        judge(replace(BASE, now=ndvi(v), changed_share=0.9, begun_on=BASE.closed_on)).risk
        for v in falls
    ]
    assert risks == sorted(risks)
    assert max(risks) == 100


def test_only_the_same_index_is_compared():
    other = Look(date(2026, 9, 1), "brightness", 0.9, 0.1, 1.0)
    found = judge(Facts(now=ndvi(0.6), closing=other, damaged=other, before=other))
    assert (found.finding, found.fall, found.recovered) == ("stable", None, None)


def test_watch_days_lie_in_the_growing_season_of_the_place():
    closed = date(2026, 11, 20)
    days = dict(watch_days(closed, "510422", "forest"))
    assert (days["season_1"], days["season_1_end"]) == (date(2027, 7, 15), date(2027, 9, 30))
    assert days["season_2"].year == 2028 and days["season_3"].year == 2029
    assert dict(watch_days(closed, "540102", "forest"))["season_1"] == date(2027, 8, 1)
    assert set(dict(watch_days(closed, "510422", "buildings"))) == {"month_3", "month_12"}
    assert all(day > closed + timedelta(days=29) for day in days.values())
    assert quick_days("forest") > quick_days("buildings")
