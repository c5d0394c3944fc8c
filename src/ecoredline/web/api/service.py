"""The API itself: who asks, how refusals look, how lists are paged."""

from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from ecoredline import __version__
from ecoredline.web.api.tokens import live_token
from ecoredline.web.core.middleware import as_problem
from ecoredline.web.core.problems import BadForm, NotAllowed, NotLoggedIn, Problem

SAFE = ("GET", "HEAD", "OPTIONS")


class Bearer(HttpBearer):
    """`Authorization: Bearer er_…`; the request then acts as the token's person."""

    def authenticate(self, request: HttpRequest, token: str):
        """The person, or None (401). A token that may only read is refused a write (403.1)."""
        found = live_token(token)
        if found is None:
            return None
        if request.method not in SAFE and not found.may_write:
            raise NotAllowed("token")
        request.user = found.person
        return found.person


def signed_in(view):
    """The description is for whoever is logged in or has a token."""

    def guarded(request, *args, **named):
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not request.user.is_authenticated and live_token(secret) is None:
            return refuse(request, NotLoggedIn())
        return view(request, *args, **named)

    return guarded


api = NinjaAPI(
    title="EcoRedline", version=__version__, urls_namespace="api", docs_url=None, auth=Bearer(),
    docs_decorator=signed_in,
    description="生态保护红线监管平台接口：与页面同样的权限、同样的动作。",
)  # fmt: skip


class Refusal(Schema):
    """Every refusal."""

    code: str
    message: str
    details: list[str]


def refuse(request, problem: Problem):
    """{code, message, details} with the status the code begins with."""
    body = {"code": problem.code, "message": str(problem.message), "details": problem.details}
    return api.create_response(request, body, status=problem.status)


@api.exception_handler(Exception)
def answer_fault(request, fault):
    """A foreseen refusal as JSON; anything else goes on to Django's 500."""
    problem = as_problem(fault)
    if problem is None:
        raise fault
    return refuse(request, problem)


@api.exception_handler(ValidationError)
def answer_form(request, fault):
    """What did not fit the schema: every field with its reason."""
    details = [f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in fault.errors]
    return refuse(request, BadForm(*details))
