"""The page of a list from outside: the file, what would come in and what is wrong, then all or nothing."""

from collections.abc import Callable

from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from ecoredline.documents.readback import Reading, read_annex
from ecoredline.errors import EcoredlineError
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm, Problem
from ecoredline.web.core.selection import digits
from ecoredline.web.files import store

MOST_BYTES = 20 * 1024 * 1024
SALT = "files.list"
PREVIEW_SECONDS = 24 * 3600
FIRST_YEAR, LAST_YEAR = 2000, 2100


def list_page(request, work: Callable, *, template: str, done: str, back: str):
    """Show the page; `work(request, context, data)` previews into the context or returns what came in.

    `done` is a sentence with %(count)d, `back` the page that follows.
    """
    context = {"year": request.POST.get("year") or clock.today().year, "faults": []}
    status = 200
    if request.method == "POST":
        try:
            came = work(request, context, looked_at(request, context))
        except Problem as problem:
            context["faults"], status = problem.details or [str(problem)], problem.status
        else:
            if came is not None:
                messages.success(request, done % {"count": len(came)})
                return redirect(back)
    return render(request, template, context, status=status)


def looked_at(request, context: dict) -> bytes:
    """The file's bytes; its name, token, year and detail go into the context."""
    year = str(context["year"])
    if not (digits(year, 4) and FIRST_YEAR <= int(year) <= LAST_YEAR):
        raise BadForm(_("年度“%(got)s”应为四位数字") % {"got": year})
    name, token, data = file_of(request)
    detail = request.POST.get("detail", "").strip()
    context |= {"name": name, "token": token, "detail": detail, "year": int(year)}
    return data


def file_of(request) -> tuple[str, str, bytes]:
    """(name, token, bytes): of a new upload, which is kept, or of the one that was looked at."""
    upload = request.FILES.get("file")
    if upload is not None:
        check_size(upload.size)
        kept = {"sha256": store.keep(upload), "name": upload.name, "person": request.user.pk}
    else:
        try:
            kept = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=PREVIEW_SECONDS)
        except signing.BadSignature as fault:
            raise BadForm(_("没有选择文件")) from fault
        if kept["person"] != request.user.pk:
            raise BadForm(_("没有选择文件"))
    with store.opened(kept["sha256"]) as stream:
        return kept["name"], signing.dumps(kept, salt=SALT), stream.read()


def check_size(got: int) -> None:
    """Raise `BadForm` (422.4) for more bytes than a list has."""
    if got > MOST_BYTES:
        raise BadForm(_("文件超过 %(most)d MB") % {"most": MOST_BYTES // 2**20})


def reading_of(source: bytes, kind: str) -> Reading:
    """An annex as it reads; `BadForm` (422.4) for a file that is refused as a whole."""
    check_size(len(source))
    try:
        return read_annex(source, kind=kind)
    except EcoredlineError as fault:
        raise BadForm(str(fault)) from fault
