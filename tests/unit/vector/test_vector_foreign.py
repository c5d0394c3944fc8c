"""Files that say they are one thing and are another: nothing outside them is read or fetched."""

import http.server
import io
import sqlite3
import threading
import zipfile

import geopandas as gpd
import pyogrio
import pytest
import shapely

from ecoredline.errors import EcoredlineError, SourceError
from ecoredline.quality.delivery import open_delivery
from ecoredline.vector import drivers, read_layer, unpack
from ecoredline.vector.source import SOURCE_SUFFIXES

PLACE = shapely.box(101.5, 26.6, 101.51, 26.61)
PLAIN = [s for s in SOURCE_SUFFIXES if s not in (".shp", ".gdb")]


@pytest.fixture
def server():
    """An address of this machine that counts who asks."""
    hits = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hits.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *args):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}/inside.geojson", hits
        found.shutdown()


@pytest.fixture
def secret(tmp_path):
    """A file of the server that whoever uploads must not see."""
    path = tmp_path / "secret" / "secret.geojson"
    path.parent.mkdir()
    gpd.GeoDataFrame({"name": ["secret"]}, geometry=[PLACE], crs=4490).to_file(path)
    return path


def virtual(source) -> bytes:
    """A virtual dataset that shows another one."""
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()


def piped(source) -> bytes:
    """A GDAL pipeline in JSON."""
    return (
        '{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read '
        f'{source} ! write --output-format stream streamed_dataset"}}'
    ).encode()


def hidden_in_kml(source) -> bytes:
    """KML with an entity of a file."""
    return f'<!DOCTYPE k [<!ENTITY x SYSTEM "file://{source}">]><kml>&x;</kml>'.encode()


def refused(path) -> str:
    """The words of the refusal, whichever way the file comes in."""
    with pytest.raises(EcoredlineError) as fault:
        read_layer(path)
    with open_delivery(path) as items:
        assert items
        assert all(item.frame is None for item in items)
    return str(fault.value)


def zipped(path):
    """The file in an archive of its own."""
    packed = path.with_name("packed.zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, path.name)
    return packed


@pytest.mark.parametrize("suffix", [*PLAIN, ".dxf", ".topojson"])
@pytest.mark.parametrize("content", [virtual, piped, hidden_in_kml])
def test_no_file_of_the_server_is_read(tmp_path, secret, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content(secret))
    said = [refused(path), refused(zipped(path))]
    assert not any("secret" in words for words in said)


@pytest.mark.parametrize("suffix", PLAIN)
@pytest.mark.parametrize("content", [virtual, piped])
def test_no_address_is_fetched(tmp_path, server, suffix, content):
    address, hits = server
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content(f"/vsicurl/{address}"))
    refused(path)
    refused(zipped(path))
    assert hits == []


def test_a_schema_beside_gml_fetches_nothing(tmp_path, server):
    address, hits = server
    path = tmp_path / "a.gml"
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLACE], crs=4490)
    pyogrio.write_dataframe(frame, path, driver="GML")
    assert len(read_layer(path).frame) == 1
    xsd = path.with_suffix(".xsd")
    words = f'<include schemaLocation="/vsicurl/{address}"/></xs:schema>'
    xsd.write_text(xsd.read_text().replace("</xs:schema>", words))
    assert "points to other files" in refused(path)
    assert hits == []


def test_a_package_that_reads_elsewhere_is_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLACE], crs=4490).to_file(path)
    assert len(read_layer(path).frame) == 1
    with sqlite3.connect(path) as base:
        base.execute("create view b as select ogr_geocode('x') as geom")
    base.close()
    assert "reads elsewhere" in refused(path)


def test_names_that_lie_between_formats(tmp_path):
    kml = tmp_path / "a.kml"
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLACE], crs=4326).to_file(kml, driver="KML")
    assert len(read_layer(kml).frame) == 1
    other = kml.rename(tmp_path / "a.geojson")
    assert "content is no GeoJSON" in refused(other)
    with pytest.raises(SourceError, match="wanted a file of the machine"):
        drivers.check_source(type(kml)("/vsicurl/http://127.0.0.1/a.geojson"))


def test_gdal_has_no_driver_that_looks_elsewhere():
    assert not set(drivers.INDIRECT) & set(pyogrio.list_drivers())
    assert {"GPKG", "ESRI Shapefile", "GeoJSON", "OpenFileGDB"} <= set(pyogrio.list_drivers())


def bomb(path, members: dict[str, int]):
    """An archive of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in members.items():
            archive.writestr(name, bytes(size))
    return path


def test_bombs_are_not_unpacked(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(unpack, "unpack", lambda *told: written.append(told))
    great = bomb(tmp_path / "great.zip", {"a.geojson": 80 << 20})
    many = bomb(tmp_path / "many.zip", {f"{n}.geojson": 1 for n in range(unpack.MOST_FILES + 1)})
    assert "unpack to" in refused(great)
    assert "files; wanted at most" in refused(many)
    assert written == []
    with pytest.raises(SourceError, match="unpack to"):
        unpack.unpack_all(bomb(tmp_path / "b.zip", {"a.shp": 1000}), tmp_path, most_bytes=999)


def test_an_archive_that_lies_about_its_size(tmp_path):
    """What is declared smaller than it is comes out no bigger, or not at all."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", bytes(1 << 20))
    data = body.getvalue().replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path = tmp_path / "lie.zip"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="could not unpack"):
        unpack.unpack_all(path, tmp_path / "out")
