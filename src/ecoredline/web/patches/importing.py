"""A patch layer of another detector brought by a page: checked at once, fused and loaded in the background."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils.translation import gettext as _

from ecoredline.errors import EcoredlineError
from ecoredline.files import CHUNK_BYTES, remove
from ecoredline.patches.foreign import ForeignOptions, read_foreign
from ecoredline.record import RECORD_NAME, Job
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.files import store
from ecoredline.web.jobs.actions import start_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.jobs import IMPORT_KIND, input_file
from ecoredline.web.patches.models import Run

MOST_BYTES = 200 * 2**20
SUFFIXES = (".zip", ".gpkg", ".geojson", ".json", ".kml", ".gml")
LAYER_ROLES = ("redline", "protected_areas", "divisions", "places")
NAME_LENGTH = 120


def hand_in(upload, *, files: dict[str, str], by, **told) -> BackgroundJob:
    """Check the layer whole and start its import; raises `BadForm` with every fault of every row.

    `told` are the fields of `ForeignOptions`; `files` role → path inside the imagery folder.
    """
    require(by, "run.start")
    name = Path(upload.name).name[-NAME_LENGTH:]
    faults = []
    if Path(name).suffix.lower() not in SUFFIXES:
        faults.append(
            _("文件“%(got)s”：应为 %(wanted)s") % {"got": name, "wanted": "、".join(SUFFIXES)}
        )
    if upload.size > MOST_BYTES:
        faults.append(_("文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})
    chosen = {role: path for role, path in files.items() if path}
    faults += [words for role, path in chosen.items() if (words := wrong_file(role, path))]
    if faults:
        raise BadForm(*faults)
    sha256 = store.keep(upload)
    try:
        with original(sha256, name) as path:
            read_foreign(path, ForeignOptions(**told))
    except EcoredlineError as fault:
        raise BadForm(*str(fault).replace(f"{path}", name).split("; ")) from fault
    arguments = {"sha256": sha256, "name": name, "files": chosen, "told": told}
    title = _("导入 %(source)s：%(name)s") % {"source": told["source"], "name": name}
    return start_job(kind=IMPORT_KIND, title=title, arguments=arguments, by=by)


def wrong_file(role: str, path: str) -> str:
    """What is wrong with a file of the imagery folder; blank when nothing is."""
    try:
        input_file(path, role)
    except EcoredlineError as fault:
        return str(fault)
    return ""


class original:
    """The uploaded bytes under their own name, in a folder that goes away."""

    def __init__(self, sha256: str, name: str):
        self.sha256, self.name = sha256, name

    def __enter__(self) -> Path:
        self.folder = TemporaryDirectory(prefix="ecoredline-")
        path = Path(self.folder.name) / self.name
        with store.opened(self.sha256) as stream, path.open("wb") as out:
            while chunk := stream.read(CHUNK_BYTES):
                out.write(chunk)
        return path

    def __exit__(self, *_fault):
        self.folder.cleanup()


def import_and_load(row: BackgroundJob, job: Job) -> None:
    """Make the run folder of the layer and bring it in; nothing is left of what failed."""
    if Run.objects.filter(job=row).exists():
        return
    from ecoredline.pipeline.take_in import import_patches as take_in

    told = row.arguments
    out = settings.RUNS_FOLDER / f"job-{row.pk}"
    files = {role: input_file(name, role) for role, name in told["files"].items()}
    try:
        if not (out / RECORD_NAME).exists():
            with original(told["sha256"], told["name"]) as path:
                take_in([(path, ForeignOptions(**told["told"]))], out=out, job=job, **files)
        job.at("load", 0.5)
        load_run(out, by=row.created_by, job=row, name=row.title)
    except Exception:
        remove(out)
        raise
