"""Frozen lists against the hash that was sealed with them."""

from collections.abc import Iterator

from ecoredline.web.clues.lists import is_intact
from ecoredline.web.clues.models import ListVersion
from ecoredline.web.core.models import AccessRecord


def changed_lists() -> Iterator[str]:
    """List versions whose rows, count or area are no longer what was frozen."""
    sealed = {
        record.thing: record.detail.get("sha256")
        for record in AccessRecord.objects.filter(action="list.finalise")
    }
    for version in ListVersion.objects.iterator(chunk_size=50):
        told = sealed.get(f"list {version.pk}")
        if not is_intact(version) or (told is not None and told != version.sha256):
            yield f"list {version.pk}：清单内容与定稿时的散列值不符"


AUDIT = [changed_lists]
