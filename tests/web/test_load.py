"""Bringing a run in: all of it, once, or nothing."""

import shutil
import threading
from decimal import Decimal

import pytest
import sample_run
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from ecoredline.errors import SourceError
from ecoredline.patches.columns import DROPPED_COLUMNS, PATCH_COLUMNS, UNSEEN_COLUMNS
from ecoredline.patches.table import read_table
from ecoredline.record import read_record
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import DemoAndReal, NotAllowed, TamperedRun
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.actions import load_run
from ecoredline.web.patches.models import DroppedPatch, Patch, Run, UnseenArea
from ecoredline.web.regions.models import Division, ProtectedArea, RedlinePolygon, RedlineVersion

pytestmark = pytest.mark.django_db
OWN_FIELDS = {"id", "run", "geom", "geom_raw", "scope_codes", "state", "version", "entered_at"}


@pytest.mark.parametrize(
    ("model", "columns"),
    [(Patch, PATCH_COLUMNS), (DroppedPatch, DROPPED_COLUMNS), (UnseenArea, UNSEEN_COLUMNS)],
)
def test_the_tables_have_the_declared_columns_in_their_order(model, columns):
    fields = [f.name for f in model._meta.fields if f.name not in OWN_FIELDS]
    assert fields == [c.name for c in columns]


def test_every_field_of_a_patch_carries_its_declared_chinese_label():
    labels = {f.name: f.verbose_name for f in Patch._meta.fields}
    assert {c.name: labels[c.name] for c in PATCH_COLUMNS} == {c.name: c.zh for c in PATCH_COLUMNS}


def test_a_loaded_run_holds_what_its_files_hold(run, sample_folder):
    table = read_table(sample_folder)
    assert Patch.objects.count() == len(table) == 7
    for row in table.to_dict("records"):
        patch = Patch.objects.get(run=run, patch_id=row["patch_id"])
        assert patch.area_ha == Decimal(str(row["area_ha"]))
        assert patch.reasons == row["reasons"]
        assert patch.before_on.isoformat() == row["before_on"]
        assert patch.geom.srid == 4490
        assert abs(patch.geom.centroid.x - row["geometry"].centroid.x) < 1e-9
        assert patch.geom_raw.area > patch.geom.area
    assert run.dropped.count() == 2
    assert run.unseen.count() == 1
    assert run.county_codes == ["510421", "510422", "530723"]
    assert run.unplaced == 1
    assert run.before.acquired_on.isoformat() == "2025-03-01"
    assert run.redline_version.polygons.count() == 3


def test_layers_know_the_counties_they_lie_in(run):
    spread = {p.name: p.scope_codes for p in RedlinePolygon.objects.all()}
    assert spread == {
        "二滩": ["51", "5104", "510422"],
        "白坡山": ["51", "5104", "510421"],
        "华坪": ["53", "5307", "530723"],
    }
    assert ProtectedArea.objects.get().scope_codes == ["51", "5104", "510422"]
    assert UnseenArea.objects.get().scope_codes == ["51", "5104", "510421"]
    assert set(Division.objects.values_list("code", flat=True)) == {
        "5104", "510421", "510422", "530723",
    }  # fmt: skip


def test_a_second_load_of_the_same_run_changes_nothing(run, sample_folder):
    again = load_run(sample_folder)
    assert again.pk == run.pk
    assert (Run.objects.count(), Patch.objects.count(), Scene.objects.count()) == (1, 7, 2)


def test_another_run_of_the_same_inputs_shares_their_layers(run, sample_folder, tmp_path):
    inputs = {r: sample_folder.parent / "input" / f"{r}.{e}" for r, e in
              (("before", "tif"), ("after", "tif"), ("redline", "gpkg"), ("divisions", "gpkg"))}  # fmt: skip
    other = load_run(sample_run.write_run(tmp_path / "other", inputs))
    assert other.redline_version == run.redline_version
    assert RedlinePolygon.objects.count() == 3
    assert other.before == run.before
    assert other.protected_version is None


@pytest.mark.parametrize("name", ["patches.gpkg", "report.html", "patches.geojson"])
def test_a_run_with_a_changed_file_is_refused_whole(db, tmp_path, name):
    folder = sample_run.make_run(tmp_path)
    with open(folder / name, "ab") as stream:
        stream.write(b" ")
    with pytest.raises(TamperedRun, match=name):
        load_run(folder)
    assert not Run.objects.exists()
    assert not RedlineVersion.objects.exists()


def test_a_run_whose_record_names_a_file_outside_its_folder_is_refused(db, tmp_path):
    folder = sample_run.make_run(tmp_path)
    sample_run.tamper(folder, outputs={"../../../etc/passwd": {"sha256": "0", "bytes": 1}})
    with pytest.raises(TamperedRun):
        load_run(folder)


def test_a_run_whose_record_does_not_vouch_for_its_patches_is_refused(db, tmp_path):
    folder = sample_run.make_run(tmp_path)
    sample_run.tamper(folder, outputs={})
    with pytest.raises(TamperedRun, match=r"patches\.gpkg"):
        load_run(folder)


def test_the_run_of_the_main_job_itself_is_loaded_whole(db, small_run):
    run = load_run(small_run)
    record, table = read_record(small_run), read_table(small_run)
    assert run.is_demo
    assert run.warnings == record["warnings"]
    assert run.patches.count() == len(table) == record["counts"]["patches"] > 0
    assert run.dropped.count() == record["counts"]["dropped"]
    areas = run.patches.filter(channel="suspected").aggregate(total=Sum("redline_area_ha"))
    assert float(areas["total"]) == pytest.approx(record["areas_ha"]["suspected"], abs=5e-4)
    inputs = record["inputs"]
    assert run.redline_version.polygons.count() == inputs["redline"]["features"]
    assert run.protected_version.areas.count() == inputs["protected_areas"]["features"]
    assert Division.objects.count() == inputs["divisions"]["features"]
    assert run.before.acquired_on == run.before_on < run.after_on
    for patch in run.patches.filter(channel="suspected").exclude(division_code=""):
        assert patch.division_code in run.county_codes
        assert f"evidence/{patch.patch_id}.html" in record["outputs"]


def test_demo_patches_cannot_pass_for_real_ones(db, tmp_path):
    folder = sample_run.make_run(tmp_path)
    sample_run.tamper(folder, is_demo=False)
    with pytest.raises(TamperedRun, match="is_demo"):
        load_run(folder)


def test_an_unfinished_run_is_refused(db, tmp_path):
    folder = sample_run.make_run(tmp_path)
    (folder / "run.json").unlink()
    with pytest.raises(SourceError, match=r"run\.json"):
        load_run(folder)


def test_a_fault_in_the_middle_leaves_nothing(db, tmp_path, monkeypatch):
    folder = sample_run.make_run(tmp_path)

    def fail(*_):
        raise RuntimeError("power cut")

    monkeypatch.setattr("ecoredline.web.patches.actions.unseen_rows", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        load_run(folder)
    for model in (Run, Patch, RedlineVersion, Scene, Division):
        assert not model.objects.exists()


def test_missing_and_changed_inputs_are_warned_about_and_left_out(db, tmp_path):
    folder = sample_run.make_run(tmp_path)
    (tmp_path / "input" / "before.tif").unlink()
    with open(tmp_path / "input" / "redline.gpkg", "ab") as stream:
        stream.write(b" ")
    run = load_run(folder)
    assert run.before is None
    assert run.after is not None
    assert run.redline_version is None
    said = " ".join(run.warnings)
    assert "before.tif" in said
    assert "redline.gpkg" in said


def test_a_folder_that_was_moved_with_its_inputs_still_finds_them(db, tmp_path):
    sample_run.make_run(tmp_path / "old")
    inputs = tmp_path / "new" / "input"
    shutil.move(tmp_path / "old" / "run", tmp_path / "new" / "run")
    shutil.move(tmp_path / "old" / "input", inputs)
    for file in inputs.iterdir():
        file.rename(tmp_path / "new" / file.name)
    assert load_run(tmp_path / "new" / "run").redline_version is not None


def test_real_data_are_refused_beside_demo_data(run, tmp_path):
    real = sample_run.make_run(tmp_path, is_demo=False, seed=9)
    with pytest.raises(DemoAndReal):
        load_run(real)
    assert Run.objects.count() == 1


def test_the_database_itself_refuses_the_mixture(run):
    with pytest.raises(IntegrityError, match="mixed"), transaction.atomic():
        RedlineVersion.objects.create(name="real", sha256="f" * 64, is_demo=False)
    with pytest.raises(IntegrityError, match="mixed"), transaction.atomic():
        RedlineVersion.objects.filter(pk=run.redline_version_id).update(is_demo=False)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("city_analyst", True), ("city_administrator", True), ("yanbian_officer", False),
     ("ministry_supervisor", False), ("city_auditor", False)],
)  # fmt: skip
def test_only_analysts_and_administrators_load(cast, sample_folder, who, allowed):
    if allowed:
        assert load_run(sample_folder, by=cast[who]).created_by == cast[who]
        record = AccessRecord.objects.get(action="run.load")
        assert record.person == cast[who]
        return
    with pytest.raises(NotAllowed):
        load_run(sample_folder, by=cast[who])
    assert not Run.objects.exists()


def in_threads(*works):
    """Run functions at once, each on a connection of its own; gives what each gave or raised."""
    results: list = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def follow(index, work):
        try:
            barrier.wait()
            results[index] = work()
        except Exception as fault:
            results[index] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_loads_at_once_give_one_run(committed, sample_folder):
    first, second = in_threads(lambda: load_run(sample_folder), lambda: load_run(sample_folder))
    assert first.pk == second.pk
    assert (Run.objects.count(), Patch.objects.count()) == (1, 7)


def test_of_a_demo_and_a_real_load_at_once_one_is_refused(committed, sample_folder, tmp_path):
    real = sample_run.make_run(tmp_path, is_demo=False, seed=5)
    results = in_threads(lambda: load_run(sample_folder), lambda: load_run(real))
    assert sorted(type(r).__name__ for r in results) == ["DemoAndReal", "Run"]
    assert Run.objects.count() == 1
