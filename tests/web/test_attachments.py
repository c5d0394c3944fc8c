"""Attachments: what is taken and what not, what a camera wrote, who may open one."""

import errno
import hashlib
import io
import struct
import zipfile
import zlib
from datetime import datetime, timedelta, timezone

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from photographs import picture
from PIL import Image

from ecoredline.web.clues.models import Clue
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.moves import begin
from ecoredline.web.core.problems import BadForm, FileChanged, NotAllowed, NotFound, StorageFull
from ecoredline.web.files import previews, store
from ecoredline.web.files.actions import Told, attach
from ecoredline.web.files.models import Attachment
from ecoredline.web.files.queries import attachments_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clue(cast):
    city = cast["city_supervisor"]
    found = Clue(
        number="T-1", year=2026, source="petition", owner=city.unit, holder=city.unit,
        raised_by=city, division_code="510422", scope_codes=["51", "5104", "510422"],
    )  # fmt: skip
    begin(found, by=city, step="raise")
    return found


@pytest.fixture
def hang(clue, cast):
    """Attach something as the county's officer."""

    def doing(upload, kind="photo", **facts):
        return attach(clue, upload, kind=kind, by=cast["yanbian_officer"], **facts)

    return doing


def upload(body: bytes, name="a.jpg"):
    return SimpleUploadedFile(name, body)


def archive(*names, unpacked=b"x"):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, unpacked)
    return body.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that claims to be enormous."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("lon", "lat"), [(101.7182, 26.5821), (-70.5, -33.25), (101.5, -1.5), (-0.25, 51.5)]
)
def test_the_position_of_the_camera_is_read_on_all_four_sides(hang, lon, lat):
    made = hang(picture(lon=lon, lat=lat, bearing=271.5))
    assert (made.position.x, made.position.y) == pytest.approx((lon, lat), abs=1e-7)
    assert made.bearing == 271.5
    assert made.taken_at == datetime(2026, 3, 5, 9, 10, 11, tzinfo=timezone(timedelta(hours=8)))
    assert "EXIF" in made.position_note and "未经核实" in made.position_note


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ({}, "没有拍摄位置"),
        ({"lon": 101.7, "lat": 26.5, "marks": "  "}, "拍摄位置无效"),  # which half of the globe?
        ({"lon": 190.0, "lat": 26.5}, "拍摄位置无效"),
        ({"lon": 0.0, "lat": 0.0}, "拍摄位置无效"),
        ({"zone": ""}, "平台时区"),
    ],
)
def test_what_the_camera_did_not_say_is_not_made_up(hang, camera, said):
    made = hang(picture(**camera))
    assert made.position is None and made.bearing is None
    assert said in made.position_note


def test_what_the_phone_tells_fills_in_but_never_overrides(hang):
    told = Told(lon=101.1, lat=26.1, bearing=45.0, source="浏览器定位")
    bare = hang(picture(taken=""), told=told)
    assert (bare.position.x, bare.bearing) == (101.1, 45.0) and "浏览器定位" in bare.position_note
    own = hang(picture(lon=101.7, lat=26.5, bearing=90), told=told)
    assert (own.position.x, own.bearing) == (pytest.approx(101.7), 90.0)
    assert "浏览器" not in own.position_note


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        (b"<html><script>alert(1)</script></html>", "photo.jpg", "photo"),
        (b"MZ\x90\0" + b"\0" * 100, "photo.png", "photo"),
        (b"%PDF-1.7\n%%EOF", "photo.jpg", "photo"),  # a document is no photograph
        (b"%PDF-1.7\nhalf", "a.pdf", "document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "photo"),
        (archive("word/document.xml", "word/vbaProject.bin"), "a.docx", "document"),
        (archive("a.txt", "virus.exe"), "a.zip", "sketch"),
        (archive("../../etc/a.shp"), "a.zip", "sketch"),
        (archive("readme.html"), "a.docx", "document"),
        (b"PK\x03\x04 and no more", "a.zip", "sketch"),
        (picture().read()[:-40], "half.jpg", "photo"),
        (picture(kind="HEIF").read()[:-40], "half.heic", "photo"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "empty.heic", "photo"),
        (b"", "empty.jpg", "photo"),
        (bomb_png(60_000, 60_000), "bomb.png", "photo"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_what_it_should_be_is_refused_by_its_content(hang, body, name, kind):
    with pytest.raises(BadForm):
        hang(upload(body, name), kind=kind)
    assert not Attachment.objects.exists()
    assert not [p for p in store.folder().rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("body", "kind", "media"),
    [
        (archive("[Content_Types].xml", "word/document.xml"), "document", "wordprocessingml"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "document", "spreadsheetml"),
        (archive("OFD.xml"), "document", "ofd"),
        (archive("范围/a.shp", "范围/a.dbf"), "sketch", "zip"),
        (b"SQLite format 3\0" + b"\0" * 52 + b"GPKG" + b"\0" * 50, "sketch", "geopackage"),
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n", "document", "pdf"),
        (picture(kind="HEIF").read(), "photo", "heic"),
    ],
    ids=["docx", "xlsx", "ofd", "zip", "gpkg", "pdf", "heic"],
)
def test_every_type_that_is_taken_is_known_by_its_bytes(hang, body, kind, media):
    assert media in hang(upload(body, "没有后缀"), kind=kind).media_type


def test_too_big_is_refused_and_all_faults_come_at_once(hang, settings):
    settings.ATTACHMENT_MEGABYTES = 1
    with pytest.raises(BadForm) as refused:
        hang(upload(b"\xff\xd8\xff" + b"\0" * (1 << 20)), caption="长" * 301)
    assert len(refused.value.details) == 2 and "1.0 MB" in refused.value.details[0]


def test_a_name_with_two_faces_gets_the_suffix_of_its_content(hang):
    assert hang(picture(name="../../厂房\u202egpj.php")).name == "厂房gpj.php.jpg"
    assert hang(picture(name="C:\\fotos\\a.JPG", colour=(1, 2, 3))).name == "a.JPG"


def test_the_original_is_kept_once_and_unchanged(hang, clue):
    body = picture(lon=101.7, lat=26.5).read()
    first, second = (
        hang(upload(body)),
        hang(upload(body, "又一次.jpg"), record="verification:1", room="verifications"),
    )
    path = store.path_of(first.sha256)
    assert path.read_bytes() == body and path.stat().st_mode & 0o222 == 0
    assert first.sha256 == second.sha256 == hashlib.sha256(body).hexdigest()
    assert [p for p in store.folder().rglob("*") if p.is_file()] == [path]
    assert list(attachments_of(clue)) == [first, second]
    assert list(attachments_of(clue, "verification:1")) == [second]
    assert (
        AccessRecord.objects.filter(action="file.attach", detail__sha256=first.sha256).count() == 2
    )


def test_a_full_disk_leaves_neither_file_nor_row(hang, monkeypatch):
    def full(file, stream):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(store, "copy", full)
    with pytest.raises(StorageFull):
        hang(picture())
    assert not Attachment.objects.exists()
    assert not [p for p in store.folder().rglob("*") if p.is_file()]


def test_an_altered_original_is_no_longer_given(hang):
    made = hang(picture())
    path = store.path_of(made.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(FileChanged):
        store.opened(made.sha256)


def test_who_sees_the_clue_opens_the_file_and_nobody_else(hang, clue, cast, as_person):
    made = hang(picture(lon=101.7, lat=26.5), is_sensitive=True)
    address = f"/attachments/{made.pk}/"
    answer = as_person("yanbian_officer").get(address)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == store.path_of(made.sha256).read_bytes()
    assert answer["Content-Disposition"].startswith("attachment")
    assert (
        answer["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in answer["Content-Security-Policy"]
    )
    opened = AccessRecord.objects.get(action="file.open")
    assert opened.person == cast["yanbian_officer"] and opened.detail["sha256"] == made.sha256
    for stranger in ("miyi_officer", "panzhou_officer"):
        assert as_person(stranger).get(address).status_code == 404
        assert as_person(stranger).get(f"{address}preview/").status_code == 404
    with pytest.raises(NotFound):
        attach(clue, picture(), kind="photo", by=cast["miyi_officer"])
    with pytest.raises(NotAllowed):
        attach(clue, picture(), kind="photo", by=cast["city_auditor"])


def test_the_small_picture_is_upright_and_tells_nothing_of_the_camera(hang, as_person):
    made = hang(picture(lon=101.7, lat=26.5, size=(3000, 1500)))
    answer = as_person("city_supervisor").get(f"/attachments/{made.pk}/preview/")
    with Image.open(io.BytesIO(b"".join(answer.streaming_content))) as small:
        assert small.size == (360, 180) and not small.getexif() and "exif" not in small.info
    assert (
        as_person("city_supervisor").get(f"/attachments/{made.pk}/preview/?size=x").status_code
        == 404
    )
    assert not AccessRecord.objects.filter(action="file.preview").exists()  # it is not sensitive


def test_a_heic_picture_tells_its_place_and_is_shown_small(hang):
    made = hang(
        picture(kind="HEIF", name="IMG_1.HEIC", size=(640, 480), lon=101.7, lat=26.5, bearing=90)
    )
    assert (made.name, made.media_type) == ("IMG_1.HEIC", "image/heic")
    assert (round(made.position.x, 4), round(made.position.y, 4), made.bearing) == (101.7, 26.5, 90)
    with Image.open(previews.preview(made, "thumb")) as small:
        assert (small.format, small.size) == ("JPEG", (360, 270)) and not small.getexif()
