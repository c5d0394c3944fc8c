"""Hanging a file on a subject: checked by its content, kept once, known by its hash."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotAllowed, NotFound
from ecoredline.web.files import content, store
from ecoredline.web.files.exif import CameraFacts, read_camera
from ecoredline.web.files.models import STORAGE_SRID, Attachment
from ecoredline.web.files.subjects import kind_of, room_of, sees

SOURCE = "source"  # the letter, complaint or instruction a clue came with
CAPTION_LENGTH = Attachment._meta.get_field("caption").max_length


@dataclass(frozen=True)
class Told:
    """What the person or the phone says about a photograph that itself does not; `source` says who."""

    lon: float | None = None
    lat: float | None = None
    bearing: float | None = None
    source: str = ""


def attach(
    subject, upload, *, kind, by, record="", purpose="", caption="", is_sensitive=None, told=None,
    room="",
) -> Attachment:  # fmt: skip
    """Hang an uploaded file on a subject, within it on a record such as `verification:12`.

    A record or a purpose is only taken from the `room` that keeps such records and has checked
    that this one is the person's and still open; anything else is refused. What a report came
    with (`purpose` `source`) is sensitive unless the room says otherwise.

    `told` (a `Told`) fills in position and bearing where the picture has none of its own.

    Raises `NotAllowed` (403.1, also a foreign record), `NotFound` (404.1: the person does not see the subject),
    `BadForm` (422.4: empty, too big, or not what `kind` takes), `StorageFull` (507.1).
    """
    require(by, "file.attach", subject)
    subject_kind = kind_of(subject)
    if not sees(subject_kind, subject.pk, by):
        raise NotFound()
    check_room(record, purpose, room)
    code = check(upload, kind, caption)
    camera = (
        read_camera(upload)
        if kind == "photo" and code in ("jpeg", "png", "heic")
        else CameraFacts()
    )
    sha256 = store.keep(upload)
    with transaction.atomic():
        made = Attachment.objects.create(
            subject_kind=subject_kind,
            subject_id=subject.pk,
            record=record,
            kind=kind,
            purpose=purpose,
            name=content.clean_name(upload.name or "", code),
            media_type=code_list("file_types")[code]["media_type"],
            size=upload.size,
            sha256=sha256,
            is_sensitive=purpose == SOURCE if is_sensitive is None else bool(is_sensitive),
            caption=caption,
            by=by,
            unit=by.unit,
            is_demo=getattr(subject, "is_demo", False),
            **place_of(camera, told or Told()),
        )
        note(
            "file.attach", f"{subject_kind} {subject.pk}",
            by=by, file=made.pk, record=record, sha256=sha256, bytes=made.size,
        )  # fmt: skip
    return made


def check_room(record: str, purpose: str, room: str) -> None:
    """Raise `NotAllowed` (403.1) for a record that the caller does not keep."""
    if record and (not room or room_of(record) != room):
        raise NotAllowed(record)
    if purpose and not room:
        raise NotAllowed(purpose)


def check(upload, kind: str, caption: str) -> str:
    """The code of the file's type; raises `BadForm` with everything that is wrong."""
    faults, code, name = [], "", content.NOT_IN_NAMES.sub("", upload.name or "")[:60]
    most = settings.ATTACHMENT_MEGABYTES
    if kind not in Attachment.Kind.values:
        faults.append(_("附件类型“%(got)s”应为 %(wanted)s") % {
            "got": kind, "wanted": "、".join(Attachment.Kind.values)})  # fmt: skip
    if not upload.size:
        faults.append(_("%(name)s：文件是空的") % {"name": name})
    elif upload.size > most << 20:
        got = f"{upload.size / (1 << 20):.1f}"
        faults.append(_("%(name)s：%(got)s MB，超过上限 %(most)s MB") % {
            "name": name, "got": got, "most": most})  # fmt: skip
    elif kind in Attachment.Kind.values:
        try:
            code = content.told_by(upload, kind)
        except content.Unfit as fault:
            faults.append(f"{name}：{fault}")
    if len(caption) > CAPTION_LENGTH:
        faults.append(_("说明不超过%(most)s字") % {"most": CAPTION_LENGTH})
    if faults:
        raise BadForm(*faults)
    return code


def place_of(camera: CameraFacts, told: Told) -> dict:
    """Time, position and bearing with their source: the camera's own, else what was told."""
    lon, lat, notes = camera.lon, camera.lat, [camera.note] if camera.note else []
    if lon is None and told.lon is not None and told.lat is not None:
        lon, lat = told.lon, told.lat
        notes.append(told.source)
    bearing = camera.bearing
    if bearing is None and told.bearing is not None:
        bearing = told.bearing
        notes.append(_("方位角：人工填写"))
    return {
        "taken_at": camera.taken_at,
        "position": None if lon is None else Point(lon, lat, srid=STORAGE_SRID),
        "bearing": bearing,
        "position_note": "；".join(notes)[: Attachment._meta.get_field("position_note").max_length],
    }


@transaction.atomic
def detach(attachment: Attachment, *, by) -> None:
    """Take a file off a draft again; its bytes stay. Whether it is a draft is asked by the caller."""
    require(by, "file.attach", attachment)
    note(
        "file.detach", f"{attachment.subject_kind} {attachment.subject_id}",
        by=by, file=attachment.pk, record=attachment.record, sha256=attachment.sha256,
    )  # fmt: skip
    attachment.delete()
