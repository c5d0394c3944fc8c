"""Number of threatened species in each zone (HJ 1173-2021): on the state key list, or IUCN CR or EN."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoredline.codes import code_list
from ecoredline.errors import InputError
from ecoredline.species.sightings import Sightings, fail_on, read_rows

NOTE = "受威胁物种数按 HJ 1173-2021：国家重点保护名录与 IUCN 极危、濒危；只计有记录的物种，未调查不等于没有"


def read_listed(path: Path | str) -> dict[str, set[str]]:
    """Species → its categories (codes/threat_categories.csv), of a CSV with species, category.

    A species may have a row on each list. Raises `SourceError`; `InputError` with all faults.
    """
    rows, names = read_rows(path)
    if "species" not in names or "category" not in names or not rows:
        raise InputError(f"got {path} with {', '.join(names)}; wanted rows of species, category")
    known, faults, listed = code_list("threat_categories"), [], {}
    for line, row in enumerate(rows, 2):
        name, category = ((row[k] or "").strip() for k in ("species", "category"))
        if not name:
            faults.append(f"row {line}, species: empty")
        if category not in known:
            faults.append(f"row {line}, category: got {category!r}; wanted one of {', '.join(known)}")  # fmt: skip
        elif category in listed.setdefault(name, set()):
            faults.append(f"row {line}: {name} {category} comes twice")
        else:
            listed[name].add(category)
    fail_on(path, faults)
    return listed


def threatened_species(listed: Mapping[str, set[str]]) -> set[str]:
    """The species whose category counts.

    >>> sorted(threatened_species({"a": {"VU"}, "b": {"LC", "国家二级"}, "c": {"CR"}}))
    ['b', 'c']
    """
    counts = {c for c, row in code_list("threat_categories").items() if row["counts"] == "1"}
    return {name for name, categories in listed.items() if categories & counts}


def threatened_table(
    seen: Sightings, listed: Mapping[str, set[str]], zones: gpd.GeoDataFrame
) -> pd.DataFrame:
    """One row a zone (EPSG:4490): records in it, species recorded, threatened species and their names.

    A record on a border belongs to every zone it touches. `attrs["unlisted"]` names species that the
    list does not have: they count as recorded, not as threatened.
    """
    threatened = threatened_species(listed)
    tree = shapely.STRtree(shapely.points(seen.lon, seen.lat))
    rows = []
    for shape in zones.geometry:
        here = seen.species[np.sort(tree.query(shape, predicate="intersects"))]
        kinds = sorted(set(here.tolist()))
        found = [name for name in kinds if name in threatened]
        rows.append((len(here), len(kinds), len(found), "、".join(found)))
    columns = ["records", "species", "threatened", "threatened_names"]
    table = pd.DataFrame(rows, columns=columns, index=zones.index)
    table.attrs["unlisted"] = sorted(set(seen.species.tolist()) - set(listed))
    return table
