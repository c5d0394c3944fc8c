"""All documents of a run, written into its folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

import shapely

from ecoredline.documents.annex import annex_table, caution_of, write_annexes
from ecoredline.documents.chips import chip_pair, chip_window
from ecoredline.documents.evidence import SHEET_LIMIT, write_all_evidence
from ecoredline.documents.evidence_docx import write_evidence_document
from ecoredline.documents.letter import LetterParties, write_letter
from ecoredline.documents.report import FILE_WORDS, report_html, write_report
from ecoredline.documents.words import is_demo, text
from ecoredline.grid import Grid
from ecoredline.patches.table import GEOJSON_NAME, GEOPACKAGE_NAME
from ecoredline.record import Job


def write_documents(
    folder: Path, patches, dropped, unseen, record: Mapping, *,
    grid: Grid | None = None, band_names=(), chips: Callable | None = None,
    parties: LetterParties | None = None, redline=None, divisions=None,
    evidence_limit: int = SHEET_LIMIT, job: Job | None = None,
) -> list[Path]:  # fmt: skip
    """Write annexes, letter, evidence and report of a run; give the paths of all files.

    Parameters
    ----------
    patches, dropped, unseen : frames of `patches.gpkg` (EPSG:4490).
    record : content of `run.json` as far as it is known (inputs, warnings, coverage …).
    grid, band_names, chips : `chips(row, (row, col, rows, cols))` gives the two reflectance
        arrays (bands, rows, cols) of a window of `grid`; without it sheets have no pictures.
    redline, divisions : frames for the chips and the overview map.
    evidence_limit : most evidence sheets; the report says when there are more patches.

    Raises `OutputError`, `InputError` (a patch without area), `Cancelled`.
    """
    folder, job = Path(folder), job or Job()
    demo = is_demo(record)
    job.at("annexes")
    caution = caution_of(record)
    paths = write_annexes(folder, patches, demo=demo, caution=caution)
    listed = annex_table(patches, demo=demo, caution=caution)
    paths.append(write_letter(folder, listed, parties))
    draw = None
    if chips is not None and grid is not None:
        draw = _drawer(grid, tuple(band_names), chips, redline, demo)
    evidence = write_all_evidence(
        folder, patches, record, chips=draw, limit=evidence_limit, job=job
    )
    paths += evidence.paths
    paths.append(write_evidence_document(folder, evidence.pages, record, evidence.note))
    job.at("report")
    names = {p.name for p in paths if p.parent == folder} | {
        n for n in (GEOPACKAGE_NAME, GEOJSON_NAME) if (folder / n).exists()
    }
    html = report_html(
        patches, dropped, unseen, record, redline=redline, divisions=divisions,
        evidence=evidence, files=[n for n in FILE_WORDS if n in names],
    )  # fmt: skip
    return [*paths, write_report(folder, html)]


def _drawer(grid: Grid, band_names: tuple[str, ...], chips: Callable, redline, demo: bool):
    """A function from a patch row to its two drawn chips."""
    shapes = redline.geometry.to_numpy() if redline is not None and len(redline) else []
    edges = shapely.get_parts(shapely.boundary(shapes))
    tree = shapely.STRtree(edges)

    def draw(row: Mapping):
        window = chip_window(row["geometry"], grid)
        before, after = chips(row, window)
        part = grid.window(*window)
        west, south, east, north = part.bounds
        lon, lat = part.to_lonlat.transform((west, east, west, east), (south, south, north, north))
        box = min(lon), min(lat), max(lon), max(lat)
        found = tree.query(shapely.box(*box))
        room = (box[2] - box[0]) / 4
        wider = box[0] - room, box[1] - room, box[2] + room, box[3] + room
        near = shapely.union_all(shapely.clip_by_rect(edges[found], *wider)) if len(found) else None
        dates = tuple(text(row.get(f"{d}_on")) for d in ("before", "after"))
        return chip_pair(
            before, after, row["geometry"], part, band_names=band_names, redline=near,
            dates=dates, is_demo=demo or is_demo(row),
        )  # fmt: skip

    return draw
