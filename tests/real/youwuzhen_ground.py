"""Youwuzhen's maps say Beijing 1954, which is refused: here they are taken as CGCS2000 by our own word."""

from pathlib import Path

import rasterio

SAID = "EPSG:4527"  # CGCS2000, the same zone; no number compared with InVEST's hangs on the shift


def taken(path: Path, out: Path) -> Path:
    """A copy of a map that says `SAID`."""
    with rasterio.open(path) as source:
        profile, values = source.profile | {"crs": SAID}, source.read()
    with rasterio.open(out, "w", **profile) as made:
        made.write(values)
    return out
