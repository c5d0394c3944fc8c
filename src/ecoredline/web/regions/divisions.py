"""The list of divisions in use: loaded from an operator's file, else the built-in one of the demo."""

import hashlib
import tempfile
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes.divisions import DivisionBook, DivisionRow, built_in, read_divisions
from ecoredline.errors import EcoredlineError
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.regions.models import Division, DivisionCode, DivisionList

MOST_BYTES = 20 << 20
MOST_FAULTS = 300
FULL = 6


def list_in_use() -> DivisionList | None:
    """The list loaded last."""
    return DivisionList.objects.order_by("-pk").first()


def book() -> DivisionBook:
    """The divisions in use."""
    newest = DivisionList.objects.order_by("-pk").values_list("pk", flat=True).first()
    return built_in_book() if newest is None else book_of(newest)


@lru_cache(maxsize=1)
def built_in_book() -> DivisionBook:
    """The built-in list, read once."""
    return built_in()


@lru_cache(maxsize=4)
def book_of(pk: int) -> DivisionBook:
    """A loaded list, which never changes."""
    rows = DivisionCode.objects.filter(table=pk).values_list(
        "code", "name", "valid_from", "valid_to", "successors", "aliases"
    )
    return DivisionBook(DivisionRow(*row[:4], tuple(row[4]), tuple(row[5])) for row in rows)


def names_on(day: date | None = None) -> dict[str, str]:
    """Six-digit code → name on a day: the list's, over it those of loaded boundaries."""
    loaded = Division.objects.filter(level__in=("province", "city", "county"))
    own = {c.ljust(FULL, "0"): n for c, n in loaded.values_list("code", "name")}
    return book().names_on(day or clock.today()) | own


def name_of(code: str, day: date | None = None) -> str:
    """A division's name on a day; its last name where it is no more; blank for no such code."""
    full, held = code.ljust(FULL, "0"), book()
    row = held.row_on(full, day or clock.today())
    rows = held.by_code.get(full, [])
    return row.name if row else (rows[-1].name if rows else "")


def matched(name: str, *, within: str = "", level: str = "county") -> tuple[str, ...]:
    """Codes of today that a name, short name, alias or former name means."""
    return book().match(name, clock.today(), within=within, level=level)


def abolished_boundaries() -> list[dict]:
    """Loaded boundaries whose code the list does not hold today: {code, name, after}."""
    if list_in_use() is None:
        return []
    held, today, found = book(), clock.today(), []
    loaded = Division.objects.filter(level__in=("province", "city", "county")).order_by("code")
    for code, name in loaded.values_list("code", "name"):
        full = code.ljust(FULL, "0")
        if held.row_on(full, today) is None:
            after = held.now_called(full, today)
            found.append(
                {"code": full, "name": name, "after": after, "known": full in held.by_code}
            )
    return found


@transaction.atomic
def load_list(upload, *, by, name: str, source: str = "") -> DivisionList:
    """Load an operator's file of codes: all of it, or nothing with every fault (422.4).

    The list before stays in the database; the newest counts. Raises `NotAllowed` (403.1).
    """
    require(by, "division.load")
    body = upload.read()
    if len(body) > MOST_BYTES:
        raise BadForm(_("文件超过 %(most)d MB") % {"most": MOST_BYTES >> 20})
    found = read_body(body)
    if found.faults:
        said = [
            _("第%(row)d行“%(column)s”“%(value)s”：%(why)s")
            % {"row": row, "column": column, "value": value, "why": why}
            for row, column, value, why in found.faults[:MOST_FAULTS]
        ]
        raise BadForm(*said)
    sha256 = hashlib.sha256(body).hexdigest()
    if DivisionList.objects.filter(sha256=sha256).exists():
        raise BadForm(_("这个文件已经载入过"))
    made = DivisionList.objects.create(
        name=name.strip(), source=source, sha256=sha256, count=len(found.rows), by=by
    )
    DivisionCode.objects.bulk_create(
        [
            DivisionCode(
                table=made, code=r.code, name=r.name, valid_from=r.since, valid_to=r.ended,
                successors=list(r.successors), aliases=list(r.aliases),
            )
            for r in found.rows
        ],
        batch_size=1000,
    )  # fmt: skip
    note("division.load", made.name, by=by, sha256=sha256, count=made.count, source=source)
    return made


def read_body(body: bytes):
    """The reading of a file's bytes; raises `BadForm` (422.4) for what is no list."""
    with tempfile.TemporaryDirectory(prefix="ecoredline-") as folder:
        path = Path(folder) / "divisions.csv"
        path.write_bytes(body)
        try:
            return read_divisions(path)
        except EcoredlineError as fault:
            raise BadForm(str(fault)) from fault
