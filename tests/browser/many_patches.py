"""The sample run of the platform's tests with enough patches for two pages and real pictures."""

import json
from pathlib import Path
from unittest import mock

import numpy as np
import sample_run
from PIL import Image

from ecoredline.files import sha256
from ecoredline.record import RECORD_NAME

CHIP_PIXELS = 240
PER_COUNTY = {"510422": 12, "510421": 58, "530723": 3}
COUNTIES = {"510422": range(4, 46, 7), "510421": range(54, 98, 5), "530723": range(104, 116, 5)}
CHANNELS = ("suspected", "suspected", "protected", "outside")


def patches() -> tuple:
    """Number, county, column, row, channel, activity, problem: on a lattice, all types in turn."""
    found = []
    for county, columns in COUNTIES.items():
        places = [(col, row) for row in range(6, 76, 7) for col in columns]
        for col, row in places[: PER_COUNTY[county]]:
            n = len(found)
            activity = str(n % 6 + 1)
            problem = ("vegetation", "space", "function", "other")[n % 4]
            found.append((n + 1, county, col, row, CHANNELS[n % 4], activity, problem))
    return tuple(found)


def chip(path: Path, shade: tuple[int, int, int], seed: int) -> None:
    """A picture with an outline in it."""
    noise = np.random.default_rng(seed).integers(-18, 18, (CHIP_PIXELS, CHIP_PIXELS, 1))
    values = np.clip(np.array(shade) + noise, 0, 255).astype("uint8")
    values[80:160, [80, 160]] = values[[80, 160], 80:161] = (255, 230, 0)
    Image.fromarray(values).save(path)


def make_run(folder: Path) -> Path:
    """The finished run folder."""
    with mock.patch.object(sample_run, "PATCHES", patches()):
        return with_pictures(sample_run.make_run(folder))


def with_pictures(run: Path) -> Path:
    """Real pictures for the patches of a finished run; its record knows them."""
    record = json.loads((run / RECORD_NAME).read_text(encoding="utf-8"))
    for name, facts in record["outputs"].items():
        if name.endswith(".png"):
            shade = (60, 95, 55) if "before" in name else (190, 165, 130)
            chip(run / name, shade, len(name))
        elif name.startswith("evidence/"):
            (run / name).write_text(
                "<!doctype html><title>evidence</title><p>证据</p>", encoding="utf-8"
            )
        facts |= {"sha256": sha256(run / name), "bytes": (run / name).stat().st_size}
    (run / RECORD_NAME).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return run
