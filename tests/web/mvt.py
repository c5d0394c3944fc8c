"""A small reader of vector tiles, written from the format's specification, as the tests' oracle."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def read_fields(data: bytes) -> list[tuple[int, object]]:
    """A protocol-buffers message as (field number, raw value) pairs."""
    at, found = 0, []
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = read_varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
        found.append((number, value))
    return found


def read_value(data: bytes):
    """A tagged value: text, double, integer or boolean."""
    import struct

    ((number, raw),) = read_fields(data)
    if number == 1:
        return raw.decode()
    if number == 3:
        return struct.unpack("<d", raw)[0]
    if number == 7:
        return bool(raw)
    return raw


def varints(data: bytes) -> list[int]:
    at, found = 0, []
    while at < len(data):
        value, at = read_varint(data, at)
        found.append(value)
    return found


def read_tile(data: bytes) -> dict[str, list[dict]]:
    """Layer name → features, each its properties with `_id` and `_kind` (1 point, 3 polygon)."""
    layers = {}
    for number, raw in read_fields(data):
        assert number == 3
        fields = read_fields(raw)
        name = next(v for n, v in fields if n == 1).decode()
        keys = [v.decode() for n, v in fields if n == 3]
        values = [read_value(v) for n, v in fields if n == 4]
        features = []
        for n, body in fields:
            if n == 2:
                parts = dict(read_fields(body))
                tags = varints(parts.get(2, b""))
                row = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
                features.append(row | {"_id": parts.get(1), "_kind": parts.get(3)})
        layers[name] = features
    return layers
