"""What was drawn, typed or uploaded, read as projects; every fault of it at once."""

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from ecoredline.admission import Project, Reading, TableFaults, read_projects
from ecoredline.documents.words import safe_name
from ecoredline.errors import EcoredlineError, SourceError, UnsuitableCRS
from ecoredline.web.core.problems import BadForm, for_pages
from ecoredline.web.files import store

MOST_BYTES = 50 * 2**20
MOST_PROJECTS = 1000
SUFFIXES = (
    ".zip", ".shp", ".geojson", ".json", ".kml", ".gpkg", ".dxf", ".csv", ".xlsx", ".xlsm", ".txt",
)  # fmt: skip
BETWEEN = re.compile(r"[,，;；\t]|\s+")


@dataclass
class Asked:
    """What came in: its bytes and name, how it is to be read, and the projects in it."""

    source: str
    name: str
    data: bytes
    reading: Reading
    words: str = ""  # what was typed, as it was typed
    projects: list[Project] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """Of the original."""
        return hashlib.sha256(self.data).hexdigest()

    def keep(self) -> str:
        """Put the original into the file store."""
        return store.keep(ContentFile(self.data))


def asked(*, outline: str = "", vertices: str = "", upload=None, **said) -> Asked:
    """The one of three ways that was used; raises `BadForm` for none, several, or what is wrong in it.

    `said` are code, name, activity, path, opinion, province, buffer_m, crs, gcj02, together.
    """
    given = [n for n, v in (("drawn", outline), ("typed", vertices.strip()), ("file", upload)) if v]
    if len(given) != 1:
        raise BadForm(
            _("项目范围：在图上勾画、输入拐点、上传文件三者须用其一，且只用其一（现为 %(n)d 种）")
            % {"n": len(given)}
        )
    name, data = {"drawn": drawn, "typed": typed, "file": uploaded}[given[0]](
        {"drawn": outline, "typed": vertices, "file": upload}[given[0]]
    )
    found = Asked(given[0], name, data, reading_of(given[0], said), vertices)
    found.projects = projects_of(found)
    if len(found.projects) == 1:  # of a single project the form's words go before the file's
        own = {n: said[n] for n in ("code", "name") if said.get(n)}
        found.projects = [replace(found.projects[0], **own)]
    return found


def in_typed_lines(found: Asked, faults) -> list:
    """Faults with the numbers of the lines as they were typed, blank ones counted."""
    lines = [n for n, line in enumerate(found.words.strip().splitlines(), start=1) if line.strip()]
    names = {"x": _("经度"), "y": _("纬度")}
    return [
        replace(f, row=lines[f.row - 2], column=names.get(f.column, f.column))
        if 0 <= f.row - 2 < len(lines)
        else f
        for f in faults
    ]


def drawn(outline: str) -> tuple[str, bytes]:
    """GeoJSON of the page's map."""
    try:
        shape = json.loads(outline)
    except ValueError as fault:
        raise BadForm(_("勾画的范围无法读取，请重新勾画")) from fault
    if isinstance(
        shape, dict
    ):  # the map's degrees are the platform's, not the WGS 84 of bare GeoJSON
        shape |= {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    return "drawn.geojson", json.dumps(shape).encode()


def typed(text: str) -> tuple[str, bytes]:
    """Lines of two coordinates each, in degrees, degrees-minutes-seconds or metres; a blank line starts a new ring."""
    rows, ring, faults = ["ring,x,y"], 1, []
    for number, line in enumerate(text.strip().splitlines(), start=1):
        parts = [p for p in BETWEEN.split(line.strip()) if p]
        if not parts:
            ring += 1
        elif len(parts) != 2:
            faults.append(
                _("第 %(n)d 行“%(got)s”：应为经度、纬度两项")
                % {"n": number, "got": line.strip()[:60]}
            )
        else:
            rows.append(f"{ring},{parts[0]},{parts[1]}")
    if faults:
        raise BadForm(*faults)
    return "typed.csv", "\n".join(rows).encode()


def uploaded(upload) -> tuple[str, bytes]:
    """The bytes of a file and a safe name."""
    name = safe_name(Path(upload.name).stem)[:80] + Path(upload.name).suffix.lower()
    if Path(name).suffix not in SUFFIXES:
        wanted = "、".join(SUFFIXES)
        raise BadForm(_("文件“%(got)s”：应为 %(wanted)s") % {"got": upload.name, "wanted": wanted})
    if upload.size > MOST_BYTES:
        raise BadForm(_("文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})
    upload.seek(0)
    return name, upload.read()


def reading_of(source: str, said: dict) -> Reading:
    """How to read: what the form says of all projects."""
    one = source != "file" or bool(said.get("together"))
    names = ("activity", "path", "opinion", "province") + (("code", "name") if one else ())
    return Reading(
        buffer_m=said.get("buffer_m") or None, crs=said.get("crs") or None,
        gcj02="convert" if said.get("gcj02") else "refuse",
        together=one,
        facts={n: said.get(n) or "" for n in names},
    )  # fmt: skip


def in_short(fault: EcoredlineError, found: Asked) -> str:
    """What to do about a file, before the reader's own words, which name the command's options."""
    if isinstance(fault, UnsuitableCRS):
        said = _(
            "“%(name)s”的坐标系无法确定或不适用：请填写“文件缺少坐标系时”（如 EPSG:4543），或改正坐标"
        )
    elif isinstance(fault, SourceError):
        said = _("“%(name)s”无法读取：请重新导出或复制后再上传")
    else:
        said = _(
            "“%(name)s”中没有可用的项目范围：须有面；点、线须填写缓冲距离；拐点表须有经度、纬度两列"
        )
    return said % {"name": found.name}


def projects_of(found: Asked) -> list[Project]:
    """Read them from a file of that name in a folder of their own; raises `BadForm` with all faults."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / found.name
        path.write_bytes(found.data)
        try:
            projects = read_projects(path, found.reading)
        except TableFaults as fault:
            told = fault.faults if found.source == "file" else in_typed_lines(found, fault.faults)
            raise BadForm(*map(str, told)) from fault
        except EcoredlineError as fault:
            said = for_pages(str(fault).replace(f"{folder}/", ""))
            raise BadForm(in_short(fault, found), said) from fault
    if not projects:
        raise BadForm(_("文件中没有项目范围"))
    if len(projects) > MOST_PROJECTS:
        raise BadForm(
            _("文件中有 %(n)d 个项目，一次最多 %(most)d 个，请分批上传")
            % {"n": len(projects), "most": MOST_PROJECTS}
        )
    return projects
