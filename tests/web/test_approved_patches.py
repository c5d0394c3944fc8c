"""Approved, exceeding, unapproved: on the pages of patches and clues, and as a filter wherever patches are chosen."""

from datetime import timedelta

import admitting
import pytest
from django.urls import reverse
from test_admissions import ask

from ecoredline.web.admissions import approved
from ecoredline.web.clues.models import Clue, CluePatch
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db


@pytest.fixture
def granted(run, cast):
    """Patch 4 lies in an approved project, half of patch 5 does."""
    admitting.ready(cast)
    told = {
        "kind": "granted",
        "document": "川自然资〔2026〕3号",
        "authority": "省厅",
        "on": run.after_on,
    }
    for place in ((60, 10, 4, 4), (80, 50, 2, 4)):
        row = ask(cast["city_supervisor"], place, opinion="川府函〔2026〕1号")
        approved.decide(row, by=cast["city_supervisor"], **told)
    return run


def chosen(run, kind) -> set[str]:
    rows = run.patches.filter(PatchFilter.read({"approval": kind}).condition())
    return {patch.patch_id[-1] for patch in rows}


def test_each_patch_is_of_one_kind_and_the_filter_finds_it(granted, as_person):
    assert chosen(granted, "approved") == {"4"} and chosen(granted, "exceeding") == {"5"}
    every = {p.patch_id[-1] for p in granted.patches.all()}
    assert chosen(granted, "unapproved") == every - {"4", "5"}
    with pytest.raises(BadFilter):
        PatchFilter.read({"approval": "maybe"})
    client = as_person("city_checker")
    page = client.get(reverse("review_queue"), {"purpose": "review", "approval": "exceeding"})
    assert {p.patch_id[-1] for p in page.context["page"]} <= {"5"}
    assert "approval=exceeding" in page.context["query"]
    table = as_person("city_supervisor").get(
        reverse("patch_table", args=[granted.pk]), {"approval": "approved"}
    )
    assert [p.patch_id[-1] for p in table.context["page"]] == ["4"]


def test_the_pages_of_patch_and_clue_say_it(granted, as_person, cast):
    patch = granted.patches.get(patch_id__endswith="5")
    client = as_person("city_supervisor")
    page = client.get(reverse("patch", args=[patch.pk])).content.decode()
    assert "与批准项目比对" in page and "超出批准范围" in page
    clue = Clue.objects.create(
        number="C-1", year=2026, source="satellite", state="raised", owner=cast["city_supervisor"].unit,
        holder=cast["city_supervisor"].unit, raised_by=cast["city_supervisor"], scope_codes=["51", "5104"],
        lon=patch.lon, lat=patch.lat, geom=patch.geom,
    )  # fmt: skip
    CluePatch.objects.create(clue=clue, patch=patch, by=cast["city_supervisor"])
    page = client.get(reverse("clue", args=[clue.pk])).content.decode()
    assert "与批准项目比对" in page and "超出批准范围" in page


def test_all_days_at_once_say_what_each_day_says_alone(granted, cast):
    """An approval taken back later stands for the images before; one go is what many goes would be."""
    row = approved.approved_on(granted.after_on).order_by("pk")[0]
    today = clock.today()
    told = {"kind": "withdrawn", "document": "川自然资〔2026〕4号", "authority": "省厅"}
    approved.decide(row, by=cast["city_supervisor"], on=today, **told)
    kinds = []
    for day in (granted.after_on - timedelta(days=1), granted.after_on, today):
        Patch.objects.filter(run=granted, patch_id__endswith="4").update(after_on=day)
        found = approved.matches(granted.patches.all())
        for patch in granted.patches.all():
            alone = approved.matches(granted.patches.filter(pk=patch.pk), patch.after_on)[patch.pk]
            same = ("match", "project_codes", "approved_ha", "outside_ha")
            assert [found[patch.pk][k] for k in same] == [alone[k] for k in same]
        kinds.append(
            next(found[p.pk]["match"] for p in granted.patches.all() if p.patch_id[-1] == "4")
        )
    assert kinds == ["unapproved", "approved", "unapproved"]
