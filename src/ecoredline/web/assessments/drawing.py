"""Delineations: a package or a configuration brought in, its steps, and what an adjustment would change."""

import hashlib
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ecoredline.delineation import delineate, evaluate_adjustment, read_config, unseen
from ecoredline.delineation.build import PACKAGE
from ecoredline.errors import EcoredlineError
from ecoredline.files import remove, sha256
from ecoredline.geodesy import total_ha
from ecoredline.record import Job, read_record
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.assessments.layers import divisions_under
from ecoredline.web.assessments.models import Drawing, EcologyLayer
from ecoredline.web.assessments.places import county_ground
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.files import store
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.regions.models import STORAGE_SRID

KIND = "draw_redline"
NEEDED = ("candidate",)
MOST_BYTES = 500 << 20
SIMPLIFY_DEGREES = 2e-5
SNAP_DEGREES = 1e-9  # a tenth of a millimetre: closes the slivers of cut and joined outlines
COUNTY_DIGITS = 6  # of a division code
ORDER = (
    "01_important", "02_sensitive", "03_union", "04_required", "05_merged", "06_filled", "07_kept",
    "07_removed", "08_snapped", "candidate", "compared",
)  # fmt: skip


def folder() -> Path:
    """Where drawings lie."""
    return settings.ECOREDLINE_VAR / "drawings"


def drawings_for(person) -> QuerySet[Drawing]:
    """Drawings that touch the person's divisions."""
    return Drawing.objects.visible_to(person).select_related("unit", "by")


def drawing_for(person, pk: int) -> Drawing:
    """One drawing; raises `NotFound` (404.1)."""
    found = drawings_for(person).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def configs_offered() -> list[str]:
    """Configurations of the server's imagery folder."""
    root = settings.IMAGERY_FOLDER.resolve()
    return sorted(str(p.relative_to(root)) for p in root.rglob("*.toml") if p.is_file())


def config_path(name: str) -> Path:
    """A configuration of the imagery folder, with inputs inside it only; raises `BadForm`."""
    root = settings.IMAGERY_FOLDER.resolve()
    path = (root / name).resolve() if "\0" not in name else root
    if not (path.is_relative_to(root) and path.is_file()):
        raise BadForm(_("文件 %(name)s 不在服务器影像目录内") % {"name": name})
    try:
        config = read_config(path)
    except EcoredlineError as fault:
        raise BadForm(*str(fault).split("; ")) from fault
    paths = [p.path for _role, p in config.parts] + ([config.redline] if config.redline else [])
    outside = [p.name for p in paths if not p.resolve().is_relative_to(root)]
    if outside:
        raise BadForm(*(_("输入 %(name)s 不在服务器影像目录内") % {"name": n} for n in outside))
    return path


def start_drawing(*, by, config: str, name: str = "") -> BackgroundJob:
    """Draw a candidate in the background; raises `BadForm` with all faults of the configuration."""
    require(by, "drawing.run")
    path = config_path(config)
    arguments = {"config": config, "name": name or path.stem}
    return start_job(kind=KIND, title=arguments["name"], arguments=arguments, by=by)


def draw(row: BackgroundJob, job: Job) -> Drawing:
    """The work of a job: draw, then bring in."""
    out = folder() / f"job-{row.pk}"
    try:
        path = config_path(row.arguments["config"])
        delineate(read_config(path), out, job=job)
        return bring_in(out, by=row.created_by, name=row.arguments["name"], job_row=row)
    except Exception:
        remove(out)
        raise


def upload_drawing(*, by, upload, name: str = "") -> Drawing:
    """Bring in a `delineation.gpkg` that was made elsewhere; raises `BadForm`, and keeps nothing then."""
    require(by, "drawing.run")
    if upload.size > MOST_BYTES:
        raise BadForm(_("文件过大：%(got)s 字节") % {"got": upload.size})
    out = new_folder(store.digest(upload).encode())
    try:
        with (out / PACKAGE).open("wb") as stream:
            store.copy(upload, stream)
        return bring_in(out, by=by, name=name or upload.name)
    except Exception:
        remove(out)
        raise


def new_folder(content: bytes) -> Path:
    """An empty folder for something brought in, made."""
    digest = hashlib.sha256(content).hexdigest()
    out = folder() / f"{digest[:16]}-{clock.now():%Y%m%d%H%M%S%f}"
    out.mkdir(parents=True)
    return out


@transaction.atomic
def bring_in(out: Path, *, by, name: str, job_row: BackgroundJob | None = None) -> Drawing:
    """The row of a package: steps with their areas, comparison by reason, evaluation of the change."""
    path = out / PACKAGE
    present = package_layers(path)
    frames = {n: gpd.read_file(path, layer=n, engine="pyogrio") for n in ORDER if n in present}
    faults = package_faults(frames)
    if faults:
        raise BadForm(*faults)
    steps = [[n, len(f), float(total_ha(f["area_ha"]))] for n, f in frames.items()]
    west, south, east, north = (float(v) for v in frames["candidate"].total_bounds)
    outline = Polygon.from_bbox((west, south, east, north))
    outline.srid = STORAGE_SRID
    is_demo = bool(frames["candidate"].get("is_demo", False) is not False and frames["candidate"]["is_demo"].any())  # fmt: skip
    record = read_record(out) if (out / "run.json").exists() else {}
    row = Drawing.objects.create(
        name=name[:200], folder=str(out), sha256=sha256(path), record=record, steps=steps,
        compared=by_reason(frames.get("compared")), extent=[west, south, east, north],
        adjustment=adjustment_of(frames.get("compared"), by), unit=by.unit, by=by, job=job_row,
        scope_codes=divisions_under(outline), is_demo=is_demo,
    )  # fmt: skip
    note("drawing.make", f"drawing {row.pk}", by=by, name=row.name, sha256=row.sha256)
    return row


def package_layers(path: Path) -> set[str]:
    """The layers of a package; raises `BadForm` when it cannot be read."""
    try:
        return {name for name, _kind in pyogrio.list_layers(path)}
    except pyogrio.errors.DataSourceError as fault:
        raise BadForm(_("不是 GeoPackage：%(said)s") % {"said": fault}) from fault


def package_faults(frames: dict) -> list[str]:
    """All that keeps a package from being one of `ecoredline delineate`."""
    faults = [_("缺少图层 %(name)s") % {"name": n} for n in NEEDED if n not in frames]
    for name, frame in frames.items():
        wanted = ["area_ha", "reason"] + (["state"] if name == "compared" else [])
        lacking = [c for c in wanted if c not in frame]
        if lacking:
            faults.append(
                _("图层 %(name)s 缺少列 %(cols)s") % {"name": name, "cols": "、".join(lacking)}
            )
        if frame.crs is None or frame.crs.to_epsg() != STORAGE_SRID:
            faults.append(_("图层 %(name)s 坐标系不是 EPSG:4490") % {"name": name})
        if len(frame) and not frame.geometry.is_valid.all():
            faults.append(_("图层 %(name)s 有无效几何") % {"name": name})
    if "candidate" in frames and not len(frames["candidate"]):
        faults.append(_("候选范围为空"))
    return faults


def by_reason(compared) -> list[dict]:
    """Hectares by state and reason, the largest first."""
    if compared is None or not len(compared):
        return []
    groups = compared.groupby(["state", "reason"], sort=True)["area_ha"]
    rows = [
        {"state": s, "reason": r, "area_ha": float(total_ha(a)), "count": len(a)}
        for (s, r), a in groups
    ]
    order = {"kept": 0, "missing": 1, "surplus": 2}
    return sorted(rows, key=lambda r: (order.get(r["state"], 9), -r["area_ha"]))


def adjustment_of(compared, by) -> dict:
    """What function would go and come, by the registered maps of function and cover that cover it."""
    if compared is None or not len(compared):
        return {}
    parts = {s: compared.geometry[compared["state"] == s].union_all() for s in ("kept", "missing", "surplus")}  # fmt: skip
    before = frame_of(shapely.union(parts["kept"], parts["missing"], grid_size=SNAP_DEGREES))
    after = frame_of(shapely.union(parts["kept"], parts["surplus"], grid_size=SNAP_DEGREES))
    services = {}
    for layer in EcologyLayer.objects.visible_to(by).filter(feeds__in=("function", "fvc")).order_by("year", "pk"):  # fmt: skip
        services[layer.get_feeds_display()] = layer  # the newest year of each
    if not services or before.geometry.is_empty.all():
        return {}
    table = evaluate_adjustment(before, after, {str(v): Path(v.path) for v in services.values()})
    rows = [
        {k: plain(v) for k, v in r.items()} | {"unseen": unseen(r)}
        for r in table.to_dict("records")
    ]
    return {"rows": rows, **{k: float(v) for k, v in table.attrs.items()}}


def frame_of(geometry) -> gpd.GeoDataFrame:
    """One outline as a frame."""
    return gpd.GeoDataFrame(geometry=[geometry], crs=f"EPSG:{STORAGE_SRID}")


def plain(value):
    """A number JSON can hold; NaN is None."""
    return value if isinstance(value, str) or value == value else None


def reaches_beyond(person, row: Drawing) -> bool:
    """May the drawing lie in other divisions than the person's, too? Of a county's person: always.

    The row's divisions are those of the candidate; what it misses may lie in the next county.
    """
    prefix = scope(person).prefix
    return len(prefix) >= COUNTY_DIGITS or any(
        not (c.startswith(prefix) or prefix.startswith(c)) for c in row.scope_codes
    )


def own_ground(person, row: Drawing):
    """The outline of the person's counties; None where the whole drawing may be seen."""
    if not reaches_beyond(person, row):
        return None
    return county_ground(person)


def step_geojson(row: Drawing, name: str, ground=None) -> str:
    """One step as GeoJSON for the map, cut to `ground` if given; raises `NotFound` for a step it has not."""
    if name not in {s[0] for s in row.steps}:
        raise NotFound()
    frame = gpd.read_file(Path(row.folder) / PACKAGE, layer=name, engine="pyogrio")
    wanted = [c for c in ("state", "reason", "code", "name", "area_ha") if c in frame]
    if ground is not None:
        frame = frame.clip(ground, keep_geom_type=True)
        wanted = [c for c in wanted if c != "area_ha"]  # of the whole piece
    frame["geometry"] = frame.geometry.simplify(SIMPLIFY_DEGREES)
    lonlat = frame[[*wanted, "geometry"]].set_crs(
        "EPSG:4326", allow_override=True
    )  # RFC 7946 names none
    return lonlat.to_json(drop_id=True)
