"""The configuration of a delineation: a TOML file, all faults said at once."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from ecoredline.delineation.grade import CUTS, check_cuts
from ecoredline.errors import InputError, SourceError


@dataclass(frozen=True)
class Part:
    """One input layer: where it is, what it is called, and its own number."""

    path: Path
    zh: str
    extreme: float | None = None  # sensitivity: from this value on it is 极敏感; None: the map says
    distance_m: float = 0.0  # buffer: how far


@dataclass(frozen=True)
class Parameters:
    """Numbers of the rules; what the guide says of them was not seen in its text."""

    cuts: tuple[float, ...] = CUTS
    smallest_km2: float = 1.0
    merge_m: float = 0.0
    hole_km2: float = 0.0
    snap_m: float = 0.0
    simplify_m: float = 0.0
    code_rule: str = "{division}-{number:03d}"
    name_rule: str = "{place}{function}生态保护红线"
    division: str = "000000"
    place: str = ""


@dataclass(frozen=True)
class Config:
    """What to draw a redline from."""

    services: tuple[Part, ...] = ()
    sensitivities: tuple[Part, ...] = ()
    required: tuple[Part, ...] = ()
    buffers: tuple[Part, ...] = ()
    corridors: tuple[Part, ...] = ()
    lines: tuple[Part, ...] = ()
    redline: Path | None = None
    parameters: Parameters = field(default_factory=Parameters)
    path: Path | None = None

    @property
    def parts(self) -> list[tuple[str, Part]]:
        """Every input layer with its role."""
        return [(role, part) for role in ROLES for part in getattr(self, role)]


ROLES = ("services", "sensitivities", "required", "buffers", "corridors", "lines")
RANGES = {"smallest_km2": (0, 1e4), "merge_m": (0, 1e4), "hole_km2": (0, 1e4), "snap_m": (0, 1e3), "simplify_m": (0, 1e3)}  # fmt: skip


def read_config(path: Path | str) -> Config:
    """Read and check a configuration; paths are relative to the file. Raises `InputError` (all faults)."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise SourceError(f"could not read {path}: {fault.strerror or fault}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InputError(
            f"got {path}, which is no TOML ({fault}); wanted a configuration"
        ) from fault
    faults: list[str] = []
    known = {*ROLES, "redline", "parameters"}
    faults += [
        f"{key}: unknown; wanted one of {', '.join(sorted(known))}" for key in set(data) - known
    ]
    made = {role: parts_of(data.get(role, []), role, path.parent, faults) for role in ROLES}
    parameters = parameters_of(data.get("parameters", {}), faults)
    redline = path.parent / data["redline"] if data.get("redline") else None
    if redline is not None and not redline.exists():
        faults.append(f"redline: {redline} does not exist")
    if not made["services"] and not made["sensitivities"]:
        faults.append("services, sensitivities: wanted at least one of them")
    if faults:
        raise InputError(f"got {path} with {len(faults)} faults: " + "; ".join(faults))
    return Config(**made, redline=redline, parameters=parameters, path=path)


def parts_of(rows, role: str, folder: Path, faults: list[str]) -> tuple[Part, ...]:
    """The layers of one role; what is wrong goes into `faults`."""
    if not isinstance(rows, list):
        faults.append(f"{role}: wanted a list, [[{role}]]")
        return ()
    made, known = [], {f.name for f in fields(Part)}
    for number, row in enumerate(rows, 1):
        where = f"{role} {number}"
        wrong = sorted(set(row) - known)
        if wrong:
            faults.append(f"{where}: unknown {', '.join(wrong)}")
        if not row.get("path") or not row.get("zh"):
            faults.append(f"{where}: wanted path and zh")
            continue
        file = folder / row["path"]
        if not file.exists():
            faults.append(f"{where}: {file} does not exist")
        numbers = {k: row[k] for k in ("extreme", "distance_m") if k in row}
        if not all(
            isinstance(v, int | float) and not isinstance(v, bool) and v >= 0
            for v in numbers.values()
        ):
            faults.append(f"{where}: got {numbers}; wanted numbers of 0 or more")
            continue
        if role == "buffers" and not numbers.get("distance_m"):
            faults.append(f"{where}: wanted distance_m")
        made.append(Part(file, str(row["zh"]), **numbers))
    return tuple(made)


def parameters_of(rows: dict, faults: list[str]) -> Parameters:
    """The parameters; what is wrong goes into `faults`."""
    known = {f.name for f in fields(Parameters)}
    faults += [f"parameters: unknown {name}" for name in sorted(set(rows) - known)]
    kept = {k: v for k, v in rows.items() if k in known}
    for name, (low, high) in RANGES.items():
        value = kept.get(name, low)
        if not isinstance(value, int | float) or not low <= value <= high:
            faults.append(f"parameters.{name}: got {value}; wanted {low:g} to {high:g}")
    try:
        kept["cuts"] = check_cuts(kept.get("cuts", CUTS))
        rules = Parameters(**kept)
        rules.code_rule.format(division="", number=1, place="", function="")
        rules.name_rule.format(division="", number=1, place="", function="")
    except InputError as fault:
        faults.append(f"parameters.cuts: {fault}")
    except (KeyError, IndexError, ValueError, AttributeError) as fault:
        faults.append(
            f"parameters: rule with {fault}; wanted division, number, place, function in braces"
        )
    else:
        return rules
    return Parameters()
