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
from ecoredline.pipeline.sample_form import read_form, write_form
from ecoredline.record import RECORD_NAME, read_record

# Stratum, share of the sample, mapped as change
STRATA = (("patch", 0.4, True), ("dropped", 0.2, False), ("nothing", 0.4, False))
COLUMNS = ("sample_id", "lon", "lat", "before_on", "after_on", "changed", "note")
TRIES = 200
SAME_PLACE = 2e-6  # degrees: the form's own rounding
FIGURES_NAME = "accuracy.json"


def strata_shapes(run: Path) -> dict[str, shapely.Geometry]:
    """Patches, dropped patches and the rest of the redline that was seen (EPSG:4490)."""
    record = read_record(run)
    redline = vector.read_redline(record["inputs"]["redline"]["path"]).frame
    layers = {n: read_table(run, n).geometry for n in ("patches", "dropped", "unseen")}
    return strata_of(redline.geometry, shapely.box(*record["grid"]["bounds_lonlat"]), **layers)


def strata_of(redline, image, *, patches, dropped, unseen) -> dict[str, shapely.Geometry]:
    """The strata out of the layers' shapes (EPSG:4490); `image` is what the images cover.

    >>> box, none = shapely.box, []
    >>> found = strata_of([box(0, 0, 4, 4)], box(0, 0, 3, 4), patches=[box(1, 1, 2, 2)], dropped=none, unseen=none)
    >>> found["patch"].area, found["nothing"].area
    (1.0, 11.0)
    """
    layers = {"patches": patches, "dropped": dropped, "unseen": unseen}
    layers = {
        n: shapely.union_all(shapely.make_valid(np.asarray(v, object))) for n, v in layers.items()
    }
    near = [one for one in redline if one.intersects(image)]
    domain = shapely.intersection(shapely.union_all(near), image)
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


def draw(shapes: dict[str, shapely.Geometry], size: int, seed: int):
    """Samples (stratum, lon, lat) in an order that tells nothing, and each stratum's area in ha."""
    random, rows, areas = np.random.default_rng(seed), [], {}
    for name, shape in shapes.items():
        share = next(s for n, s, _ in STRATA if n == name)
        areas[name] = round(float(areas_ha(np.array([shape]))[0]), 4) if not shape.is_empty else 0.0
        if areas[name] > 0:
            points = random_points(shape, max(2, round(size * share)), random)
            rows += [(name, *point) for point in points]
    return [rows[k] for k in random.permutation(len(rows))], areas


def sample_ids(count: int) -> list[str]:
    """S0001 and so on.

    >>> sample_ids(2)
    ['S0001', 'S0002']
    """
    return [f"S{k:04d}" for k in range(1, count + 1)]


def write_plan(run: Path | str, path: Path | str, size: int, seed: int) -> int:
    """Write the form (CSV) and its key beside it (`.key.json`); returns the number of samples.

    The form does not say which stratum a sample is of, so that the reviewer judges the image.
    """
    run, path = Path(run), Path(path)
    record, shapes = read_record(run), strata_shapes(run)
    rows, areas = draw(shapes, size, seed)
    ids = sample_ids(len(rows))
    days = [record["inputs"][role]["acquired_on"] or "" for role in ("before", "after")]
    form = pd.DataFrame(
        [(i, round(lon, 6), round(lat, 6), *days, "", "") for i, (_, lon, lat) in zip(ids, rows, strict=True)],
        columns=COLUMNS,
    )  # fmt: skip
    key = {
        "run_sha256": sha256(run / RECORD_NAME), "seed": seed, "areas_ha": areas,
        "stratum": {i: row[0] for i, row in zip(ids, rows, strict=True)},
        "points": {i: [round(lon, 6), round(lat, 6)] for i, (_, lon, lat) in zip(ids, rows, strict=True)},
    }  # fmt: skip
    if path.suffix.lower() == ".xlsx":
        write_form(path, form, record)
    else:
        with whole_file(path) as part:
            form.to_csv(part, index=False, encoding="utf-8-sig")
    with whole_file(key_path(path)) as part:
        part.write_text(json.dumps(key, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(rows)


def key_path(form: Path) -> Path:
    """Where the key of a form lies."""
    return form.with_suffix(".key.json")


def read_responses(path: Path, stratum: dict, points: dict | None = None) -> pd.Series:
    """Answers 0 or 1 by sample id, from CSV or XLSX; blanks are left out.

    Raises `InputError` with every fault, its row and column: another answer than 1, 0 or blank,
    a sample that is unknown, comes twice, is missing, or whose place was changed.
    """
    path = Path(path)
    table, first = read_form(path) if path.suffix.lower() == ".xlsx" else (read_csv(path), 2)
    lacking = {"sample_id", "changed"} - set(table)
    if lacking:
        raise InputError(
            f"{path} lacks the column {', '.join(sorted(lacking))}; wanted the form as sent"
        )
    said, ids = table["changed"].map(answer), table["sample_id"]
    faults = [
        f"row {i + first}, changed: {table['changed'][i]!r}" for i in table.index[said.isna()]
    ]
    faults += [
        f"row {i + first}, sample_id: unknown sample {s!r}"
        for i, s in ids.items()
        if s not in stratum
    ]
    faults += [
        f"row {i + first}, sample_id: {ids[i]} comes twice" for i in table.index[ids.duplicated()]
    ]
    faults += [f"sample {s} is missing" for s in stratum if s not in set(ids)]
    faults += moved(table, points or {}, first)
    if faults:
        raise InputError(f"{path}: {'; '.join(faults)}; wanted 1, 0 or blank, once a sample")
    return said[said != ""].astype(int).set_axis(ids[said != ""])


def read_csv(path: Path) -> pd.DataFrame:
    """The form as text."""
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
    except (OSError, ValueError) as fault:
        raise SourceError(f"could not read {path}: {fault}") from fault
    return table.apply(lambda column: column.str.strip())


def answer(text: str) -> str | None:
    """`1`, `0` or blank of what an interpreter wrote; None for anything else.

    >>> answer("是"), answer("1.0"), answer(""), answer("maybe") is None
    ('1', '1', '', True)
    """
    words = {"": "", "1": "1", "0": "0", "1.0": "1", "0.0": "0", "是": "1", "否": "0"}
    return words.get(str(text).strip())


def moved(table: pd.DataFrame, points: dict, first: int) -> list[str]:
    """Samples whose place is no longer the drawn one."""
    found = []
    for name, k in (("lon", 0), ("lat", 1)):
        if name not in table:
            continue
        for i, (sample, text) in enumerate(zip(table["sample_id"], table[name], strict=True)):
            drawn = points.get(sample)
            try:
                same = drawn is None or abs(float(text) - drawn[k]) < SAME_PLACE
            except ValueError:
                same = False
            if not same:
                found.append(f"row {i + first}, {name}: {text!r}, drawn was {drawn[k]}")
    return found


def report(run: Path | str, paths: list[Path]) -> str:
    """The report in Chinese, from the first form; a second one gives the agreement.

    The figures are written to `accuracy.json` in the run's folder, where the yearly list finds them.
    """
    key = json.loads(key_path(Path(paths[0])).read_text(encoding="utf-8"))
    if key["run_sha256"] != sha256(Path(run) / RECORD_NAME):
        raise InputError(f"got a form of another run than {run}; wanted the one it was drawn from")
    answers = [read_responses(Path(p), key["stratum"], key.get("points")) for p in paths[:2]]
    found = estimates(answers[0], key["stratum"], key["areas_ha"])
    lines = figure_lines(found, len(answers[0]), key)
    if len(answers) > 1:
        both = answers[0].index.intersection(answers[1].index)
        same, kappa = agreement(answers[0][both], answers[1][both])
        lines.append(f"两位判读者：{len(both)} 个共同样点，一致率 {same:.3f}，Kappa {kappa:.3f}")
    lines.append(unseen_line(read_record(run)))
    save_figures(Path(run), key, found, lines, [sha256(p) for p in paths[:2]])
    return "\n".join(line for line in lines if line)


def estimates(answers: pd.Series, stratum: dict, areas: dict):
    """Area-adjusted figures from answers (1, 0 by sample id). Raises `NotEnoughData`."""
    used = [(n, change) for n, _, change in STRATA if areas.get(n)]
    of = answers.index.map(stratum)
    counts = [[int(((answers == v) & (of == n)).sum()) for v in (1, 0)] for n, _ in used]
    mapped = [0 if change else 1 for _, change in used]
    return area_estimates(counts, [areas[n] for n, _ in used], mapped)


def figure_lines(found, count: int, key: dict) -> list[str]:
    """The figures in words."""
    return [
        f"样点 {count} 个（分层随机，种子 {key['seed']}）；区间为 95%",
        f"用户精度（1−误报，按面积）  {said(found.users[0])}",
        f"生产者精度（1−漏报，按面积）{said(found.producers[0])}",
        f"变化面积估计（公顷）        {said(found.area[0], 1)}；清单面积 {key['areas_ha']['patch']:.1f}",
        f"总体精度                    {said(found.overall)}",
    ]


def unseen_line(record: dict) -> str:
    """How much of the redline the images did not show; blank where the run does not know."""
    rows = [r for r in record.get("coverage") or [] if r.get("unseen_ha") is not None]
    hidden = sum(float(r["unseen_ha"]) + float(r.get("outside_image_ha") or 0) for r in rows)
    return f"未见红线面积（公顷）        {hidden:.1f}：不在本估计之内" if rows else ""


def save_figures(run: Path, key: dict, found, lines: list[str], forms: list[str]) -> None:
    """`accuracy.json`: the figures of this very run, for the lists that are made of it.

    `forms`: the hashes of the filled forms they come from.
    """
    said_of = {
        "users": found.users[0], "producers": found.producers[0], "area_ha": found.area[0],
        "overall": found.overall,
    }  # fmt: skip
    data = {
        "run_sha256": key["run_sha256"],
        "seed": key["seed"],
        "forms": forms,
        "lines": [line for line in lines if line],
    } | {n: {"value": e.value, "half_width": e.half_width} for n, e in said_of.items()}
    with whole_file(run / FIGURES_NAME) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def figures_of(run: Path | str) -> dict | None:
    """The measured figures of a run, None where none belong to it as it stands."""
    try:
        data = json.loads((Path(run) / FIGURES_NAME).read_text(encoding="utf-8"))
        return data if data["run_sha256"] == sha256(Path(run) / RECORD_NAME) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def said(one, digits: int = 3) -> str:
    """Value ± half width."""
    return f"{one.value:.{digits}f} ± {one.half_width:.{digits}f}"
