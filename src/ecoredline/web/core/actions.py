"""Writing the access record."""

from django.conf import settings

from ecoredline.web.core import clock
from ecoredline.web.core.models import AccessRecord

THING_LENGTH = AccessRecord._meta.get_field("thing").max_length


def address_of(request) -> str:
    """The address a request came from; behind a proxy the one the proxy itself saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.split(",")[-1].strip()[:45]
    return request.META.get("REMOTE_ADDR", "")[:45]


def note(action: str, thing="", *, by=None, address: str = "", **detail) -> AccessRecord:
    """Write one line of the access record: who (`by`, None for the system) did what to what."""
    unit = getattr(by, "unit", None)
    return AccessRecord.objects.create(
        person=by,
        person_name=by.get_username() if by else "",
        unit_name=unit.name if unit else "",
        unit_code=unit.division_code if unit else "",
        action=action,
        thing=str(thing)[:THING_LENGTH],
        detail=detail,
        address=address,
    )


def note_request(request, action: str, thing="", **detail) -> AccessRecord:
    """Write down what the person of a request did."""
    by = request.user if request.user.is_authenticated else None
    return note(action, thing, by=by, address=address_of(request), **detail)


def note_daily(action: str, thing="", *, by, address: str = "", **detail) -> AccessRecord | None:
    """The same for what is asked hundreds of times, as tiles are: one line a day, person and thing."""
    day = clock.today().isoformat()
    mine = AccessRecord.objects.filter(action=action, thing=str(thing)[:THING_LENGTH], person=by)
    if mine.filter(detail__day=day).exists():
        return None
    return note(action, thing, by=by, address=address, day=day, **detail)
