"""The numbers detection works with; each can be set, all are kept in the run record."""

from dataclasses import dataclass

from ecoredline.errors import InputError

# (threshold, low threshold) of each detector; those of `fused` are robust deviations of the
# scene's own score, the others are in units of its quiet noise
THRESHOLDS = {"robust": (6.5, 4.5), "gated": (6.5, 4.5), "fused": (9.0, 6.3)}


@dataclass(frozen=True)
class DetectionParameters:
    """Detection's settings; the thresholds are in units of the scene's own quiet noise.

    `threshold` seeds a patch and `low_threshold` bounds it (hysteresis). `radius_px` None
    means 2 px for pixels up to 2.5 m, else 1 px; pixels from 7.5 m on
    are averaged one pixel wider than `smooth_px` (decision 0080). `detector` is a name in `detectors.METHODS`.
    """

    threshold: float = 6.5
    low_threshold: float = 4.5
    radius_px: int | None = None
    smooth_px: int = 1
    local_offset: bool = True
    register: bool = True
    normalise: bool = True
    mask_clouds: bool = True
    threads: int = 2
    block_px: int = 512
    cache_mb: int = 256
    detector: str = "gated"

    @classmethod
    def of(cls, detector: str, **given) -> "DetectionParameters":
        """The settings of a detector, with the thresholds that ship for it.

        >>> DetectionParameters.of("robust").threshold
        6.5
        """
        if detector not in THRESHOLDS:
            raise InputError(f"got detector {detector!r}; wanted one of {', '.join(THRESHOLDS)}")
        threshold, low = THRESHOLDS[detector]
        return cls(**{"threshold": threshold, "low_threshold": low, "detector": detector} | given)
