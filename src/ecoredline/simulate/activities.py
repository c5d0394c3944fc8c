"""Which activities a scene gets, of what size, and where they are put."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ecoredline.simulate import leisure, works
from ecoredline.simulate.ground import (
    BUILT,
    CROP_BARE,
    CROP_GREEN,
    GRASS,
    LAKE_WATER,
    RIVER_WATER,
    ROCK,
    SAND,
    SHRUB,
    SNOW,
    WOOD,
)
from ecoredline.simulate.outlines import merged
from ecoredline.simulate.paint import Piece
from ecoredline.simulate.regions import where_of
from ecoredline.simulate.sites import Site, along_high, downhill, towards_river
from ecoredline.simulate.survey import Survey
from ecoredline.simulate.terrain import Layout

SIZES_HA = (0.15, 0.5, 0.06, 1.5, 4.0)
PER_KM2 = 52.0 / 36.0
FEWEST, MOST = 6, 3000
LARGEST_SHARE = 0.011  # of the scene, for one activity
WHERE_CYCLE = (
    "inside", "outside", "inside", "protected", "inside", "outside", "inside", "protected", "inside",
    "outside",
)  # fmt: skip
POOL = 12000
TRIES = 40
APART_M = 28.0
EDGE_PX = 8.0
EXISTING_SHARE = 0.35  # things that were there before, as a share of the activities
SLIDES_SHARE = 0.12
BARRED_SHARE = 0.06  # of them at most on water, snow or built-up land
FITTING_SHARE = 0.55  # of an outline's sampled points must lie on suitable land

DRY = (CROP_GREEN, CROP_BARE, GRASS, SHRUB)
WILD = (WOOD, SHRUB, GRASS, ROCK)
NEVER = (BUILT, SNOW, RIVER_WATER, LAKE_WATER)


@dataclass(frozen=True)
class Variant:
    """One way an activity type can look, the land that suits it and the areas it can have.

    `near` limits the place: "crest", "valley", "bank" or "shore"; empty is anywhere.
    """

    activity_type: str
    kind: str
    build: Callable
    land: tuple[int, ...]
    near: str = ""
    smallest_ha: float = 0.0
    largest_ha: float = math.inf


VARIANTS = (
    Variant("1", "采石场", works.quarry, WILD),
    Variant("1", "采砂场", works.sand_pit, (SAND, *DRY), "bank"),
    Variant("2", "厂房", works.factory, DRY),
    Variant("2", "工业园区", works.factory, (*DRY, WOOD), "", 0.4),
    Variant("3", "风电机位", works.wind_pads, WILD, "crest"),
    Variant("3", "光伏电站", works.solar, (GRASS, SHRUB, CROP_BARE)),
    Variant("3", "小水电", works.hydro, (*WILD, *DRY), "valley", 0.12),
    Variant("4", "度假村", leisure.resort, WILD),
    Variant("4", "高尔夫球场", leisure.golf, (*DRY, WOOD), "", 1.2),
    Variant("5", "新建道路", leisure.road, (WOOD, SHRUB, GRASS)),
    Variant("5", "码头", leisure.wharf, (SAND, RIVER_WATER, *DRY), "bank", 0.1, 1.6),
    Variant("6", "毁林开垦", leisure.clearing, (WOOD,)),
    Variant("6", "别墅", leisure.villas, DRY, "", 0.12),
    Variant("6", "人工湖", leisure.artificial_lake, DRY, "", 0.12),
    Variant("6", "填占湿地", leisure.wetland_fill, (SAND, RIVER_WATER, LAKE_WATER, *DRY), "shore", 0.0, 1.6),
)  # fmt: skip
SLIDE = Variant("", "landslide", leisure.slide, (WOOD, SHRUB, GRASS))


@dataclass(frozen=True)
class Activity:
    """A thing that was put somewhere: its pieces in local metres and their union."""

    variant: Variant
    size_ha: float  # as asked for; the true area is the outline's
    pieces: tuple[Piece, ...]
    outline: BaseGeometry


@dataclass(frozen=True)
class Wanted:
    """An activity that the scene should get."""

    variant: Variant
    size_ha: float
    where: str


def wanted_activities(width: float, height: float) -> list[Wanted]:
    """The list for a scene of `width` by `height` metres: all types, all sizes that fit, in turn."""
    area_ha = width * height / 1e4
    count = int(min(MOST, max(FEWEST, round(area_ha / 100.0 * PER_KM2))))
    sizes = [s for s in SIZES_HA if s <= LARGEST_SHARE * area_ha] or [min(SIZES_HA)]
    used: dict[str, int] = {}
    found = []
    for k in range(count):
        kind = str(k % 6 + 1)
        size = sizes[(k // 6 + k % 6) % len(sizes)]
        choices = [
            v for v in VARIANTS
            if v.activity_type == kind and v.smallest_ha <= size <= v.largest_ha
        ]  # fmt: skip
        turn = used.get(kind, 0)
        used[kind] = turn + 1
        found.append(Wanted(choices[turn % len(choices)], size, WHERE_CYCLE[k % len(WHERE_CYCLE)]))
    return found


class Ground:
    """Places where something may still be built: a pool of points and what is taken."""

    def __init__(
        self, layout: Layout, survey: Survey, zones: dict[str, BaseGeometry], taken: np.ndarray
    ):
        self.layout, self.survey = layout, survey
        self.rng = np.random.default_rng([layout.seed, 21])
        width, height = survey.width, survey.height
        self.pool = self.rng.uniform(
            (0.03 * width, 0.03 * height), (0.94 * width, 0.97 * height), (POOL, 2)
        )
        self.facts = survey.at(self.pool)
        points = shapely.points(self.pool)
        self.zones = zones
        redline, reserves = zones["redline"], zones["protected"]
        shapely.prepare(redline)
        shapely.prepare(reserves)
        inside = shapely.contains(redline, points)
        reserved = shapely.contains(reserves, points)
        self.zone = {
            "inside": inside & ~reserved, "protected": inside & reserved, "outside": ~inside & ~reserved,
        }  # fmt: skip
        self.boxes = taken  # west, north, east, south of all that is built

    def free(self, box: tuple[float, float, float, float]) -> bool:
        """Does a box keep off the scene's edge and off everything built so far?"""
        edge = EDGE_PX * self.survey.pixel
        inner = (
            box[0] > edge and box[1] > edge
            and box[2] < self.survey.width - edge and box[3] < self.survey.height - edge
        )  # fmt: skip
        apart = APART_M * self.layout.scale**0.5
        hit = (
            (self.boxes[:, 0] < box[2] + apart) & (self.boxes[:, 2] > box[0] - apart)
            & (self.boxes[:, 1] < box[3] + apart) & (self.boxes[:, 3] > box[1] - apart)
        )  # fmt: skip
        return inner and not hit.any()

    def near(self, name: str, size_m: float) -> np.ndarray:
        """Which points of the pool lie where `name` (crest, valley, bank, shore) asks."""
        facts = self.facts
        if name == "crest":
            return facts["relative"] > np.percentile(facts["relative"], 80)
        if name == "valley":
            low = facts["relative"] < np.percentile(facts["relative"], 25)
            return low & (facts["river"] > 2.0 * size_m)
        if name == "bank":
            return (facts["river"] > 0.1 * size_m) & (facts["river"] < 0.1 * size_m + 45.0)
        if name == "shore":
            return np.abs(np.minimum(facts["river"], facts["lake"])) < 0.35 * size_m + 12.0
        return np.ones(len(self.pool), bool)

    def heading(self, variant: Variant, x: float, y: float, size_m: float) -> float:
        """The direction that suits a variant at a place."""
        if variant.near == "crest":
            return along_high(self.layout, x, y, 160.0 * self.layout.scale)
        if variant.near == "valley":
            return along_high(self.layout, x, y, size_m, -1.0)
        if variant.near in ("bank", "shore"):
            return towards_river(self.layout, x, y)
        if variant in (SLIDE, VARIANTS[0]):
            return downhill(self.layout, x, y)
        return float(self.rng.uniform(0.0, 2.0 * math.pi))

    def put(self, wanted: Wanted) -> Activity | None:
        """Build it where it fits: first as asked, then on any free land of the zone, then anywhere."""
        size_m = math.sqrt(wanted.size_ha * 1e4)
        suits = np.isin(self.facts["kind"], wanted.variant.land)
        near = self.near(wanted.variant.near, size_m)
        dry = ~np.isin(self.facts["kind"], NEVER)
        zone = self.zone[wanted.where]
        anywhere = (*WILD, *DRY, SAND)
        for allowed, land, strict in (
            (zone & near & suits, wanted.variant.land, True),
            (zone & dry, anywhere, True),
            (dry, anywhere, False),
        ):
            chosen = np.flatnonzero(allowed)
            self.rng.shuffle(chosen)
            for index in chosen[:TRIES]:
                activity = self.build(wanted, *self.pool[index], size_m, land)
                if activity is not None and (not strict or self.lies(activity, wanted.where)):
                    self.boxes = np.vstack([self.boxes, activity.outline.bounds])
                    return activity
        return None

    def lies(self, activity: Activity, where: str) -> bool:
        """Does an activity lie where it was wanted?"""
        redline, reserves = self.zones["redline"], self.zones["protected"]
        return where_of(activity.outline, redline, reserves) == where

    def build(
        self, wanted: Wanted, x: float, y: float, size_m: float, land: tuple[int, ...]
    ) -> Activity | None:
        """Build at a place; nothing when it would not be free or the land does not suit."""
        half = 0.3 * size_m
        if not self.free((x - half, y - half, x + half, y + half)):
            return None
        site = Site(x, y, self.heading(wanted.variant, x, y, size_m), self.layout)
        built = wanted.variant.build(self.rng, wanted.size_ha * 1e4, site)
        moved = shapely.transform([p.geometry for p in built], lambda at: at + (x, y))
        pieces = tuple(replace(p, geometry=g) for p, g in zip(built, moved, strict=True))
        outline = merged([p.geometry for p in pieces if p.material != "shadow"])
        if not self.free(outline.bounds):
            return None
        spots = shapely.get_coordinates(outline.segmentize(0.5 * size_m))
        kinds = self.survey.kind_at(np.vstack([spots, (x, y)]))
        barred = [kind for kind in NEVER if kind not in (*land, *wanted.variant.land)]
        if (
            np.isin(kinds, land).mean() < FITTING_SHARE
            or np.isin(kinds, barred).mean() > BARRED_SHARE
        ):
            return None
        return Activity(wanted.variant, wanted.size_ha, pieces, outline)


def existing_wanted(wanted: list[Wanted]) -> list[Wanted]:
    """Things that are there on both dates, outside the redline: the same kinds, other sizes."""
    count = round(EXISTING_SHARE * len(wanted))
    kinds = [v for v in VARIANTS if v.near not in ("bank", "shore")]
    sizes = sorted({w.size_ha for w in wanted})
    found = []
    for k in range(count):
        variant = kinds[(5 * k + 2) % len(kinds)]
        fitting = [s for s in sizes if variant.smallest_ha <= s <= variant.largest_ha]
        if fitting:
            found.append(Wanted(variant, fitting[k % len(fitting)], "outside"))
    return found


def slides_wanted(wanted: list[Wanted]) -> list[Wanted]:
    """Natural landslides: inside and outside the redline, which must not be listed."""
    count = max(1, round(SLIDES_SHARE * len(wanted)))
    sizes = sorted({w.size_ha for w in wanted})[:3]
    return [
        Wanted(SLIDE, sizes[k % len(sizes)], ("outside", "inside")[k % 2]) for k in range(count)
    ]
