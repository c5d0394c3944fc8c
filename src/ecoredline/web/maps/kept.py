"""Tiles of layers that do not change are kept as files under the platform's folder.

A version of redline or protected areas is fixed once loaded, so its tile depends only on the version, on whose
divisions it is cut for, and on the divisions its features are written down in (which decide what is whose).
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

from ecoredline.errors import OutputError
from ecoredline.files import whole_file
from ecoredline.web.accounts.scoping import scope

log = logging.getLogger(__name__)
FORM = "3"  # raise it when tiles are cut in another way
DEEPEST = 13  # beyond it a tile is small and quickly cut; this bounds how much is kept
KEPT = {"redline": "redline_version", "protected": "protected_version"}
FEATURES = {"redline": "regions_redlinepolygon", "protected": "regions_protectedarea"}


def key_of(layer: str, person, run, *place) -> str:
    """What a tile of a fixed layer depends on, as a hash; empty for layers that change.

    `place` is the tile: z, x, y and its grid.
    """
    version = getattr(run, KEPT[layer]) if run is not None and layer in KEPT else None
    seen = scope(person)
    if version is None or seen is None:
        return ""
    facts = (
        FORM,
        layer,
        version.sha256,
        version.pk,
        seen.prefix,
        seen.unplaced,
        spread_of(FEATURES[layer], version.pk),
        *place,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def spread_of(table: str, version: int) -> str:
    """Which divisions the features of a version are written down in, as a hash; made in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select md5(string_agg(id::text || scope_codes::text, ',' order by id)) "
            f"from {table} where version_id = %s",
            [version],
        )
        return cursor.fetchone()[0] or ""


def path_of(key: str) -> Path:
    """Where a tile lies."""
    return Path(settings.ECOREDLINE_VAR) / "tiles" / key[:2] / f"{key[2:]}.mvt"


def kept_tile(key: str, z: int, cut: Callable[[], bytes]) -> bytes:
    """The kept tile, or the one that `cut` makes, which is then kept."""
    if not key or z > DEEPEST:
        return cut()
    path = path_of(key)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        body = cut()
    keep(path, body)
    return body


def keep(path: Path, body: bytes) -> None:
    """Write a tile under a name of its own, then move it; a full disk only costs the store."""
    own = path.with_name(f"{path.stem}-{os.getpid()}-{threading.get_ident()}.mvt")
    try:
        with whole_file(own) as part:
            part.write_bytes(body)
        own.replace(path)
    except (OutputError, OSError) as fault:
        log.warning("tile not kept: %s", fault)
