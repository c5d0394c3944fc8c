"""Who may decide on proposals and take measures towards units."""

from ecoredline.web.accounts.permissions import has_role
from ecoredline.web.accounts.scoping import scope


def own_proposal(person, proposal) -> bool:
    """A supervisor of the unit whose measure it would be."""
    return person.role == "supervisor" and person.unit_id == proposal.unit_id


def towards_below(person, unit) -> bool:
    """A supervisor of a unit that lies above the other."""
    seen = scope(person)
    if seen is None or person.role != "supervisor":
        return False
    code = unit.division_code
    return code.startswith(seen.prefix) and len(code) > len(seen.prefix)


RULES = {
    "measure.view": [has_role("analyst", "supervisor", "officer", "auditor", "administrator")],
    "proposal.decide": [own_proposal],
    "measure.take": [towards_below],
}
