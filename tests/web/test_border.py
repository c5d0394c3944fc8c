"""A patch on the border of two counties is seen by both, and by nobody else."""

from io import StringIO

import pytest
import sample_run
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from test_access import layer, overview

from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import DroppedPatch, Patch, Run

pytestmark = pytest.mark.django_db
BORDER = (8, "510422", 47, 30, "suspected", "3", "space")  # pixels 47 to 51; the border is at 50
NUMBER = "510422-202603-000000008"
ALONE = "510422-202603-000000001"


@pytest.fixture
def run(db, tmp_path, monkeypatch):
    """The sample run with a patch whose smaller share lies in 米易县."""
    monkeypatch.setattr(sample_run, "PATCHES", (*sample_run.PATCHES, BORDER))
    return load_run(sample_run.make_run(tmp_path, unplaced=True))


@pytest.mark.parametrize(
    ("who", "seen"),
    [("yanbian_officer", True), ("miyi_officer", True), ("city_analyst", True),
     ("province_supervisor", True), ("ministry_supervisor", True), ("huaping_officer", False)],
)  # fmt: skip
def test_both_counties_see_the_patch_everywhere(as_person, run, who, seen):
    client, patch = as_person(who), Patch.objects.get(patch_id=NUMBER)
    status = 200 if seen else 404
    assert client.get(reverse("patch", args=[patch.pk])).status_code == status
    assert client.get(reverse("patch_evidence", args=[patch.pk, "sheet"])).status_code == status
    body = client.get(reverse("patches_geojson", args=[run.pk])).json()
    assert (NUMBER in {f["properties"]["patch_id"] for f in body["features"]}) is seen
    drawn = layer(client, "patches", overview(run), run=run.pk)
    assert (NUMBER in {f["patch_id"] for f in drawn}) is seen


def test_the_neighbour_sees_no_other_patch_of_the_county(as_person, run):
    client = as_person("miyi_officer")
    body = client.get(reverse("patches_geojson", args=[run.pk])).json()
    found = sorted(f["properties"]["patch_id"] for f in body["features"])
    assert found == ["510421-202603-000000004", "510421-202603-000000005", NUMBER]
    assert not client.get(reverse("run", args=[run.pk])).context["whole"]


def test_a_patch_of_no_division_stays_in_none(run):
    assert Patch.objects.get(division_code="").scope_codes == []


def test_a_county_reached_only_by_a_border_patch_sees_the_run(as_person, tmp_path, monkeypatch):
    monkeypatch.setattr(sample_run, "PATCHES", (BORDER,))
    run = load_run(sample_run.make_run(tmp_path))
    Run.objects.filter(pk=run.pk).update(extent=None)
    shown = as_person("miyi_officer").get(reverse("run_list")).context["runs"]
    assert [r.patch_count for r in shown] == [1]


def test_the_migration_gives_old_rows_the_scope_a_load_gives(run):
    kept = {m: dict(m.objects.values_list("pk", "scope_codes")) for m in (Patch, DroppedPatch, Run)}
    connection.check_constraints()
    for step in ("0002", "0003"):
        call_command("migrate", "patches", step, verbosity=0)
    connection.check_constraints()
    call_command("migrate", verbosity=0)  # what builds on the patches comes back
    for model, scopes in kept.items():
        assert dict(model.objects.values_list("pk", "scope_codes")) == scopes
    assert Patch.objects.get(patch_id=NUMBER).scope_codes == ["51", "5104", "510421", "510422"]
    assert Patch.objects.get(patch_id=ALONE).scope_codes == ["51", "5104", "510422"]


def test_the_models_have_no_change_without_a_migration(db):
    said = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=said)
    assert "No changes detected" in said.getvalue()
