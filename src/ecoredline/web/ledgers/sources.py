"""Where the rows of the other ledgers come from: other rooms' records as they stood on a day."""

from collections.abc import Callable
from datetime import date
from functools import reduce

import shapely
from django.contrib.gis.db.models import QuerySet
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.ledger import Book
from ecoredline.ledger.workbook import SheetRow
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.cases.models import Case, Handover
from ecoredline.web.clues.models import Clue
from ecoredline.web.core.as_of import end_of, roll_back
from ecoredline.web.core.models import AccessRecord, Transition
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.letters.models import Letter, LetterReply
from ecoredline.web.measures.models import Referral, SupervisoryMeasure, UpwardReport
from ecoredline.web.patches.models import Patch
from ecoredline.web.redlines.models import BoundaryChange, Marker
from ecoredline.web.regions.models import ProtectedArea, ProtectedAreaVersion, RedlinePolygon
from ecoredline.web.regions.queries import in_use, redline_as_of, redline_in_use
from ecoredline.web.verifications.models import Approval, Verification

FULL = 6
MOST_ROWS = 200_000


def redline_polygons(person, day: date) -> QuerySet:
    """The polygons of the version in force on the day (or the one loaded last, where none ever was)."""
    version = redline_in_use(day)
    found = RedlinePolygon.objects.visible_to(person).filter(version=version)
    return found.select_related("version") if version else found.none()


def boundary_changes(person, day: date) -> QuerySet:
    """Changes that had come into effect."""
    found = BoundaryChange.objects.visible_to(person).filter(effective_on__lte=day)
    return found.select_related("delivery")


def markers(person, day: date) -> list:
    """Markers that stood, with their state as of the newest look by then."""
    found = list(Marker.objects.visible_to(person).prefetch_related("patrols"))
    kept = [m for m in found if m.erected_on is None or m.erected_on <= day]
    for marker in kept:
        looks = [p for p in marker.patrols.all() if p.on <= day]
        if marker.patrols.all():
            marker.state = looks[-1].state if looks else "good"
    return kept


def protected_areas(person, day: date) -> QuerySet:
    """The areas of the version in force then; where none carries dates, of the one loaded last by then."""
    known = ProtectedAreaVersion.objects.all()
    if not known.exclude(valid_from=None).exists():
        known = known.filter(loaded_at__lte=end_of(day))
    version = in_use(known, day)
    found = ProtectedArea.objects.visible_to(person).filter(version=version)
    return found.select_related("version") if version else found.none()


def patches(person, day: date) -> list:
    """Patches that touch the redline and whose later image is not after the day, as they were then."""
    rows = Patch.objects.visible_to(person).filter(redline_area_ha__gt=0, after_on__lte=day)
    found = list(rows.order_by("patch_id", "pk")[:MOST_ROWS])
    roll_back("patch", found, day)
    return found


def states_on(kind: str, subjects, day: date) -> list:
    """The subjects as their history says they were on the day, with `state_code` and `state_label`."""
    found = list(subjects)
    roll_back(kind, found, day)
    ends = Transition.objects.filter(
        subject_kind=kind, subject_id__in=[s.pk for s in found], at__lte=end_of(day)
    ).order_by("at", "pk").values_list("subject_id", "end")  # fmt: skip
    known = dict(ends)
    for subject in found:
        code = subject.state_code = known.get(subject.pk, subject.state)
        subject.state_label = str(subject.LIFECYCLE.states.get(code, code))
    return found


def clues(person, day: date) -> list:
    """Clues found by the day as they were then; one that was withdrawn later still stood."""
    found = Clue.objects.visible_to(person).filter(found_on__lte=day)
    kept = states_on("clue", found.order_by("number"), day)
    return [c for c in kept if c.state_code != "withdrawn"]


def cases(person, day: date) -> list:
    """Cases opened by the day; one that was closed later was open then."""
    found = Case.objects.visible_to(person).filter(opened_on__lte=day).order_by("number")
    kept = states_on("case", found, day)
    for case in kept:
        if case.closed_on and case.closed_on > day:
            case.closed_on = None
    return kept


def verifications(person, day: date) -> QuerySet:
    """Submitted verifications of clues the person sees."""
    found = Verification.objects.filter(
        clue__in=Clue.objects.visible_to(person), submitted_at__lte=end_of(day)
    )
    return found.select_related("clue", "unit")


def approvals(person, day: date) -> QuerySet:
    """Approvals of submitted verifications."""
    found = Approval.objects.filter(verification__in=verifications(person, day))
    return found.select_related("verification__clue")


def letters(person, day: date) -> list[Letter]:
    """Letters that were sent by the day, with a number, in their state of that day."""
    rows = Letter.objects.visible_to(person).filter(dated__lte=day).exclude(number="")
    found = list(rows.select_related("unit", "to_unit").order_by("dated", "pk")[:MOST_ROWS])
    names = [f"letter {letter.pk}" for letter in found]
    void = AccessRecord.objects.filter(action="letter.void", thing__in=names, at__gt=end_of(day))
    later = set(void.values_list("thing", flat=True))
    replies = LetterReply.objects.filter(letter__in=found, created_at__lte=end_of(day))
    replied = set(replies.values_list("letter", flat=True))
    for letter in found:
        if letter.state != Letter.State.VOID or f"letter {letter.pk}" in later:
            letter.state = state_of_letter(letter, letter.pk in replied, day)
    return found


def state_of_letter(letter: Letter, is_replied: bool, day: date) -> str:
    """Where a letter that was sent by a day was then."""
    if is_replied:
        return Letter.State.REPLIED
    received = letter.received_at is not None and letter.received_at <= end_of(day)
    return Letter.State.RECEIVED if received else Letter.State.SENT


class Taken:
    """A hand-over, referral, measure or report upward as one kind of row."""

    geom = None

    def __init__(self, way: str, record, **facts):
        self.pk, self.way = f"{record._meta.model_name}-{record.pk}", way
        case = getattr(record, "case", None)
        self.case_number = case.number if case else ""
        self.division_code = case.division_code if case else ""
        self.due_on = self.result_on = None
        self.result = self.kind_label = self.said = ""
        self.__dict__.update(facts)


def referrals(person, day: date) -> list[Taken]:
    """Hand-overs, referrals, measures and reports upward about cases the person sees, by day."""
    mine = {"case__in": Case.objects.visible_to(person)}
    kinds, language_now = code_list("referral_kinds"), language()
    found = [
        Taken(_("移交"), h, kind_label=h.get_kind_display(), said=h.asked, sent_on=h.sent_on, due_on=h.due_on,
              to_body=h.to_unit.name if h.to_unit else h.department, result=h.reply, result_on=h.replied_on)
        for h in Handover.objects.filter(**mine).select_related("case", "to_unit")
    ] + [
        Taken(_("移送"), r, kind_label=kinds.get(r.kind, {}).get(language_now, r.kind), to_body=r.to_body,
              said=r.facts, sent_on=r.sent_on, result=r.result, result_on=r.result_on)
        for r in Referral.objects.filter(**mine).select_related("case")
    ] + [
        Taken(_("督办"), m, kind_label=m.get_kind_display(), to_body=m.towards.name, said=m.basis,
              sent_on=m.taken_on, due_on=m.due_on, result=m.result, result_on=m.result_on)
        for m in SupervisoryMeasure.objects.filter(**mine).select_related("case", "towards")
    ] + [
        Taken(_("上报"), u, to_body=u.to_body, said=u.said, sent_on=u.sent_on, result=u.answer)
        for u in UpwardReport.objects.filter(**mine).select_related("case")
    ]  # fmt: skip
    for taken in found:
        if taken.result_on and taken.result_on > day:
            taken.result, taken.result_on = "", None
    return sorted((t for t in found if t.sent_on <= day), key=lambda t: (t.sent_on, t.pk))


SOURCES: dict[str, Callable] = {
    f.__name__: f
    for f in (
        redline_polygons, boundary_changes, markers, protected_areas, patches, clues, cases,
        verifications, approvals, letters, referrals,
    )
}  # fmt: skip
FROM_DAY = {  # the day a row began to hold, where its record has one
    "boundary_changes": "effective_on", "markers": "erected_on", "patches": "after_on",
    "clues": "found_on", "cases": "opened_on", "verifications": "checked_on", "letters": "dated",
    "referrals": "sent_on",
}  # fmt: skip


def rows_of(book: Book, person, day: date) -> list[SheetRow]:
    """The rows of a book that is filled from elsewhere, as of a day, in the person's divisions."""
    seen = scope(person)
    if seen is None:
        return []
    records = SOURCES[book.rows](person, day)
    starts = FROM_DAY.get(book.rows)
    since = redline_as_of(day) if book.rows == "redline_polygons" else None
    return [
        SheetRow(
            f"{book.name}:{record.pk}", county_of(record, seen.prefix),
            valid_from=since.valid_from if since else (getattr(record, starts) if starts else None),
            values=values_of(book, record), geometry=shape_of(record),
        )
        for record in records[:MOST_ROWS]
    ]  # fmt: skip


def values_of(book: Book, record) -> dict:
    """A record's values by column; what is blank is left out."""
    found = {c.name: reach(record, c.path) for c in book.columns}
    return {k: plain(v) for k, v in found.items() if v not in (None, "")}


def reach(record, path: str):
    """The value at the end of a dotted path; methods are called; None where it breaks off."""
    if path == "approval" and isinstance(record, RedlinePolygon):
        return approval_of(record.version)
    found = reduce(lambda held, name: getattr(held, name, None), path.split("."), record)
    return found() if callable(found) else found


def approval_of(version) -> str:
    """The approval the version of a polygon was accepted with."""
    if not hasattr(version, "told_approval"):
        held = version.deliveries.exclude(approval_number="").values_list(
            "approval_number", flat=True
        )
        version.told_approval = held.first() or ""
    return version.told_approval


def plain(value):
    """A value as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool | int | str) else float(value)


def county_of(record, prefix: str) -> str:
    """The county a row is listed under: its own, else the first it touches in the person's divisions."""
    for held in (
        record,
        getattr(record, "clue", None),
        getattr(getattr(record, "verification", None), "clue", None),
    ):
        code = getattr(held, "division_code", "")
        if code:
            return code[:FULL]
    codes = [
        c for c in getattr(record, "scope_codes", []) if len(c) == FULL and c.startswith(prefix)
    ]
    return codes[0] if codes else ""


def shape_of(record):
    """A record's outline as shapely's; of a boundary change the ground after it (or before)."""
    found = (
        getattr(record, "geom", None)
        or getattr(record, "after", None)
        or getattr(record, "before", None)
    )
    found = found if found is not None else getattr(record, "point", None)
    return None if found is None else shapely.from_wkb(bytes(found.wkb))
