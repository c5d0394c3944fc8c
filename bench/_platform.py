"""A platform of its own for a bench: folder and database cluster, gone afterwards unless kept."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def throw_away(keep: Path | None = None) -> Iterator[Path]:
    """The folder, with the database up; `keep` names one that stays and is used again."""
    folder = keep or Path(tempfile.mkdtemp(prefix="ecoredline-bench-"))
    os.environ.update(ECOREDLINE_VAR=str(folder / "var"), ECOREDLINE_HTTPS="0")
    os.environ.pop("DATABASE_URL", None)
    from ecoredline.web import cluster, server

    try:
        with server.database():
            yield folder
    finally:
        if not keep:
            cluster.remove(folder / "var" / "postgres")
            shutil.rmtree(folder, ignore_errors=True)
