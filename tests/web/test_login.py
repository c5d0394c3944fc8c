"""Logging in, the limit on wrong passwords, and the access record nobody can alter."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from conftest import PASSWORD
from ecoredline.errors import InputError
from ecoredline.web.accounts import actions
from ecoredline.web.accounts.models import Person, Unit
from ecoredline.web.core.actions import note
from ecoredline.web.core.models import AccessRecord

pytestmark = pytest.mark.django_db
WHO = "yanbian_officer"


def log_in(client, password, who=WHO, address="10.0.0.1", **more):
    body = {"username": who, "password": password} | more
    return client.post(reverse("login"), body, REMOTE_ADDR=address)


def test_the_right_password_opens_the_platform(cast, client):
    got = log_in(client, PASSWORD)
    assert (got.status_code, got.headers["Location"]) == (302, "/")
    assert client.get(reverse("run_list")).status_code == 200
    record = AccessRecord.objects.get(action="login.success")
    assert (record.person, record.address) == (cast[WHO], "10.0.0.1")
    client.post(reverse("logout"))
    assert client.get(reverse("run_list")).status_code == 302


def test_a_wrong_password_says_no_more_than_an_unknown_account(cast, client):
    wrong = log_in(client, "wrong")
    unknown = log_in(client, "wrong", who="nobody")
    said = [r.context["form"].non_field_errors() for r in (wrong, unknown)]
    assert said[0] == said[1] == ["账号或密码不正确"]


def test_five_wrong_passwords_lock_the_account_for_that_address(cast, client):
    for _ in range(5):
        assert log_in(client, "wrong").status_code == 200
    assert log_in(client, PASSWORD).status_code == 429
    assert log_in(client, PASSWORD, address="10.0.0.2").status_code == 302
    assert AccessRecord.objects.filter(action="login.failure", thing=WHO).count() == 5
    assert AccessRecord.objects.filter(action="login.locked").count() == 1


def test_the_lock_ends_with_its_window(cast, client, monkeypatch):
    for _ in range(5):
        log_in(client, "wrong")
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(actions.timezone, "now", lambda: later)
    assert log_in(client, PASSWORD).status_code == 302


def test_a_success_clears_the_count(cast, client):
    for _ in range(4):
        log_in(client, "wrong")
    assert log_in(client, PASSWORD).status_code == 302
    client.post(reverse("logout"))
    for _ in range(4):
        assert log_in(client, "wrong").status_code == 200
    assert log_in(client, PASSWORD).status_code == 302


def test_an_unknown_account_is_locked_like_a_known_one(db, client):
    for _ in range(5):
        log_in(client, "wrong", who="ghost")
    assert log_in(client, "wrong", who="ghost").status_code == 429


def test_the_address_behind_a_proxy_is_the_one_the_proxy_saw(cast, client, settings):
    settings.BEHIND_PROXY = True
    client.post(
        reverse("login"), {"username": WHO, "password": "wrong"},
        headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"},
    )  # fmt: skip
    assert AccessRecord.objects.get().address == "203.0.113.9"
    settings.BEHIND_PROXY = False
    client.post(
        reverse("login"), {"username": WHO, "password": "wrong"},
        headers={"X-Forwarded-For": "203.0.113.9"},
    )  # fmt: skip
    assert AccessRecord.objects.first().address == "127.0.0.1"


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/runs/", "/runs/"),
        ("https://example.org/", "/"),
        ("//example.org/", "/"),
        ("javascript:1", "/"),
    ],
)
def test_logging_in_leads_only_to_our_own_pages(cast, client, wanted, goes_to):
    assert log_in(client, PASSWORD, next=wanted).headers["Location"] == goes_to


def test_a_form_without_our_token_is_refused(cast):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    got = strict.post(reverse("login"), {"username": WHO, "password": PASSWORD})
    assert got.status_code == 403
    assert "403.2" in got.content.decode()


def test_a_person_changes_their_own_password_and_stays_logged_in(as_person):
    client = as_person(WHO)
    body = {
        "old_password": PASSWORD,
        "new_password1": "another-horse-8",
        "new_password2": "another-horse-8",
    }
    page = client.post(reverse("account"), body)
    assert page.context["saved"] is True
    assert client.get(reverse("account")).status_code == 200
    client.post(reverse("logout"))
    assert log_in(client, PASSWORD).status_code == 200
    assert log_in(client, "another-horse-8").status_code == 302


@pytest.mark.parametrize(
    "statement",
    ["update core_accessrecord set action = 'x'", "delete from core_accessrecord",
     "truncate core_accessrecord", "truncate core_accessrecord cascade"],
)  # fmt: skip
def test_the_database_refuses_to_alter_the_access_record(cast, statement):
    note("test", "thing", by=cast[WHO])
    connection.cursor().execute("set constraints all immediate")
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AccessRecord.objects.get().action == "test"


def test_django_cannot_alter_the_access_record_either(cast):
    record = note("test", "thing", by=cast[WHO])
    record.action = "other"
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic():
        record.save()
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic():
        AccessRecord.objects.all().delete()
    with pytest.raises(ProtectedError):
        cast[WHO].delete()


def test_units_hang_under_the_nearest_unit_above_whatever_the_order(db):
    for level, code in (
        ("county", "510422"),
        ("province", "51"),
        ("ministry", ""),
        ("city", "5104"),
    ):
        actions.create_unit(level=level, code=code, name=code or "ministry")
    parents = {u.name: u.parent and u.parent.name for u in Unit.objects.all()}
    assert parents == {"ministry": None, "51": "ministry", "5104": "51", "510422": "5104"}


@pytest.mark.parametrize(
    ("level", "code"), [("county", "5104"), ("ministry", "51"), ("city", "51a4"), ("nation", "")]
)
def test_a_unit_whose_code_does_not_fit_its_level_is_refused(db, level, code):
    with pytest.raises(InputError, match="wanted ministry"):
        actions.create_unit(level=level, code=code, name="x")


def test_an_account_needs_a_good_password_a_known_role_and_its_own_unit(db):
    good = {"username": "a", "password": "correct-horse-7", "role": "officer", "level": "county",
            "code": "510422", "unit_name": "盐边"}  # fmt: skip
    assert actions.add_account(**good).unit.division_code == "510422"
    for wrong in ({"password": "12345678"}, {"role": "king"}, {"level": "city", "code": "5104"}):
        with pytest.raises(InputError):
            actions.add_account(**good | wrong)
    assert Person.objects.count() == Unit.objects.count() == 1


def test_demo_people_keep_their_password_and_it_is_kept_from_others(db, tmp_path):
    path = tmp_path / "logins.json"
    first, second = actions.create_demo_people(path), actions.create_demo_people(path)
    assert first == second
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == 1
    assert Person.objects.count() == len(first)
    assert Unit.objects.get(division_code="5104").parent.division_code == "51"
    assert all("演示" in u.name and u.is_demo for u in Unit.objects.all())
    assert Person.objects.get(username="yanbian").check_password(first["yanbian"])


def test_auditors_read_the_records_of_their_divisions_and_reading_is_recorded(as_person, cast):
    note("one", "x", by=cast["yanbian_officer"])
    note("two", "=1+1", by=cast["huaping_officer"])
    note("login.failure", "=cmd()")
    client = as_person("city_auditor")
    got = client.get(reverse("access_records"))
    text = b"".join(got.streaming_content).decode("utf-8-sig")
    assert [line.split(",")[3] for line in text.splitlines()[1:]] == ["audit.view", "one"]
    assert AccessRecord.objects.first().action == "audit.view"
    person = cast["ministry_analyst"]
    person.role = "auditor"
    person.save()
    client.force_login(person)
    text = b"".join(client.get(reverse("access_records")).streaming_content).decode()
    assert "'=cmd()" in text
    assert "'=1+1" in text
    for who in ("yanbian_officer", "city_analyst", "ministry_supervisor"):
        assert as_person(who).get(reverse("access_records")).status_code == 403
