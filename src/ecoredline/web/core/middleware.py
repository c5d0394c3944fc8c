"""Refusals turned into pages or JSON at one place, and the content security policy."""

import json
from http import HTTPStatus
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ecoredline.errors import EcoredlineError
from ecoredline.web.core.problems import (
    BadForm,
    BadInput,
    NotAllowed,
    NotFound,
    Problem,
    TooBig,
    WrongMethod,
)
from ecoredline.web.core.taking_out import asked

MACHINE_PATHS = ("/api/", "/ogc/")
MACHINE_SUFFIXES = (".pbf", ".png", ".geojson", ".json", ".xlsx")
FORM_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
NUL = "\0"
NUL_WORDS = _("文字中含有空字符（NUL），请删去后重试")
CSP_HEADER = "Content-Security-Policy"


def wants_json(request) -> bool:
    """Did a program ask, not a page?"""
    if request.path.startswith(MACHINE_PATHS):
        return True
    return request.path.endswith(MACHINE_SUFFIXES) or "application/json" in request.headers.get(
        "Accept", ""
    )


def answer(request, problem: Problem):
    """The one form of every refusal: {code, message, details} as JSON, or a page with the same."""
    if onward := asked(request, problem):
        return onward
    body = {"code": problem.code, "message": str(problem.message), "details": problem.details}
    if wants_json(request):
        return JsonResponse(body, status=problem.status, json_dumps_params={"ensure_ascii": False})
    context = body | {"status": problem.status}
    return render(request, "core/problem.html", context, status=problem.status)


def as_problem(fault: Exception) -> Problem | None:
    """The problem an exception stands for; None when nobody foresaw it."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, Http404):
        return NotFound()
    if isinstance(fault, PermissionDenied):
        return NotAllowed()
    if isinstance(fault, EcoredlineError):
        return BadInput(str(fault))
    return None


class Problems:
    """Answers every foreseen refusal; anything else goes on to Django's 500."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on; a bare 405 becomes the same page as every refusal."""
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            told = answer(request, WrongMethod())
            told.headers["Allow"] = response.headers.get("Allow", "")
            return told
        return response

    def process_exception(self, request, exception):
        """Django hands over what a view raised."""
        problem = as_problem(exception)
        return problem and answer(request, problem)


class Bounds:
    """Refuses what is too big, and text with NUL bytes, which no database and no file name takes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Size and address, before anything is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.UPLOAD_MEGABYTES << 20:
            return answer(request, TooBig(f"{settings.UPLOAD_MEGABYTES} MB"))
        if NUL in unquote(request.META.get("QUERY_STRING", "")) or NUL in request.path:
            return answer(request, BadForm(NUL_WORDS))
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """The body's text, once it is known that somebody will read it."""
        kind = request.content_type or ""
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        try:
            if kind in FORM_KINDS:
                texts = [*request.POST, *(t for row in request.POST.lists() for t in row[1])]
                has_nul = any(NUL in text for text in texts)
            else:
                has_nul = kind == "application/json" and nul_in_json(request.body)
        except RequestDataTooBig:
            return answer(request, TooBig(f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20} MB"))
        except TooManyFieldsSent:
            return answer(request, TooBig(str(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)))
        return answer(request, BadForm(NUL_WORDS)) if has_nul else None


def nul_in_json(body: bytes) -> bool:
    r"""Does any text of a JSON document hold a NUL?

    >>> nul_in_json(b'{"a": ["b\\u0000"]}'), nul_in_json(b'{"a": "\\\\u0000"}'), nul_in_json(b"{")
    (True, False, False)
    """
    if b"\0" not in body and b"\\u0000" not in body:
        return False
    try:
        return "\\u0000" in json.dumps(json.loads(body)).replace("\\\\", "")
    except (ValueError, RecursionError):
        return b"\0" in body  # no JSON: the view says so


class ChosenLanguage:
    """Chinese first: English only for whoever switched to it, whatever the browser prefers."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Answer in the chosen language."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        known = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(known):
            request.LANGUAGE_CODE = known
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", known)
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Every address asks for a log-in unless its view says otherwise; then no session is even read."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        """Django's own looks who is logged in first, which makes an answer differ by cookie."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class ContentSecurityPolicy:
    """Puts the policy on every response that has none of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on, then mark the answer."""
        response = self.get_response(request)
        response.headers.setdefault(CSP_HEADER, settings.CONTENT_SECURITY_POLICY)
        return response
