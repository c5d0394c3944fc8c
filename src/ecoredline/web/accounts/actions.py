"""Making units and people, and logging in with a limit on wrong passwords."""

import json
import logging
import os
import secrets
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ecoredline.errors import InputError
from ecoredline.web.accounts.models import CODE_LENGTHS, Person, Unit
from ecoredline.web.core.actions import note
from ecoredline.web.core.models import AccessRecord
from ecoredline.web.core.problems import LoginLocked

log = logging.getLogger(__name__)

DEMO_UNITS = (
    ("ministry", "", "生态环境部（演示单位）"),
    ("province", "51", "四川省生态环境厅（演示单位）"),
    ("city", "5104", "攀枝花市生态环境局（演示单位）"),
    ("county", "510402", "攀枝花市东区生态环境局（演示单位）"),
    ("county", "510403", "攀枝花市西区生态环境局（演示单位）"),
    ("county", "510411", "攀枝花市仁和生态环境局（演示单位）"),
    ("county", "510421", "攀枝花市米易生态环境局（演示单位）"),
    ("county", "510422", "攀枝花市盐边生态环境局（演示单位）"),
)
# log-in, division code, role, display name
DEMO_PEOPLE = (
    ("center", "", "analyst", "部级解译员"),
    ("ministry", "", "supervisor", "部级监管人员"),
    ("province", "51", "supervisor", "省级监管人员"),
    ("analyst", "5104", "analyst", "市级解译员"),
    ("checker", "5104", "checker", "市级质检员"),
    ("city", "5104", "supervisor", "市级监管人员"),
    ("auditor", "5104", "auditor", "市级审计员"),
    ("admin", "5104", "administrator", "市级管理员"),
    ("dongqu", "510402", "officer", "东区核查员"),
    ("xiqu", "510403", "officer", "西区核查员"),
    ("renhe", "510411", "officer", "仁和区核查员"),
    ("miyi", "510421", "officer", "米易县核查员"),
    ("yanbian", "510422", "officer", "盐边县核查员"),
)
DEMO_PASSWORD_BYTES = 9


@transaction.atomic
def create_unit(*, level: str, code: str, name: str, is_demo: bool = False) -> Unit:
    """Make a unit, or give the one of that name; its parent is the nearest unit above it."""
    if CODE_LENGTHS.get(level) != len(code) or not (
        (code.isascii() and code.isdigit()) or not code
    ):
        raise InputError(
            f"got level {level!r} with code {code!r}; wanted ministry '' or the 2, 4 or 6 digits "
            "of a province, city or county"
        )
    lengths = [n for n in (0, 2, 4) if n < len(code)]
    above = (
        Unit.objects.filter(division_code__in=[code[:n] for n in lengths])
        if code
        else Unit.objects.none()
    )
    parent = above.order_by("-division_code").first()
    unit, made = Unit.objects.get_or_create(
        name=name,
        defaults={"level": level, "division_code": code, "parent": parent, "is_demo": is_demo},
    )
    if made:  # units below it that were made first hang under it from now on
        below = Unit.objects.filter(parent=parent, division_code__startswith=code)
        below.filter(division_code__gt=code).update(parent=unit)
    return unit


@transaction.atomic
def create_person(
    *, username: str, password: str, unit: Unit, role: str, name: str = "", hashed: str = ""
) -> Person:
    """Make an account, or renew the password, unit and role of the one with that log-in.

    `hashed` is the password as it is kept, where the caller has it already.
    """
    if role not in Person.Role.values:
        raise InputError(f"got role {role!r}; wanted one of {', '.join(Person.Role.values)}")
    person, made = Person.objects.get_or_create(username=username)
    person.unit, person.role, person.first_name = unit, role, name
    if hashed:
        person.password = hashed
    elif made or not person.check_password(password):
        person.set_password(password)
    person.save()
    return person


def hashed_once(username: str, password: str) -> str:
    """The password as it is kept: what the account has when it fits, else made anew."""
    kept = Person.objects.filter(username=username).values_list("password", flat=True).first()
    return kept if kept and check_password(password, kept) else make_password(password)


def create_demo_people(path: Path) -> dict[str, str]:
    """Make the demo units and people; give log-in → password.

    The password is made once for this installation and kept in `path` (mode 0600).
    """
    if path.exists():
        password = json.loads(path.read_text(encoding="utf-8"))["password"]
    else:
        password = secrets.token_urlsafe(DEMO_PASSWORD_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as stream:
            json.dump({"password": password, "logins": [p[0] for p in DEMO_PEOPLE]}, stream)
    units = {
        code: create_unit(level=level, code=code, name=name, is_demo=True)
        for level, code, name in DEMO_UNITS
    }
    hashed = hashed_once(DEMO_PEOPLE[0][0], password)
    for username, code, role, name in DEMO_PEOPLE:
        create_person(
            username=username,
            password=password,
            unit=units[code],
            role=role,
            name=name,
            hashed=hashed,
        )
    return {username: password for username, *_ in DEMO_PEOPLE}


def recent_failures(username: str, address: str) -> int:
    """Wrong passwords for this account from this address since the last success, in the window."""
    since = timezone.now() - timedelta(minutes=settings.LOGIN_LOCK_MINUTES)
    mine = AccessRecord.objects.filter(thing=username, address=address, at__gte=since)
    if success := mine.filter(action="login.success").first():
        mine = mine.filter(at__gt=success.at)
    return mine.filter(action="login.failure").count()


def log_in(request, *, username: str, password: str, address: str) -> Person | None:
    """Check a password and write down what came of it; None when it is wrong.

    Raises `LoginLocked` (429.1) after too many failures, whether or not the account exists
    and whether or not the password is right this time.
    """
    username = username.strip()[:150]
    if recent_failures(username, address) >= settings.LOGIN_FAILURES_ALLOWED:
        note("login.locked", username, address=address)
        log.warning("login locked for %r from %s", username, address)
        raise LoginLocked(f"{settings.LOGIN_LOCK_MINUTES} min")
    person = authenticate(request, username=username, password=password)
    if person is None:
        note("login.failure", username, address=address)
        log.warning("login failed for %r from %s", username, address)
        return None
    note("login.success", username, by=person, address=address)
    return person


@transaction.atomic
def add_account(*, username, password, role, level, code, unit_name, name="") -> Person:
    """Make an account with its unit; raises `InputError` for a weak password or a wrong unit."""
    try:
        validate_password(password, Person(username=username))
    except ValidationError as fault:
        raise InputError("; ".join(fault.messages)) from fault
    unit = create_unit(level=level, code=code, name=unit_name)
    if (unit.level, unit.division_code) != (level, code):
        raise InputError(
            f"got {level} {code!r} for {unit_name!r}, which is {unit.level} {unit.division_code!r}"
        )
    return create_person(username=username, password=password, unit=unit, role=role, name=name)
