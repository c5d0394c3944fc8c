"""A run folder as the platform reads it: checked against its own record, its inputs found again."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd

from ecoredline import vector
from ecoredline.errors import EcoredlineError
from ecoredline.files import input_sha256, sha256
from ecoredline.patches.table import GEOJSON_NAME, GEOPACKAGE_NAME, RAW_LAYER, read_table
from ecoredline.record import RECORD_NAME, read_record
from ecoredline.vector import Layer
from ecoredline.web.core.problems import FileChanged, NotFound, TamperedRun

READERS = {
    "redline": vector.read_redline,
    "protected_areas": vector.read_protected_areas,
    "divisions": vector.read_divisions,
}


@dataclass
class RunFolder:
    """Everything a load needs, read before the database is touched."""

    path: Path
    record: dict
    record_sha256: str
    patches: gpd.GeoDataFrame
    raw: gpd.GeoDataFrame
    dropped: gpd.GeoDataFrame
    unseen: gpd.GeoDataFrame
    layers: dict[str, Layer] = field(default_factory=dict)
    images: dict[str, Path] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_demo(self) -> bool:
        """Are its data made by the simulator?"""
        return bool(self.record["is_demo"])

    def sha256(self, role: str) -> str:
        """The hash of an input, as the record has it."""
        return self.record["inputs"][role]["sha256"]

    def acquired_on(self, role: str) -> date | None:
        """The acquisition date of an image, as the record has it."""
        noted = self.record["inputs"].get(role, {}).get("acquired_on")
        return date.fromisoformat(noted) if noted else None


def read_folder(path: Path | str) -> RunFolder:
    """Read a run folder whole.

    Raises `SourceError` when it is not a finished run and `TamperedRun` (422.2) when a file
    is not what the record says. Inputs that are gone or changed are left out with a warning.
    """
    path = Path(path).resolve()
    record = read_record(path)
    check_outputs(path, record)
    tables = [read_table(path, layer) for layer in ("patches", RAW_LAYER, "dropped", "unseen")]
    found = RunFolder(path, record, sha256(path / RECORD_NAME), *tables)
    for table in (found.patches, found.dropped, found.unseen):
        if (table["is_demo"] != found.is_demo).any():
            raise TamperedRun("is_demo: patches.gpkg ≠ run.json")
    find_inputs(found)
    return found


def check_outputs(path: Path, record: dict) -> None:
    """Every output the record names is there, inside the folder, with the hash it had."""
    wrong = [name for name in (GEOPACKAGE_NAME, GEOJSON_NAME) if name not in record["outputs"]]
    for name, facts in record["outputs"].items():
        file = (path / name).resolve()
        if not file.is_relative_to(path) or not file.is_file() or sha256(file) != facts["sha256"]:
            wrong.append(name)
    if wrong:
        raise TamperedRun(*sorted(wrong))


def find_inputs(found: RunFolder) -> None:
    """Look for the input files again; read the layers and note where the images are."""
    for role in ("before", "after", *READERS):
        entry = found.record["inputs"].get(role)
        if entry is None:
            continue
        file = same_file(found.path, entry)
        if file is None:
            found.warnings.append(f"{entry['name']}：文件已不在原处或已改动，平台不显示该图层")
        elif role in READERS:
            read_layer(found, role, file)
        else:
            found.images[role] = file


def read_layer(found: RunFolder, role: str, file: Path) -> None:
    """Read a layer as the run read it; one that cannot be read any more becomes a warning."""
    chosen = found.record["parameters"]
    options = {"crs": chosen.get("vector_crs"), "encoding": chosen.get("vector_encoding")}
    if role in chosen.get("gcj02_layers", ()):
        options["gcj02"] = chosen.get("gcj02") or "refuse"
    try:
        found.layers[role] = READERS[role](file, **options)
    except EcoredlineError as fault:
        found.warnings.append(f"{file.name}：{fault}")


def same_file(folder: Path, entry: dict) -> Path | None:
    """The input file of this hash: at its old path, or beside or inside the run folder."""
    noted = Path(entry["path"])
    for place in (noted, folder / noted, folder / noted.name, folder.parent / noted.name):
        if place.exists() and input_sha256(place) == entry["sha256"]:
            return place.resolve()
    return None


def output_file(folder: Path | str, record: dict, name: str) -> Path:
    """The file of a run under this name.

    Raises `NotFound` unless the record names it, and `FileChanged` (409.3) when the file is
    no longer what was loaded.
    """
    folder = Path(folder)
    facts = record["outputs"].get(name)
    if facts is None:
        raise NotFound(name)
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise FileChanged(name)
    if file.stat().st_size != facts["bytes"] or sha256(file) != facts["sha256"]:
        raise FileChanged(name)
    return file
