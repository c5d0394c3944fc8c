"""Patch layers of other detectors in, a run folder out: the same folder as `find_patches` writes."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ecoredline.documents import LetterParties, write_documents
from ecoredline.files import check_writable, remove, whole_file
from ecoredline.grid import STORAGE_CRS
from ecoredline.patches import attribute
from ecoredline.patches.columns import PATCH_COLUMNS, UNSEEN_COLUMNS
from ecoredline.patches.foreign import ForeignOptions, read_foreign
from ecoredline.patches.fuse import Fused, fuse
from ecoredline.patches.identity import patch_ids
from ecoredline.patches.table import read_table, write_tables
from ecoredline.pipeline.inputs import (
    FindOptions,
    frame_of,
    note_layer,
    plain,
    read_layer_as,
    record_of,
)
from ecoredline.record import RECORD_NAME, Job, RunRecord, read_record
from ecoredline.vector import Layer

SIGHTINGS_NAME = "sightings.csv"
ROLES = ("redline", "protected_areas", "divisions", "places")
BLANK_OF = {"number": float("nan"), "boolean": False}


def import_patches(
    layers: Sequence[tuple[Path | str, ForeignOptions]],
    *,
    redline: Path | str,
    out: Path | str,
    protected_areas: Path | str | None = None,
    divisions: Path | str | None = None,
    places: Path | str | None = None,
    known: Sequence[Path | str] = (),
    options: FindOptions | None = None,
    job: Job | None = None,
) -> Path:
    """Bring patch layers of any detectors into one queue; gives the run folder.

    Parameters
    ----------
    layers : (path, `ForeignOptions`) of each layer; the first one's patches lead where several
        saw one place.
    known : run folders whose patches are in the queue already: they come first, and what they
        hold is not listed again. `sightings.csv` says who saw what.
    options : reading of the vector layers (`vector_crs`, `gcj02` …) and the letter's parties.

    Every layer is read before anything is written: a fault anywhere refuses the whole.
    Raises `InputError` (all faults with row and column), `SourceError`, `OutputError`.
    """
    options, job, out = options or FindOptions(), job or Job(), Path(out)
    said = plain(asdict(options)) | {"layers": [plain(asdict(o)) for _, o in layers]}
    record = RunRecord("import", said)
    fresh = not out.exists()
    check_writable(out)
    try:
        job.at("read")
        ours = read_roles(
            {"redline": redline, "protected_areas": protected_areas, "divisions": divisions,
             "places": places}, options, record,
        )  # fmt: skip
        tables = [take(path, one, k, ours, record) for k, (path, one) in enumerate(layers, 1)]
        earlier = [read_known(folder, k, record) for k, folder in enumerate(known, 1)]
        job.at("screen")
        fused = fuse([*earlier, *tables])
    except BaseException:
        if fresh:
            with contextlib.suppress(OSError):
                out.rmdir()
        raise
    return write_run(out, fused, ours, options.parties, record, job)


def read_roles(paths: dict, options: FindOptions, record: RunRecord) -> dict[str, Layer | None]:
    """The redline and what else was given, noted in the record."""
    layers = {role: read_layer_as(role, paths[role], options) for role in ROLES}
    for role, layer in layers.items():
        note_layer(role, paths[role], layer, record)
    return layers


def take(path, options: ForeignOptions, number: int, ours, record) -> gpd.GeoDataFrame:
    """One foreign layer with our attributes and ids."""
    layer = read_foreign(path, options)
    record.add_input(
        f"patches_{number}", path, source=options.source, features=len(layer.frame),
        notes=list(layer.notes),
    )  # fmt: skip
    for note in layer.notes:
        record.warn(f"{Path(path).name}：{note}")
    numbers = [f"来源图斑编号 {n}" if n else "" for n in layer.frame["number"]]
    table = layer.frame.assign(
        remark=[joined(n, r) for n, r in zip(numbers, layer.frame["remark"], strict=True)],
        reasons=[
            [f"{o} 报送" + (f"，{s}" if s else "")]
            for o, s in zip(layer.frame["found_by"], layer.frame["sensor"], strict=True)
        ],
    )
    return placed(table, ours)


def joined(*words: str) -> str:
    """What is said, with what was said before."""
    return "；".join(w for w in words if w)


def placed(table: gpd.GeoDataFrame, ours) -> gpd.GeoDataFrame:
    """A table of patches with our attributes, ids and every declared column."""
    found = attribute.attribute(table, **{role: frame_of(ours[role]) for role in ROLES})
    notes = zip(found["control_zone_note"], found["remark"], strict=True)
    found["remark"] = [joined(*row) for row in notes]
    found["activity_confidence"] = found["problem_confidence"] = float("nan")
    found["patch_id"] = patch_ids(found)
    if any(layer is not None and layer.is_demo for layer in ours.values()):
        found["is_demo"] = True
    return filled(found)


def filled(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every declared column is there, blank where a source says nothing."""
    for column in PATCH_COLUMNS:
        if column.name not in found:
            blank = BLANK_OF.get(column.kind, "")
            empty = [[] for _ in range(len(found))] if column.kind == "json" else blank
            found[column.name] = pd.Series(empty, index=found.index)
    found["geometry_raw"] = found.geometry
    return found


def read_known(folder, number: int, record: RunRecord) -> gpd.GeoDataFrame:
    """The patches of a finished run, which lead."""
    had = read_record(folder)
    record.add_input(f"known_{number}", record_of(folder))
    found = read_table(folder, "patches")
    own = f"EcoRedline {had.get('method') or had['job']}"
    found["found_by"] = [v or own for v in found["found_by"]]
    found["geometry_raw"] = found.geometry
    return found


def nothing_unseen() -> gpd.GeoDataFrame:
    """An empty layer of what could not be seen."""
    return gpd.GeoDataFrame(
        {c.name: [] for c in UNSEEN_COLUMNS}, geometry=gpd.GeoSeries([], crs=STORAGE_CRS)
    )


def write_run(out, fused: Fused, ours, parties: LetterParties, record, job) -> Path:
    """Tables, documents, sightings and the record, last."""
    kept, merged, unseen = unique_ids(fused.kept), fused.merged, nothing_unseen()
    if bool(kept["is_demo"].any()) or any(one and one.is_demo for one in ours.values()):
        record.mark_demo()
        kept["is_demo"] = merged["is_demo"] = True
    note_counts(kept, merged, fused, record)
    job.at("tables")
    remove(out / RECORD_NAME)
    outputs = write_tables(out, kept, merged, unseen)
    with whole_file(out / SIGHTINGS_NAME) as part:
        fused.sightings.to_csv(part, index=False, encoding="utf-8-sig")
    outputs.append(out / SIGHTINGS_NAME)
    outputs += write_documents(
        out, kept, merged, unseen, record.data, parties=parties,
        redline=ours["redline"].frame, divisions=frame_of(ours["divisions"]), job=job,
    )  # fmt: skip
    record.finish(out, outputs)
    job.at("done", 1.0)
    return out


def unique_ids(kept: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Patches of several sources at one spot keep apart by a number at the end."""
    seen: dict[str, int] = {}
    names = []
    for name in kept["patch_id"].astype(str):
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-s{seen[name]}")
    return kept.assign(patch_id=names)


def note_counts(kept, merged, fused: Fused, record: RunRecord) -> None:
    """Counts, areas and dates for the record, in the words `find` uses."""
    data = record.data
    data.setdefault("method", "import: " + "、".join(dict.fromkeys(kept["found_by"])))
    data["counts"] |= {
        "patches": len(kept), "dropped": len(merged),
        "channels": kept["channel"].value_counts().to_dict(),
        "drop_reasons": merged["reason"].value_counts().to_dict(),
        "activity_types": kept["activity_type"].value_counts().to_dict(),
        "sources": pd.concat([kept["found_by"], merged["found_by"]]).value_counts().to_dict(),
        "seen_by_others": int((kept["also_seen_by"].map(len) > 0).sum()),
        "raised": int(fused.sightings["raised"].sum()),
    }  # fmt: skip
    for channel, part in kept.groupby("channel"):
        data["areas_ha"][channel] = round(float(part["redline_area_ha"].sum()), 4)
    if len(kept):
        data.setdefault("grid", {"bounds_lonlat": [float(v) for v in kept.total_bounds]})
    if len(kept) and not (kept["redline_area_ha"] > 0).any():
        record.warn("没有一个图斑在红线内：请核对图层的坐标系与范围")
    if record.data["job"] == "import":
        record.warn("图斑由外部来源提供：不可见区与漏报情况由来源负责，平台未见其影像")
