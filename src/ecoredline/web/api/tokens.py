"""Making, finding and revoking tokens."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.utils.crypto import constant_time_compare

from ecoredline.web.api.models import Token
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note
from ecoredline.web.core.problems import BadForm, NotFound

PREFIX = "er_"
SECRET_BYTES = 32
SHOWN = 8
LONGEST_DAYS = 366
LIVE_LIMIT = 20
TOUCH_EVERY = timedelta(minutes=1)  # how exactly the last use is known


def digest_of(secret: str) -> str:
    """What is kept of a token."""
    return sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_token(*, by, name: str, days: int, may_write: bool = False) -> tuple[Token, str]:
    """Make a token for oneself; the secret is given once and kept nowhere. All faults at once."""
    faults = [] if name.strip() else ["名称：未填写"]
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(f"有效天数：{days}；应为 1–{LONGEST_DAYS}")
    live = Token.objects.filter(person=by, revoked_at=None, expires_at__gt=clock.now()).count()
    if live >= LIVE_LIMIT:
        faults.append(f"已有 {live} 个有效令牌；先撤销不用的")
    if faults:
        raise BadForm(*faults)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = Token.objects.create(
        person=by, name=name.strip()[:100], digest=digest_of(secret), start=secret[:SHOWN],
        password_mark=by.get_session_auth_hash(),
        may_write=may_write, expires_at=clock.now() + timedelta(days=days),
    )  # fmt: skip
    note("token.make", f"token {token.pk}", by=by, name=token.name, may_write=may_write, days=days)
    return token, secret


@transaction.atomic
def revoke_token(pk: int, *, by) -> Token:
    """End one of one's own tokens at once."""
    token = Token.objects.filter(pk=pk, person=by).first()
    if token is None:
        raise NotFound()
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        note("token.revoke", f"token {token.pk}", by=by, name=token.name)
    return token


def live_token(secret: str) -> Token | None:
    """The live token of a secret whose person is active; None otherwise."""
    if not secret.startswith(PREFIX):
        return None
    found = Token.objects.select_related("person__unit").filter(digest=digest_of(secret)).first()
    if found is None or not found.is_live or not found.person.is_active:
        return None
    if not constant_time_compare(found.password_mark, found.person.get_session_auth_hash()):
        return None
    now = clock.now()
    if found.last_used_at is None or now - found.last_used_at > TOUCH_EVERY:
        Token.objects.filter(pk=found.pk).update(last_used_at=now)
    return found
