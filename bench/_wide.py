"""Images wider than their bytes: a tiled TIFF whose tiles are those of a smaller one, again and again.

Decoding, scoring and memory are those of a real image of that size; only the file is small
(every tile stands once on disk), so hashing and disk are not measured with it.
"""

import os
import struct
from pathlib import Path

import numpy as np
import rasterio

OFFSETS, COUNTS = 324, 325  # TIFF tags: TileOffsets, TileByteCounts
TYPES = {3: "H", 4: "I", 16: "Q"}


def make_wide(source: Path, target: Path, size: int) -> Path:
    """Write `target` of `size` pixels a side from the whole tiles of `source`, with one overview."""
    part = target.with_name(f"{target.stem}-{os.getpid()}.part.tif")
    with rasterio.open(source) as given:
        side = given.profile["blockxsize"]
        whole = given.width // side
        places = [tile_place(given, i, j) for i in range(whole) for j in range(whole)]
        write_empty(given, part, size)
        write_overview(given, target, size, whole * side)
    across = -(-size // side)
    with open(source, "rb") as old, open(part, "r+b") as new:
        starts = copy_tiles(old, new, places)
        order = [(i % whole) * whole + j % whole for i in range(across) for j in range(across)]
        patch(new, OFFSETS, [starts[k] for k in order])
        patch(new, COUNTS, [places[k][1] for k in order])
    part.rename(target)
    return target


def tile_place(given, row: int, col: int) -> tuple[int, int]:
    """Where a tile of the file begins, and its bytes."""
    words = [
        given.get_tag_item(f"BLOCK_{what}_{col}_{row}", "TIFF", bidx=1)
        for what in ("OFFSET", "SIZE")
    ]
    return int(words[0]), int(words[1])


def write_empty(given, path: Path, size: int) -> None:
    """A tiled BigTIFF without tiles, placed and named as the given one."""
    profile = given.profile | {
        "driver": "GTiff", "width": size, "height": size, "BIGTIFF": "YES", "SPARSE_OK": "TRUE",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as made:
        for k, name in enumerate(given.descriptions, start=1):
            made.set_band_description(k, name)


def write_overview(given, target: Path, size: int, kept: int) -> None:
    """The one overview that detection reads, beside the file (`.ovr`), tiled the same way."""
    factor = 1
    while size > factor * 2048:
        factor *= 2
    small = given.read(
        window=((0, kept), (0, kept)), out_shape=(given.count, kept // factor, kept // factor)
    )
    side = -(-size // factor)
    times = -(-side // small.shape[1])
    wide = np.tile(small, (1, times, times))[:, :side, :side]
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": given.count,
        "dtype": given.dtypes[0], "compress": "deflate", "tiled": True,
    }  # fmt: skip
    made = target.with_name(f"{target.name}.part")
    with rasterio.open(made, "w", **profile) as out:
        out.write(wide)
    made.rename(f"{target}.ovr")


def copy_tiles(old, new, places) -> list[int]:
    """Append the tiles to a file; where each begins there."""
    starts = []
    new.seek(0, 2)
    for start, count in places:
        old.seek(start)
        starts.append(new.tell())
        new.write(old.read(count))
    return starts


def patch(stream, tag: int, values: list[int]) -> None:
    """Overwrite the numbers of one tag of a little-endian BigTIFF's first directory."""
    stream.seek(8)
    stream.seek(struct.unpack("<Q", stream.read(8))[0])
    for _ in range(struct.unpack("<Q", stream.read(8))[0]):
        found, kind, count, place = struct.unpack("<HHQQ", stream.read(20))
        if found == tag:
            if count != len(values):
                raise SystemExit(f"got {count} numbers in tag {tag}; wanted {len(values)}")
            stream.seek(place)
            stream.write(struct.pack(f"<{count}{TYPES[kind]}", *values))
            return
    raise SystemExit(f"got no tag {tag} in the file")


def make_wide_pair(pair: dict[str, Path], folder: Path, size: int) -> dict[str, Path]:
    """Both dates of a pair made wide, once, with a redline over all of it."""
    from _pair import write_redline

    paths = {name: folder / f"{name}-{size}.tif" for name in ("before", "after")}
    for name, path in paths.items():
        if not path.exists():
            make_wide(pair[name], path, size)
    paths["redline"] = folder / f"redline-{size}.gpkg"
    if not paths["redline"].exists():
        write_redline(paths["redline"], size)
    return paths


def remove_pair(paths: dict[str, Path]) -> None:
    """Take the files of a pair away."""
    for path in paths.values():
        path.unlink(missing_ok=True)
        Path(f"{path}.ovr").unlink(missing_ok=True)
