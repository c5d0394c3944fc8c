"""Who asks: a log-in, a bearer token, or HTTP Basic with the token as password, as desktop GIS sends it."""

import base64
import binascii
import logging
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from ecoredline.web.api.tokens import live_token
from ecoredline.web.core.middleware import as_problem
from ecoredline.web.core.problems import BadFilter
from ecoredline.web.core.taking_out import asked

log = logging.getLogger(__name__)
READS = ("GET", "HEAD")
CHALLENGE = 'Basic realm="EcoRedline", charset="UTF-8"'


def person_of(request):
    """The person a request acts as; None when nobody known asks."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        found = live_token(value.strip())
        return found.person if found else None
    if kind.lower() == "basic":
        name, secret = basic(value)
        found = live_token(secret)
        return found.person if found and found.person.get_username() == name else None
    return request.user if request.user.is_authenticated else None


def basic(value: str) -> tuple[str, str]:
    """User name and password of an HTTP Basic header; blank when it cannot be read.

    >>> basic("YTpi"), basic("?")
    (('a', 'b'), ('', ''))
    """
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def refusal(status: int, code: str, words: str, details=()) -> JsonResponse:
    """The exception body of OGC API: code and description, with what was wrong."""
    body = {"code": code, "description": words, "details": list(details)}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def interface(view=None, *, methods=READS):
    """A view of these interfaces: its own authentication, its own form of refusals, never a cookie form."""

    def outer(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if request.method not in methods:
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            person = person_of(request)
            if person is None:
                answer = refusal(
                    401, "401", "a token is needed: Bearer, or Basic with the token as password"
                )
                answer.headers["WWW-Authenticate"] = CHALLENGE
                return answer
            request.user = person
            try:
                answer = view(request, *args, **kwargs)
            except Exception as fault:
                problem = as_problem(fault)
                if problem is None:
                    raise
                if onward := asked(request, problem):
                    return onward
                status = 400 if isinstance(problem, BadFilter) else problem.status
                answer = refusal(status, problem.code, str(problem.message), problem.details)
            answer.headers.setdefault("Cache-Control", "private, no-cache")
            answer.headers["Vary"] = "Authorization, Cookie"
            return answer

        return csrf_exempt(login_not_required(inner))

    return outer(view) if view else outer


def reply(body: dict, kind: str = "application/json", **headers) -> JsonResponse:
    """JSON with Chinese as it is."""
    return JsonResponse(
        body, content_type=kind, headers=headers, json_dumps_params={"ensure_ascii": False}
    )
