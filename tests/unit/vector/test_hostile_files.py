"""Workbooks that claim or unpack to more than they are, files that would make the server ask elsewhere."""

import io
import re
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from openpyxl import Workbook

from ecoredline.admission.vertices import read_table
from ecoredline.errors import EcoredlineError, InputError
from ecoredline.ledger.sheets import read_rows
from ecoredline.ledger.workbook import read_workbook
from ecoredline.pipeline.sample_form import read_form
from ecoredline.vector.source import read_source

SHEET = "xl/worksheets/sheet1.xml"
READERS = (read_table, read_rows, read_workbook, read_form)


def book(path, change=lambda text: text, more=()):
    """A small workbook whose sheet was changed by hand, with further parts."""
    made, body = Workbook(), io.BytesIO()
    for row in (["x", "y", None], [101.7, 26.5], [], [101.8, 26.6], [101.8, 26.5]):
        made.active.append(row)
    made.save(body)
    with zipfile.ZipFile(body) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == SHEET else text)
        for name, text in more:
            new.writestr(name, text)
    return path


def far(text: str) -> str:
    """Claims the whole sheet and has something in its last row."""
    text = re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', text)
    last = '<row r="1048576"><c r="A1048576"><v>5</v></c></row></sheetData>'
    return text.replace("</sheetData>", last)


@pytest.mark.parametrize("read", READERS[:2])
def test_a_few_kilobytes_do_not_become_a_million_rows_of_16384_cells(tmp_path, read):
    path = book(tmp_path / "far.xlsx", far)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match="1048576"):
        read(path)


def test_what_a_sheet_claims_is_not_believed_and_what_it_holds_is_read(tmp_path):
    claims = book(tmp_path / "wide.xlsx", lambda t: re.sub(r'ref="[^"]*"', 'ref="A1:XFD9999"', t, count=1))  # fmt: skip
    frame = read_table(claims)
    assert (len(frame), list(frame.columns)) == (4, ["x", "y"])
    assert frame["x"].tolist() == ["101.7", "", "101.8", "101.8"]
    assert [number for number, _ in read_rows(claims).rows] == [2, 4, 5]


@pytest.mark.parametrize("read", READERS)
def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path, read):
    part = "<sst>" + "<si><t>0</t></si>" * 6_000_000 + "</sst>"
    path = book(tmp_path / "bomb.xlsx", more=[("xl/sharedStrings.xml", part)])
    assert path.stat().st_size < 2 << 20
    with pytest.raises(EcoredlineError, match="unpack"):
        read(path)


GML = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:x="http://x"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://x {address}?SERVICE=WFS&amp;VERSION=1.0.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=x:f">
<gml:featureMember><x:f><x:code>1</x:code><x:geom><gml:Polygon srsName="EPSG:4490"><gml:outerBoundaryIs><gml:LinearRing>
<gml:coordinates>101,26 102,26 102,27 101,26</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></x:geom></x:f>
</gml:featureMember></wfs:FeatureCollection>"""


def test_reading_a_gml_asks_no_server_for_its_schema(tmp_path):
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    path = tmp_path / "a.gml"
    path.write_text(GML.format(address=f"http://127.0.0.1:{server.server_port}/wfs"))
    assert len(read_source(path, [])) == 1
    server.shutdown()
    server.server_close()
    assert asked == []
