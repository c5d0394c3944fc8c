"""Divisions: a dated list from the operator's file, asked by day; who may load it; what it is used for."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.codes.divisions import DivisionBook, read_divisions
from ecoredline.web.clues.importing import called, county_names
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.redlines.queries import division_name
from ecoredline.web.regions import divisions
from ecoredline.web.regions.models import DivisionCode

TEXT = """代码,名称,启用时间,变更/弃用时间,新代码,别名
110000,北京市,1981,,,京
110101,东城区,1981,,,
110103,崇文区,1981,2010,110101,
110221,昌平县,1981,1999,110114,
110114,昌平区,1999,,,
510400,渡口市,1981,1987,510400,
510400,攀枝花市,1987,,,钢城
510422,盐边县,1981,,,
510412,老盐边县,1981,1990,510413,
510413,中盐边县,1990,2000,510422,
130123,正定县,1986,,130102[2001],
"""
TODAY = date(2026, 6, 1)


def upload(text=TEXT, name="区划.csv", encoding="utf-8"):
    return SimpleUploadedFile(name, text.encode(encoding))


def test_a_list_is_asked_by_day_with_its_changes(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_bytes(TEXT.encode("gb18030"))
    found = read_divisions(path)
    assert found.faults == []
    book = DivisionBook(found.rows)
    assert (book.names_on(date(1985, 1, 1))["510400"], book.names_on(TODAY)["510400"]) == (
        "渡口市",
        "攀枝花市",
    )
    assert "110103" in book.names_on(date(2009, 12, 31)) and "110103" not in book.names_on(
        date(2010, 1, 1)
    )
    assert book.now_called("510412", TODAY) == ("510422",)  # through two changes
    assert book.now_called("130123", TODAY) == ("130123",)  # only a part left
    assert book.before["110101"] == ("110103",)
    for name, code in (("渡口", "510400"), ("钢城", "510400"), ("盐边", "510422"), ("老盐边县", "510422"),
                       ("昌平县", "110114"), ("崇文", "110101")):  # fmt: skip
        assert book.match(name, TODAY) == (code,), name
    assert book.match("东城", TODAY, within="51") == () and book.match("没有", TODAY) == ()


@pytest.mark.django_db
def test_an_administrator_loads_a_list_and_it_is_used(cast, run, as_person):
    admin = cast["city_administrator"]
    assert divisions.name_of("5104") == "攀枝花市"  # the built-in one
    with pytest.raises(NotAllowed):
        divisions.load_list(upload(), by=cast["yanbian_officer"], name="x")
    bad = TEXT + "5104,短,1981,,,\n510499,,2000,1990,x,\n110000,又,1990,,,\n"
    with pytest.raises(BadForm) as fault:
        divisions.load_list(upload(bad), by=admin, name="x")
    said = "\n".join(fault.value.details)
    assert all(
        w in said
        for w in (
            "第13行“代码”“5104”",
            "第14行“名称”",
            "早于启用时间",
            "“x”：应为 6 位",
            "两行有效",
        )
    )
    assert not DivisionCode.objects.exists()
    made = divisions.load_list(upload(), by=admin, name="民政部2025", source="演示")
    assert made.count == 11 and division_name("110103") == "崇文区"
    assert [c for c, _city, _province in called("老盐边", county_names())] == ["510422"]
    odd = {o["code"]: o["known"] for o in divisions.abolished_boundaries()}
    assert "510422" not in odd and odd["530723"] is False
    page = (
        as_person("yanbian_officer").get(reverse("division_list"), {"q": "崇文"}).content.decode()
    )
    assert "民政部2025" in page and "110101" in page
    assert as_person("yanbian_officer").get(reverse("division_load")).status_code == 403
    assert as_person("city_administrator").get(reverse("division_load")).status_code == 200
    with pytest.raises(BadForm, match="已经载入过"):
        divisions.load_list(upload(), by=admin, name="again")
