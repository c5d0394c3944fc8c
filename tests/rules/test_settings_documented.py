"""Every variable the platform reads is in the reference, and the reference names no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS = re.compile(
    r"(?:text|letters|boolean|integer|secret_or_file|environ\.get|environ\.setdefault)\(\s*\"([A-Z_]+)\""
    r"|environ\[\"([A-Z_]+)\"\]"
)
OTHERS_OWN = {
    "DJANGO_SETTINGS_MODULE",
    "CUBLAS_WORKSPACE_CONFIG",
}  # set for Django and PyTorch, not read


def test_settings_and_their_reference_name_the_same_variables():
    read = set()
    for path in (ROOT / "src" / "ecoredline").rglob("*.py"):
        found = READS.findall(re.sub(r">>>.*", "", path.read_text("utf-8")))
        read |= {a or b for a, b in found}
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert len(read) > 10
    assert read - OTHERS_OWN == listed
