"""Ground that stays inside the redline while its control zone falls or its function is changed.

厅字〔2017〕2号 (一): the function may not fall, the area not shrink, the nature not change. Ground is compared, not codes:
what another polygon takes over counts by what it was and what it becomes.
"""

from dataclasses import replace
from datetime import date
from functools import lru_cache

import shapely

from ecoredline.boundary.cutting import exact
from ecoredline.boundary.reading import BETWEEN_WORDS
from ecoredline.codes import code_list, in_force

NATURE, FUNCTION = "nature", "function"
ATTRIBUTES = ("control_zone", "function", "sensitivity")


def word(row: dict, column: str) -> str:
    """A cell as text.

    >>> word({"name": None}, "name")
    ''
    """
    value = row.get(column)
    return "" if value is None or value != value else str(value)


def zone_fell(before: str, after: str, on: date) -> bool:
    """Is a control zone less strict than before by the list `zone_strictness` of a day? No zone is the least.

    >>> zone_fell("class_1", "general", date(2026, 1, 1)), zone_fell("experimental", "general", date(2026, 1, 1))
    (True, False)
    """
    ranks = {k: float(r["value"]) for k, r in in_force("zone_strictness", on).items()}
    return ranks.get(after, 0.0) < ranks.get(before, 0.0)


def listed(text: str, name: str) -> set[str]:
    """The codes of a list that a text names (in Chinese, English or as code); a word of no list stays itself.

    >>> sorted(listed("水源涵养功能、水土保持", "redline_functions"))
    ['soil', 'water']
    """
    found, rows = set(), code_list(name).values()
    for said in filter(None, BETWEEN_WORDS.split(text)):
        known = {
            r["code"]
            for r in rows
            if r["zh"] in said or said.casefold() in (r["code"], r["en"].casefold())
        }
        found |= known or {said}
    return found


def grade(text: str) -> int:
    """The highest grade of sensitivity that a text names; 0 where it names none.

    >>> grade("水土流失极敏感、石漠化敏感"), grade("石漠化")
    (3, 0)
    """
    rows = sorted(code_list("sensitivity_grades").values(), key=lambda r: -len(r["zh"]))
    said = filter(None, BETWEEN_WORDS.split(text))
    return max((next((int(r["code"]) for r in rows if r["zh"] in w), 0) for w in said), default=0)


def sensitivity_fell(before: str, after: str) -> bool:
    """Is a type of sensitivity gone, or the grade lower?

    >>> sensitivity_fell("水土流失极敏感", "水土流失敏感"), sensitivity_fell("敏感", "极敏感")
    (True, False)
    """
    types = [
        {w for w in listed(text, "redline_sensitivities") if not grade(w)}
        for text in (before, after)
    ]
    return bool(types[0] - types[1]) or grade(after) < grade(before)


@lru_cache(maxsize=4096)
def fallen(before: tuple, after: tuple, on: date) -> dict[str, tuple]:
    """Kind (nature, function) → the (column, before, after) that fell, of two rows of `ATTRIBUTES`.

    A function that is added is no change; one that is gone is.

    >>> fallen(("core", "水源涵养", ""), ("general", "水源涵养、水土保持", ""), date(2026, 1, 1))
    {'nature': (('control_zone', 'core', 'general'),)}
    """
    pairs = dict(zip(ATTRIBUTES, zip(before, after, strict=True), strict=True))
    found: dict[str, tuple] = {}
    if zone_fell(*pairs["control_zone"], on):
        found[NATURE] = (("control_zone", *pairs["control_zone"]),)
    gone = [listed(t, "redline_functions") for t in pairs["function"]]
    changed = [("function", *pairs["function"])] if gone[0] - gone[1] else []
    if sensitivity_fell(*pairs["sensitivity"]):
        changed.append(("sensitivity", *pairs["sensitivity"]))
    return found | ({FUNCTION: tuple(changed)} if changed else {})


def lowered_ground(old, new, covers, places, wide: float, on: date, job) -> list:
    """Parts of kept ground by the old polygon's code and county, whose nature or function fell.

    `old` and `new` are frames, `covers` their two `Cover`s, `places` the counties; slivers of `wide` metres are marked.
    """
    rows = [[tuple(word(r, c) for c in ATTRIBUTES) for r in f.to_dict("records")] for f in (old, new)]  # fmt: skip
    found = []
    for number, code in enumerate(old["code"].astype(str)):
        job.at("compare", 1.0)
        shape = covers[0].shapes[number]
        for other in covers[1].near(shape):
            for kind, fields in fallen(rows[0][number], rows[1][other], on).items():
                kept = exact(shapely.intersection, shape, covers[1].shapes[other])
                found += [replace(p, fields=fields) for p in places.parts(kind, code, kept, wide)]
    return found
