"""What offices say of layers, signed: there is none here, or it was looked at and still holds."""

from datetime import date

from django.utils.translation import gettext as _

from ecoredline.admission.layers import most_days
from ecoredline.codes import code_list, in_force
from ecoredline.web.admissions.models import LayerStatement
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.core.taking_out import entry_of
from ecoredline.web.regions.actions import without_zeros

Kind = LayerStatement.Kind


def roles() -> list[str]:
    """Layers of which something can be said: those the dated list names."""
    return list(in_force("admission_needs", clock.today()))


def limit_of(role: str) -> int:
    """How old the layer may be, in days, by the cycle the data catalogue has now; 0: not judged."""
    dataset = code_list("admission_layers")[role]["dataset"]
    return most_days(role, entry_of(dataset).cycle) if dataset else 0


def state_layer(*, by, role: str, division_code: str, kind: str, day: date, reason: str):
    """Sign a statement about a layer in a division of one's own; every fault at once (422.4)."""
    require(by, "admission.rules")
    code = without_zeros(division_code.strip())
    faults = [] if reason.strip() else [_("理由：未填写")]
    if role not in roles():
        faults.append(_("没有图层“%(got)s”") % {"got": role})
    if kind not in Kind.values:
        faults.append(_("声明：%(got)s 不在选项之中") % {"got": kind})
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6)):
        faults.append(_("行政区划代码“%(got)s”应为 6 位数字") % {"got": division_code})
    elif not code.startswith(by.unit.division_code):
        faults.append(_("行政区划 %(got)s 不在本单位辖区内") % {"got": division_code})
    if day > clock.today():
        faults.append(_("核实日期：%(day)s 晚于今天") % {"day": day})
    if faults:
        raise BadForm(*faults)
    made = LayerStatement.objects.create(
        role=role,
        division_code=code,
        kind=kind,
        day=day,
        reason=reason.strip(),
        by=by,
        unit=by.unit,
    )
    note("admission.statement", f"{role} {code}", by=by, kind=kind, day=str(day), row=made.pk)
    return made


def said_of(kind: str, role: str, code: str, day: date) -> LayerStatement | None:
    """The newest statement of a kind for a county by a day; None where none is or it was taken back."""
    above = [code[:n] for n in (2, 4, 6)]
    rows = LayerStatement.objects.filter(role=role, division_code__in=above, day__lte=day)
    rows = rows.filter(kind__in=(kind, Kind.WITHDRAWN))
    found = rows.select_related("unit").order_by("-pk").first()
    return None if found is None or found.kind == Kind.WITHDRAWN else found


def none_said(role: str, codes, day: date) -> tuple[str, str]:
    """(reason, day) when it is stated for every county that there is none; blank otherwise.

    The day is the oldest of the statements.
    """
    found = [said_of(Kind.NONE, role, code, day) for code in codes]
    if not found or None in found:
        return "", ""
    words = [f"{s.division_code}，{s.reason}（{s.unit.name}，{s.day}）" for s in found]
    return "；".join(dict.fromkeys(words)), min(s.day for s in found).isoformat()


def confirmed_on(role: str, codes, day: date) -> str:
    """The day by which the layer was confirmed for every county; blank where it was not."""
    found = [said_of(Kind.CURRENT, role, code, day) for code in codes]
    if not found or None in found:
        return ""
    return min(s.day for s in found).isoformat()
