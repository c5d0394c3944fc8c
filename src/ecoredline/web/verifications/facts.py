"""What a person typed about a clue, read and checked: every fault at once, nothing guessed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.geodesy import round_ha
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm
from ecoredline.web.verifications.models import Approval, Verification

TEXTS = ("checkers", "found", "land_class", "builder", "handling")
CHOICES = {"kind": Verification.Kind.values, "verdict": ["", *Verification.Verdict.values]}
CODES = {"activity_type": "activity_types", "permitted_category": "permitted_categories"}
DATES = ("checked_on", "started_on")
AREAS = ("area_ha", "redline_area_ha")
KNOWN = {*TEXTS, *CHOICES, *CODES, *DATES, *AREAS, "problem_type", "checklist"}
LARGEST_HA = Decimal(10_000_000)
APPROVAL_TEXTS = ("number", "issuer")
LONGEST_TEXT = 5000


def label(name: str) -> str:
    """What a field is called."""
    return str(Verification._meta.get_field(name).verbose_name)


def read_facts(given: Mapping) -> dict:
    """Clean values of the fields given; raises `BadForm` (422.4) with every fault, `TypeError` for a strange name.

    Texts are stripped, areas become hectares with 4 decimals, dates may be ISO text; blank is blank.
    """
    if strange := given.keys() - KNOWN:
        raise TypeError(f"got {', '.join(sorted(strange))}; wanted fields of Verification")
    faults: list[str] = []
    readers = {
        **dict.fromkeys(TEXTS, read_text), **dict.fromkeys(CHOICES, read_choice),
        **dict.fromkeys(CODES, read_code), **dict.fromkeys(DATES, read_date),
        **dict.fromkeys(AREAS, read_area), "problem_type": read_problems, "checklist": read_answers,
    }  # fmt: skip
    found = {name: readers[name](name, value, faults) for name, value in given.items()}
    faults += between(found)
    if faults:
        raise BadForm(*faults)
    return found


def read_text(name: str, value, faults: list[str]) -> str:
    """A text that fits its column."""
    said = str(value or "").strip()
    most = Verification._meta.get_field(name).max_length or LONGEST_TEXT
    if len(said) > most:
        faults.append(
            _("“%(name)s”有%(got)d字，不超过%(most)d字")
            % {"name": label(name), "got": len(said), "most": most}
        )
    return said


def read_choice(name: str, value, faults: list[str]) -> str:
    """One of the choices of a field."""
    said = str(value or "")
    if said not in CHOICES[name]:
        faults.append(_("“%(name)s”不能是“%(got)s”") % {"name": label(name), "got": said})
    return said


def read_code(name: str, value, faults: list[str]) -> str:
    """A code of a list, or blank."""
    said = str(value or "").strip()
    if said and said not in code_list(CODES[name]):
        faults.append(_("“%(name)s”不能是“%(got)s”") % {"name": label(name), "got": said})
    return said


def read_problems(name: str, value, faults: list[str]) -> str:
    """Codes of problem types, joined by ; as everywhere."""
    given = value if isinstance(value, list | tuple) else str(value or "").split(";")
    codes = [code.strip() for code in given if code.strip()]
    for code in codes:
        if code not in code_list("problem_types"):
            faults.append(_("“%(name)s”不能是“%(got)s”") % {"name": label(name), "got": code})
    return ";".join(dict.fromkeys(codes))[:20]


def read_date(name: str, value, faults: list[str]) -> date | None:
    """A day that is not in the future."""
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        faults.append(
            _("“%(name)s”为“%(got)s”，应写作 2026-03-31") % {"name": label(name), "got": value}
        )
        return None
    if found > clock.today():
        faults.append(_("“%(name)s”晚于今天") % {"name": label(name)})
    return found


def read_area(name: str, value, faults: list[str]) -> Decimal | None:
    """Hectares with 4 decimals."""
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value).strip())
        fits = found.is_finite() and 0 <= found <= LARGEST_HA
    except InvalidOperation:
        fits = False
    if not fits:
        faults.append(
            _("“%(name)s”为“%(got)s”，应为公顷数，如 1.2345") % {"name": label(name), "got": value}
        )
        return None
    return Decimal(f"{round_ha(float(found)):.4f}")


def read_answers(name: str, value, faults: list[str]) -> dict:
    """Item code → yes or no."""
    answers = {code: said for code, said in dict(value or {}).items() if said}
    items = code_list("check_items")
    for code, said in answers.items():
        if code not in items or items[code]["kind"] != "answer" or said not in ("yes", "no"):
            faults.append(_("检查项“%(code)s”的答案“%(got)s”无效") % {"code": code, "got": said})
    return answers


def between(found: Mapping) -> list[str]:
    """What does not go together."""
    faults = []
    whole, inside = found.get("area_ha"), found.get("redline_area_ha")
    if whole is not None and inside is not None and inside > whole:
        faults.append(
            _("其中红线内面积 %(inside)s 大于实际面积 %(whole)s")
            % {"inside": inside, "whole": whole}
        )
    started, checked = found.get("started_on"), found.get("checked_on")
    if started and checked and started > checked:
        faults.append(
            _("开始时间 %(started)s 晚于核查日期 %(checked)s")
            % {"started": started, "checked": checked}
        )
    return faults


def read_approvals(given) -> list[Approval]:
    """Approvals as rows not yet saved; each {kind, has, number, issuer, dated}. Raises `BadForm`."""
    faults: list[str] = []
    kinds, found = code_list("approval_kinds"), []
    for row in given:
        kind = str(row.get("kind", ""))
        if kind not in kinds:
            faults.append(_("审批手续类型“%(got)s”无效") % {"got": kind})
            continue
        texts = {name: str(row.get(name) or "").strip() for name in APPROVAL_TEXTS}
        for name, said in texts.items():
            if len(said) > Approval._meta.get_field(name).max_length:
                faults.append(_("%(kind)s：文字过长") % {"kind": kinds[kind]["zh"]})
        said = row.get("dated")
        try:
            dated = said if isinstance(said, date) or not said else date.fromisoformat(str(said))
        except ValueError:
            faults.append(
                _("%(kind)s：日期“%(got)s”应写作 2026-03-31")
                % {"kind": kinds[kind]["zh"], "got": said}
            )
            continue
        found.append(Approval(kind=kind, has=bool(row.get("has")), dated=dated or None, **texts))
    if faults:
        raise BadForm(*faults)
    return found
