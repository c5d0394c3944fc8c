"""A sampling plan of a run, its blind response form, and the report when it comes back."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from ecoredline import vector
from ecoredline.errors import InputError, SourceError
from ecoredline.files import sha256, whole_file
from ecoredline.geodesy import areas_ha
from ecoredline.patches.estimate import agreement, area_estimates
from ecoredline.patches.table import read_table
from ecoredline.record import RECORD_NAME, read_record

# Stratum, share of the sample, mapped as change
STRATA = (("patch", 0.4, True), ("dropped", 0.2, False), ("nothing", 0.4, False))
COLUMNS = ("sample_id", "lon", "lat", "before_on", "after_on", "changed", "note")
TRIES = 200


def strata_shapes(run: Path) -> dict[str, shapely.Geometry]:
    """Patches, dropped patches and the rest of the redline that was seen (EPSG:4490)."""
    record = read_record(run)
    redline = vector.read_redline(record["inputs"]["redline"]["path"]).frame
    image = shapely.box(*record["grid"]["bounds_lonlat"])
    domain = shapely.intersection(shapely.union_all(redline.geometry.to_numpy()), image)
    layers = {
        n: shapely.union_all(shapely.make_valid(read_table(run, n).geometry.to_numpy()))
        for n in ("patches", "dropped", "unseen")
    }
    domain = shapely.difference(domain, layers["unseen"])
    patch = shapely.intersection(layers["patches"], domain)
    dropped = shapely.difference(shapely.intersection(layers["dropped"], domain), patch)
    rest = shapely.difference(domain, shapely.union_all([layers["patches"], layers["dropped"]]))
    return {"patch": patch, "dropped": dropped, "nothing": rest}


def random_points(shape: shapely.Geometry, count: int, random) -> np.ndarray:
    """`count` points (n, 2), evenly over the area of a shape in lon, lat."""
    west, south, east, north = shape.bounds
    low, high = np.sin(np.radians((south, north)))
    shapely.prepare(shape)
    found: list[np.ndarray] = []
    for _ in range(TRIES * 100):
        lon = random.uniform(west, east, 4096)
        lat = np.degrees(np.arcsin(random.uniform(low, high, 4096)))
        inside = shapely.contains_xy(shape, lon, lat)
        found.append(np.column_stack([lon, lat])[inside])
        if sum(map(len, found)) >= count:
            return np.concatenate(found)[:count]
    raise InputError("a stratum is too thin to draw points in")


def write_plan(run: Path | str, path: Path | str, size: int, seed: int) -> int:
    """Write the form (CSV) and its key beside it (`.key.json`); returns the number of samples.

    The form does not say which stratum a sample is of, so that the reviewer judges the image.
    """
    run, path, random = Path(run), Path(path), np.random.default_rng(seed)
    record, rows, areas = read_record(run), [], {}
    for name, shape in strata_shapes(run).items():
        share = next(s for n, s, _ in STRATA if n == name)
        areas[name] = round(float(areas_ha(np.array([shape]))[0]), 4) if not shape.is_empty else 0.0
        if areas[name] > 0:
            points = random_points(shape, max(2, round(size * share)), random)
            rows += [(name, *point) for point in points]
    rows = [rows[k] for k in random.permutation(len(rows))]
    ids = [f"S{k:04d}" for k in range(1, len(rows) + 1)]
    days = [record["inputs"][role]["acquired_on"] or "" for role in ("before", "after")]
    form = pd.DataFrame(
        [(i, round(lon, 6), round(lat, 6), *days, "", "") for i, (_, lon, lat) in zip(ids, rows, strict=True)],
        columns=COLUMNS,
    )  # fmt: skip
    key = {
        "run_sha256": sha256(run / RECORD_NAME), "seed": seed, "areas_ha": areas,
        "stratum": {i: row[0] for i, row in zip(ids, rows, strict=True)},
    }  # fmt: skip
    with whole_file(path) as part:
        form.to_csv(part, index=False, encoding="utf-8-sig")
    with whole_file(key_path(path)) as part:
        part.write_text(json.dumps(key, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(rows)


def key_path(form: Path) -> Path:
    """Where the key of a form lies."""
    return form.with_suffix(".key.json")


def read_responses(path: Path, stratum: dict) -> pd.Series:
    """Answers 0 or 1 by sample id; blanks are left out. Raises `InputError` with every fault."""
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
    except (OSError, ValueError) as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    if not {"sample_id", "changed"} <= set(table):
        raise InputError(f"{path} lacks sample_id or changed")
    said = table["changed"].str.strip()
    faults = [f"row {i + 2}: changed {said[i]!r}" for i in table.index[~said.isin(["", "0", "1"])]]
    faults += [
        f"row {i + 2}: unknown sample {s!r}"
        for i, s in table["sample_id"].items()
        if s not in stratum
    ]
    faults += [
        f"row {i + 2}: sample comes twice" for i in table.index[table["sample_id"].duplicated()]
    ]
    if faults:
        raise InputError(f"{path}: {'; '.join(faults)}; wanted 1, 0 or blank, once a sample")
    return said[said != ""].astype(int).set_axis(table["sample_id"][said != ""])


def report(run: Path | str, paths: list[Path]) -> str:
    """The report in Chinese, from the first form; a second one gives the agreement."""
    key = json.loads(key_path(Path(paths[0])).read_text(encoding="utf-8"))
    if key["run_sha256"] != sha256(Path(run) / RECORD_NAME):
        raise InputError(f"got a form of another run than {run}; wanted the one it was drawn from")
    answers = [read_responses(Path(p), key["stratum"]) for p in paths[:2]]
    used = [(n, change) for n, _, change in STRATA if key["areas_ha"].get(n)]
    of = answers[0].index.map(key["stratum"])
    counts = [[int(((answers[0] == v) & (of == n)).sum()) for v in (1, 0)] for n, _ in used]
    found = area_estimates(
        counts, [key["areas_ha"][n] for n, _ in used], [0 if change else 1 for _, change in used]
    )
    lines = [
        f"样点 {len(answers[0])} 个（分层随机，种子 {key['seed']}）；区间为 95%",
        f"用户精度（1−误报，按面积）  {said(found.users[0])}",
        f"生产者精度（1−漏报，按面积）{said(found.producers[0])}",
        f"变化面积估计（公顷）        {said(found.area[0], 1)}；清单面积 {key['areas_ha']['patch']:.1f}",
        f"总体精度                    {said(found.overall)}",
    ]
    if len(answers) > 1:
        both = answers[0].index.intersection(answers[1].index)
        same, kappa = agreement(answers[0][both], answers[1][both])
        lines.append(f"两位判读者：{len(both)} 个共同样点，一致率 {same:.3f}，Kappa {kappa:.3f}")
    return "\n".join(lines)


def said(one, digits: int = 3) -> str:
    """Value ± half width."""
    return f"{one.value:.{digits}f} ± {one.half_width:.{digits}f}"
