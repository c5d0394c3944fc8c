import numpy as np
import pytest
import sample

from ecoredline.documents import LetterParties, write_documents
from ecoredline.errors import OutputError

BANDS = ("blue", "green", "red", "nir")


def read_chips(row, window):
    return sample.images(sample.GRID.window(*window))


def write(folder, patches, **options):
    given = {"grid": sample.GRID, "band_names": BANDS, "chips": read_chips} | options
    return write_documents(
        folder, patches, sample.dropped(), sample.unseen(), sample.record(),
        redline=sample.redline(), divisions=sample.divisions(), **given,
    )  # fmt: skip


def test_every_document_is_written_whole_and_told(tmp_path, patches):
    paths = write(tmp_path, patches.head(6), parties=LetterParties(reply_by="2026-03-31"))
    there = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert sorted(paths) == there
    names = {p.name for p in paths}
    assert {
        "annex-1.xlsx", "annex-1.docx", "annex-2.xlsx", "annex-2.docx", "letter.docx",
        "evidence.docx", "report.html",
    } <= names  # fmt: skip
    listed = patches.head(6)["channel"].isin(["suspected", "protected"]).sum()
    assert len([n for n in names if n.endswith("-before.png")]) == listed


def test_windows_are_asked_for_inside_the_grid(tmp_path, patches):
    asked = []

    def remember(row, window):
        asked.append(window)
        return read_chips(row, window)

    write(tmp_path, patches.head(4), chips=remember)
    assert len(asked) == 4
    assert all(np.add(w[:2], w[2:]).max() <= 1000 and min(w[:2]) >= 0 for w in asked)


def test_nothing_found_gives_the_whole_set_too(tmp_path):
    paths = write(tmp_path, sample.patches(0))
    assert len(paths) == 7 and all(p.stat().st_size > 1000 for p in paths)


def test_without_images_the_sheets_have_no_pictures(tmp_path, patches):
    paths = write(tmp_path, patches.head(3), chips=None)
    assert not [p for p in paths if p.suffix == ".png"]
    assert len([p for p in paths if p.parent.name == "evidence"]) == 3


def test_a_folder_that_cannot_be_written_is_told(tmp_path, patches):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(OutputError, match="could not write"):
        write(blocked, patches.head(1))


def test_the_same_input_gives_the_same_pages(tmp_path, patches):
    for name in ("a", "b"):
        write(tmp_path / name, patches.head(3))
    for path in sorted((tmp_path / "a").rglob("*.*")):
        if path.suffix in (".html", ".png"):
            assert (
                path.read_bytes()
                == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
            )
