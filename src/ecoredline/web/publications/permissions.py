"""Who may prepare, publish and withdraw what the public sees."""

from ecoredline.web.accounts.permissions import Grant, has_role

OWN = Grant(("administrator",), "owns")

RULES = {
    "publication.view": [has_role("administrator", "supervisor", "auditor")],
    "publication.prepare": [Grant(("administrator",), "anybody")],
    "publication.publish": [OWN],
    "publication.withdraw": [OWN],
    "publication.replace": [OWN],
}
