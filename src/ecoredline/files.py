"""Files at the rim: written whole or not at all, and known by their hash."""

import contextlib
import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from ecoredline.errors import OutputError, SourceError

CHUNK_BYTES = 1 << 20
HASH_BYTES = 16 << 20  # at once: a thread that hashes must seldom ask for the interpreter
FULL_BELOW_BYTES = 1 << 20  # a disk with less than this is full
PART_SUFFIX = ".part"
TEXT_ENCODINGS = ("utf-8-sig", "gb18030")


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Give a temporary path; move it to `path` only when the block ends well.

    Raises `OutputError` (no space, no permission, read-only) and then leaves
    neither the file nor its temporary. The suffix of `path` is kept, because
    GDAL and Pillow choose their format by it.

    >>> import tempfile; d = Path(tempfile.mkdtemp())
    >>> with whole_file(d / "a.txt") as part: _ = part.write_text("x")
    >>> sorted(p.name for p in d.iterdir())
    ['a.txt']
    """
    path = Path(path)
    part = path.with_name(f"{path.stem}{PART_SUFFIX}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(part)
        yield part
        os.replace(part, path)
    except OSError as fault:
        remove(part)
        if isinstance(fault, SourceError | OutputError):
            raise
        raise output_error(path, fault) from fault
    except BaseException:
        remove(part)
        raise


def output_error(path: Path, fault: OSError) -> OutputError:
    """Say in words why `path` could not be written."""
    said = {
        errno.ENOSPC: "the disk is full: free some space and run the same command again",
        errno.EDQUOT: "the disk quota is used up: free some space and run the same command again",
        errno.EFBIG: "the file grew past the allowed size: raise the limit and run again",
        errno.EACCES: "no permission: choose another --out, or change the folder's owner",
        errno.EPERM: "no permission: choose another --out, or change the folder's owner",
        errno.EROFS: "the disk is read-only: choose another --out",
    }.get(fault.errno, fault.strerror or str(fault))
    return OutputError(f"could not write {path}: {said}")


def library_error(path: Path, fault: Exception) -> OutputError:
    """The same for a library that hides the system's own error: is there any space left?"""
    full = shutil.disk_usage(path.parent).free < FULL_BELOW_BYTES
    return output_error(path, OSError(errno.ENOSPC if full else errno.EIO, str(fault)))


def check_writable(folder: Path | str) -> Path:
    """Make `folder` and prove that a file can be written there; raise `OutputError` if not."""
    folder = Path(folder)
    probe = folder / f".write-probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
    except OSError as fault:
        raise output_error(folder, fault) from fault
    finally:
        remove(probe)
    return folder


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it; say nothing when it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.unlink()


def read_bytes(path: Path | str) -> bytes:
    """All of a small file; raises `SourceError`.

    >>> import tempfile; p = Path(tempfile.mkdtemp()) / "a"; _ = p.write_bytes(b"x")
    >>> read_bytes(p)
    b'x'
    """
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault


def as_text(raw: bytes, name: str) -> str:
    """A table's or list's text: UTF-8 (with or without mark), else GB 18030.

    `name` is for the words of the `SourceError` that anything else raises: no byte is guessed.

    >>> as_text("\ufeff代码".encode(), "a.csv"), as_text("代码".encode("gbk"), "b.csv")
    ('代码', '代码')
    """
    for encoding in TEXT_ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as fault:
            place = fault.start
    raise SourceError(
        f"got {name} that is neither UTF-8 nor GB 18030 (GBK) text: byte {place + 1} fits neither;"
        " save it as UTF-8 and give it again"
    )


def parts_of(path: Path | str) -> list[Path]:
    """The files that make up one input: a shapefile's siblings, a folder's files, else itself.

    >>> import tempfile; d = Path(tempfile.mkdtemp())
    >>> for name in ("a.shp", "a.dbf", "b.dbf"): _ = (d / name).write_bytes(b"")
    >>> [p.name for p in parts_of(d / "a.shp")]
    ['a.dbf', 'a.shp']
    """
    path = Path(path)
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")
    if path.suffix.lower() == ".shp":
        same = (p for p in path.parent.glob("*") if p.stem == path.stem and p.is_file())
        return sorted(same)
    return [path]


def input_sha256(path: Path | str) -> str:
    """SHA-256 of everything an input is made of; of one plain file it is that file's own.

    Of several parts it is the hash of their names and hashes, so a changed `.dbf` or `.prj`
    is a changed shapefile. Raises `SourceError`.
    """
    parts = parts_of(path)
    if parts == [Path(path)]:
        return sha256(path)
    lines = [f"{part.relative_to(Path(path).parent)} {sha256(part)}" for part in parts]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sha256(path: Path | str) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    >>> import tempfile; p = Path(tempfile.mkdtemp()) / "a"; _ = p.write_bytes(b"")
    >>> sha256(p)[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as stream:
            room = memoryview(bytearray(min(HASH_BYTES, os.fstat(stream.fileno()).st_size + 1)))
            while count := stream.readinto(room):
                digest.update(room[:count])
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault
    return digest.hexdigest()


_ahead: dict[Path, Future] = {}  # of files whose hashing began before anybody asked


def hash_ahead(*paths: Path | str) -> None:
    """Begin to hash inputs one after the other, on a thread of its own, for `input_sha256_soon`."""
    wanted = {Path(path).resolve(): Future() for path in paths}
    _ahead.update(wanted)

    def work() -> None:
        for path, future in wanted.items():
            try:
                future.set_result(input_sha256(path))
            except BaseException as fault:
                future.set_exception(fault)

    threading.Thread(target=work, daemon=True, name="hash").start()


def input_sha256_soon(path: Path | str) -> Future:
    """`input_sha256` while others compute: its `result()` waits, or raises `SourceError`.

    >>> import tempfile; p = Path(tempfile.mkdtemp()) / "a"; _ = p.write_bytes(b"")
    >>> input_sha256_soon(p).result() == input_sha256(p)
    True
    """
    path = Path(path).resolve()
    if path not in _ahead:
        hash_ahead(path)
    return _ahead.pop(path)
