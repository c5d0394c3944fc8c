"""The division each patch belongs to: by largest share, with ties and straddling said in words."""

import geopandas as gpd
import numpy as np
import pandas as pd

from ecoredline.codes import code_list
from ecoredline.patches.overlay import Pieces, overlay

COLUMNS = ("province", "city", "county", "township", "division_code", "division_note")
TIE_SHARE = 1e-6
TIE_HA = 1e-4  # the last decimal of a printed area
LEAST_NAMED_SHARE = 0.0005  # smaller shares would print as 0.0 %
TOWNSHIP = "township"


def assign_divisions(
    shapes: np.ndarray, areas: np.ndarray, divisions: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Province, city, county, township, division_code and division_note of each patch.

    The county with the largest share of the patch's area wins, the lowest code among equals;
    where no county reaches, the city, then the province. The township is sought inside that
    county. Names of parents come from the layer, else from the code list. Without divisions,
    or where none reaches, all is blank.
    """
    result = pd.DataFrame({c: [""] * len(shapes) for c in COLUMNS}, dtype=object)
    if divisions is None or not len(divisions) or not len(shapes):
        return result
    levels = divisions["level"].to_numpy()
    codes = np.full(len(shapes), "", dtype=object)
    notes = np.full(len(shapes), "", dtype=object)
    towns = _shares(shapes, areas, divisions[levels == TOWNSHIP])
    for level in ("county", "city", "province"):
        open_rows = np.flatnonzero(codes == "")
        if level == "county" and not (levels == level).any():
            shares = _by_county(towns)
        else:
            part = divisions[levels == level]
            shares = _shares(shapes[open_rows], areas[open_rows], part, open_rows)
        winners = _winners(shares)
        codes[list(winners)] = list(winners.values())
        _note(shares, winners, notes, _names(divisions))
    codes, notes = codes.tolist(), notes.tolist()
    result["division_code"], result["division_note"] = codes, notes
    own = towns[towns["code"].str[:6] == np.array(codes, dtype=object)[towns["patch"]]]
    names = _names(divisions)
    for patch, code in _winners(own).items():
        result.loc[patch, "township"] = names.get(code, "")
    parents = {code: _parents(code, divisions, names) for code in set(codes) - {""}}
    for column, place in (("province", 0), ("city", 1), ("county", 2)):
        result[column] = [parents[c][place] if c else "" for c in codes]
    blank = result["division_code"] == ""
    result.loc[blank, "division_note"] = "不在所给行政区划范围内"
    return result


def _shares(shapes, areas, divisions: gpd.GeoDataFrame, rows=None) -> pd.DataFrame:
    """Table of patch, code, area_ha and share; a division of several polygons is one row."""
    pieces: Pieces = overlay(shapes, areas, divisions.geometry.to_numpy())
    patch = pieces.patch if rows is None else np.asarray(rows, dtype=int)[pieces.patch]
    codes = divisions["code"].to_numpy(dtype=object)[pieces.polygon]
    table = pd.DataFrame(
        {"patch": patch, "code": codes, "area_ha": pieces.area_ha, "total_ha": areas[pieces.patch]}
    ).astype({"patch": int, "code": object})
    return _summed(table)


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    grouped = table.groupby(["patch", "code"], as_index=False, sort=True)
    table = grouped.agg({"area_ha": "sum", "total_ha": "first"})
    table["share"] = np.minimum(table["area_ha"] / table["total_ha"], 1.0)
    return table


def _by_county(towns: pd.DataFrame) -> pd.DataFrame:
    """Shares of counties where only their townships are given."""
    return _summed(towns.assign(code=towns["code"].str[:6]))


def _ties(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows whose share equals the largest of their patch."""
    best = shares.groupby("patch")["share"].transform("max")
    gap = best - shares["share"]
    return shares[(gap < TIE_SHARE) | (gap * shares["total_ha"] < TIE_HA)]


def _winners(shares: pd.DataFrame) -> dict[int, str]:
    """Patch row → code of the largest share, the lowest code among equals."""
    return _ties(shares).groupby("patch")["code"].min().to_dict()


def _note(shares: pd.DataFrame, winners: dict, notes: np.ndarray, names: dict[str, str]) -> None:
    """Say which patches straddle divisions, tie, or reach beyond all of them."""
    if not len(shares):
        return
    equal = _ties(shares).groupby("patch")["code"].agg(sorted)
    covered = shares.groupby("patch")["share"].sum()
    named = shares[shares["share"] >= LEAST_NAMED_SHARE]
    named = named.sort_values(["share", "code"], ascending=[False, True])
    split = {patch: rows for patch, rows in named.groupby("patch") if len(rows) > 1}
    beyond = covered[covered <= 1 - LEAST_NAMED_SHARE]
    tied = equal[equal.str.len() > 1]
    for patch in sorted({*split, *beyond.index, *tied.index}):
        words = []
        if patch in split:
            rows = zip(split[patch]["code"], split[patch]["share"], strict=True)
            parts = "、".join(f"{names.get(c, c)} {s:.1%}" for c, s in rows)
            words.append(f"{_straddles(winners[patch])}：{parts}")
        if patch in tied.index:
            same = "、".join(f"{names.get(c, c)}（{c}）" for c in tied[patch])
            words.append(f"面积相等：{same}，归入代码较小者")
        if patch in beyond.index:
            words.append(f"另有 {1 - beyond[patch]:.1%} 在所给行政区划范围外")
        notes[patch] = "；".join(words)


def _straddles(code: str) -> str:
    return "跨省" if code.endswith("0000") else "跨市" if code.endswith("00") else "跨县"


def _names(divisions: gpd.GeoDataFrame) -> dict[str, str]:
    known = {code: row["zh"] for code, row in code_list("divisions").items()}
    return known | dict(zip(divisions["code"], divisions["name"], strict=True))


def _parents(code: str, divisions: gpd.GeoDataFrame, names: dict) -> tuple[str, str, str]:
    """Names of the province, the city and the county of a 6-digit code; '' if unknown."""
    row = divisions[divisions["code"].str[:6] == code].iloc[0]
    given = {c: row[c] if c in divisions else "" for c in ("province", "city")}
    province, city = code[:2] + "0000", code[:4] + "00"
    return (
        names.get(province) or given["province"],
        "" if code == province else names.get(city) or given["city"],
        "" if code in (province, city) else names.get(code, ""),
    )
