"""What waits for a person's unit, by kind, the soonest due first."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecoredline.codes import code_list
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.letters.models import Letter, Reminder
from ecoredline.web.measures.models import Proposal
from ecoredline.web.plans.models import YearTask
from ecoredline.web.rectification.models import RectificationItem, WatchDate
from ecoredline.web.rectification.queries import proposed_reopenings
from ecoredline.web.reviews import queries as reviews

SOON_DAYS = 7
TASK_DAYS = 30
SHOWN = 5
REMINDERS = 10
WORDS = 80
CLUE_STATES = ("raised", "listed", "dispatched", "submitted")
CASE_STATES = ("opened", "handed_over", "rectifying", "rechecking")


@dataclass
class Waiting:
    """One kind of thing that waits: how many, how many late or soon due, the first of them."""

    code: str
    label: object
    count: int = 0
    overdue: int = 0
    soon: int = 0
    url: str = ""
    items: list[dict] = field(default_factory=list)


def address(name: str, *args, query: str = "") -> str:
    """An address of another room; blank where that room has no such page."""
    try:
        return reverse(name, args=args) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def due_class(due: date | None) -> str:
    """`overdue`, `soon` or blank.

    >>> due_class(None)
    ''
    """
    if due is None:
        return ""
    left = (due - clock.today()).days
    return "overdue" if left < 0 else "soon" if left <= SOON_DAYS else ""


def item(text: str, url: str, due: date | None, said: str = "") -> dict:
    """A line of the inbox."""
    return {"text": text, "url": url, "due": due, "class": due_class(due), "said": said}


def late_and_soon(name: str) -> dict:
    """The three counts of a kind of thing by its due date's column."""
    today = clock.today()
    return {
        "count": Count("pk"),
        "overdue": Count("pk", filter=Q(**{f"{name}__lt": today})),
        "soon": Count(
            "pk", filter=Q(**{f"{name}__range": (today, today + timedelta(days=SOON_DAYS))})
        ),
    }


def subjects(person, kind: str, model, lifecycle, states) -> list[Waiting]:
    """Clues or cases whose turn it is at the person's unit, a kind for each state."""
    mine = model.objects.filter(holder=person.unit_id, state__in=states)
    rows = mine.order_by().values("state").annotate(**late_and_soon("due_on"))
    counts, found = {r["state"]: r for r in rows}, []
    for state in states:
        if state not in counts:
            continue
        numbers = {k: counts[state][k] for k in ("count", "overdue", "soon")}
        label = f"{_('线索') if kind == 'clue' else _('问题')} · {lifecycle.states[state]}"
        query = f"turn=mine&state={state}"
        waiting = Waiting(f"{kind}-{state}", label, url=address(f"{kind}_list", query=query), **numbers)  # fmt: skip
        first = mine.filter(state=state).order_by("due_on", "pk").defer("geom")[:SHOWN]
        waiting.items = [
            item(x.number, address(kind, x.pk), x.due_on, f"{x.county}{x.township}") for x in first
        ]
        found.append(waiting)
    return found


def dated(code: str, label, rows, name: str, line, url: str = "") -> list[Waiting]:
    """A kind of thing by its due date's column; nothing where there is none."""
    counts = rows.order_by().aggregate(**late_and_soon(name))
    if not counts["count"]:
        return []
    first = rows.order_by(name, "pk")[:SHOWN]
    return [Waiting(code, label, url=url, items=[line(x) for x in first], **counts)]


def letters(person) -> list[Waiting]:
    """Letters to the unit that no reply has answered."""
    rows = Letter.objects.filter(to_unit=person.unit_id, state__in=("sent", "received"))
    return dated(
        "letters", gettext_lazy("来函待签收或回复"), rows, "reply_by",
        lambda x: item(str(x), address("letter", x.pk), x.reply_by, x.title),
        address("letter_list"),
    )  # fmt: skip


def tasks(person) -> list[Waiting]:
    """Tasks of the unit's year that are due within a month."""
    rows = YearTask.objects.filter(
        unit=person.unit_id, done_on=None, due_on__lte=clock.today() + timedelta(days=TASK_DAYS)
    )

    def line(task):
        facts = code_list("calendar").get(task.code) or {}
        return item(facts.get(language(), task.code), address("year"), task.due_on)

    return dated("tasks", gettext_lazy("年度工作"), rows, "due_on", line, address("year"))


def rectification(person) -> list[Waiting]:
    """Open measures of rectification due within the month, and satellite rechecks that are due."""
    soon = clock.today() + timedelta(days=TASK_DAYS)
    measures = RectificationItem.objects.filter(
        plan__case__holder=person.unit_id, plan__case__state="rectifying", state="open",
        due_on__lte=soon,
    ).select_related("plan__case")  # fmt: skip
    watches = WatchDate.objects.filter(
        case__owner=person.unit_id, done_at=None, due_on__lte=clock.today() + timedelta(SOON_DAYS)
    ).select_related("case")
    found = dated(
        "measures", gettext_lazy("整改措施"), measures, "due_on",
        lambda x: item(x.title, address("case", x.plan.case_id), x.due_on, x.plan.case.number),
    )  # fmt: skip
    return found + dated(
        "watches", gettext_lazy("销号后卫星复查"), watches, "due_on",
        lambda x: item(x.case.number, address("case", x.case_id), x.due_on),
    )  # fmt: skip


def proposals(person) -> list[Waiting]:
    """Supervisory measures a rule proposed and nobody has decided."""
    if not may(person, "measure.view"):
        return []
    rows = Proposal.objects.filter(unit=person.unit_id, decided="")
    count = rows.count()
    if not count:
        return []
    url = address("measure_list")
    first = rows.select_related("case", "clue").order_by("-pk")[:SHOWN]
    items = [item(x.because[:WORDS], url, None, str(x.case or x.clue or "")) for x in first]
    return [Waiting("proposals", _("督办措施建议"), count, url=url, items=items)]


def reopenings(person) -> list[Waiting]:
    """Closed cases of the unit whose satellite recheck proposes reopening; a person decides."""
    rows = proposed_reopenings(person).filter(case__owner=person.unit_id)
    if not may(person, "case.keep"):
        return []
    count = rows.values("case").distinct().count()
    items = [
        item(x.case.number, address("case", x.case_id), None, x.get_finding_display())
        for x in rows[:SHOWN]
    ]
    url = address("case_list", query="risk=proposed")
    return [Waiting("reopenings", _("建议重新立案"), count, url=url, items=items)] if count else []


def patches(person) -> list[Waiting]:
    """The review's queues of those who work in it."""
    found = []
    kinds = {
        "review": ("review.first", _("图斑待审核"), lambda: reviews.waiting(person)),
        "check": ("review.check", _("图斑待质检"), lambda: reviews.waiting(person, "check")),
        "blind": ("review.blind", _("图斑盲审"), lambda: reviews.blind_for(person)),
    }
    for purpose, (permission, label, rows) in kinds.items():
        count = rows().order_by().count() if may(person, permission) else 0
        if count:
            url = address("review_queue", query=f"purpose={purpose}")
            found.append(Waiting(f"patch-{purpose}", label, count, url=url))
    return found


def inbox(person) -> list[Waiting]:
    """Everything that waits for the person's unit."""
    if person.unit_id is None:
        return []
    decides = person.role in ("supervisor", "officer")
    found = [*patches(person)]
    found += subjects(person, "clue", Clue, CLUE_LIFECYCLE, CLUE_STATES)
    found += subjects(person, "case", Case, CASE_LIFECYCLE, CASE_STATES)
    if decides:
        found += [*letters(person), *rectification(person), *reopenings(person)]
        found += [*proposals(person), *tasks(person)]
    return found


def reminders(person) -> list[dict]:
    """The newest reminders to the person's unit."""
    found = Reminder.objects.filter(unit=person.unit_id).order_by("-on", "-pk")[:REMINDERS]
    return [{"reminder": r, "url": address(r.subject_kind, r.subject_id)} for r in found]
