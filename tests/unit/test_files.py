import errno
import hashlib
import os
import resource
import subprocess
import sys

import pytest

from ecoredline.admission import read_rules
from ecoredline.errors import OutputError, SourceError
from ecoredline.files import as_text, check_writable, output_error, sha256, whole_file


def test_a_file_appears_only_when_its_block_ends_well(tmp_path):
    target = tmp_path / "list.xlsx"
    with whole_file(target) as part:
        part.write_bytes(b"half")
        assert not target.exists()
        assert part.suffix == ".xlsx"
    assert target.read_bytes() == b"half"
    assert [p.name for p in tmp_path.iterdir()] == ["list.xlsx"]


def test_an_error_in_the_block_leaves_the_old_file_and_no_part(tmp_path):
    target = tmp_path / "run.json"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as part:
        part.write_text("new")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_every_refusal_of_the_disk_says_what_to_do(tmp_path, number):
    with (
        pytest.raises(OutputError, match=r"could not write .*: .*(again|--out)"),
        whole_file(tmp_path / "a"),
    ):
        raise OSError(number, os.strerror(number))


def test_a_full_disk_leaves_nothing_under_the_final_name(tmp_path):
    script = (
        "import resource,sys\n"
        "from pathlib import Path\n"
        "from ecoredline.files import whole_file\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with whole_file(Path(sys.argv[1])) as part:\n"
        "    part.write_bytes(b'x' * 5000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "big")], capture_output=True, text=True
    )
    assert "OutputError: could not write" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="could not write"):
        check_writable(tmp_path / "out")


def test_a_read_only_folder_is_refused_in_words():
    with pytest.raises(OutputError, match="could not write"):
        check_writable("/proc/ecoredline-out")


def test_hash_is_that_of_the_standard_library(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\x00" * 3_000_001)
    assert sha256(path) == hashlib.sha256(b"\x00" * 3_000_001).hexdigest()
    with pytest.raises(SourceError, match="could not read"):
        sha256(tmp_path / "absent")


def test_an_unknown_error_number_keeps_the_systems_words(tmp_path):
    assert "Input/output error" in str(
        output_error(tmp_path, OSError(errno.EIO, "Input/output error"))
    )


def test_a_library_that_hides_a_full_disk_is_asked_for_the_space(tmp_path, monkeypatch):
    import shutil

    from ecoredline.files import library_error

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10))
    assert "disk is full" in str(library_error(tmp_path / "a.gpkg", RuntimeError("commit failed")))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 30))
    assert "commit failed" in str(library_error(tmp_path / "a.gpkg", RuntimeError("commit failed")))


@pytest.mark.parametrize("bad", [b"\xff\xfe\x00a", "代码,名称\n".encode("gbk") + b"\x81"])
def test_bytes_that_fit_no_encoding_are_refused_with_their_place_never_replaced(bad):
    with pytest.raises(SourceError, match=r"rules\.csv .* byte \d+ fits neither; save it as UTF-8"):
        as_text(bad, "rules.csv")


def test_a_rule_table_with_a_broken_byte_is_refused(tmp_path):
    table = tmp_path / "rules.csv"
    table.write_bytes("代码,名称\n1,采".encode("gbk") + b"\xff\n")
    with pytest.raises(SourceError, match="neither UTF-8 nor GB 18030"):
        read_rules(table)
