"""Who may do what to a case."""

from ecoredline.web.accounts.permissions import Grant, anyone_with_a_unit

owning = [Grant(("supervisor",), "owns")]
holding = [Grant(("supervisor", "officer"), "holds")]
above = [*owning, Grant(("supervisor",), "above")]

RULES = {
    "case.view": [anyone_with_a_unit],
    "case.open": [Grant(("supervisor",), "owns")],  # asked of each clue
    "case.import": [Grant(("supervisor",), "anybody")],
    "case.add_clue": owning,
    "case.describe": owning,
    "case.hand_over": owning,
    "case.hand_to_department": above,
    "case.push": above,
    "case.reply": [*above, *holding],
    "case.investigate": [*holding, *owning],
    "case.plan": holding,
    "case.revise_plan": holding,
    "case.progress": holding,
    "case.finish_item": holding,
    "case.cancel_item": owning,
    "case.extend": above,
    "case.request_closing": holding,
    "case.recheck": above,
    "case.send_back": owning,
    "case.close": owning,
    "case.strike_off": owning,
    "case.watch": [Grant(("analyst", "checker", "supervisor"))],
    "case.keep": above,
    "case.reopen": above,
    "case.measure": above,
    "case.refer": above,
    "case.report_up": above,
    "case.remind": above,
    "case.export": [Grant(("analyst", "checker", "supervisor", "officer", "auditor"))],
}
