"""Originals on the disk: by their hash, whole, once, never changed."""

import hashlib
import os
import uuid
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from ecoredline.files import CHUNK_BYTES, remove, whole_file
from ecoredline.web.core.problems import FileChanged, StorageFull

READ_ONLY = 0o444


def folder() -> Path:
    """Where the originals lie."""
    return settings.ECOREDLINE_VAR / "files"


def path_of(sha256: str) -> Path:
    """The place of an original."""
    return folder() / sha256[:2] / sha256


def digest(file: BinaryIO) -> str:
    """SHA-256 of a whole file, read in pieces."""
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        found.update(chunk)
    return found.hexdigest()


def keep(file: BinaryIO) -> str:
    """Write the bytes down unless they are already there; gives their SHA-256.

    Raises `StorageFull` (507.1) when they cannot be written; then nothing of them is left.
    """
    sha256 = digest(file)
    target = path_of(sha256)
    if target.exists():
        return sha256
    waiting = target.with_name(
        f"{sha256}-{uuid.uuid4().hex}"
    )  # two people may bring the same bytes
    try:
        with whole_file(waiting) as part, part.open("wb") as stream:
            copy(file, stream)
        waiting.chmod(READ_ONLY)
        os.replace(waiting, target)
    except OSError as fault:
        remove(waiting)
        raise StorageFull() from fault
    return sha256


def copy(file: BinaryIO, stream: BinaryIO) -> None:
    """Every byte, and onto the disk."""
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        stream.write(chunk)
    stream.flush()
    os.fsync(stream.fileno())


def opened(sha256: str) -> BinaryIO:
    """The original, proven by its hash; raises `FileChanged` (409.3) when it is gone or altered."""
    try:
        stream = path_of(sha256).open("rb")
    except OSError as fault:
        raise FileChanged(sha256[:12]) from fault
    if digest(stream) != sha256:
        stream.close()
        raise FileChanged(sha256[:12])
    stream.seek(0)
    return stream
