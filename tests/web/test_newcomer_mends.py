"""What a newcomer met: raw English in a Chinese refusal, dead links, a step without a word, a file taken in twice."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import override

from ecoredline.errors import InputError, UnsuitableCRS
from ecoredline.web.admissions.asking import asked
from ecoredline.web.core.problems import BadForm, in_words
from ecoredline.web.core.timeline import BEGUN
from ecoredline.web.deliveries.models import Delivery

pytestmark = pytest.mark.django_db
PLAIN_METRES = {
    "type": "Polygon",
    "coordinates": [[[471939, 2943160], [472039, 2943160], [472039, 2943280], [471939, 2943160]]],
}


def test_a_refused_upload_is_led_by_a_sentence_in_the_pages_language():
    fault = UnsuitableCRS("got /tmp/x/a.dxf without a CRS")
    assert in_words(fault, "/tmp/x/a.dxf", "项目.dxf") == (
        "坐标系无法确定或与坐标不符：请写明坐标系（如 EPSG:4543），或随文件附 .prj"
        "（got 项目.dxf without a CRS）"
    )
    assert in_words(InputError("第 3 行有误")) == "第 3 行有误"
    assert in_words(InputError("got one")) == "got one"


def test_metres_without_a_system_are_refused_in_words():
    table = "x,y\n" + "\n".join(f"{x},{y}" for x, y in PLAIN_METRES["coordinates"][0])
    with pytest.raises(BadForm) as fault:
        asked(upload=SimpleUploadedFile("拐点.csv", table.encode()), name="路")
    assert fault.value.details[0].startswith("“拐点.csv”的坐标系无法确定")


def test_what_is_drawn_on_the_map_is_in_the_platforms_system():
    ring = [[101.7, 26.5], [101.71, 26.5], [101.71, 26.51], [101.7, 26.5]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {}, "geometry": shape}]
    drawn = {"type": "FeatureCollection", "features": features}
    found = asked(outline=json.dumps(drawn), name="勾画")
    assert [p.crs for p in found.projects] == ["China Geodetic Coordinate System 2000（EPSG:4490）"]


def test_the_map_offers_only_what_the_person_may(as_person):
    for login, offered in (("city_supervisor", True), ("city_administrator", False)):
        page = as_person(login).get(reverse("map")).content.decode()
        assert (reverse("admission_new") in page) is offered
        assert (reverse("clue_raise") + "?drawn=1" in page) is offered


def test_every_first_step_has_a_word():
    assert {"raise", "open", "deliver", "begin"} <= BEGUN.keys()


def test_verdicts_and_checks_are_in_the_pages_language(cast):
    results = [{"check": "crs.axes", "status": "fail", "item": "a.shp", "count": 1, "places": []}]
    row = Delivery(name="a.zip", by=cast["city_supervisor"], unit=cast["city_supervisor"].unit, pk=1,
                   sent_at=now(), status="fail", report={"results": results}, counts={"fail": 1})  # fmt: skip
    facts = {"row": row, "results": results, "counts": [("fail", 1)]}
    with override("en"):
        page = render_to_string("deliveries/delivery.html", facts)
    assert "Fail" in page
    assert "Axes" in page or "axes" in page
    assert "不通过" not in page
