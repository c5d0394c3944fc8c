"""The division each patch belongs to: by largest share, with ties and straddling said in words."""

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.codes import code_list
from ecoredline.patches.overlay import overlay

COLUMNS = ("province", "city", "county", "township", "division_code", "division_note")
LEVELS = ("county", "city", "province")  # sought in this order
TIE_SHARE = 1e-6
TIE_HA = 1e-4  # the last decimal of a printed area
LEAST_NAMED_SHARE = 0.0005  # smaller shares would print as 0.0 %
BEYOND = "不在所给行政区划范围内"


def assign_divisions(
    shapes: np.ndarray, areas: np.ndarray, divisions: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Province, city, county, township, division_code and division_note of each patch.

    The county with the largest share of the patch's area wins, the lowest code among equals;
    where no county reaches, the city, then the province. The township is sought inside that
    county. Names of parents come from the layer, else from the code list. Without divisions
    all is blank; beyond them only the note is not.
    """
    if divisions is None or not len(divisions):
        return pd.DataFrame({c: [""] * len(shapes) for c in COLUMNS}, dtype=object)
    book = codebook(divisions)
    names = _names(divisions)
    towns = _shares(shapes, areas, divisions, "township", book)
    codes = np.full(len(shapes), "", dtype=object)
    notes = np.full(len(shapes), "", dtype=object)
    for level in LEVELS:
        rows = np.flatnonzero(codes == "")
        if level == "county" and not (divisions["level"] == level).any():
            shares = _by_county(towns, book)
        else:
            shares = _shares(shapes[rows], areas[rows], divisions, level, book)
            shares["patch"] = rows[shares["patch"]]
        best = winners(shares)
        codes[best.index] = book[best]
        _note(shares, codes, notes, book, names)
    notes[codes == ""] = BEYOND
    own = codes[towns["patch"]] == _prefixes(book)[towns["rank"]]
    towns = winners(towns[own])
    township = np.full(len(shapes), "", dtype=object)
    township[towns.index] = [names[c] for c in book[towns]]
    parents = {code: _parents(code, divisions, names) for code in set(codes) - {""}}
    parents[""] = ("", "", "")
    province, city, county = np.array([parents[c] for c in codes], object).reshape(-1, 3).T
    columns = (province, city, county, township, codes, notes)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), dtype=object)


def codebook(divisions: gpd.GeoDataFrame) -> np.ndarray:
    """All codes of the layer and their counties', sorted: a row number stands for a code."""
    codes = {str(c) for c in divisions["code"]}
    return np.array(sorted(codes | {c[:6] for c in codes}), dtype=object)


def winners(shares: pd.DataFrame) -> pd.Series:
    """Patch row → number of the code with the largest share, the lowest among equals."""
    return _equals(shares).groupby("patch")["rank"].min()


def _shares(shapes, areas, divisions: gpd.GeoDataFrame, level: str, book) -> pd.DataFrame:
    """Table of patch, rank (of the code), area_ha, total_ha and share at one level."""
    part = divisions[(divisions["level"] == level).to_numpy()]
    pieces = overlay(shapes, areas, part.geometry.to_numpy())
    ranks = np.searchsorted(book, part["code"].to_numpy(dtype=object))
    table = pd.DataFrame(
        {
            "patch": pieces.patch,
            "rank": ranks[pieces.polygon],
            "area_ha": pieces.area_ha,
            "total_ha": areas[pieces.patch],
        }
    )
    return _summed(table)


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each patch and code, though a division may be of several polygons."""
    grouped = table.groupby(["patch", "rank"], as_index=False)
    table = grouped.agg({"area_ha": "sum", "total_ha": "first"})
    table["share"] = np.minimum(table["area_ha"] / table["total_ha"], 1.0)
    return table


def _by_county(towns: pd.DataFrame, book: np.ndarray) -> pd.DataFrame:
    """Shares of counties where only their townships are given."""
    county = np.searchsorted(book, _prefixes(book))
    return _summed(towns.assign(rank=county[towns["rank"]]))


def _prefixes(book: np.ndarray) -> np.ndarray:
    return np.array([c[:6] for c in book], dtype=object)


def _equals(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows whose share equals the largest of their patch."""
    gap = shares.groupby("patch")["share"].transform("max") - shares["share"]
    return shares[(gap < TIE_SHARE) | (gap * shares["total_ha"] < TIE_HA)]


def _note(shares: pd.DataFrame, codes: np.ndarray, notes: np.ndarray, book, names: dict) -> None:
    """Say which patches straddle divisions, tie, or reach beyond all of them."""
    equal = _several(_equals(shares)).sort_values("rank")
    tied = {patch: book[rows["rank"]] for patch, rows in equal.groupby("patch")}
    named = _several(shares[shares["share"] >= LEAST_NAMED_SHARE])
    named = named.sort_values(["share", "rank"], ascending=[False, True])
    split = dict(list(named.groupby("patch")))
    covered = shares.groupby("patch")["share"].sum()
    beyond = (1 - covered[covered <= 1 - LEAST_NAMED_SHARE]).to_dict()
    for patch in sorted({*split, *beyond, *tied}):
        words = []
        if patch in split:
            rows = zip(book[split[patch]["rank"]], split[patch]["share"], strict=True)
            parts = "、".join(f"{names[c]} {s:.1%}" for c, s in rows)
            words.append(f"{_straddles(codes[patch])}：{parts}")
        if patch in tied:
            same = "、".join(f"{names[c]}（{c}）" for c in tied[patch])
            words.append(f"面积相等：{same}，归入代码较小者")
        if patch in beyond:
            words.append(f"另有 {beyond[patch]:.1%} 在所给行政区划范围外")
        notes[patch] = "；".join(words)


def _several(shares: pd.DataFrame) -> pd.DataFrame:
    """Only the rows of patches that have more than one."""
    return shares[shares.duplicated("patch", keep=False)]


def _straddles(code: str) -> str:
    return "跨省" if code.endswith("0000") else "跨市" if code.endswith("00") else "跨县"


def _names(divisions: gpd.GeoDataFrame) -> dict[str, str]:
    """Code → name: the layer's, else the code list's, else the code itself."""
    known = {code: row["zh"] for code, row in code_list("divisions").items()}
    counties = {c[:6]: known.get(c[:6], c[:6]) for c in divisions["code"]}
    return known | counties | dict(zip(divisions["code"], divisions["name"], strict=True))


def _parents(code: str, divisions: gpd.GeoDataFrame, names: dict) -> tuple[str, str, str]:
    """Names of the province, the city and the county of a 6-digit code; '' if unknown."""
    row = divisions[(divisions["code"].str[:6] == code).to_numpy()].iloc[0]
    given = {c: row[c] if c in divisions else "" for c in ("province", "city")}
    province, city = code[:2] + "0000", code[:4] + "00"
    return (
        names.get(province) or given["province"],
        "" if code == province else names.get(city) or given["city"],
        "" if code in (province, city) else names[code],
    )
