"""Evidence sheets (图斑证据材料): one printable page a patch, its chips beside it, all in one DOCX."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL.Image import Image

from ecoredline.documents.facts import patch_facts
from ecoredline.documents.pages import render
from ecoredline.documents.png import data_uri, jpeg_bytes, png_bytes
from ecoredline.documents.words import as_list, is_demo, number, rows_of, safe_name, text
from ecoredline.errors import Cancelled
from ecoredline.files import whole_file
from ecoredline.record import DEMO_NOTICE, Job

EVIDENCE_FOLDER = "evidence"
THREADS = 2
SHEET_LIMIT = 500  # sheets a run: about 1 MB each
DOCUMENT_LIMIT = 200  # patches in evidence.docx, one a page
LISTED_CHANNELS = ("suspected", "protected")
THUMBNAIL_PX = 96
DOCUMENT_CHIP_PX = 480
BAND_DEGREES = 0.01
Chips = tuple[Image, Image]


@dataclass
class Evidence:
    """What was written: files, a thumbnail pair a patch, pages for the DOCX, how many were left."""

    paths: list[Path] = field(default_factory=list)
    thumbnails: dict[str, tuple[str, str]] = field(default_factory=dict)
    pages: list[tuple[Mapping, tuple[bytes, bytes] | None]] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    note: str = ""


def listed(patches) -> list[Mapping]:
    """The patches of the two lists, those of the suspected list first, larger ones first."""
    rows = [r for r in rows_of(patches) if text(r.get("channel")) in LISTED_CHANNELS]
    order = {name: place for place, name in enumerate(LISTED_CHANNELS)}
    return sorted(
        rows, key=lambda r: (order[text(r["channel"])], -(number(r.get("redline_area_ha")) or 0))
    )


def place(patch: Mapping) -> tuple[float, float]:
    """Where a patch lies, in bands from north to south: neighbours share decoded tiles.

    >>> from shapely import Point
    >>> place({"geometry": Point(101.5, 26.617)})
    (-26.61, 101.5)
    """
    west, south, _, _ = patch["geometry"].bounds
    return -round(south // BAND_DEGREES * BAND_DEGREES, 4), west


def sheet_html(patch: Mapping, pictures: tuple[str, str] | None, record: Mapping) -> str:
    """The sheet as a page that needs nothing beside it; `pictures` are data addresses."""
    return render(
        "evidence.html",
        patch_id=text(patch.get("patch_id")),
        facts=patch_facts(patch, record),
        reasons=as_list(patch.get("reasons")),
        pictures=pictures,
        dates=[text(patch.get(f"{d}_on")) or "日期未知" for d in ("before", "after")],
        is_demo=is_demo(record, patch),
        finished_at=text(record.get("started_at"))[:10],
        version=text(record.get("versions", {}).get("ecoredline")),
    )


def write_evidence(
    patch: Mapping, chips: Chips | None, record: Mapping, folder: Path
) -> list[Path]:
    """Write the sheet of one patch, and its chips as `<patch_id>-before.png` and `-after.png`.

    `patch` is a row of the patch table (a mapping), `chips` the two pictures or None where
    there are no images. Raises `OutputError`; each file appears whole or not at all.
    """
    folder, name = Path(folder), safe_name(patch.get("patch_id"))
    notice = DEMO_NOTICE if is_demo(record, patch) else ""
    paths, pictures = [], None
    if chips is not None:
        data = [png_bytes(chip, notice) for chip in chips]
        pictures = tuple(data_uri(d) for d in data)
        for bytes_, date in zip(data, ("before", "after"), strict=True):
            paths.append(folder / f"{name}-{date}.png")
            with whole_file(paths[-1]) as part:
                part.write_bytes(bytes_)
    paths.append(folder / f"{name}.html")
    with whole_file(paths[-1]) as part:
        part.write_text(sheet_html(patch, pictures, record), encoding="utf-8")
    return paths


def write_all_evidence(
    folder: Path,
    patches,
    record: Mapping,
    *,
    chips: Callable[[Mapping], Chips | None] | None = None,
    limit: int = SHEET_LIMIT,
    job: Job | None = None,
) -> Evidence:
    """Write a sheet for each listed patch, at most `limit`; the note says how many were left.

    `chips` is called with each patch row and gives its two pictures (or None).
    """
    job, made = job or Job(), Evidence()
    rows = listed(patches)
    to = Path(folder) / EVIDENCE_FOLDER

    def one(patch: Mapping):
        """Draw and write one sheet; reading, scaling and packing pictures leave the interpreter."""
        if job.cancelled():
            raise Cancelled("the job was cancelled; start it again when you want")
        pictures = chips(patch) if chips is not None else None
        paths = write_evidence(patch, pictures, record, to)
        if pictures is None:
            return paths, None, None
        thumbs = tuple(data_uri(jpeg_bytes(p, THUMBNAIL_PX), "jpeg") for p in pictures)
        return paths, thumbs, tuple(jpeg_bytes(p, DOCUMENT_CHIP_PX) for p in pictures)

    chosen = rows[:limit]
    order, done = sorted(range(len(chosen)), key=lambda k: place(chosen[k])), {}
    with ThreadPoolExecutor(THREADS) as pool:
        drawn = pool.map(one, [chosen[k] for k in order])
        for count, (k, sheet) in enumerate(zip(order, drawn, strict=True)):
            job.at("evidence", count / len(rows), text(chosen[k].get("patch_id")))
            paths, thumbs, small = sheet
            done[k] = paths, thumbs, small if k < DOCUMENT_LIMIT else None
    for k, patch in enumerate(chosen):
        patch_id = text(patch.get("patch_id"))
        paths, thumbs, small = done[k]
        made.paths += paths
        made.written.add(patch_id)
        if thumbs is not None:
            made.thumbnails[patch_id] = thumbs
        if k < DOCUMENT_LIMIT:
            made.pages.append((patch, small))
    made.note = limit_note(len(rows), limit)
    return made


def limit_note(count: int, limit: int) -> str:
    """What a reader must know when not every listed patch has a sheet or a page.

    >>> limit_note(3, 500)
    ''
    """
    said = []
    if count > limit:
        said.append(f"清单共 {count} 个图斑，按去向和面积由大到小生成前 {limit} 个的证据材料")
    if min(count, limit) > DOCUMENT_LIMIT:
        said.append(f"汇编文档收录前 {DOCUMENT_LIMIT} 个")
    return "；".join(said) + "。" if said else ""
