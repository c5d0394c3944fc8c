"""What time it is. Everything that dates a record asks here, so that a demo year or a test can stand elsewhere."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """The present instant, aware."""
    return _standing.get() or timezone.now()


def today() -> date:
    """The present day in the platform's time zone."""
    return timezone.localdate(now())


@contextmanager
def standing_at(moment: datetime):
    """Within the block it is `moment`: for the seeded demo year and for tests, never for a request."""
    token = _standing.set(moment)
    try:
        yield
    finally:
        _standing.reset(token)
