"""What a verification still lacks before it can go up: everything at once, in words."""

from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.files.queries import attachments_of
from ecoredline.web.verifications.facts import label
from ecoredline.web.verifications.models import Verification
from ecoredline.web.verifications.positions import directions, outline_of, place_of
from ecoredline.web.verifications.terms import CheckItem, items_for, term

Verdict = Verification.Verdict
ALWAYS = ("verdict", "checked_on", "checkers", "found")
WHEN_THERE = ("activity_type", "area_ha", "redline_area_ha", "land_class", "builder")
WHEN_BAD = ("problem_type",)
POSITION_WORDS = {"inside": _("范围内"), "near": _("现场附近")}


def record_name(verification) -> str:
    """The record its photographs hang on."""
    return f"verification:{verification.pk}"


def files_of(verification):
    """Its photographs and documents."""
    return attachments_of(verification.clue, record_name(verification))


def missing_of(verification, day=None) -> list[str]:
    """Every field, answer, approval and photograph that is still asked for; empty when complete."""
    day = day or clock.today()
    found = [
        *missing_fields(verification),
        *missing_approvals(verification),
        *missing_items(verification, day),
    ]
    return [str(words) for words in found]


def missing_fields(verification) -> list[str]:
    """Fields the verdict asks for."""
    wanted = list(ALWAYS)
    if verification.verdict in (Verdict.TRUE, Verdict.PARTLY, Verdict.LAWFUL):
        wanted += WHEN_THERE
    if verification.verdict in (Verdict.TRUE, Verdict.PARTLY):
        wanted += WHEN_BAD
    blank = [name for name in wanted if getattr(verification, name) in ("", None)]
    return [_("未填写“%(name)s”") % {"name": label(name)} for name in blank]


def missing_approvals(verification) -> list[str]:
    """Each needed kind answered; each that is claimed with number, issuer and date; lawful with a ground."""
    if verification.verdict in ("", Verdict.FALSE):
        return []
    rows = list(verification.approvals.all())
    found, kinds = [], code_list("approval_kinds")
    answered = {row.kind for row in rows}
    for code, kind in kinds.items():
        if kind["needed"] and code not in answered:
            found.append(_("未说明有无“%(kind)s”") % {"kind": kind[language()]})
    for row in rows:
        if row.has and not (row.number and row.issuer and row.dated):
            found.append(
                _("“%(kind)s”缺少文号、批准机关或日期") % {"kind": kinds[row.kind][language()]}
            )
    claimed = any(row.has for row in rows) or verification.permitted_category
    if verification.verdict == Verdict.LAWFUL and not claimed:
        found.append(_("结论为合法合规，须有审批手续，或说明属于哪一类允许的有限人为活动"))
    return found


def missing_items(verification, day) -> list[str]:
    """Lines of the checklist that are not met."""
    files = defaultdict(list)
    for file in files_of(verification):
        files[file.purpose].append(file)
    found = []
    for item in items_for(verification, day):
        found += lacks(item, files[item.code], verification, day)
    return found


def lacks(item: CheckItem, files: list, verification, day) -> list[str]:
    """What one line of the checklist still lacks."""
    if item.kind == "answer":
        answered = verification.checklist.get(item.code)
        return [] if answered else [_("未回答“%(item)s”") % {"item": item.label}]
    fitting = [file for file in files if in_place(item, file, verification.clue, day)]
    found = []
    if len(fitting) < item.min_count:
        where = ""
        if item.position and outline_of(verification.clue) is not None:
            where = _("（位置在%(where)s）") % {"where": POSITION_WORDS[item.position]}
        found.append(
            _("%(item)s：需%(wanted)d份%(where)s，现有%(got)d份")
            % {"item": item.label, "wanted": item.min_count, "where": where, "got": len(fitting)}
        )
    seen = directions([file.bearing for file in fitting], term("bearing_sector", day))
    if seen < item.min_bearings:
        found.append(
            _("%(item)s：需%(wanted)d个不同方位，现有%(got)d个")
            % {"item": item.label, "wanted": item.min_bearings, "got": seen}
        )
    return found


def in_place(item: CheckItem, file, clue, day) -> bool:
    """Was it taken where the line asks? Where nothing can be compared, a position is enough."""
    if not item.position:
        return True
    outline = outline_of(clue)
    if outline is None:
        return file.position is not None
    accepted = {"inside": ("inside",), "near": ("inside", "near")}[item.position]
    if outline.geom_type == "Point":
        accepted = ("inside", "near")
    return place_of(file.position, clue, day).code in accepted
