"""What reviewers said of like patches, as rates; and places they know.

A cell is the cover before and after, the gap of the seasons, the sensor and the detector. Its
rate is drawn towards that of the wider cell, the less so the more verdicts it has (Beta
smoothing), so that a cell nobody has judged says what its parent says.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.errors import InputError, SourceError
from ecoredline.files import whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches.facts import SPARSE_NDVI, VEGETATION_NDVI, WATER_NDWI, WATER_NIR

FORMAT = 1
LEVELS = ("cover", "season", "sensor", "detector")  # from wide to narrow
WEIGHT = 8.0  # verdicts that the wider cell's rate counts for
SEASON_DAYS = ((20, "same"), (90, "near"), (10**6, "far"))
LAWFUL, CLOSED = "known_lawful", "known_closed"
LAWFUL_REASON = "lawful_known"
KNOWN_SHARE = 0.9  # of a patch that must lie within a known place: growth is looked at again
JITTER_DEGREES = 3 / 111_320  # outlines of one thing differ by as much


def cells(features: pd.DataFrame, sensor: str, detector: str, before_on, after_on) -> pd.DataFrame:
    """The cell of each patch (columns `LEVELS`), on the index of `features`."""
    one, other = cover(features, "before"), cover(features, "after")
    return pd.DataFrame(
        {"cover": [f"{a}>{b}" for a, b in zip(one, other, strict=True)],
         "season": season(before_on, after_on), "sensor": sensor, "detector": detector},
        index=features.index,
    )  # fmt: skip


def cover(features: pd.DataFrame, day: str) -> np.ndarray:
    """Water, vegetation, sparse or open ground, by the indices in a run's `features.csv`."""
    ndvi, ndwi, nir = (features[f"{n}_{day}"].to_numpy(float) for n in ("ndvi", "ndwi", "nir"))
    wet = (ndwi > WATER_NDWI) & (nir < WATER_NIR)
    kinds = [wet, ndvi > VEGETATION_NDVI, ndvi > SPARSE_NDVI, np.isfinite(ndvi)]
    return np.select(kinds, ["water", "vegetation", "sparse", "open"], "unknown")


def season(before_on, after_on) -> str:
    """How far the days of the year lie apart, in words.

    >>> season("2023-01-05", "2024-12-28"), season("2023-01-05", "2024-07-01"), season("", "")
    ('same', 'far', 'unknown')
    """
    if not before_on or not after_on:
        return "unknown"
    days = [date.fromisoformat(str(d)) for d in (before_on, after_on)]
    gap = abs((days[1] - days[0]).days) % 365
    gap = min(gap, 365 - gap)
    return next(name for limit, name in SEASON_DAYS if gap <= limit)


@dataclass(frozen=True)
class Priors:
    """Rates by cell (`a|b` → true, all), the rate of all, known places, and where it is from."""

    counts: dict[str, tuple[int, int]]
    places: gpd.GeoDataFrame
    card: dict

    def rate(self, cell: dict) -> tuple[float, int]:
        """Smoothed share of true ones in a cell, and how many verdicts its narrowest level has."""
        true, count = self.counts.get("", (0, 0))
        rate, path = (true + 1) / (count + 2), []
        for level in LEVELS:
            path.append(str(cell[level]))
            true, count = self.counts.get("|".join(path), (0, 0))
            rate = (true + WEIGHT * rate) / (count + WEIGHT)
        return rate, count

    def rank(self, table: pd.DataFrame, confidence: np.ndarray) -> pd.DataFrame:
        """The patches' probabilities: their confidence moved by what was said of their like.

        Odds of the confidence × odds of the cell ÷ odds of all; columns `prior`, `verdicts`,
        `probability` on the index of `table` (columns `LEVELS`).
        """
        said = [self.rate(row) for row in table.to_dict("records")]
        prior = np.array([rate for rate, _ in said], float)
        true, count = self.counts.get("", (0, 0))
        whole = (true + 1) / (count + 2)
        odds = odds_of(np.asarray(confidence, float)) * odds_of(prior) / odds_of(np.array(whole))
        out = {"prior": prior, "verdicts": [n for _, n in said], "probability": odds / (1 + odds)}
        return pd.DataFrame(out, index=table.index)

    def known(self, patches: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
        """For each patch (EPSG:4490, with `after_on`) why its place is known already, and in words.

        "" where it is not. Only what lies within the place; a lawful place ends with its
        `valid_to`; a closed one covers only images taken up to its closing: what changes
        after that may be a relapse.
        """
        reason, words = np.full(len(patches), "", object), np.full(len(patches), "", object)
        if not len(self.places) or not len(patches):
            return reason, words
        wide = shapely.buffer(shapely.make_valid(self.places.geometry.to_numpy()), JITTER_DEGREES)
        shapes = shapely.make_valid(patches.geometry.to_numpy())
        for k, place in shapely.STRtree(wide).query(shapes).T:
            if reason[k] or not stands(self.places.iloc[place], patches["after_on"].iloc[k]):
                continue
            inside = shapely.area(shapely.intersection(shapes[k], wide[place]))
            if inside >= KNOWN_SHARE * shapely.area(shapes[k]):
                one = self.places.iloc[place]
                reason[k], words[k] = (
                    one["kind"],
                    f"与已知{WORDS[one['kind']]} {one['patch_id']} 重合",
                )
        return reason, words


WORDS = {LAWFUL: "合法地块", CLOSED: "已销号地块"}


def stands(place, after_on: str) -> bool:
    """Does what is known of a place still hold for an image of that day?"""
    until = place["until"]
    if not until:
        return place["kind"] == LAWFUL
    return bool(after_on) and after_on <= until


def odds_of(p: np.ndarray) -> np.ndarray:
    """P / (1 − p), with p kept within 0.02 and 0.98."""
    p = np.clip(np.nan_to_num(p, nan=0.5), 0.02, 0.98)
    return p / (1 - p)


def learn_priors(samples: pd.DataFrame, places: gpd.GeoDataFrame, sources: list[str]) -> Priors:
    """Priors of judged patches (columns `LEVELS` and truth 0 or 1).

    Raises `InputError` without any.
    """
    if not len(samples):
        raise InputError("got no verdicts on patches of these runs; wanted some")
    counts: dict[str, tuple[int, int]] = {"": (int(samples["truth"].sum()), len(samples))}
    for depth in range(1, len(LEVELS) + 1):
        grouped = samples.groupby(list(LEVELS[:depth]))["truth"].agg(["sum", "count"])
        for key, row in grouped.iterrows():
            name = "|".join(map(str, key if isinstance(key, tuple) else (key,)))
            counts[name] = int(row["sum"]), int(row["count"])
    card = {"verdicts": len(samples), "true": int(samples["truth"].sum()), "sources": sources,
            "places": places["kind"].value_counts().to_dict()}  # fmt: skip
    return Priors(counts, places, card)


def save_priors(priors: Priors, path: Path | str) -> Path:
    """Write priors as JSON, whole or not at all."""
    places = [
        {"kind": r["kind"], "patch_id": r["patch_id"], "until": r["until"],
         "wkt": shapely.to_wkt(r.geometry, rounding_precision=8)}
        for _, r in priors.places.iterrows()
    ]  # fmt: skip
    data = {"format": FORMAT, "card": priors.card, "counts": priors.counts, "places": places}
    with whole_file(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    return Path(path)


def load_priors(path: Path | str) -> Priors:
    """Read what `save_priors` wrote. Raises `SourceError`, `InputError` (another format)."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        form = data["format"]
        counts = {k: (int(a), int(b)) for k, (a, b) in data["counts"].items()}
        places = known_places(
            [(p["kind"], p["patch_id"], p["until"]) for p in data["places"]],
            shapely.from_wkt([p["wkt"] for p in data["places"]]),
        )
        card = data["card"]
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as fault:
        raise SourceError(
            f"could not read {path}: {fault}; wanted a file of learn-priors"
        ) from fault
    if form != FORMAT:
        raise InputError(f"{path} has format {form}; this version reads {FORMAT}")
    return Priors(counts, places, card)


def known_places(rows, shapes) -> gpd.GeoDataFrame:
    """Known places (kind, patch_id, until as ISO day or "") with their outlines, EPSG:4490."""
    frame = pd.DataFrame(list(rows), columns=["kind", "patch_id", "until"]).astype(str)
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=STORAGE_CRS)
