"""Nature lowered and function changed in place: hectares by a closed formula, orders of zones by hand."""

import math
from datetime import date

import geopandas as gpd
import pytest
import shapely

from ecoredline.boundary import compare, reasons_for_approval
from ecoredline.boundary.lowering import fallen
from ecoredline.codes import code_list
from ecoredline.grid import STORAGE_CRS

DAY = date(2026, 1, 1)
WEST, MIDDLE, EAST, SOUTH, NORTH = 101.70, 101.71, 101.72, 26.58, 26.59


def band_ha(wide_deg, south, north):
    """Hectares between two parallels over so many degrees: the textbook integral on CGCS2000."""
    a, f = 6378137.0, 1 / 298.257222101
    e = math.sqrt(f * (2 - f))

    def up_to(lat):
        s = math.sin(math.radians(lat))
        return s / (1 - (e * s) ** 2) + math.log((1 + e * s) / (1 - e * s)) / (2 * e)

    whole = (a * (1 - f)) ** 2 / 2 * (up_to(north) - up_to(south))
    return math.radians(wide_deg) * whole / 10_000


def frame(**rows):
    """Code → (west, east, zone, function, sensitivity)."""
    return gpd.GeoDataFrame(
        {
            "code": list(rows),
            **{
                k: [r[n] for r in rows.values()]
                for n, k in enumerate(("control_zone", "function", "sensitivity"), start=2)
            },
        },
        geometry=[shapely.box(r[0], SOUTH, r[1], NORTH) for r in rows.values()],
        crs=STORAGE_CRS,
    )


def told(old, new):
    return [(r.kind, r.county, r.area_ha) for r in reasons_for_approval(compare(old, new, on=DAY))]


def test_lowered_ground_is_found_under_another_code_and_measured():
    old = frame(R1=(WEST, EAST, "core", "水源涵养", "水土流失"))
    new = frame(
        R1=(WEST, MIDDLE, "core", "水源涵养", "水土流失"),
        R9=(MIDDLE, EAST, "general", "水源涵养", "水土流失"),
    )
    half = band_ha(0.01, SOUTH, NORTH)
    assert half == pytest.approx(110.3, abs=0.5)  # 995.7 m by 1108.0 m
    assert told(old, new) == [("nature_lowered", "", pytest.approx(half, abs=0.001))]
    (part,) = compare(old, new, on=DAY).lowered
    assert (part.code, part.fields) == ("R1", (("control_zone", "core", "general"),))
    assert part.geometry.equals(shapely.box(MIDDLE, SOUTH, EAST, NORTH))
    assert told(new, old) == []  # the way back only raises


def test_a_function_and_a_sensitivity_that_go_together_are_counted_once():
    old = frame(R1=(WEST, EAST, "core", "水源涵养、水土保持", "水土流失极敏感"))
    new = frame(R1=(WEST, EAST, "core", "水土保持", "水土流失敏感"))
    whole = band_ha(0.02, SOUTH, NORTH)
    assert told(old, new) == [("function_changed", "", pytest.approx(whole, abs=0.001))]
    (part,) = compare(old, new, on=DAY).lowered
    assert [f[0] for f in part.fields] == ["function", "sensitivity"]


def test_a_border_redrawn_by_a_centimetre_lowers_nothing_and_one_of_a_metre_does():
    def split(at):
        return frame(
            R1=(WEST, at, "core", "水源涵养", ""), R2=(at, EAST, "general", "水源涵养", "")
        )

    assert told(split(MIDDLE), split(MIDDLE - 1e-7)) == []  # 1 cm by 1108 m
    moved = told(split(MIDDLE), split(MIDDLE - 1e-5))  # about 1 m by 1108 m: 0.11 ha
    assert moved == [("nature_lowered", "", pytest.approx(0.11, abs=0.005))]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (("core", "", ""), ("general", "", ""), ["nature"]),
        (("class_1", "", ""), ("general", "", ""), ["nature"]),
        (("class_1", "", ""), ("core", "", ""), []),
        (("class_2", "", ""), ("general", "", ""), []),
        (("core_area", "", ""), ("experimental", "", ""), ["nature"]),
        (("core", "", ""), ("buffer", "", ""), ["nature"]),
        (("buffer", "", ""), ("class_2", "", ""), ["nature"]),
        (("experimental", "", ""), ("core", "", ""), []),
        (("general", "", ""), ("", "", ""), ["nature"]),
        (("", "", ""), ("general", "", ""), []),
        (("", "水源涵养", ""), ("", "水土保持", ""), ["function"]),
        (("", "水源涵养", ""), ("", "water、水土保持", ""), []),
        (("", "水源涵养", ""), ("", "", ""), ["function"]),
        (("", "", "石漠化"), ("", "", "石漠化、水土流失"), []),
        (("", "", "石漠化、水土流失"), ("", "", "石漠化"), ["function"]),
        (("", "", "极敏感"), ("", "", "一般敏感"), ["function"]),
        (("", "", "敏感"), ("", "", "极敏感"), []),
        (("core", "水源涵养", ""), ("general", "水土保持", ""), ["nature", "function"]),
    ],
)
def test_what_falls_and_what_does_not(before, after, kinds):
    assert list(fallen(before, after, DAY)) == kinds


def test_every_zone_of_the_list_has_its_strictness():
    assert set(code_list("zone_strictness")) == set(code_list("control_zones"))
