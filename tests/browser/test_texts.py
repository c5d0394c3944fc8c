"""The pages' texts and markup, without a browser."""

import gettext
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoredline.errors import InputError
from ecoredline.web import locale

TEMPLATES = sorted(locale.WEB.glob("templates/**/*.html"))
SCRIPTS = sorted(locale.WEB.glob("static/js/*.js"))
# What the content security policy forbids, or the platform does: inline code, other hosts.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)
OTHER_HOST = re.compile(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//")


def test_every_text_of_the_pages_has_an_english_entry():
    assert locale.missing() == {}


def test_the_texts_are_found_in_templates_and_in_code():
    found = locale.texts()
    assert found["一张图"].endswith(".html")
    assert any(path.endswith(".py") for path in found.values())
    assert len(found) > 100


def test_no_entry_is_left_over():
    entries = set(locale.read_po(locale.PO.read_text(encoding="utf-8"))) - {""}
    assert entries - set(locale.texts()) == set()


@settings(max_examples=25)
@given(st.dictionaries(st.text(min_size=1).filter(str.strip), st.text(min_size=1), max_size=8))
def test_what_is_compiled_is_what_gettext_reads(tmp_path_factory, entries):
    entries = {k.replace("\0", ""): v.replace("\0", "") for k, v in entries.items()}
    entries = {k: v for k, v in entries.items() if k and v} | {
        "": "Content-Type: text/plain; charset=UTF-8\n"
    }
    path = tmp_path_factory.mktemp("mo") / "django.mo"
    locale.write_mo(entries, path)
    with path.open("rb") as stream:
        read = gettext.GNUTranslations(stream)
    assert all(read.gettext(key) == value for key, value in entries.items() if key)


def test_a_newer_po_is_compiled_once(tmp_path):
    po = tmp_path / "po" / "django.po"
    po.parent.mkdir()
    po.write_text('msgid "图斑"\nmsgstr "Patch"\n', encoding="utf-8")
    assert locale.compile_if_older(po)
    assert not locale.compile_if_older(po)
    assert sorted(p.name for p in po.parent.iterdir()) == ["django.mo", "django.po"]


@pytest.mark.parametrize(
    "line", ["msgid 图斑", 'msgctxt "a"', 'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"']
)
def test_a_po_that_cannot_be_read_names_the_line(line):
    with pytest.raises(InputError, match="line"):
        locale.read_po(line)


def test_a_block_with_a_variable_is_found_as_gettext_will_ask_for_it():
    text = (
        "{% blocktranslate with n=job.attempts trimmed %}\n 第 {{ n }} 次\n{% endblocktranslate %}"
    )
    assert locale.texts_of_template(text) == {"第 %(n)s 次"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_inline_code_or_another_host(path):
    text = path.read_text(encoding="utf-8")
    assert INLINE.findall(text) == []
    assert OTHER_HOST.findall(text) == []


def test_scripts_and_style_sheet_ask_no_other_host_and_stay_readable():
    sheet = locale.WEB / "static/css/ecoredline.css"
    for path in [*SCRIPTS, sheet]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://", text), path.name
        assert text.count("\n") <= 500, path.name
