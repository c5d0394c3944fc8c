"""Many dates of one place: `fit(history) → update(image, date) → report`, with a state that lasts.

A harmonic model of an index (one wave a year) says what each pixel should show; each new date
is judged by its residual, and only what repeats becomes a change. Two watches run side by side:
a count of agreeing dates, and an exponentially weighted mean (EWMA) that also catches slow loss.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from ecoredline.errors import GridMismatch, InputError, NotEnoughData, SourceError
from ecoredline.files import whole_file

WAVES = (
    1  # two follow 1.5 years of history too closely: 0.26 instead of 0.16 falsely flagged thrice
)
LEAST_DATES = 8
YEAR_DAYS = 365.25
RIDGE = 0.05
NOISE_FLOOR = 0.06  # of an index; a year repeats the last one no better
ROBUST_STEPS = 5
LIMIT = 3.0  # deviations from which one date disagrees
NEEDED = 3  # dates in a row before a change is reported
MEMORY, EWMA_LIMIT = 0.3, 2.0  # weight of the newest date; limit in deviations of one date
CONFIDENCE = (
    0.0,
    0.15,
    0.65,
    0.95,
)  # by agreeing dates: 1 − share of pixels flagged in a quiet year
FRESH = 0.5  # weight of the newest date in what a changed pixel looks like now
FORMAT = 2
STATES = ("unseen", "stable", "suspected", "changed", "recovering", "recovered")


@dataclass
class History:
    """State of every pixel (rows, cols); `coefficients` (1 + 2 waves, rows, cols), `noise` (rows, cols).

    `run` counts agreeing dates in a row (sign = direction), `since` the ordinal day on which the
    run began, `changed_on` that of a reported change (0 = none), `calm` dates in a row near the
    model after it and `calm_since` the day that began, `ewma` the weighted mean of standardised
    residuals; `level` and `unrest` mean and spread of the newest residuals after a change, `peak`
    the largest level so far; `last` the last day.
    """

    coefficients: np.ndarray
    noise: np.ndarray
    run: np.ndarray
    since: np.ndarray
    changed_on: np.ndarray
    direction: np.ndarray
    calm: np.ndarray
    ewma: np.ndarray
    calm_since: np.ndarray
    level: np.ndarray
    unrest: np.ndarray
    peak: np.ndarray
    last: int
    dates: int = field(default=0)

    def expected(self, day: date) -> np.ndarray:
        """What the model expects on a day (rows, cols); NaN where it knows nothing."""
        return np.tensordot(waves(np.array([day.toordinal()]))[0], self.coefficients, axes=1)

    def update(self, image: np.ndarray, day: date) -> "History":
        """Take one more date (rows, cols; NaN = not seen, which changes nothing). Returns itself.

        Raises `GridMismatch`, or `InputError` when the day is not after the last one.
        """
        image = np.asarray(image, float)
        if image.shape != self.noise.shape:
            raise GridMismatch(f"got an image of {image.shape}; wanted {self.noise.shape}")
        number = day.toordinal()
        if number <= self.last:
            raise InputError(f"got {day}; wanted a day after {date.fromordinal(self.last)}")
        step = (image - self.expected(day)) / self.noise
        seen = np.isfinite(step)
        step = np.where(seen, step, 0)
        self.ewma[seen] += MEMORY * (step - self.ewma)[seen]
        self._count(step, seen, number)
        self.last, self.dates = number, self.dates + 1
        return self

    def _count(self, step: np.ndarray, seen: np.ndarray, number: int) -> None:
        """Count agreeing dates, report changes that repeat, and watch those reported recover."""
        sign = np.where(np.abs(step) > LIMIT, np.sign(step), 0).astype(np.int16)
        same = seen & (sign != 0) & (np.sign(self.run) == sign)
        fresh = seen & (sign != 0) & ~same
        self.run[same] += sign[same]
        self.run[fresh], self.since[fresh] = sign[fresh], number
        self.run[seen & (sign == 0)] = 0
        new = (np.abs(self.run) >= NEEDED) & (self.changed_on == 0)
        self.changed_on[new], self.direction[new] = self.since[new], np.sign(self.run)[new]
        after = seen & (self.changed_on > 0)
        near = after & (sign == 0)
        self.calm_since[near & (self.calm == 0)] = number
        self.calm[near] += 1
        self.calm[after & (sign != 0)] = 0
        self._look(step, after, new)

    def _look(self, step: np.ndarray, after: np.ndarray, new: np.ndarray) -> None:
        """What changed pixels look like now: level, its spread from date to date, its extreme."""
        self.level[new], self.unrest[new], self.peak[new] = step[new], 0.0, np.abs(step[new])
        later = after & ~new
        apart = np.abs(step - self.level)[later]
        self.unrest[later] += FRESH * (apart - self.unrest[later])
        self.level[later] += FRESH * (step - self.level)[later]
        self.peak[later] = np.maximum(self.peak, np.abs(self.level))[later]

    def report(self) -> dict[str, np.ndarray]:
        """State (index into `STATES`), confidence 0..1, day of change (ordinal, 0 = none), direction,
        `recovered_on` (ordinal, the first of the dates near the model again, 0 = not recovered), and
        `drift`: is the weighted mean out of its limit (slow change)? All (rows, cols).
        """
        seen = np.isfinite(self.noise)
        repeated = np.minimum(np.abs(self.run), len(CONFIDENCE) - 1)
        more = np.maximum(np.abs(self.run) - NEEDED, 0)
        confidence = 1 - (1 - np.array(CONFIDENCE)[repeated]) * 0.5**more
        changed = self.changed_on > 0
        state = np.select(
            [
                ~seen,
                changed & (self.calm >= NEEDED),
                changed & (self.calm > 0),
                changed,
                self.run != 0,
            ],
            [0, 5, 4, 3, 2],
            1,
        )
        least = np.where(changed, CONFIDENCE[NEEDED], 0.0)
        return {
            "state": state.astype(np.uint8), "changed_on": self.changed_on.copy(),
            "direction": self.direction.copy(), "confidence": np.maximum(confidence, least),
            "recovered_on": np.where(state == STATES.index("recovered"), self.calm_since, 0),
            "drift": seen & (np.abs(self.ewma) > EWMA_LIMIT),
        }  # fmt: skip

    def save(self, path: Path | str) -> Path:
        """Write the state as .npz, whole or not at all."""
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez_compressed(stream, format=FORMAT, **vars(self))
        return Path(path)

    @classmethod
    def load(cls, path: Path | str) -> "History":
        """Read a saved state. Raises `SourceError`."""
        try:
            with np.load(path, allow_pickle=False) as data:
                values = {name: data[name] for name in data.files}
            if int(values.pop("format")) != FORMAT:
                raise ValueError(f"not of format {FORMAT}")
            whole = {name: int(values.pop(name)) for name in ("last", "dates")}
            return cls(**values, **whole)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise SourceError(
                f"could not read {path}: {fault}; wanted a state of `History.save`"
            ) from fault


def waves(days: np.ndarray) -> np.ndarray:
    """Rows of the harmonic model (n, 1 + 2 waves) for ordinal days."""
    angle = 2 * np.pi * np.asarray(days, float)[:, None] / YEAR_DAYS * np.arange(1, WAVES + 1)
    return np.concatenate([np.ones((len(days), 1)), np.cos(angle), np.sin(angle)], axis=1)


def fit(images: np.ndarray, days: list[date]) -> History:
    """Learn what is usual from a history (dates, rows, cols; NaN = not seen) of a quiet time.

    Robust: dates that stand out lose weight. Pixels with fewer than 8 dates stay unseen.
    Raises `InputError`, `NotEnoughData` when no pixel has enough.
    """
    images, numbers = np.asarray(images, float), np.array([d.toordinal() for d in days])
    if images.ndim != 3 or len(images) != len(days) or (np.diff(numbers) <= 0).any():
        raise InputError(
            f"got {images.shape} and {len(days)} days; wanted rising days, one an image"
        )
    shape = images.shape[1:]
    values = images.reshape(len(days), -1)
    seen = np.isfinite(values)
    enough = seen.sum(axis=0) >= LEAST_DATES
    if not enough.any():
        raise NotEnoughData(f"no pixel was seen on {LEAST_DATES} dates; wanted a longer history")
    design = waves(numbers)
    coefficients = np.full((design.shape[1], values.shape[1]), np.nan)
    noise = np.full(values.shape[1], np.nan)
    coefficients[:, enough], noise[enough] = robust_fit(design, values[:, enough], seen[:, enough])
    zeros = {n: np.zeros(shape, np.int32) for n in ("since", "changed_on", "calm_since")}
    zeros |= {n: np.zeros(shape, np.float32) for n in ("level", "unrest", "peak")}
    small = {n: np.zeros(shape, np.int16) for n in ("run", "direction", "calm")}
    return History(
        coefficients.reshape(-1, *shape), noise.reshape(shape), ewma=np.zeros(shape),
        last=int(numbers[-1]), **zeros, **small,
    )  # fmt: skip


def robust_fit(design: np.ndarray, values: np.ndarray, seen: np.ndarray):
    """Weighted ridge fits of all pixels (dates, n): coefficients (k, n) and robust noise (n)."""
    filled, weight = np.where(seen, values, 0), seen.astype(float)
    ridge = RIDGE * np.diag([0.0] + [1.0] * (design.shape[1] - 1))
    for _ in range(ROBUST_STEPS):
        left = np.einsum("dn,di,dj->nij", weight, design, design) + ridge
        right = np.einsum("dn,di->ni", weight * filled, design)
        found = np.linalg.solve(left, right[:, :, None])[:, :, 0].T
        rest = np.where(seen, values - design @ found, np.nan)
        freedom = np.sqrt(seen.sum(axis=0) / np.maximum(seen.sum(axis=0) - design.shape[1], 1))
        noise = np.maximum(1.4826 * np.nanmedian(np.abs(rest), axis=0) * freedom, NOISE_FLOOR)
        weight = seen / (1 + np.where(seen, rest / noise / 2, 0) ** 2)
    return found, noise
