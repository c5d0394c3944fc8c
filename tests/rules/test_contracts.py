"""Promises of the repository as a whole."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
).stdout.split("\n")


def test_imports_flow_down_and_only_web_knows_django():
    from importlinter import cli

    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small_and_functions_short(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 500, "split the file: more than 500 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            doc = ast.get_docstring(node, clean=False)
            lines -= doc.count("\n") + 1 if doc else 0
            assert lines <= 60, f"{node.name} has {lines} lines without its docstring"


def test_no_file_names_a_machine_or_a_host_of_packages():
    found = []
    for name in TRACKED:
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in {".png", ".jpg"}:
            continue
        text = path.read_text("utf-8", errors="ignore")
        if re.search(r"/(root|home|work)/[A-Za-z0-9_.-]+/", text):
            found.append(f"{name}: a path of one machine")
        if path.suffix in {".lock", ".json"} and re.search(
            r"https?://[^\"\s]*(pypi|npmjs|registry)", text
        ):
            found.append(f"{name}: a registry's host")
    assert found == []


def test_every_decision_record_has_its_own_number_its_three_parts_and_a_place_in_the_docs():
    records = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    assert len(records) >= 4
    assert len({path.name[:4] for path in records}) == len(records)
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    for path in records:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path
        assert f"decisions/{path.name}" in nav
        assert all(
            part in text for part in ("**Context.**", "**Decision.**", "**Consequences.**")
        ), path


def test_make_alone_lists_the_targets():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    for target in ("demo", "test", "lint", "bench", "serve", "docs", "clean-demo"):
        assert f"make {target}" in done.stdout


def test_the_locks_hold_hashes_and_no_address():
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.lock").read_text()
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9._-]+==[^ ]+ \\$", text, re.MULTILINE)
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
