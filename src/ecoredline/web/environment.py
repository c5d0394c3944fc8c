"""Settings from the environment: four helpers that refuse nonsense at start."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from ecoredline.errors import InputError

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
SECRET_BYTES = 48


def text(name: str, default: str) -> str:
    """The variable as text, without blanks at its ends.

    >>> text("ECOREDLINE_NOT_SET", "x")
    'x'
    """
    return os.environ.get(name, default).strip()


def letters(name: str) -> str:
    """The variable as letters and digits, empty without it; anything else raises `InputError`."""
    got = text(name, "")
    if got and not (got.isascii() and got.isalnum()):
        raise InputError(f"got {name} with other signs; wanted letters and digits")
    return got


def boolean(name: str, default: bool) -> bool:
    """The variable as yes or no; anything else raises `InputError`.

    >>> boolean("ECOREDLINE_NOT_SET", True)
    True
    """
    got = os.environ.get(name, "").strip().lower()
    if not got:
        return default
    if got not in TRUE + FALSE:
        raise InputError(f"got {name}={got!r}; wanted one of {', '.join(TRUE + FALSE)}")
    return got in TRUE


def integer(name: str, default: int, low: int, high: int) -> int:
    """The variable as a whole number from `low` to `high`; anything else raises `InputError`.

    >>> integer("ECOREDLINE_NOT_SET", 5, 1, 10)
    5
    """
    got = os.environ.get(name, "").strip() or str(default)
    try:
        number = int(got)
    except ValueError as fault:
        raise InputError(f"got {name}={got!r}; wanted a whole number") from fault
    if not low <= number <= high:
        raise InputError(f"got {name}={number}; wanted {low} to {high}")
    return number


def secret_or_file(name: str, path: Path) -> str:
    """The variable, or what `path` holds; the file is made with a random secret, mode 0600."""
    if given := os.environ.get(name, "").strip():
        return given
    if not path.exists():
        try:
            make_secret(path)
        except OSError as fault:
            raise InputError(
                f"got no {name}, and {path} cannot be written ({fault.strerror}); set {name}, "
                "or ECOREDLINE_VAR to a folder that can be written"
            ) from fault
    found = path.read_text(encoding="utf-8").strip()
    if not found:
        raise InputError(f"{path} is empty; delete it to have a new secret made, or set {name}")
    return found


def make_secret(path: Path) -> None:
    """Write a random secret, mode 0600; of several processes at once the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(secrets.token_urlsafe(SECRET_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)  # unlike a rename it never replaces another's secret
    finally:
        os.unlink(part)
