"""What comes in: the body of each step. The actions check the values; here only their names and kinds."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

Key = Annotated[int, Field(ge=1, lt=1 << 63)]  # what a database's number holds
Year = Annotated[int, Field(ge=2000, le=2100)]
Percent = Annotated[int, Field(ge=0, le=100)]


class Seen(Schema):
    """`seen` is the `version` the program looked at; another one now means somebody was first."""

    seen: int | None = None


class Reason(Seen):
    """A step that says why."""

    reason: str = ""


class Accept(Seen):
    """Types are codes of `activity_types` and `problem_types`."""

    activity_type: str
    problem_type: str
    remark: str = ""


class Dismiss(Seen):
    """`reason` is a code of `dismissal_reasons`."""

    reason: str
    remark: str = ""


class Remark(Seen):
    """A step with a remark."""

    remark: str = ""


class Raise(Schema):
    """A clue: from released patches, or told by somebody with a place."""

    patches: list[Key] = []
    source: str = "satellite"
    source_detail: str = ""
    lon: float | None = None
    lat: float | None = None
    division_code: str = ""
    place: str = ""
    activity_type: str = ""
    problem_type: str = ""
    description: str = ""
    remark: str = ""
    is_major: bool = False
    priority: str = "must"
    found_on: date | None = None


class Consulted(Schema):
    """One clue of a consultation; `outcome` is keep, remove or again."""

    clue: Key
    outcome: str
    opinion: str = ""


class Consult(Schema):
    """A consultation 会商."""

    participants: str
    summary: str
    held_on: date | None = None
    outcomes: list[Consulted]


class FinaliseList(Schema):
    """A list frozen as it stands; `kind` is suspected, activities or problems."""

    kind: str
    year: Year
    note: str = ""


class Dispatch(Schema):
    """Clues given to a unit by one letter."""

    clues: list[Key]
    to_unit: Key
    due_on: date | None = None
    contact: str = ""
    reason: str = ""


class Reassign(Reason):
    """Another unit."""

    to_unit: Key
    due_on: date | None = None


class Extend(Reason):
    """A later date."""

    due_on: date


class Merge(Reason):
    """Which clue it becomes part of."""

    into: Key


class ApprovalIn(Schema):
    """An approval; `kind` is a code of `approval_kinds`."""

    kind: str
    has: bool
    number: str = ""
    issuer: str = ""
    dated: date | None = None


class Verify(Schema):
    """A draft of a verification; only what is given is changed."""

    client_key: str = ""
    seen: int | None = None
    kind: str | None = None
    verdict: str | None = None
    checked_on: date | None = None
    checkers: str | None = None
    found: str | None = None
    activity_type: str | None = None
    problem_type: str | None = None
    area_ha: str | None = None
    redline_area_ha: str | None = None
    land_class: str | None = None
    permitted_category: str | None = None
    builder: str | None = None
    started_on: date | None = None
    handling: str | None = None
    checklist: dict[str, str] | None = None
    approvals: list[ApprovalIn] | None = None


class Said(Seen):
    """An opinion."""

    said: str = ""


class SendBack(Reason):
    """What is missing, and by when."""

    missing: list[str] = []
    due_on: date | None = None


class OpenCase(Schema):
    """Confirm clues and open the case."""

    clues: list[Key]
    reason: str = ""
    description: str | None = None
    problem_type: str | None = None
    damage_type: str | None = None
    responsible: str | None = None
    is_serious: bool | None = None


class HandOver(Seen):
    """To the unit that must see to it."""

    to_unit: Key
    due_on: date
    asked: str = ""


class HandToDepartment(Schema):
    """Several cases to a department by the letter of annex 5; `department` is a code."""

    cases: list[Key]
    department: str
    due_on: date | None = None
    addressee: str = ""
    asked: str = ""
    contact: str = ""


class Investigate(Seen):
    """查处 of one department."""

    department: str
    findings: str
    penalty_kind: str = ""
    fine_yuan: str | None = None
    decided_on: date | None = None
    decision_number: str = ""
    file_number: str = ""
    started_on: date | None = None


class PlanItem(Schema):
    """One measure of a plan; `kind` is a code of `rectification_kinds`."""

    kind: str
    title: str = ""
    owner_name: str
    due_on: date
    condition: str = ""


class MakePlan(Reason):
    """A rectification plan, or its revision."""

    goal: str
    responsible: str
    due_on: date
    items: list[PlanItem]


class ProgressIn(Seen):
    """How far it is."""

    said: str
    on: date | None = None
    percent: Percent | None = None
    item: Key | None = None


class RecheckIn(Seen):
    """One round on site; `conditions` by item number: {met, note}."""

    passed: bool
    checked_on: date
    checkers: str
    found: str
    no_photo: str = ""
    conditions: dict[str, dict] = {}


class Close(Reason):
    """How it was closed."""

    outcome: str = "rectified"


class StrikeOff(Reason):
    """Closed without rectification: lawful, not_ours or merged (then `merged_into`)."""

    outcome: str
    merged_into: Key | None = None
    cancel_items: bool = False


class MeasureIn(Schema):
    """A supervisory measure about a case."""

    kind: str
    basis: str
    towards: Key
    due_on: date | None = None
    with_letter: bool = True


class Refer(Schema):
    """A referral; `kind` is a code of `referral_kinds`."""

    kind: str
    facts: str
    to_body: str = ""
    sent_on: date | None = None


class Reply(Schema):
    """A reply to a letter."""

    said: str
    dated: date
    number: str = ""


class Refine(Reason):
    """A drawn outline: GeoJSON geometry in EPSG:4490 (lon, lat)."""

    outline: dict


class AddPatches(Reason):
    """Released patches."""

    patches: list[Key]


class Amend(Reason):
    """What a clue says; only what is given is changed."""

    source_detail: str | None = None
    list_number: str | None = None
    place: str | None = None
    activity_type: str | None = None
    problem_type: str | None = None
    description: str | None = None
    remark: str | None = None
    is_major: bool | None = None
    priority: str | None = None
    found_on: date | None = None
    lon: float | None = None
    lat: float | None = None
    division_code: str | None = None


class Draw(Schema):
    """A sample of submitted verifications; `seed` only when it was drawn in public."""

    name: str
    size: int
    year: Year | None = None
    verdicts: list[str] = []
    seed: int | None = None


class Checked(Seen):
    """What a spot check found about one drawn clue."""

    clue: Key
    agrees: bool
    said: str


class Describe(Reason):
    """What a case says; only what is given is changed."""

    description: str | None = None
    activity_type: str | None = None
    problem_type: str | None = None
    damage_type: str | None = None
    responsible: str | None = None
    remark: str | None = None
    area_ha: str | None = None
    redline_area_ha: str | None = None
    is_serious: bool | None = None


class AddClues(Reason):
    """Clues that belong to the case."""

    clues: list[Key]


class Push(Schema):
    """Several cases to enforcement and inspection, by one letter."""

    cases: list[Key]
    due_on: date | None = None
    addressee: str = ""
    asked: str = ""
    contact: str = ""


class Feedback(Seen):
    """What came back from whom a case was handed to."""

    reply: str
    replied_on: date | None = None
    reply_number: str = ""


class BackToWork(Reason):
    """Back to the unit that puts it right."""

    due_on: date | None = None


class Observe(Schema):
    """A later run."""

    run: Key


class DraftLetter(Schema):
    """A letter of one's unit; about `cases` or `clues` its list is theirs as it stands now."""

    kind: str
    addressee: str
    to_unit: Key | None = None
    department: str = ""
    reply_by: date | None = None
    dated: date | None = None
    contact: str = ""
    values: dict[str, str] = {}
    cases: list[Key] = []
    clues: list[Key] = []


class AmendLetter(Schema):
    """A draft; only what is given is changed."""

    addressee: str | None = None
    to_unit: Key | None = None
    department: str | None = None
    reply_by: date | None = None
    dated: date | None = None
    contact: str | None = None
    values: dict[str, str] | None = None


class Why(Schema):
    """A reason."""

    reason: str = ""


class Take(Schema):
    """The proposed measure, or another `kind`."""

    basis: str = ""
    kind: str = ""
    due_on: date | None = None
    contact: str = ""
    with_letter: bool = True


class Result(Schema):
    """What came of it."""

    result: str
    on: date | None = None


class Tick(Schema):
    """One of a referral's clocks, and the result with the last."""

    code: str = ""
    on: date | None = None
    result: str = ""


class Done(Schema):
    """With what a task was done: a list's number, a report, a letter."""

    with_what: str
    on: date | None = None
