"""Around the review: bulk dismissal, counted reasons, verdict files, blind shares."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.accounts.models import Person
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadFilter, BadForm, MovedMeanwhile, NotFound
from ecoredline.web.patches.filters import PatchFilter
from ecoredline.web.patches.queries import choices_for, run_for, runs_for, totals
from ecoredline.web.reviews import bulk, counts, queries, sharing, verdicts
from ecoredline.web.reviews.rules import rule
from ecoredline.web.reviews.views import grouped_reasons

SHOWN = 100
KINDS = {"csv": "text/csv; charset=utf-8", "gpkg": "application/geopackage+sqlite3"}
TYPES = KINDS | {"zip": "application/zip"}
WHOLE = 100.0


def chosen_run(request):
    """The run of `?run=`; None without it."""
    wanted = request.GET.get("run", "")
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 18):
        raise BadFilter(f"run={wanted!r}")
    return run_for(request.user, int(wanted))


@require_http_methods(["GET", "POST"])
def review_bulk(request):
    """What a bulk dismissal would dismiss, and doing it to exactly that."""
    require(request.user, "review.bulk")
    run, chosen, faults = chosen_run(request), PatchFilter.read(request.GET), []
    if request.method == "POST":
        asked = {k: request.POST.get(k, "").strip() for k in ("reason", "remark", "seen")}
        try:
            done = bulk.dismiss_selected(by=request.user, chosen=chosen, run=run, **asked)
        except (BadForm, MovedMeanwhile) as problem:
            faults = problem.details or [str(problem)]
        else:
            messages.success(request, _("已批量排除 %(count)s 个图斑。") % {"count": done})
            return redirect("review_queue")
    patches = bulk.selected(request.user, chosen, run)
    limit = int(rule("bulk_limit"))
    keys = [p.pk for p in patches]
    context = {
        "run": run, "runs": runs_for(request.user), "filters": chosen.as_dict(), "faults": faults,
        "query": request.GET.urlencode(), "shown": patches[:SHOWN], "count": len(patches),
        "total": totals(queries.Patch.objects.filter(pk__in=keys)), "limit": limit,
        "too_many": len(patches) > limit, "seen": bulk.digest(patches), "typed": request.POST,
        "reasons": grouped_reasons(), "choices": choices_for(request.user, run),
    }  # fmt: skip
    return render(request, "reviews/bulk.html", context, status=422 if faults else 200)


def counted_by(request) -> str:
    """By what the reasons are counted."""
    wanted = request.GET.get("by", "run")
    if wanted not in counts.BY:
        raise BadFilter(f"by={wanted!r}: {', '.join(counts.BY)}")
    return wanted


@require_GET
def review_counts(request):
    """Reasons of dismissal, counted."""
    require(request.user, "review.counts")
    by = counted_by(request)
    context = {"by": by, "ways": counts.BY.items(), "table": counts.table(request.user, by)}
    return render(request, "reviews/counts.html", context)


@require_GET
def review_counts_csv(request):
    """The same as a file; recorded."""
    require(request.user, "review.counts")
    by = counted_by(request)
    note_request(request, "reviews.counts", by)
    return sent(counts.as_csv(request.user, by), "csv", f"dismissal-reasons-by-{by}")


def sent(body: bytes, kind: str, name: str) -> HttpResponse:
    """A file to be kept."""
    response = HttpResponse(body, content_type=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


@require_GET
def verdicts_file(request, kind: str):
    """Verdicts with outlines, of all the person may see or of `?run=`; recorded."""
    run = chosen_run(request)
    require(request.user, "review.export", run)
    if kind not in KINDS:
        raise NotFound()
    make = verdicts.as_csv if kind == "csv" else verdicts.as_gpkg
    body = make(request.user, run)
    note_request(request, "reviews.verdicts", f"run {run.pk}" if run else "all", kind=kind)
    return sent(body, kind, f"verdicts-run-{run.pk}" if run else "verdicts")


def candidates(person):
    """Who may be given a blind share: analysts and checkers of the person's own divisions."""
    seen = scope(person)
    found = Person.objects.filter(is_active=True, role__in=("analyst", "checker"))
    found = found.filter(unit__division_code__startswith=seen.prefix)
    return found.select_related("unit").order_by("unit__division_code", "username")


def number_of(text: str, kind):
    """A typed number; None when it cannot be read."""
    try:
        return kind(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def blind_shares(request):
    """The blind shares with their agreement, and a new one."""
    require(request.user, "review.share")
    faults: list[str] = []
    if request.method == "POST":
        try:
            made = new_share(request)
        except BadForm as problem:
            faults = problem.details
        else:
            count = made.patches.count()
            messages.success(request, _("已抽取 %(count)s 个图斑。") % {"count": count})
            return redirect("blind_shares")
    shares = list(queries.shares_for(request.user))
    for share in shares:
        share.count, share.judged = share.patches.count(), sharing.judged_count(share)
        share.wanted = 2 * share.count
        share.agreement = sharing.agreement_of(share) if share.ended_at else None
        if share.agreement:
            share.percent = WHOLE * share.agreement.share
            share.has_kappa = share.agreement.kappa == share.agreement.kappa
    context = {
        "shares": shares, "faults": faults, "typed": request.POST, "runs": runs_for(request.user),
        "people": candidates(request.user), "chosen": request.POST.getlist("people"),
    }  # fmt: skip
    return render(request, "reviews/blind.html", context, status=422 if faults else 200)


def new_share(request):
    """The share a form asks for."""
    asked = request.POST
    people = [p for p in candidates(request.user) if str(p.pk) in asked.getlist("people")]
    run = run_for(request.user, number_of(asked.get("run", ""), int) or 0)
    percent = number_of(asked.get("percent", ""), float)
    return sharing.make_share(
        run, share=None if percent is None else percent / WHOLE,
        seed=number_of(asked.get("seed", ""), int), people=people, by=request.user,
    )  # fmt: skip


@require_POST
def blind_close(request, pk: int):
    """End a share before all is judged."""
    share = queries.shares_for(request.user).filter(pk=pk).first()
    if share is None:
        raise NotFound()
    sharing.close_share(share, by=request.user)
    return redirect("blind_shares")
