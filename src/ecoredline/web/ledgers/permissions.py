"""Who may read, write, export ledgers and keep the mappings of fields."""

from ecoredline.web.accounts.permissions import anyone_with_a_unit, has_role

WORKING = ("supervisor", "officer", "analyst")

RULES = {
    "ledger.view": [anyone_with_a_unit],
    "ledger.guarded": [has_role(*WORKING)],  # names of people, positions of species
    "ledger.edit": [has_role("supervisor", "officer")],
    "ledger.export": [has_role(*WORKING, "auditor", "administrator")],
    "ledger.baseline": [has_role("supervisor")],
    "ledger.map": [has_role("supervisor", "administrator")],
}
