"""Who may hang a file on a subject, and who may open one: whoever sees the subject."""

from ecoredline.web.accounts.permissions import anyone_with_a_unit, has_role

RULES = {
    "file.attach": [has_role("analyst", "checker", "officer", "supervisor")],
    "file.open": [anyone_with_a_unit],
}
