"""Small redline deliveries over the sample run's ground, for the tests of versions and ledgers."""

import io

import geopandas as gpd
import pyogrio
import sample_run
from django.core.files.uploadedfile import SimpleUploadedFile

from ecoredline.grid import STORAGE_CRS

FIRST = {"R1": (2, 2, 46, 50), "R2": (52, 2, 46, 76)}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def upload(tmp_path, places: dict, *, name="redline.gpkg", is_demo=True, zones=None, **more):
    """A delivery with these polygons (code → box of the sample scene)."""
    rows = [
        {"code": code, "name": f"斑块{code}", "control_zone": (zones or {}).get(code, "核心保护区"),
         "function": "水源涵养", "is_demo": is_demo, "geometry": sample_run.box(*place)} | more
        for code, place in places.items()
    ]  # fmt: skip
    path = tmp_path / name
    path.unlink(missing_ok=True)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORAGE_CRS)
    pyogrio.write_dataframe(frame, path)
    return SimpleUploadedFile(name, path.read_bytes())


def document(name="批复.pdf"):
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


def table(text: str, name="markers.csv"):
    return SimpleUploadedFile(name, io.BytesIO(text.encode()).getvalue())


def in_metres(tmp_path, places: dict, epsg=4543):
    """Makes uploads of these polygons as GeoPackage in metres that names no system."""
    upload(tmp_path, places)
    frame = gpd.read_file(tmp_path / "redline.gpkg").to_crs(epsg)
    path = tmp_path / "metres.gpkg"
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame.set_crs(None, allow_override=True), path)
    return lambda: SimpleUploadedFile("metres.gpkg", path.read_bytes())


def colleague(person, name="second_supervisor"):
    """Another person of the same unit and role."""
    return type(person).objects.create_user(
        username=name, password="correct-horse-7", unit=person.unit, role=person.role
    )
