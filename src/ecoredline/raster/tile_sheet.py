"""A GeoTIFF put together from the compressed tiles of smaller ones, as they are: nothing is packed twice."""

import struct
from typing import BinaryIO, NamedTuple

from rasterio.io import MemoryFile

from ecoredline.errors import ComputationError

OFFSETS, LENGTHS = 324, 325  # TIFF tags: where each tile lies, how many bytes it has
LONG, LONG8 = 4, 16  # TIFF types of these two
HEAD_BYTES = 16  # room for the header of either kind; tiles come right behind
BYTES_OF = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # fmt: skip
WHOLE_OF = {3: "H", 4: "I", 16: "Q"}


class Entry(NamedTuple):
    """One field of a TIFF directory: its type, how many values, their bytes."""

    kind: int
    count: int
    data: bytes

    def numbers(self) -> tuple[int, ...]:
        """The values of a field of whole numbers."""
        return struct.unpack(f"<{self.count}{WHOLE_OF[self.kind]}", self.data)


def read_directory(data: bytes) -> tuple[bool, dict[int, Entry]]:
    """Whether a little-endian TIFF is a BigTIFF, and its first directory by tag.

    Raises `ComputationError` for anything else.
    """
    mark, version = struct.unpack_from("<2sH", data)
    if mark != b"II" or version not in (42, 43):
        raise ComputationError(f"got a TIFF that begins with {data[:4]!r}; wanted a little-endian one")  # fmt: skip
    big = version == 43
    place = struct.unpack_from("<Q", data, 8)[0] if big else struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<Q" if big else "<H", data, place)[0]
    head, size, inline = ("<HHQ", 20, 8) if big else ("<HHI", 12, 4)
    place, entries = place + (8 if big else 2), {}
    for at in range(place, place + count * size, size):
        tag, kind, many = struct.unpack_from(head, data, at)
        length, value = many * BYTES_OF[kind], at + size - inline
        if length > inline:
            value = struct.unpack_from("<Q" if big else "<I", data, value)[0]
        entries[tag] = Entry(kind, many, data[value : value + length])
    return big, entries


def tiles_in(data: bytes) -> list[bytes]:
    """The compressed tiles of a small TIFF, row by row; an empty one is `b""`."""
    entries = read_directory(data)[1]
    both = zip(entries[OFFSETS].numbers(), entries[LENGTHS].numbers(), strict=True)
    return [data[offset : offset + length] for offset, length in both]


class TileSheet:
    """A large TIFF being written: tiles one after another, the directory last.

    `across` × `down` tiles. Bytes hang only on the tiles, the order they are put in and the template.

    >>> import io; sheet = TileSheet(io.BytesIO(), 2, 1)
    >>> sheet.put(0, 1, 1, [b"abc"]); sheet.offsets, sheet.lengths
    ([0, 16], [0, 3])
    """

    def __init__(self, stream: BinaryIO, across: int, down: int):
        self.stream, self.across, self.down = stream, across, down
        self.offsets, self.lengths = [0] * (across * down), [0] * (across * down)
        self.at = stream.write(bytes(HEAD_BYTES))

    def put(self, row: int, col: int, width: int, tiles: list[bytes]) -> None:
        """Write a block of tiles, `width` a row, whose first lies at tile `row`, `col`."""
        for k, tile in enumerate(tiles):
            if not tile:
                continue
            place = (row + k // width) * self.across + col + k % width
            self.offsets[place], self.lengths[place] = self.at, len(tile)
            self.at += self.stream.write(tile)

    def finish(self, template: bytes) -> None:
        """Write the directory of an empty TIFF of this size (`empty_tiff`) with these tiles in it."""
        big, entries = read_directory(template)
        wanted = self.across * self.down
        if entries[OFFSETS].count != wanted:
            raise ComputationError(f"got a template of {entries[OFFSETS].count} tiles; wanted {wanted}")  # fmt: skip
        kind, letter = (LONG8, "Q") if big else (LONG, "I")
        for tag, numbers in ((OFFSETS, self.offsets), (LENGTHS, self.lengths)):
            entries[tag] = Entry(kind, wanted, struct.pack(f"<{wanted}{letter}", *numbers))
        place = self.write_directory(big, entries)
        self.stream.seek(0)
        self.stream.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, place) if big else struct.pack("<2sHI", b"II", 42, place))  # fmt: skip

    def write_directory(self, big: bool, entries: dict[int, Entry]) -> int:
        """Write values that do not fit into their entry, then the entries; where these begin."""
        letter, inline = ("Q", 8) if big else ("I", 4)
        rows = []
        for tag, one in sorted(entries.items()):
            value = one.data.ljust(inline, b"\0")
            if len(one.data) > inline:
                value = struct.pack(f"<{letter}", self.aligned())
                self.at += self.stream.write(one.data)
            rows.append(struct.pack(f"<HH{letter}", tag, one.kind, one.count) + value)
        place = self.aligned()
        count = struct.pack("<Q" if big else "<H", len(rows))
        self.stream.write(count + b"".join(rows) + bytes(inline))
        return place

    def aligned(self) -> int:
        """Where the next value begins: at a multiple of 8."""
        self.at += self.stream.write(bytes(-self.at % 8))
        return self.at


def empty_tiff(profile: dict, dress=None) -> bytes:
    """A GeoTIFF without a single tile: what GDAL says of such a map, in a few kilobytes.

    `dress` is called with the open dataset, to write tags into it.
    """
    with MemoryFile() as held:
        with held.open(**profile, SPARSE_OK=True) as made:
            if dress is not None:
                dress(made)
        return bytes(held.getbuffer())
