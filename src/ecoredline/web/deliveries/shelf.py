"""What a check has already found, kept by item, so that a stopped job goes on where it was."""

import hashlib
import json
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from django.conf import settings

from ecoredline.files import whole_file
from ecoredline.quality import CheckResult


def reports_folder(pk: int) -> Path:
    """Where a delivery's reports lie."""
    return settings.ECOREDLINE_VAR / "quality" / str(pk)


class Shelf(MutableMapping):
    """Item name → its results, each item a file of its own that is there whole or not at all."""

    def __init__(self, folder: Path):
        self.folder = folder

    def _place(self, name: str) -> Path:
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"

    def __getitem__(self, name: str) -> list[CheckResult]:
        try:
            told = json.loads(self._place(name).read_text(encoding="utf-8"))
            return [CheckResult.of(row) for row in told]
        except (OSError, ValueError, KeyError) as fault:
            raise KeyError(name) from fault

    def __setitem__(self, name: str, found: list[CheckResult]) -> None:
        with whole_file(self._place(name)) as part:
            body = json.dumps([r.to_dict() for r in found], ensure_ascii=False)
            part.write_text(body, encoding="utf-8")

    def __delitem__(self, name: str) -> None:
        self._place(name).unlink()

    def __iter__(self) -> Iterator[str]:
        return (p.stem for p in self.folder.glob("*.json"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def remove(self) -> None:
        """Nothing is left of it."""
        shutil.rmtree(self.folder, ignore_errors=True)
