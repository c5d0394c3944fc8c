"""Settings are read from the environment, loudly."""

import threading

import pytest

from ecoredline.errors import InputError
from ecoredline.web import environment

NAME = "ECOREDLINE_TEST_VARIABLE"


@pytest.mark.parametrize(("given", "got"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_yes_and_no_are_understood(monkeypatch, given, got):
    monkeypatch.setenv(NAME, given)
    assert environment.boolean(NAME, True) is got


def test_nonsense_is_refused_at_start(monkeypatch):
    monkeypatch.setenv(NAME, "perhaps")
    with pytest.raises(InputError, match="wanted one of"):
        environment.boolean(NAME, True)
    with pytest.raises(InputError, match="whole number"):
        environment.integer(NAME, 5, 1, 9)
    monkeypatch.setenv(NAME, "10")
    with pytest.raises(InputError, match="wanted 1 to 9"):
        environment.integer(NAME, 5, 1, 9)


def test_a_secret_is_made_once_and_for_us_alone(monkeypatch, tmp_path):
    monkeypatch.delenv(NAME, raising=False)
    path = tmp_path / "deep" / "secret"
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(environment.secret_or_file(NAME, path)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert len(found[0]) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv(NAME, "given")
    assert environment.secret_or_file(NAME, path) == "given"


def test_an_empty_secret_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv(NAME, raising=False)
    (tmp_path / "secret").write_text("")
    with pytest.raises(InputError, match="empty"):
        environment.secret_or_file(NAME, tmp_path / "secret")
    with pytest.raises(InputError, match="cannot be written"):
        environment.secret_or_file(NAME, tmp_path / "secret" / "below")
