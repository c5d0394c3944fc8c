"""Pages without log-in: read from published editions only, no session, a rate of their own."""

from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ecoredline import __version__
from ecoredline.record import DEMO_NOTICE
from ecoredline.web.core.actions import address_of
from ecoredline.web.core.problems import NotFound, TooOften
from ecoredline.web.maps.tiles import check
from ecoredline.web.publications import picture, queries
from ecoredline.web.publications.rate import WINDOW, count_request

SECONDS = 300  # what is withdrawn may be seen for so long in a store between
DIGITS = 12
LANGUAGES = {"en": "en"}


def opened(view):
    """A view for everybody: language by `?lang=`, so many requests a minute from one address."""

    @login_not_required
    @csrf_exempt
    @require_safe
    @wraps(view)
    def answer(request, *args, **kwargs):
        with translation.override(language_of(request)):
            try:
                spend(address_of(request))
                response = view(request, *args, **kwargs)
            except (TooOften, NotFound) as problem:
                response = refused(request, problem)
        response.headers["Content-Language"] = language_of(request)
        return response

    return answer


def language_of(request) -> str:
    """Chinese, or English where the address says so; no cookie is read."""
    return LANGUAGES.get(request.GET.get("lang", ""), settings.LANGUAGE_CODE)


def spend(address: str) -> None:
    """Count a request of an address; raises `TooOften` (429.2) beyond the rate."""
    if count_request(address) > settings.PUBLIC_RATE:
        raise TooOften(f"{settings.PUBLIC_RATE} / {WINDOW} s")


def refused(request, problem) -> HttpResponse:
    """A refusal in the form of the public pages, which needs no session either."""
    if request.path.endswith(".png"):
        body = {"code": problem.code, "message": str(problem.message), "details": problem.details}
        response = JsonResponse(body, status=problem.status)
    else:
        response = HttpResponse(page("publications/none.html", request, problem=problem))
        response.status_code = problem.status
    response.headers["Cache-Control"] = "no-store"
    if isinstance(problem, TooOften):
        response.headers["Retry-After"] = str(WINDOW)
    return response


def page(template: str, request, **context) -> str:
    """A public page: rendered without the request, so that neither person nor form token gets in."""
    english = language_of(request) == "en"
    other = request.GET.copy()
    other.pop("lang", None)
    if not english:
        other["lang"] = "en"
    said = {"english": english, "other": f"?{other.urlencode()}", "version": __version__}
    return render_to_string(template, said | context)


def stored(request, body, etag: str, content_type: str) -> HttpResponse:
    """An answer that browsers and stores between may keep for a while."""
    tag = f'"{etag}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body(), content_type=content_type)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    return response


@opened
def public_page(request):
    """The map and the table of an edition: the newest, or `?edition=`; 404 while nothing is public."""
    editions = list(queries.public_editions().select_related("owner").defer("contents"))
    wanted = request.GET.get("edition", "")[:40]
    chosen = next((e for e in editions if wanted in ("", e.number)), None)
    if chosen is None:
        raise NotFound()
    etag = "-".join([chosen.sha256[:24], language_of(request), __version__, *(str(e.pk) for e in editions[:50])])  # fmt: skip

    def body():
        context = content_of(chosen, "public_tile") | {"editions": editions}
        return page("publications/public.html", request, **context)

    return stored(request, body, etag, "text/html; charset=utf-8")


def content_of(edition, url_name: str) -> dict:
    """What the part `publications/content.html` shows."""
    return {
        "edition": edition,
        "tables": queries.tables(edition),
        "public_map": queries.config_of(edition, url_name),
        "demo_notice": DEMO_NOTICE if edition.is_demo else "",
    }


@opened
def public_tile(request, pk: int, z: int, x: int, y: int):
    """A picture tile of a public edition."""
    found = queries.public_edition(pk)
    return tile_of(request, found, z, x, y)


def tile_of(request, edition, z: int, x: int, y: int) -> HttpResponse:
    """A tile; raises `NotFound` (404.1) beyond the deepest zoom, `BadFilter` (422.3) off the square."""
    check("patches", z, x, y)
    if z > picture.DEEPEST:
        raise NotFound()
    etag = f"{edition.sha256[:24]}-{z}-{x}-{y}"
    return stored(request, lambda: picture.tile(edition, z, x, y), etag, "image/png")
