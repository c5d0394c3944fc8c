"""The stages of the path, and which step of which lifecycle reaches each.

Each subject counts once for a stage, in the month it came to it first.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Stage:
    """A stage: of which kind of subject, reached by which steps (blank `start`: its beginning)."""

    code: str
    label: object
    kind: str
    steps: tuple[str, ...] = ()
    begins: bool = False


STAGES = (
    Stage("detected", _("发现图斑"), "patch"),
    Stage("suspected", _("疑似问题"), "clue", begins=True),
    Stage("dispatched", _("已下发"), "clue", ("dispatch",)),
    Stage("verified", _("已核实"), "clue", ("submit",)),
    Stage("confirmed", _("确认问题"), "case", begins=True),
    Stage("rectified", _("完成整改"), "case", ("request_closing",)),
    Stage("rechecked", _("已复核"), "case", ("recheck",)),
    Stage("closed", _("已销号"), "case", ("close", "strike_off")),
    Stage("reopened", _("重新立案"), "case", ("reopen",)),
)
BY_CODE = {s.code: s for s in STAGES}


def stage_of(kind: str, step: str, start: str) -> str:
    """The stage a transition reaches; blank for one that reaches none.

    >>> stage_of("clue", "dispatch", "listed"), stage_of("case", "open", ""), stage_of("clue", "remind", "dispatched")
    ('dispatched', 'confirmed', '')
    """
    for stage in STAGES:
        if stage.kind == kind and ((stage.begins and not start) or step in stage.steps):
            return stage.code
    return ""
