"""What a raster's bands are called: by option, description, colour, or the usual order."""

import re
from collections.abc import Sequence
from pathlib import Path

from rasterio.enums import ColorInterp

from ecoredline.errors import InputError

ALIASES = {
    "blue": ("blue", "b", "b2", "b02", "蓝", "蓝光"),
    "green": ("green", "g", "b3", "b03", "绿", "绿光"),
    "red": ("red", "r", "b4", "b04", "红", "红光"),
    "nir": ("nir", "n", "b8", "b08", "nearinfrared", "nir1", "近红外"),
    "swir1": ("swir1", "b11", "swir16", "短波红外1"),
    "swir2": ("swir2", "b12", "swir22", "短波红外2"),
}
KNOWN = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
COLOURS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}
MINIMUM_BANDS = 3


def name_bands(
    dataset, path: Path, given: Sequence[str] | None
) -> tuple[dict[str, int], list[str]]:
    """Band name → index: by option, else description, else colour, else the usual order."""
    colours = dataset.colorinterp
    indexes = [i for i in dataset.indexes if colours[i - 1] is not ColorInterp.alpha]
    if given is not None:
        return given_bands(path, given, indexes), []
    described = {i: (dataset.descriptions[i - 1] or "").strip() for i in indexes}
    known = {band_name(text): i for i, text in reversed(described.items()) if band_name(text)}
    if len(known) >= MINIMUM_BANDS:
        others = {t.lower(): i for i, t in described.items() if t and i not in known.values()}
        return dict(sorted((others | known).items(), key=lambda pair: pair[1])), []
    coloured = {COLOURS[colours[i - 1]]: i for i in indexes if colours[i - 1] in COLOURS}
    if len(coloured) == 3 and len(indexes) in (3, 4):
        rest = [i for i in indexes if i not in coloured.values()]
        return add_rest(coloured, rest, path)
    if len(indexes) == 4:
        order = ("blue", "green", "red", "nir")
        note = f"{path.name} 未注明波段,按蓝、绿、红、近红外顺序读取;如不符请用 --bands 指明。"
        return dict(zip(order, indexes, strict=True)), [note]
    if len(indexes) == 3:
        return add_rest(dict(zip(("red", "green", "blue"), indexes, strict=True)), [], path)
    raise InputError(
        f"{path} has {len(indexes)} bands without known names; wanted blue, green, red, nir …: "
        "name them in order with --bands, for example --bands blue,green,red,nir,swir1,swir2"
    )


def given_bands(path: Path, given: Sequence[str], indexes: list[int]) -> dict[str, int]:
    """The user's names, in the file's order; an empty name or "-" skips a band."""
    if len(given) != len(indexes):
        raise InputError(
            f"got {len(given)} band names ({', '.join(given)}) for {path}, which has "
            f"{len(indexes)} bands: give one name a band, - to skip one"
        )
    pairs = [(band_name(g) or g.strip().lower(), i) for g, i in zip(given, indexes, strict=True)]
    named = {name: i for name, i in pairs if name not in ("", "-")}
    if len(named) < sum(name not in ("", "-") for name, _ in pairs):
        raise InputError(f"got band names {', '.join(given)} for {path}; wanted each name once")
    return named


def band_name(text: str) -> str:
    """The standard name of a band described as `text`, or "".

    >>> band_name("B08"), band_name("Near Infrared"), band_name("蓝"), band_name("height")
    ('nir', 'nir', 'blue', '')
    """
    return KNOWN.get(re.sub(r"[\s_\-]|band|波段", "", text.lower()), "")


def add_rest(coloured: dict[str, int], rest: list[int], path: Path) -> tuple[dict, list[str]]:
    """Red, green and blue are known: a fourth band is taken as near infrared."""
    if rest:
        return coloured | {"nir": rest[0]}, [f"{path.name} 第 {rest[0]} 波段按近红外读取。"]
    return coloured, [f"{path.name} 只有红、绿、蓝三个波段,没有近红外,植被判别能力较弱。"]
