"""Where the main job's time goes: wall and processor seconds and peak memory, part by part.

    .venv/bin/python bench/parts.py [--size 10000] [--folder var/bench] [--until evidence]

One run in this process; parts as the job reports them, `start` is the libraries. `--until` stops there.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

BEGUN = time.perf_counter()
ROOT = Path(__file__).resolve().parents[1]
HEAD = (
    "| part | seconds | processor s | processor s so far | peak MB so far |\n|---|---|---|---|---|"
)


class Enough(Exception):
    """The part to stop at has been reached."""


def now() -> tuple[float, float, float]:
    """Wall and processor seconds since the start, peak MB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    return time.perf_counter() - BEGUN, cpu, used.ru_maxrss / 1024


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", type=int, default=10_000)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    arguments.add_argument("--until", default="")
    given = arguments.parse_args()
    from speed import pair_of

    pair = pair_of(given.folder, given.size)
    from ecoredline.files import hash_ahead

    hash_ahead(pair["before"], pair["after"])
    from ecoredline.pipeline import find_patches
    from ecoredline.record import Job

    marks = [("start", now())]

    def report(progress) -> None:
        if progress.stage != marks[-1][0]:
            marks.append((progress.stage, now()))
        if progress.stage == given.until:
            raise Enough

    with tempfile.TemporaryDirectory() as folder:
        try:
            images = pair["before"], pair["after"]
            find_patches(
                *images, redline=pair["redline"], out=Path(folder) / "run", job=Job(report)
            )
        except Enough:
            pass
    table(marks)


def table(marks: list) -> None:
    """Print each part's share; a part ends where the next begins."""
    print(HEAD)
    last, names = (0.0, 0.0), ["start", "arguments", *(name for name, _ in marks[1:])]
    for name, (_, (wall, cpu, peak)) in zip(names, marks, strict=False):
        print(f"| {name} | {wall - last[0]:.2f} | {cpu - last[1]:.2f} | {cpu:.2f} | {peak:.0f} |")
        last = (wall, cpu)


if __name__ == "__main__":
    main()
