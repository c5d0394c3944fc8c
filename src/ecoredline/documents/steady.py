"""Office packages whose bytes hang on their content alone: no clock inside."""

import io
import re
import zipfile

STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
SAVED_AT = b"1980-01-01T00:00:00Z"
CORE = "docProps/core.xml"
TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def steady(package: bytes, *, timeless: bool = False) -> bytes:
    """A DOCX or XLSX zipped anew with constant times; `timeless` also blanks its core properties' times.

    >>> made = io.BytesIO()
    >>> with zipfile.ZipFile(made, "w") as archive:
    ...     archive.writestr("a.xml", "x")
    >>> steady(made.getvalue()) == steady(steady(made.getvalue()))
    True
    """
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if timeless and name == CORE:
                data = TIMES.sub(rb"\g<1>" + SAVED_AT, data)
            new.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
