"""Is a pair worth comparing? What is asked of it before, and after, anything is computed.

The limits are dated rows of `codes/pair_limits.csv` (change-detection.md, section 3); those of the
shift lie with the registration (`change.sample.trust`).
"""

from datetime import date

from ecoredline.codes import in_force
from ecoredline.errors import InputError, NotComparable
from ecoredline.raster import Scene
from ecoredline.raster.scene import GREY_SCALES
from ecoredline.record import RunRecord

SAME, THIRD, ACCEPTED = "same_season", "third_date", "accepted"
OPTION = "--season-gap-accepted"


def limit(key: str, on: date | None) -> float:
    """A number of `pair_limits` as it holds on a day (of the later image; None: today's rows).

    >>> limit("season_refuse", date(2026, 1, 1))
    60.0
    """
    return float(in_force("pair_limits", on or date.max)[key]["value"])


def season_gap(one: date, other: date) -> int:
    """Days between two days of the year, at most 183.

    >>> season_gap(date(2023, 12, 20), date(2025, 1, 5))
    17
    """
    gap = abs((other - one).days) % 365
    return min(gap, 365 - gap)


def unconfirmed(gap: int) -> str:
    """What every list of a pair says whose gap nobody confirmed.

    >>> unconfirmed(161)
    '季节差161天，未经第三时相确认'
    """
    return f"季节差{gap}天，未经第三时相确认"


def pass_season(before: date, after: date, third: date | None, accepted: bool) -> dict:
    """Whether two dates may be compared: gap, limit, by what it passed, and what lists must say.

    Above the limit a third date of before's own season passes (its change against before holds no
    season), else the user's word. Raises `NotComparable` otherwise.

    >>> pass_season(date(2025, 4, 12), date(2026, 3, 28), None, False)["passed_by"]
    'same_season'
    """
    gap, most = season_gap(before, after), limit("season_refuse", after)
    found = {"gap_days": gap, "limit_days": most, "passed_by": SAME, "said": ""}
    if gap <= most:
        return found
    own = None if third is None else season_gap(before, third)
    if own is not None and own <= most:
        return found | {"passed_by": THIRD, "confirm_gap_days": own}
    if accepted:
        return found | {"passed_by": ACCEPTED, "said": unconfirmed(gap)}
    told = ""
    if own is not None:
        told = f" The third image ({third}) lies {own} days of season from the first: it confirms nothing."
    raise NotComparable(
        f"got {before} and {after}, {gap} days apart in season (季节差{gap}天); wanted at most "
        f"{most:.0f}: plants alone would fill the list.{told} Give an after image of before's season, "
        f"a third, later image of before's season (--confirm), or say that you accept it ({OPTION}, "
        "on the page 季节差), which the lists will state"
    )


def date_notes(before: Scene, after: Scene, third: Scene | None, accepted: bool, record: RunRecord):
    """What the dates mean for the pair, in words; the season's verdict goes into `record`.

    Raises `InputError` for swapped dates and `NotComparable` for seasons too far apart.
    """
    first, second = before.acquired_on, after.acquired_on
    if not first or not second:
        missing = [s.image_id for s in (before, after) if not s.acquired_on]
        return [
            f"{'、'.join(missing)} 没有成像日期：用 --before-date / --after-date 给出；季节差未检查"
        ]
    check_order(first, second)
    found = pass_season(first, second, third and third.acquired_on, accepted)
    record.data["season"] = found
    notes = [found["said"]] if found["said"] else []
    gap, least = found["gap_days"], limit("season_warn", second)
    if gap > least:
        notes.append(f"两期影像季节相差 {gap} 天（超过 {least:.0f} 天）：植被季节变化会增多误报")
    if first == second:
        notes.append(f"两期影像是同一天（{first}）：看不出变化发生的时间，请核对日期")
    return notes


def check_order(first: date, second: date) -> None:
    """Raise `InputError` when the first image is the later one."""
    if first > second:
        raise InputError(
            f"got before {first} later than after {second}; "
            "wanted the earlier image first: swap BEFORE and AFTER, or mend the dates"
        )


def band_notes(before: Scene, after: Scene) -> list[str]:
    """Say which bands only one date has, what a missing near infrared costs, and unlike numbers."""
    one_sided = sorted(set(before.bands) ^ set(after.bands))
    both = [name for name in before.bands if name in after.bands]
    notes = [f"只有一期影像有波段 {'、'.join(one_sided)}：未使用"] if one_sided else []
    if "nir" not in both:
        notes.append("没有两期共有的近红外（nir）：植被判断不可靠，误报会明显增多")
    if before.dtype != after.dtype:
        grey = [s.image_id for s in (before, after) if s.scale in GREY_SCALES]
        notes.append(
            f"两期影像位深不同（{before.dtype}、{after.dtype}）"
            + (f"，{'、'.join(grey)} 是灰度而非反射率：亮度只作相对比较" if grey else "")
        )
    return notes


def coverage_notes(rows: list[dict], on: date | None) -> list[str]:
    """Where much of the redline was hidden or lies outside the images; rows of `redline_coverage`.

    >>> row = {"name": "盐边县", "redline_ha": 10.0, "outside_image_ha": 0.0, "unseen_share": 0.4}
    >>> coverage_notes([row], None)
    ['盐边县红线内 40.0% 被云、影、雪等遮挡或无数据：其中的变化未观测，不等于没有变化']
    """
    notes = []
    for row in rows:
        name, hidden = row["name"], row.get("unseen_share") or 0
        outside = row["outside_image_ha"] / row["redline_ha"] if row["redline_ha"] else 0
        if hidden > limit("unseen_warn", on):
            notes.append(
                f"{name}红线内 {hidden:.1%} 被云、影、雪等遮挡或无数据：其中的变化未观测，不等于没有变化"
            )
        if outside > limit("outside_warn", on):
            notes.append(f"{name}红线有 {outside:.1%} 在两期影像重叠范围之外：未观测")
    return notes
