"""What a file is, told by its bytes: never by its name or by what the browser says."""

import re
import unicodedata
import zipfile
from pathlib import PurePath
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image
from pillow_heif import register_heif_opener

from ecoredline.codes import code_list

HEAD_BYTES = 512
TAIL_BYTES = 2048
MOST_PIXELS = 250_000_000  # a phone of 200 megapixels passes; its picture is never decoded whole
MOST_ENTRIES = 1000
MOST_UNPACKED_BYTES = 4 << 30
NAME_LENGTH = 120
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
OFFICE_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}
VECTOR_PARTS = [
    ".shp",
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".sbn",
    ".sbx",
    ".qix",
    ".fix",
    ".xml",
    ".gpkg",
    ".kml",
    ".geojson",
    ".json",
    ".txt",
    ".tab",
    ".dat",
    ".map",
    ".id",
]
PICTURE_FORMATS = ("JPEG", "PNG", "HEIF")
BOX_HEAD, LONG_BOX_HEAD = 8, 16
register_heif_opener(thumbnails=False)  # to Pillow; every opening here names its formats
NOT_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*;%\u200b-\u200f\u2028-\u202e\u2066-\u2069]'
)


class Unfit(Exception):
    """A file that is not taken; the message says why."""


def told_by(file: BinaryIO, kind: str) -> str:
    """The code (`codes/file_types`) of a file that may be hung on as `kind`; raises `Unfit`.

    Pictures are looked into as far as it is safe; archives are listed, not unpacked.
    """
    file.seek(0)
    found = signature(file.read(HEAD_BYTES))
    if found in ("jpeg", "png", "heic"):
        check_picture(file)
    elif found == "pdf":
        check_pdf(file)
    elif found == "zip":
        found = archive_kind(file)
    known = code_list("file_types")
    if found is None or kind not in known[found]["kinds"].split(";"):
        fits = "、".join(row["zh"] for row in known.values() if kind in row["kinds"].split(";"))
        shown = known[found]["zh"] if found else _("无法识别的内容")
        raise Unfit(_("内容是%(got)s，应为：%(wanted)s") % {"got": shown, "wanted": fits})
    return found


def signature(head: bytes) -> str | None:
    r"""What the first bytes say; `zip` stands for everything packed that way.

    >>> signature(b"\xff\xd8\xff\xe0"), signature(b"%PDF-1.7"), signature(b"<html>")
    ('jpeg', 'pdf', None)
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "heic"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    is_package = head.startswith(b"SQLite format 3\0") and head[68:70] in (b"GP",)
    return "gpkg" if is_package else None


def check_picture(file: BinaryIO) -> None:
    """The picture opens, is not bigger than can be looked at, and its end has arrived."""
    file.seek(0)
    try:
        with Image.open(file, formats=PICTURE_FORMATS) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise Unfit(_("图片有%(pixels)d像素，过大，无法安全打开") % {"pixels": pixels})
            if picture.format == "PNG":
                picture.verify()
    except Image.DecompressionBombError as fault:
        raise Unfit(_("图片像素数过大，无法安全打开")) from fault
    except (OSError, SyntaxError, ValueError) as fault:
        raise Unfit(_("图片已损坏或不完整，请重新拍摄或上传")) from fault
    is_whole = {"JPEG": has_end_of_jpeg, "HEIF": has_all_boxes}.get(picture.format)
    if is_whole and not is_whole(file):
        raise Unfit(_("图片已损坏或不完整，请重新拍摄或上传"))


def has_end_of_jpeg(file: BinaryIO) -> bool:
    """The mark that ends a JPEG is there; some phones write more after it."""
    file.seek(0)
    return b"\xff\xd9" in file.read()


def has_all_boxes(file: BinaryIO) -> bool:
    """The boxes a HEIC picture is made of end where the file ends."""
    end, at = file.seek(0, 2), 0
    while at < end:
        file.seek(at)
        head = file.read(LONG_BOX_HEAD)
        size = int.from_bytes(head[:4])
        if size == 1:
            size = int.from_bytes(head[BOX_HEAD:LONG_BOX_HEAD])
        elif size == 0:  # to the end of the file
            return at > 0
        if size < BOX_HEAD:
            return False
        at += size
    return at == end


def check_pdf(file: BinaryIO) -> None:
    """The end of the document has arrived."""
    end = file.seek(0, 2)
    file.seek(max(0, end - TAIL_BYTES))
    if b"%%EOF" not in file.read():
        raise Unfit(_("PDF 文件不完整，请重新上传"))


def archive_kind(file: BinaryIO) -> str | None:
    """A document of an office program, or an archive of vector files; None for anything else."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise Unfit(_("压缩文件已损坏或不完整")) from fault
    names = {entry.filename for entry in entries}
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED_BYTES:
        raise Unfit(_("压缩文件展开后过大"))
    if any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) for name in names):
        raise Unfit(_("文件内含宏或程序，不予接收"))
    for code, part in OFFICE_PARTS.items():
        if part in names:
            return code
    files = [entry for entry in entries if not entry.is_dir()]
    if any(entry.flag_bits & 1 for entry in files):
        raise Unfit(_("压缩文件设有密码，请去掉密码后上传"))
    return "zip" if files and all(is_vector_part(entry.filename) for entry in files) else None


def is_vector_part(name: str) -> bool:
    """A file of a vector data set that stays inside its folder.

    >>> is_vector_part("范围/a.shp"), is_vector_part("../a.shp"), is_vector_part("a.exe")
    (True, False, False)
    """
    path = PurePath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return inside and path.suffix.lower() in VECTOR_PARTS


def clean_name(name: str, code: str) -> str:
    r"""A file's name that is safe to show and save, ending as its content demands.

    >>> clean_name("../../现场\u202egpj.php", "jpeg"), clean_name("IMG_1.JPEG", "jpeg")
    ('现场gpj.php.jpg', 'IMG_1.JPEG')
    """
    suffix = code_list("file_types")[code]["suffix"]
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = NOT_IN_NAMES.sub("", last).strip(" .") or "file"
    own = PurePath(kept).suffix.lower()
    if own == suffix or (own, suffix) == (".jpeg", ".jpg"):
        return f"{kept[: -len(own)][: NAME_LENGTH - len(own)]}{kept[-len(own) :]}"
    return kept[: NAME_LENGTH - len(suffix)] + suffix
