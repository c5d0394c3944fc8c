"""Attachments against the hash under which they were kept."""

from collections.abc import Iterator
from hashlib import file_digest

from ecoredline.web.files import store
from ecoredline.web.files.models import Attachment


def changed_files() -> Iterator[str]:
    """Attachments whose file is gone or is no longer the one that was kept."""
    for sha256 in Attachment.objects.order_by("sha256").values_list("sha256", flat=True).distinct():
        path = store.path_of(sha256)
        if not path.exists():
            yield f"attachment {sha256[:12]}…：文件已不存在"
            continue
        with path.open("rb") as stream:
            if file_digest(stream, "sha256").hexdigest() != sha256:
                yield f"attachment {sha256[:12]}…：文件内容与散列值不符"


AUDIT = [changed_files]
