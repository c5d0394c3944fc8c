"""The coordinate text of land surveys 界址点坐标交换文本 (sections [属性描述], [地块坐标]).

Its layout is known from files in use, not from a standard that was read: what does not fit is a
fault with its line, never a guess.
"""

from pathlib import Path

from ecoredline.admission.faults import Fault, TableFaults
from ecoredline.admission.vertices import Sketch, coordinate
from ecoredline.errors import InputError
from ecoredline.vector.encoding import BOM, CANDIDATES

HEAD, BODY = "[属性描述]", "[地块坐标]"
SYSTEMS = {"2000": (4534, 4502), "80": (2370, 2338), "54": (2422, 21453)}  # first 3° and 6° codes
FIRST_ZONE = {3: 25, 6: 13}
# older datums that the numbers cannot tell: degrees, first 3° and 6° zone with its number
OLD = {"80": (4610, 2349, 2327), "54": (4214, 2401, 21413)}
ZONE_M = 1_000_000


def is_parcels(path: Path) -> bool:
    """Does a text file look like one?"""
    raw = path.read_bytes()
    return any(BODY.encode(name) in raw for name in CANDIDATES)


def read_parcels(path: Path) -> tuple[list[Sketch], str | None, list[str]]:
    """Parcels with their rings (north before east, as the file has them), CRS and notes.

    The CRS is named when the eastings bear no zone number, and for an older datum always. Raises `TableFaults` with every
    bad line, `InputError` without parcels or with an unknown system.
    """
    raw = path.read_bytes().removeprefix(BOM)
    text = next((t for t in (_decoded(raw, n) for n in CANDIDATES) if t is not None), "")
    facts, sketches, faults, section = {}, [], [], ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip().replace("，", ",")
        if line.startswith("["):
            section = line
        elif section == HEAD and "=" in line:
            key, _, value = line.partition("=")
            facts[key.strip()] = value.strip()
        elif section == BODY and line:
            _take(line, number, sketches, faults)
    if faults:
        raise TableFaults(path.name, faults)
    sketches = [s for s in sketches if s.rings]
    if not sketches:
        raise InputError(f"got {path.name} without a parcel; wanted lines J1,1,X,Y under {BODY}")
    for sketch in sketches:
        for ring in sketch.rings.values():
            if len(ring) > 3 and ring[0] == ring[-1]:
                ring.pop()
    return sketches, _system(facts, sketches, path), [f"坐标文本声明：{_said(facts)}"]


def _take(line: str, number: int, sketches: list[Sketch], faults: list[Fault]) -> None:
    """A parcel's head ends with @; other lines are point, ring, north, east."""
    cells = [c.strip() for c in line.split(",")]
    if line.endswith("@"):
        cells += [""] * 4
        name = cells[3] if cells[3] != "@" else ""
        sketches.append(Sketch({"code": cells[2] if cells[2] != "@" else "", "name": name}))
        return
    if not sketches or len(cells) < 4:
        faults.append(
            Fault(number, "行", line[:40], "应为“点号,圈号,X,Y”，且在地块行（以 @ 结尾）之后")
        )
        return
    places = []
    for column, value in zip(("X", "Y"), cells[2:4], strict=True):
        try:
            places.append(coordinate(value))
        except InputError:
            faults.append(Fault(number, column, value, "不是坐标"))
    if len(places) == 2:
        sketches[-1].rings.setdefault(cells[1], []).append(tuple(places))


def _system(facts: dict, sketches: list[Sketch], path: Path) -> str | None:
    """EPSG of the declared system and zone; None when the eastings say it themselves."""
    north, east = next(iter(sketches[0].rings.values()))[0]
    if max(abs(north), abs(east)) < 360 or max(north, east) > 1e7:
        return _old_system(facts, max(north, east))
    name = facts.get("坐标系", "")
    codes = next((c for key, c in SYSTEMS.items() if key in name), None)
    width = {"3": 3, "6": 6}.get(facts.get("几度分带", ""))
    zone = facts.get("带号", "")
    if codes is None or width is None or not zone.isdigit():
        raise InputError(
            f"got {path.name} declaring {_said(facts) or 'nothing'}; wanted 坐标系, 几度分带 and 带号, "
            "or --crs"
        )
    return f"EPSG:{codes[0 if width == 3 else 1] + int(zone) - FIRST_ZONE[width]}"


def _old_system(facts: dict, number: float) -> str | None:
    """EPSG of a declared older datum whose numbers are degrees or bear their zone; else None."""
    name = facts.get("坐标系", "")
    codes = next((c for key, c in OLD.items() if key in name and "2000" not in name), None)
    if codes is None:
        return None
    zone = int(number // ZONE_M)
    if not zone:
        return f"EPSG:{codes[0]}"
    width = 3 if zone >= FIRST_ZONE[3] else 6
    return f"EPSG:{codes[1 if width == 3 else 2] + zone - FIRST_ZONE[width]}"


def _said(facts: dict) -> str:
    return "，".join(f"{k} {facts[k]}" for k in ("坐标系", "几度分带", "带号") if facts.get(k))


def _decoded(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        return None
