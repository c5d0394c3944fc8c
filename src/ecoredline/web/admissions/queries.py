"""Reads about admission checks, each limited to what the person may see."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.admissions.models import Admission, AdmissionRequest, Approval
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadFilter, NotFound


@dataclass(frozen=True)
class AdmissionFilter:
    """A selection of answers; values are checked, not ignored."""

    outcome: str = ""
    approved: str = ""
    county: str = ""
    q: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, given) -> "AdmissionFilter":
        """From an address; raises `BadFilter` with every fault."""
        values = {n: given.get(n, "").strip()[:100] for n in cls.__dataclass_fields__}
        faults = []
        if values["outcome"] and values["outcome"] not in code_list("admission_outcomes"):
            faults.append(f"outcome={values['outcome']!r}")
        if values["approved"] not in ("", "granted", "withdrawn", "none"):
            faults.append(f"approved={values['approved']!r}")
        if values["county"] and not (values["county"].isascii() and values["county"].isdigit()):
            faults.append(f"county={values['county']!r}")
        for name in ("since", "until"):
            try:
                values[name] and date.fromisoformat(values[name])
            except ValueError:
                faults.append(f"{name}={values[name]!r}: YYYY-MM-DD")
        if faults:
            raise BadFilter(*faults)
        return cls(**values)

    def apply(self, rows: QuerySet) -> QuerySet:
        """The selection."""
        if self.outcome:
            rows = rows.filter(outcome=self.outcome)
        if self.approved:
            rows = rows.filter(standing=None if self.approved == "none" else self.approved)
        if self.county:
            rows = rows.filter(scope_codes__contains=[self.county])
        if self.q:
            rows = rows.filter(
                Q(name__icontains=self.q) | Q(code__icontains=self.q) | Q(number__icontains=self.q)
            )
        if self.since:
            rows = rows.filter(asked_at__date__gte=self.since)
        return rows.filter(asked_at__date__lte=self.until) if self.until else rows


EVERYTHING = AdmissionFilter()


def admissions_for(person, chosen: AdmissionFilter = EVERYTHING) -> QuerySet[Admission]:
    """The answers in the person's divisions, the newest first, each with its `standing` approval."""
    require(person, "admission.view")
    newest = Approval.objects.filter(admission=OuterRef("pk")).order_by("-pk")
    rows = Admission.objects.visible_to(person).select_related("unit", "by", "request")
    return chosen.apply(rows.annotate(standing=Subquery(newest.values("kind")[:1])))


def admission_for(person, pk: int) -> Admission:
    """One answer; raises `NotFound` (404.1)."""
    row = admissions_for(person).select_related("rules", "redline_version").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def request_for(person, pk: int) -> tuple[AdmissionRequest, QuerySet[Admission]]:
    """A request of which the person sees an answer, and the answers they see."""
    rows = admissions_for(person).filter(request=pk).order_by("pk")
    first = rows.first()
    if first is None:
        raise NotFound()
    return first.request, rows


def counts(rows: QuerySet) -> list[tuple[str, int]]:
    """How many of each outcome."""
    found = rows.order_by().values_list("outcome").annotate(n=Count("pk"))
    return sorted(found, key=lambda pair: int(code_list("admission_outcomes")[pair[0]]["severity"]))


def activity_choices(language: str) -> list[tuple[str, str]]:
    """What a project can be: the permitted categories, then the activity types."""
    groups = ((_("有限人为活动"), "permitted_categories"), (_("人类活动类型"), "activity_types"))
    return [
        ("", "—"),
        *(
            (title, [(code, f"{code} {row[language]}") for code, row in code_list(name).items()])
            for title, name in groups
        ),
    ]
