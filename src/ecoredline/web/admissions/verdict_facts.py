"""What admission checks know of patches judged to be lawful: how long the approval holds."""

from ecoredline.web.admissions.approved import matches
from ecoredline.web.admissions.models import Approval
from ecoredline.web.patches.models import Patch

LAWFUL = "lawful_known"


def verdict_facts(patches: list) -> dict[int, dict]:
    """Patch key → `valid_to` (ISO day) of the approval that covers a patch dismissed as lawful.

    Of several approvals the one that ends first; one without an end gives nothing.
    """
    lawful = [p for p in patches if getattr(p, "said_reason", "") == LAWFUL]
    found: dict[int, dict] = {}
    for pk, said in matches(Patch.objects.filter(pk__in=[p.pk for p in lawful])).items():
        codes = [int(c) for c in said["project_codes"]]
        ends = Approval.objects.filter(
            admission__in=codes, kind="granted", valid_to__isnull=False
        ).values_list("valid_to", flat=True)
        if said["match"] == "approved" and ends:
            found[pk] = {"valid_to": min(ends).isoformat()}
    return found
