"""Three runs of one place: dug up, green when the case is closed, bare again a year later."""

from pathlib import Path
from unittest import mock

import case_story
import sample_run

from browser import many_patches

PLACE = (10, 10, 4, 4)  # the first patch: column, row, columns, rows
AROUND = 0.7
HERE = (1, "510422", 10, 10, "suspected", "1", "vegetation")
ELSEWHERE = (4, "510421", 60, 10, "suspected", "2", "space")
# before, after: day and vegetation index inside; the patches found
DUG = (("2025-07-01", 0.7), ("2026-03-05", 0.1), (HERE, ELSEWHERE))
GREEN = (("2026-03-05", 0.1), ("2026-09-30", 0.6), (ELSEWHERE,))
BARE = (("2026-09-30", 0.6), ("2027-07-20", 0.12), (ELSEWHERE,))


def make_run(folder: Path, before, after, patches) -> Path:
    """A finished run of two images whose index inside the place is given; the same day, the same image."""
    inside = dict((before, after))

    def write(path, day, *_):
        with mock.patch.object(case_story, "PLACE", PLACE):
            return case_story.write_scene(
                path, day, inside=inside[day], around=AROUND, seed=int(day.replace("-", ""))
            )

    changed = {
        "PATCHES": patches,
        "DAYS": {"before": before[0], "after": after[0]},
        "write_image": write,
    }
    with mock.patch.multiple(sample_run, **changed):
        return many_patches.with_pictures(sample_run.make_run(folder))
