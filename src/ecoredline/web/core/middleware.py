"""Refusals turned into pages or JSON at one place, and the content security policy."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.utils import translation

from ecoredline.errors import EcoredlineError
from ecoredline.web.core.problems import BadInput, NotAllowed, NotFound, Problem

MACHINE_SUFFIXES = (".pbf", ".png", ".geojson", ".json", ".xlsx")
CSP_HEADER = "Content-Security-Policy"


def wants_json(request) -> bool:
    """Did a program ask, not a page?"""
    return request.path.endswith(MACHINE_SUFFIXES) or "application/json" in request.headers.get(
        "Accept", ""
    )


def answer(request, problem: Problem):
    """The one form of every refusal: {code, message, details} as JSON, or a page with the same."""
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
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Django hands over what a view raised."""
        problem = as_problem(exception)
        return problem and answer(request, problem)


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


class ContentSecurityPolicy:
    """Puts the policy on every response that has none of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on, then mark the answer."""
        response = self.get_response(request)
        response.headers.setdefault(CSP_HEADER, settings.CONTENT_SECURITY_POLICY)
        return response
