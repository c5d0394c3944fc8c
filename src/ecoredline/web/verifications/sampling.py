"""A random sample that anybody can draw again: from the frame and the seed, with any tool.

Within each stratum the numbers are ordered by the SHA-256 of "seed:number" and the first n taken.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import sqrt

METHOD = "按县分层，各层按数量比例分配（最大余数法，每层至少1个，样本量不足时取最大的层）；层内按 SHA-256(“种子:编号”) 升序取前 n 个"
Z95 = 1.959963984540054


def allocation(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of each stratum: in proportion by largest remainder, one at least, never too many.

    When `size` is smaller than the number of strata the largest ones get one each.

    >>> allocation({"a": 60, "b": 30, "c": 10}, 10)
    {'a': 6, 'b': 3, 'c': 1}
    >>> allocation({"a": 98, "b": 1, "c": 1}, 4)
    {'a': 2, 'b': 1, 'c': 1}
    >>> allocation({"a": 5, "b": 9}, 1), allocation({"a": 2}, 9)
    ({'b': 1}, {'a': 2})
    """
    strata = sorted(((name, n) for name, n in sizes.items() if n), key=lambda s: (-s[1], s[0]))
    size = min(size, sum(n for _, n in strata))
    found = {name: 1 for name, _ in strata[:size]}
    total = sum(n for _, n in strata)
    while sum(found.values()) < size:
        short = {name: size * n / total - found[name] for name, n in strata if found[name] < n}
        chosen = max(short, key=lambda name: (short[name], sizes[name], name))
        found[chosen] += 1
    return {name: found[name] for name in sorted(found)}


def draw(frame: Mapping[str, Sequence[str]], size: int, seed: int) -> list[str]:
    """The drawn numbers, stratum by stratum; the same frame and seed give the same list.

    >>> draw({"510422": ["A-1", "A-2", "A-3"], "510421": ["B-1"]}, 2, 7)
    ['B-1', 'A-2']
    """
    shares = allocation({name: len(numbers) for name, numbers in frame.items()}, size)
    return [
        number
        for name, n in shares.items()
        for number in sorted(frame[name], key=lambda number: rank(seed, number))[:n]
    ]


def rank(seed: int, number: str) -> str:
    """Where a number stands in the order of a seed.

    >>> rank(7, "A-1")[:8]
    'd239e4df'
    """
    return sha256(f"{seed}:{number}".encode()).hexdigest()


def wilson(agreed: int, checked: int) -> tuple[float, float] | None:
    """The 95 % interval of a rate (Wilson score); None when nothing was checked.

    >>> tuple(round(v, 3) for v in wilson(9, 10))
    (0.596, 0.982)
    """
    if not checked:
        return None
    p, z2 = agreed / checked, Z95**2
    middle = (p + z2 / (2 * checked)) / (1 + z2 / checked)
    half = Z95 / (1 + z2 / checked) * sqrt(p * (1 - p) / checked + z2 / (4 * checked**2))
    return max(0.0, middle - half), min(1.0, middle + half)
