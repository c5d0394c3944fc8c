"""The data catalogue: an entry per dataset, from the list and over it what an office entered."""

from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.core.actions import note
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm, NotAllowed
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.ogc.models import CatalogueEdition

LISTS = {"share": "share_types", "cycle": "update_cycles", "level": "security_levels"}
NOT_SHARED = "none"


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of a dataset; `since` is blank for the list's own word."""

    dataset: str
    title: str
    provider: str
    share: str
    cycle: str
    level: str
    exports: bool
    since: str = ""

    @property
    def needs_reason(self) -> bool:
        """Must whoever takes it out say why?"""
        return code_list("security_levels")[self.level]["reason"] == "1"

    @property
    def words(self) -> dict[str, str]:
        """Share type, cycle and level in the reader's language."""
        return {k: code_list(name)[getattr(self, k)][language()] for k, name in LISTS.items()}

    def to_dict(self) -> dict:
        """Plain JSON."""
        return asdict(self) | {"needs_reason": self.needs_reason, "words": self.words}


def entries() -> dict[str, Entry]:
    """Dataset → its entry now."""
    held: dict[str, CatalogueEdition] = {}
    for row in CatalogueEdition.objects.order_by("pk"):
        held[row.dataset] = row
    found = {}
    for code, listed in code_list("datasets").items():
        row = held.get(code)
        told = {k: getattr(row, k) if row else listed[k] for k in ("provider", *LISTS)}
        since = row.at.isoformat() if row else ""
        found[code] = Entry(
            code, listed[language()], **told, exports=bool(listed["exports"]), since=since
        )
    return found


def require_export(request, *datasets: str) -> dict[str, str]:
    """The purpose to note, when the person may take the datasets out. Raises `NotAllowed`, `PurposeWanted`."""
    require(request.user, "data.export")
    known = entries()
    if any(known[d].share == NOT_SHARED for d in datasets):
        raise NotAllowed(_("数据目录登记为不予共享"))
    return purpose_of(request, *datasets)


def describe(*, by, dataset: str, provider: str, **told) -> CatalogueEdition:
    """Write a new edition of an entry; all faults at once (422.4)."""
    require(by, "data.catalogue")
    faults = [] if provider.strip() else [_("提供单位：未填写")]
    if dataset not in code_list("datasets"):
        faults.append(_("没有数据集“%(got)s”") % {"got": dataset})
    for name, lists in LISTS.items():
        if told.get(name) not in code_list(lists):
            wanted = "、".join(code_list(lists))
            faults.append(
                _("%(name)s：%(got)s 不在 %(wanted)s 之中")
                % {"name": name, "got": told.get(name), "wanted": wanted}
            )
    if faults:
        raise BadForm(*faults)
    made = CatalogueEdition.objects.create(
        dataset=dataset, provider=provider.strip()[:200], by=by, **{k: told[k] for k in LISTS}
    )
    note("data.catalogue", dataset, by=by, **{k: told[k] for k in LISTS})
    return made
