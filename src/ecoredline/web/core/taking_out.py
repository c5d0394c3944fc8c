"""Why something sensitive leaves the platform: asked once a while, written beside every export.

Whether a dataset's export needs a purpose is the catalogue's word (its security level); the app
that keeps the catalogue brings it as CATALOGUE in its `page_parts`.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import unquote, urlencode, urlsplit

from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.parts import modules
from ecoredline.web.core.problems import BadFilter

QUERY, HEADER, KEPT = "reason", "X-Export-Reason", "export_purposes"
SHORTEST, LONGEST = 4, 300


class PurposeWanted(BadFilter):
    """The level of a dataset asks for a purpose, and none was stated."""

    code, message = "422.5", gettext_lazy("导出敏感数据须写明用途")

    def __init__(self, *details: str, datasets: tuple[str, ...] = ()):
        super().__init__(*details)
        self.datasets = datasets


def entry_of(dataset: str):
    """The catalogue's entry that holds now: title, level, needs_reason, words."""
    return next(m.CATALOGUE for m in modules() if hasattr(m, "CATALOGUE"))()[dataset]


def levels_of(*datasets: str) -> dict[str, dict]:
    """Dataset → its security level now: the code, and the word in the reader's language."""
    entries = next(m.CATALOGUE for m in modules() if hasattr(m, "CATALOGUE"))()
    return {d: {"code": entries[d].level, "word": entries[d].words["level"]} for d in datasets}


def purpose_of(request, *datasets: str) -> dict[str, str]:
    """What the note of an export of these datasets has to say: level, purpose, since when it holds.

    The purpose comes with the request (`?reason=`, or the header X-Export-Reason in UTF-8 or
    percent-encoded); of a log-in, what was stated for a dataset within the level's
    `reason_minutes` counts on. Raises `PurposeWanted` (422.5) where a level needs one.
    """
    entries = {d: entry_of(d) for d in datasets}
    needing = tuple(d for d, e in entries.items() if e.needs_reason)
    level = entries[(needing or datasets)[0]].level
    said = told(request)
    if len(said) >= SHORTEST:
        keep(request, needing, said)
        return {"level": level, "reason": said}
    kept = {} if said else {d: held for d in needing if (held := kept_purpose(request, d, level))}
    if lacking := tuple(d for d in needing if d not in kept):
        words = _(
            "%(names)s的安全级别为%(level)s，导出须写明用途（参数 reason 或请求头 %(header)s，至少 %(n)d 字）"
        )
        names = "、".join(entries[d].title for d in lacking)
        shown = {"names": names, "level": entries[lacking[0]].words["level"], "n": SHORTEST}
        raise PurposeWanted(words % (shown | {"header": HEADER}), datasets=lacking)
    if not kept:
        return {"level": level, "reason": said}
    reason, since = kept[needing[0]]
    return {"level": level, "reason": reason, "stated_at": since}


def told(request) -> str:
    """The purpose that came with the request itself."""
    head = request.headers.get(HEADER, "")
    with suppress(UnicodeError):  # a header is read as Latin-1; curl sends UTF-8 as it is
        head = head.encode("latin-1").decode()
    return (request.GET.get(QUERY, "") or unquote(head)).strip()[:LONGEST]


def by_log_in(request) -> bool:
    """Does a person at a page ask, not a program with a token?"""
    return SESSION_KEY in request.session and "Authorization" not in request.headers


def keep(request, datasets: tuple[str, ...], purpose: str) -> None:
    """Remember what was stated, in this log-in only."""
    if by_log_in(request) and datasets:
        held = request.session.get(KEPT, {})
        now = clock.now().isoformat()
        request.session[KEPT] = held | {d: [purpose, now] for d in datasets}


def kept_purpose(request, dataset: str, level: str = "") -> tuple[str, str] | None:
    """What this log-in stated last for the dataset, and when; with a level only while it holds."""
    if not by_log_in(request) or dataset not in (held := request.session.get(KEPT, {})):
        return None
    said, at = held[dataset]
    is_past = level and datetime.fromisoformat(at) + holds(level) <= clock.now()
    return None if is_past else (said, at)


def holds(level: str) -> timedelta:
    """How long a stated purpose counts on."""
    return timedelta(minutes=int(code_list("security_levels")[level]["reason_minutes"] or 0))


def asked(request, problem) -> HttpResponse | None:
    """For a page that may not export yet: the way to the question. None for programs."""
    is_page = "text/html" in request.headers.get("Accept", "") and by_log_in(request)
    if not isinstance(problem, PurposeWanted) or not problem.datasets or not is_page:
        return None
    back = urlsplit(request.headers.get("Referer", ""))
    query = {"dataset": problem.datasets, "next": request.get_full_path()}
    if back.netloc == request.get_host():
        query["back"] = back._replace(scheme="", netloc="").geturl()
    return redirect(f"{reverse('export_purpose')}?{urlencode(query, doseq=True)}")


def own_address(request, word: str) -> str:
    """An address of this platform, else its first page."""
    fits = word.startswith("/") and url_has_allowed_host_and_scheme(word, {request.get_host()})
    return word if fits else "/"
