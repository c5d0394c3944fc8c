"""Office packages whose bytes hang on their content alone: no clock inside."""

import io
import zipfile

from lxml import etree

STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
SAVED_AT = "1980-01-01T00:00:00Z"
CORE = "docProps/core.xml"
SAVED, XSI_TYPE = ("created", "modified"), "{http://www.w3.org/2001/XMLSchema-instance}type"
PREFIXES = {
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/",
    "dcmitype": "http://purl.org/dc/dcmitype/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}  # fmt: skip


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
                data = without_times(data)
            new.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def without_times(core: bytes) -> bytes:
    """Core properties saved at `SAVED_AT`, in the usual prefixes: any library of the process may
    have registered others, and what wrote the package then follows it.

    >>> xml = '<p xmlns:dct="http://purl.org/dc/terms/"><dct:created>2026-11-23T00:53:45Z</dct:created></p>'
    >>> b"<dcterms:created>1980-01-01" in without_times(xml.encode())
    True
    """
    root = etree.fromstring(core, etree.XMLParser(resolve_entities=False, no_network=True))
    made = etree.Element(root.tag, root.attrib, nsmap=PREFIXES)
    for old in root:
        new = etree.SubElement(made, old.tag)
        new.text = SAVED_AT if etree.QName(old).localname in SAVED else old.text
        if XSI_TYPE in old.attrib:
            new.set(XSI_TYPE, f"dcterms:{old.get(XSI_TYPE).rpartition(':')[2]}")
    return etree.tostring(made, encoding="UTF-8", xml_declaration=True, standalone=True)
