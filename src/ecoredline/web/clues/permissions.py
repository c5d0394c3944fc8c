"""Who may do what to a clue."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit

raisers = ("analyst", "checker", "supervisor")
owning = [Grant(("supervisor",), "owns")]
holding = [Grant(("supervisor", "officer"), "holds")]

RULES = {
    "clue.view": [anyone_with_a_unit],
    "clue.raise": [Grant(raisers, "anybody"), Grant(("officer",), "anybody", ("county",))],
    "clue.add_patch": [Grant(raisers, "owns")],
    "clue.amend": [Grant((*raisers, "officer"), "owns")],
    "clue.consult": owning,
    "clue.list": owning,
    "clue.unlist": owning,
    "clue.withdraw": [Grant((*raisers, "officer"), "owns")],
    "clue.merge": [Grant(("analyst", "supervisor"), "owns")],
    "clue.absorb": [Grant(("analyst", "supervisor"), "owns")],
    "clue.give_back": [Grant(("analyst", "supervisor"), "owns")],
    "clue.unmerge_raised": [Grant(("analyst", "supervisor"), "owns")],
    "clue.unmerge_listed": [Grant(("analyst", "supervisor"), "owns")],
    "clue.unmerge_dispatched": [Grant(("analyst", "supervisor"), "owns")],
    "clue.dispatch": owning,
    "clue.receive": holding,
    "clue.pass_down": [Grant(("supervisor",), "holds")],
    "clue.decline": holding,
    "clue.reassign": [Grant(("supervisor",), "above"), Grant(("supervisor",), "holds")],
    "clue.extend": [Grant(("supervisor",), "above"), Grant(("supervisor",), "owns")],
    "clue.remind": [Grant(("supervisor",), "above"), Grant(("supervisor",), "owns")],
    "clue.measure": [Grant(("supervisor",), "above"), Grant(("supervisor",), "owns")],
    "clue.submit": holding,
    "clue.endorse": [Grant(("supervisor",), "holds")],
    "clue.send_back": [Grant(("supervisor",), "holds")],
    "clue.spot_check": [Grant(("supervisor",), "holds"), Grant(("supervisor",), "above")],
    "clue.confirm": owning,
    "clue.adopt": owning,
    "clue.clear": owning,
    "clue.reopen": owning,
    "clue.export": [Grant(("analyst", "checker", "supervisor", "officer", "auditor"))],
    "list.finalise": [Grant(("supervisor",), "anybody")],
}
