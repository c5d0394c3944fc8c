"""One selection for the map, the table, the tiles and the files: read from the query string."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from django.db.models import Q, QuerySet

from ecoredline.codes import code_list
from ecoredline.patches.columns import AREA_DECIMALS
from ecoredline.web.core.parts import more_filters
from ecoredline.web.core.selection import Selection

LISTS = {
    "activity": "activity_types",
    "problem": "problem_types",
    "channel": "channels",
    "zone": "control_zones",
}
COLUMNS = {
    "activity": "activity_type",
    "problem": "problem_type",
    "channel": "channel",
    "zone": "control_zone",
}
SORTS = ("redline_area_ha", "area_ha", "patch_id", "county", "activity_type", "confidence")
DEFAULT_SORT = "-redline_area_ha"
AREA_LIMIT_HA = Decimal("1e9")
AREA_STEP_HA = Decimal(1).scaleb(-AREA_DECIMALS)
NUMBER_LIMIT = 40
MAX_CODE_DIGITS = 12


@dataclass(frozen=True)
class PatchFilter(Selection):
    """What of a run is selected; every empty value selects all."""

    county: str = ""
    activity: str = ""
    problem: str = ""
    channel: str = ""
    zone: str = ""
    min_area: str = ""
    approval: str = ""  # a filter that the app of admission checks brings
    q: str = ""
    sort: str = ""

    def faults(self) -> list[str]:
        """What cannot be read, one sentence each."""
        found = self.unknown({name: code_list(codes) for name, codes in LISTS.items()})
        if self.county and not (self.county.isascii() and self.county.isdigit()):
            found.append(f"county={self.county!r}: 2, 4, 6 … digits")
        if len(self.county) > MAX_CODE_DIGITS:
            found.append(f"county ≤ {MAX_CODE_DIGITS}")
        found += [*self.too_long("q"), *self.bad_sort(SORTS)]
        own = more_filters().get("approval")
        if self.approval and (own is None or self.approval not in own.choices):
            found.append(f"approval={self.approval!r}: {', '.join(own.choices if own else ())}")
        if self.min_area and self.least_ha is None:
            found.append(f"min_area={self.min_area!r}: ha ≥ 0")
        return found

    @property
    def least_ha(self) -> Decimal | None:
        """The smallest redline area, hectares; None when it cannot be read.

        It is rounded up to the decimals areas are kept with, which selects the same patches.

        >>> PatchFilter(min_area="1e-20000").least_ha
        Decimal('0.0001')
        """
        if not self.min_area.isascii() or len(self.min_area) > NUMBER_LIMIT:
            return None
        try:
            value = Decimal(self.min_area)
        except InvalidOperation:
            return None
        if not value.is_finite() or not 0 <= value <= AREA_LIMIT_HA:
            return None
        return value.quantize(AREA_STEP_HA, rounding=ROUND_CEILING)

    def condition(self) -> Q:
        """The selection as a condition on patches."""
        found = Q()
        for name, column in COLUMNS.items():
            if value := getattr(self, name):
                found &= Q(**{column: value})
        if self.county:
            found &= Q(division_code__startswith=self.county)
        if self.approval:
            found &= more_filters()["approval"].condition(self.approval)
        if self.min_area:
            found &= Q(redline_area_ha__gte=self.least_ha)
        if self.q:
            found &= (
                Q(patch_id__icontains=self.q)
                | Q(position__icontains=self.q)
                | Q(county__icontains=self.q)
                | Q(redline_names__icontains=self.q)
            )
        return found

    def apply(self, patches: QuerySet) -> QuerySet:
        """The selected patches in the selected order; equal ones by number."""
        return patches.filter(self.condition()).order_by(self.sort or DEFAULT_SORT, "patch_id")
