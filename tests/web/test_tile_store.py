"""Tiles where nothing vanishes, and the store of tiles of fixed layers."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.urls import reverse
from mvt import read_tile
from test_access import overview, tile_of

from ecoredline.web.maps import kept, tiles
from ecoredline.web.patches.models import Patch
from ecoredline.web.regions.models import RedlinePolygon

pytestmark = pytest.mark.django_db


def drawn(body: bytes, name: str) -> list[dict]:
    return read_tile(body).get(name, []) if body else []


def square(lon, lat, size):
    return MultiPolygon(Polygon.from_bbox((lon, lat, lon + size, lat + size)), srid=4490)


def test_from_far_every_patch_and_every_redline_polygon_is_still_counted(as_person, run):
    first = Patch.objects.filter(run=run).first()
    for k in range(40):
        first.pk, first.patch_id = None, f"more-{k}"
        first.lon, first.lat = 101.5 + k * 1e-5, 26.6
        first.geom = square(first.lon, first.lat, 1e-6)
        first.save(force_insert=True)
    found = drawn(tiles.tile("patches", 4, 12, 6, Patch.objects.filter(run=run)), "patches")
    assert sum(f.get("n", 1) for f in found) == Patch.objects.filter(run=run).count() > len(found)

    version = run.redline_version
    for k in range(30):
        RedlinePolygon.objects.create(
            version=version, code=f"S{k}", area_ha=1, geom=square(101 + k * 0.2, 26, 1e-5)
        )
    found = drawn(tiles.tile("redline", 4, 12, 6, version.polygons.all()), "redline")
    assert sum(f.get("n", 1) for f in found) == version.polygons.count()


def test_a_large_polygon_is_cut_to_the_tile_and_keeps_its_hole(run):
    ring = Polygon.from_bbox((101, 26, 102, 27))
    holed = Polygon(
        ring.exterior_ring, Polygon.from_bbox((101.50, 26.5, 101.51, 26.51)).exterior_ring
    )
    RedlinePolygon.objects.filter(version=run.redline_version).delete()
    RedlinePolygon.objects.create(
        version=run.redline_version, code="H", area_ha=1, geom=MultiPolygon(holed, srid=4490)
    )
    rows = run.redline_version.polygons.all()
    z = 14
    inside, x, y = z, *tile_of(101.2, 26.2, z)[-2:]
    assert len(drawn(tiles.tile("redline", inside, x, y, rows), "redline")) == 1
    x, y = tile_of(101.505, 26.505, 17)[-2:]
    assert drawn(tiles.tile("redline", 17, x, y, rows), "redline") == []


def test_a_fixed_layer_is_cut_once_and_the_browser_keeps_it(as_person, run, monkeypatch):
    client = as_person("city_supervisor")
    address = reverse("map_tile", args=["redline", *overview(run)])
    first = client.get(address, {"run": run.pk})
    assert first.status_code == 200 and first.content
    monkeypatch.setattr(tiles, "tile", lambda *_: pytest.fail("cut again"))
    assert client.get(address, {"run": run.pk}).content == first.content
    again = client.get(address, {"run": run.pk}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and not again.content


def test_a_kept_tile_is_not_given_to_another_unit_nor_after_what_is_whose_changed(cast, run):
    keys = {kept.key_of("redline", cast[who], run, 8, 1, 1) for who in ("city_supervisor", "yanbian_officer", "ministry_analyst")}  # fmt: skip
    assert len(keys) == 3 and all(keys)
    polygon = run.redline_version.polygons.first()  # its county is another now, the divisions stay
    RedlinePolygon.objects.filter(pk=polygon.pk).update(scope_codes=["52", "5202", "520281"])
    assert kept.key_of("redline", cast["city_supervisor"], run, 8, 1, 1) not in keys
    assert kept.key_of("patches", cast["city_supervisor"], run, 8, 1, 1) == ""
