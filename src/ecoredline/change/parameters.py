"""The numbers detection works with; each can be set, all are kept in the run record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DetectionParameters:
    """Detection's settings; the thresholds are in units of the scene's own quiet noise.

    `threshold` seeds a patch and `low_threshold` bounds it (hysteresis). `radius_px` None
    means 2 px for pixels up to 2.5 m, else 1 px.
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
