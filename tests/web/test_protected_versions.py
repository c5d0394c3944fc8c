"""Versions of the protected areas: which counts on a day, and who may bring one."""

from datetime import date

import pytest
import redlining
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ecoredline.web.admissions.versions import protected_for
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.ledgers.sources import protected_areas
from ecoredline.web.redlines.protected import deliver_protected
from ecoredline.web.regions.models import ProtectedAreaVersion
from ecoredline.web.regions.queries import protected_in_use

pytestmark = pytest.mark.django_db
OLD, NEW = {"P1": (2, 2, 40, 40)}, {"P1": (2, 2, 40, 40), "P2": (50, 2, 40, 70)}
EARLY, LATE = date(2024, 5, 1), date(2026, 3, 1)


def given(tmp_path, by, places, day, name):
    file = redlining.upload(tmp_path, places, name=f"{name}.gpkg")
    return deliver_protected(file, by=by, name=name, valid_from=day)


@pytest.fixture
def both(tmp_path, run, cast):
    by = cast["city_supervisor"]
    return given(tmp_path, by, OLD, EARLY, "甲"), given(tmp_path, by, NEW, LATE, "乙")


def test_each_day_has_its_own_version(both, cast):
    first, second = both
    first.refresh_from_db()
    assert (first.valid_from, first.valid_to, second.valid_to) == (EARLY, LATE, None)
    for day, wanted in ((date(2026, 2, 28), first), (LATE, second)):
        assert protected_in_use(day) == protected_for(["510422"], day) == wanted
        found = protected_areas(cast["province_supervisor"], day)
        assert {area.version for area in found} == {wanted}
    assert protected_in_use(date(2024, 4, 30)) is None


def test_what_is_refused_writes_nothing(both, cast, tmp_path):
    by, count = cast["city_supervisor"], ProtectedAreaVersion.objects.count()
    with pytest.raises(BadForm, match="不晚于"):
        given(tmp_path, by, {"P9": (1, 1, 5, 5)}, LATE, "丙")
    with pytest.raises(BadForm, match="已经作为"):
        again = SimpleUploadedFile("again.gpkg", (tmp_path / "乙.gpkg").read_bytes())
        deliver_protected(again, by=by, name="again", valid_from=date(2026, 9, 1))
    with pytest.raises(NotAllowed):
        given(tmp_path, cast["yanbian_officer"], {"P9": (1, 1, 5, 5)}, date(2026, 9, 1), "丁")
    assert ProtectedAreaVersion.objects.count() == count


def test_the_page_lists_them_and_only_who_may_sees_the_form(both, as_person):
    page = as_person("city_supervisor").get(reverse("redline_list")).content.decode()
    assert "甲" in page and "2026-03-01" in page and reverse("protected_new") in page
    assert as_person("yanbian_officer").get(reverse("protected_new")).status_code == 403
