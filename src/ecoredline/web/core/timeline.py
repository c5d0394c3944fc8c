"""The history of subjects as a page shows it: every step, by whom, when, and what was said."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.models import Transition
from ecoredline.web.core.moves import history
from ecoredline.web.core.permissions import may

BEGUN = {
    "raise": _("立线索"),
    "open": _("立案"),
    "begin": _("建立"),
    "deliver": _("交付"),
}  # first rows, no step led to them


def timeline(*subjects) -> list[Transition]:
    """The transitions of these subjects together, oldest first, with labels in the page's language.

    Each has `label` (the step), `state_label` (the state after it) and `subject_kind`.
    """
    rows: list[Transition] = []
    for subject in subjects:
        lifecycle = subject.LIFECYCLE
        labels = {s.action: s.label for s in lifecycle.steps}
        for row in history(subject).select_related("person"):
            row.label = ({} if row.start else BEGUN).get(row.step) or labels.get(row.step, row.step)
            row.state_label = lifecycle.states.get(row.end, row.end)
            row.moved = row.start != row.end
            row.who = row.person.display_name if row.person else ""
            rows.append(row)
    return sorted(rows, key=lambda row: (row.at, row.pk))


def steps_for(person, subject) -> set[str]:
    """The steps this person may take now, by state and permission: which buttons a page shows."""
    lifecycle = subject.LIFECYCLE
    return {
        s.action
        for s in lifecycle.from_state(subject.state)
        if may(person, lifecycle.permission(s.action), subject)
    }


def path_of(subject) -> list[dict]:
    """The states of the subject's path for the progress line: {code, label, is_here, was_here}."""
    seen = set(history(subject).values_list("end", flat=True))
    return [
        {"code": code, "label": label, "is_here": code == subject.state, "was_here": code in seen}
        for code, label in subject.LIFECYCLE.states.items()
        if code in seen or code == subject.state or code not in subject.LIFECYCLE.final
    ]
