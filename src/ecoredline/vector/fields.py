"""Column names of Chinese planning data → our columns, by the list `field_aliases`."""

import re
import unicodedata

import numpy as np
import pandas as pd

from ecoredline.codes import code_list
from ecoredline.errors import InputError

TRUE_WORDS = {"1", "true", "t", "yes", "y", "是"}
BLANK_WORDS = {"", "nan", "none", "null", "<na>", "nat"}
NAME_LAYERS = ("redline", "protected", "divisions", "places")


def aliases(layer: str) -> dict[str, list[str]]:
    """Our column → the names it goes by in files, best first.

    >>> aliases("divisions")["code"][:3]
    ['code', 'adcode', 'XZQDM']
    """
    rows = code_list("field_aliases").values()
    return {r["column"]: r["aliases"].split(";") for r in rows if r["layer"] == layer}


def plain_name(name: str) -> str:
    """A column name without case, width, spaces, underscores and hyphens."""
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", str(name))).casefold()


def take_columns(frame: pd.DataFrame, layer: str) -> dict[str, np.ndarray]:
    """Our columns of a layer as text arrays, from whatever the file calls them; absent ones left out.

    A blank name is filled from the next best column.
    """
    own = {}
    for name in frame.columns:
        own.setdefault(plain_name(name), name)
    taken = {}
    for column, names in aliases(layer).items():
        matches = [own[plain_name(n)] for n in names if plain_name(n) in own]
        for match in matches if column == "name" else matches[:1]:
            texts = np.array([as_text(v) for v in frame[match].tolist()], dtype=object)
            known = taken.get(column, texts)
            taken[column] = np.where(known == "", texts, known)
    return taken


def require(taken: dict, column: str, frame: pd.DataFrame, layer: str, path) -> np.ndarray:
    """A column that must be there; raises `InputError` with what the file has instead."""
    if column in taken:
        return taken[column]
    have = ", ".join(str(c) for c in frame.columns if c != "geometry") or "none"
    names = ", ".join(aliases(layer)[column])
    raise InputError(
        f"got {path} with columns {have}; wanted a {column} column named one of: {names}"
    )


def as_text(value) -> str:
    """A cell as clean text: whole numbers without a point, blanks as ''.

    >>> as_text(510402.0), as_text(None), as_text("　盐边县 ")
    ('510402', '', '盐边县')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip("\0 \t\r\n\u3000")
    return "" if text.casefold() in BLANK_WORDS else text


def flags(values: np.ndarray) -> np.ndarray:
    """Truth of a text column such as is_demo."""
    return np.array([v.casefold() in TRUE_WORDS for v in values], dtype=bool)


def feature_names(frame: pd.DataFrame) -> list[str]:
    """How to speak of each feature in a note: its name or code if it has one, and its row."""
    words = [""] * len(frame)
    for layer in NAME_LAYERS:
        taken = take_columns(frame, layer)
        for column in ("name", "code"):
            if column in taken:
                words = [w or v for w, v in zip(words, taken[column], strict=True)]
    return [f"第{i + 1}个要素{w}" for i, w in enumerate(words)]
