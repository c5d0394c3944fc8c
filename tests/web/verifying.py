"""A clue on its way down to a county, for the tests of verification."""

from datetime import timedelta
from itertools import pairwise

from django.contrib.gis.geos import MultiPolygon, Polygon
from photographs import picture

from ecoredline.web.clues.models import Clue, Dispatch
from ecoredline.web.core import clock
from ecoredline.web.core.moves import begin, move
from ecoredline.web.verifications.actions import add_file, save_draft

BOX = (101.700, 26.580, 101.702, 26.582)  # about 200 m by 220 m
INSIDE = (101.701, 26.581)


def send_down(
    cast, *, number="T-1", county="510422", chain=("city_supervisor", "yanbian_officer"), **facts
):
    """A clue raised by the first of the chain and given from unit to unit to the last."""
    first = cast[chain[0]]
    outline = Polygon.from_bbox(BOX)
    outline.srid = 4490
    clue = Clue(
        number=number, year=2026, source="satellite", owner=first.unit, holder=first.unit,
        raised_by=first, division_code=county, scope_codes=["51", "5104", county],
        geom=MultiPolygon(outline, srid=4490), lon=INSIDE[0], lat=INSIDE[1], activity_type="1",
        area_ha="4.4000", redline_area_ha="4.4000", county="盐边县", place="某乡北约2千米", **facts,
    )  # fmt: skip
    begin(clue, by=first, step="raise")
    move(clue, "list", by=first)
    due = clock.today() + timedelta(days=30)
    for giver, taker in pairwise(chain):
        kind = "dispatch" if clue.state == "listed" else "pass_down"
        Dispatch.objects.create(
            clue=clue, from_unit=cast[giver].unit, to_unit=cast[taker].unit, kind=kind, due_on=due,
            by=cast[giver],
        )  # fmt: skip
        move(clue, kind, by=cast[giver], holder=cast[taker].unit, due_on=due)
    return clue


def whole_facts(**other) -> dict:
    """Everything that a verdict "true" of a mine asks for, without photographs."""
    return {
        "kind": "field", "verdict": "true", "checked_on": clock.today().isoformat(),
        "checkers": "李四、王五", "found": "现场有采坑一处，地表植被已剥离。", "activity_type": "1",
        "problem_type": ["space", "vegetation"], "area_ha": "4.21234", "redline_area_ha": "4.1",
        "land_class": "林地", "builder": "某采石场",
        "checklist": {"at_work": "yes", "stopped": "yes", "restored": "no", "protected": "no"},
        "approvals": [
            {"kind": "eia", "has": True, "number": "攀环审〔2019〕8号", "issuer": "市局", "dated": "2019-05-01"},
            {"kind": "land", "has": False}, {"kind": "forest", "has": False}, {"kind": "water", "has": False},
        ],
    } | other  # fmt: skip


def take_photographs(draft, by):
    """What the checklist of a mine asks for."""
    for item, bearings in (("overview", (10, 120)), ("inside", (200, 300)), ("pit", (20, 90))):
        for bearing in bearings:
            shot = picture(
                lon=INSIDE[0], lat=INSIDE[1], bearing=bearing, colour=(bearing % 255, len(item), 3)
            )
            add_file(draft, shot, item=item, by=by)


def whole_draft(clue, by, **other):
    """A draft that is ready to go up."""
    draft = save_draft(clue=clue, by=by, **whole_facts(**other))
    take_photographs(draft, by)
    return draft
