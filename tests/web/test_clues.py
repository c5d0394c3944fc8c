"""Clues: raised from patches and from what is told; duplicates; merging and its undoing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sample_run
import shapely

from ecoredline.geodesy import area_ha, round_ha
from ecoredline.web.clues import duplicates, merging
from ecoredline.web.clues.actions import add_patches, amend, patches_of, raise_clue, withdraw
from ecoredline.web.clues.models import Clue, DuplicateProposal
from ecoredline.web.core import clock
from ecoredline.web.core.moves import history
from ecoredline.web.core.problems import BadForm, NotAllowed, StepNotAllowed
from ecoredline.web.patches.models import Patch

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def released(run):
    """The patches of the run by their last digit, all released."""
    run.patches.update(state="released")
    return {int(p.patch_id[-1]): p for p in run.patches.all()}


def test_a_clue_takes_its_facts_from_its_patches_and_they_move_with_it(cast, released):
    with clock.standing_at(MARCH):
        clue = raise_clue(by=cast["city_analyst"], patches=[released[1], released[2]])
    assert clue.number == "XS-510400-2026-000001"
    assert clue.owner == clue.holder == cast["city_analyst"].unit
    assert clue.area_ha == released[1].area_ha + released[2].area_ha
    assert clue.redline_area_ha == released[1].redline_area_ha + released[2].redline_area_ha
    whole = shapely.from_wkb(bytes(clue.geom.wkb))
    assert round_ha(area_ha(whole)) == pytest.approx(float(clue.area_ha), abs=2e-4)
    assert (clue.division_code, clue.scope_codes) == ("510422", ["51", "5104", "510422"])
    assert (clue.state, clue.redline_version, clue.is_demo) == ("raised", "2022", True)
    assert [p.state for p in patches_of(clue)] == ["raised", "raised"]
    with pytest.raises(StepNotAllowed):
        raise_clue(by=cast["city_analyst"], patches=[released[1]])
    with pytest.raises(NotAllowed):
        raise_clue(by=cast["city_auditor"], patches=[released[4]])
    assert Clue.objects.count() == 1
    with clock.standing_at(MARCH):
        assert raise_clue(by=cast["city_analyst"], patches=[released[4]]).number.endswith("-000002")


def test_overlapping_outlines_count_once(cast, released):
    one, other = released[1], released[2]
    other.geom = one.geom
    other.save()
    clue = raise_clue(by=cast["city_analyst"], patches=[one, other])
    assert clue.area_ha == one.area_ha == clue.redline_area_ha


def test_the_newest_refinement_counts(cast, released):
    small = sample_run.box(10, 10, 2, 2)
    from ecoredline.web.clues.facts import hectares
    from ecoredline.web.regions.actions import multi

    for shape in (sample_run.box(10, 10, 3, 3), small):
        released[1].refinements.create(
            geom=multi(shape), geom_simple=multi(shape), area_ha=hectares(area_ha(shape)),
            redline_area_ha=hectares(area_ha(shape)), person=cast["city_analyst"],
        )  # fmt: skip
    clue = raise_clue(by=cast["city_analyst"], patches=[released[1]])
    assert clue.area_ha == hectares(area_ha(small)) < released[1].area_ha


@pytest.mark.parametrize("place", ["outline", "point"])
def test_a_petition_is_placed_and_measured_by_the_layers(cast, run, place):
    # columns 40 to 56: 盐边 up to 50, redline 二滩 up to 48 and 白坡山 from 52
    shape = sample_run.box(40, 10, 16, 4)
    where = {"outline": shape} if place == "outline" else dict(
        zip(("lon", "lat"), sample_run.box(20, 10, 1, 1).centroid.coords[0], strict=True)
    )  # fmt: skip
    clue = raise_clue(
        by=cast["city_supervisor"], source="petition", source_detail="信访〔2026〕8号",
        remark="夜间施工", **where,
    )  # fmt: skip
    assert (clue.county, clue.division_code, clue.city) == ("盐边县", "510422", "攀枝花市")
    assert clue.redline_version == run.redline_version.name
    if place == "outline":
        inside = round_ha(sum(area_ha(sample_run.box(c, 10, w, 4)) for c, w in ((40, 8), (52, 4))))
        assert float(clue.redline_area_ha) == pytest.approx(inside, abs=1e-4)
        assert clue.scope_codes == ["51", "5104", "510421", "510422"]
    else:
        assert (clue.geom, clue.control_zone, clue.area_ha) == (None, "core", Decimal(0))


def test_every_fault_of_what_is_told_is_said_and_nothing_is_written(cast, run):
    with pytest.raises(BadForm) as told:
        raise_clue(
            by=cast["city_supervisor"], source="media", activity_type="9", problem_type="space;odd",
            area_ha="-1", lon=26.6, lat=101.7,
        )  # fmt: skip
    said = " ".join(told.value.details)
    for word in ("来源说明", "“9”", "“odd”", "“-1”", "写反"):
        assert word in said
    assert not Clue.objects.exists()
    lon, lat = sample_run.box(110, 10, 1, 1).centroid.coords[0]
    with pytest.raises(BadForm, match="不在本单位辖区"):
        raise_clue(by=cast["city_supervisor"], source="public", lon=lon, lat=lat)


def test_what_a_county_officer_raises_goes_to_the_unit_above(cast, run):
    lon, lat = sample_run.box(20, 10, 1, 1).centroid.coords[0]
    clue = raise_clue(by=cast["yanbian_officer"], source="public", lon=lon, lat=lat)
    assert clue.owner == cast["city_supervisor"].unit
    assert clue.raised_by == cast["yanbian_officer"]


def test_amending_keeps_old_and_new_and_withdrawing_frees_the_patches(cast, released):
    by = cast["city_analyst"]
    clue = raise_clue(by=by, patches=[released[1]])
    amend(clue, by=by, remark="已电话核实", activity_type="6")
    assert history(clue).last().details["changed"] == {
        "remark": ["", "已电话核实"], "activity_type": ["1", "6"],
    }  # fmt: skip
    add_patches(clue, patches=[released[2]], by=by)
    assert clue.area_ha == released[1].area_ha + released[2].area_ha
    with pytest.raises(BadForm):
        withdraw(clue, by=by, reason=" ")
    withdraw(clue, by=by, reason="重复上图")
    assert {p.state for p in Patch.objects.filter(pk__in=[released[1].pk, released[2].pk])} == {
        "released"
    }
    assert not clue.links.exists()
    again = raise_clue(by=by, patches=[Patch.objects.get(pk=released[1].pk)])
    assert again.state == "raised"


@pytest.fixture
def pair(cast, released):
    """Two clues of the city at one place: a patch, and a petition beside it."""
    by = cast["city_analyst"]
    with clock.standing_at(MARCH):
        first = raise_clue(by=by, patches=[released[1]])
        released[2].geom = released[1].geom
        released[2].save()
        second = raise_clue(by=by, patches=[released[2]])
    return first, second


def facts_of(clue):
    """Everything a clue says in the database, but for its version and since when it stands there."""
    row = Clue.objects.get(pk=clue.pk)
    found = {f.name: getattr(row, f.attname) for f in row._meta.concrete_fields}
    patches = set(row.links.values_list("patch", flat=True))
    return found | {"patches": patches, "version": None, "entered_at": None}


def test_duplicates_are_found_by_place_and_time_and_decided_by_a_person(cast, pair, released):
    first, second = pair
    found = DuplicateProposal.objects.get()
    assert (found.first, found.second, found.overlap, found.distance_m) == (first, second, 1, 0)
    far = raise_clue(by=cast["city_analyst"], patches=[released[5]])
    late = raise_clue(
        by=cast["city_analyst"], source="public", lon=first.lon, lat=first.lat,
        found_on=date(2020, 1, 1),
    )  # fmt: skip
    assert not DuplicateProposal.objects.filter(second__in=[far, late]).exists()
    assert list(duplicates.proposals_for(cast["city_supervisor"])) == [found]
    assert not duplicates.proposals_for(cast["miyi_officer"]).exists()
    with pytest.raises(NotAllowed):
        duplicates.decide_different(found, by=cast["city_auditor"])
    duplicates.decide_different(found, by=cast["city_analyst"])
    duplicates.propose_duplicates(first)
    assert not duplicates.proposals_for(cast["city_supervisor"]).exists()


def test_unmerging_after_merging_restores_everything(cast, pair):
    first, second = pair
    by = cast["city_supervisor"]
    before = facts_of(first), facts_of(second)
    merging.merge(second, into=first, by=by, reason="同一处采石场")
    assert facts_of(second)["state"] == "merged"
    assert facts_of(first)["patches"] == before[0]["patches"] | before[1]["patches"]
    assert first.area_ha == before[0]["area_ha"]  # the outlines overlap: the ground counts once
    assert not duplicates.proposals_for(by).exists()
    merging.unmerge(Clue.objects.get(pk=second.pk), by=by, reason="复核为两处")
    assert (facts_of(first), facts_of(second)) == before
    steps = [row.step for row in history(second)]
    assert steps == ["raise", "merge", "unmerge_raised"]
    assert [row.step for row in history(first)] == ["raise", "absorb", "give_back"]
    assert duplicates.proposals_for(by).count() == 1


def test_unmerging_the_first_of_two_keeps_the_second(cast, pair, released):
    first, second = pair
    by = cast["city_supervisor"]
    third = raise_clue(by=by, patches=[released[4]])
    merging.merge(second, into=first, by=by)
    merging.merge(third, into=first, by=by)
    merging.unmerge(Clue.objects.get(pk=second.pk), by=by)
    first.refresh_from_db()
    assert set(patches_of(first)) == {released[1], released[4]}
    assert first.area_ha == released[1].area_ha + released[4].area_ha
    with pytest.raises(BadForm):
        merging.merge(first, into=Clue.objects.get(pk=third.pk), by=by)
