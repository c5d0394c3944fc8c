"""List versions: made final, looked at, compared, taken away as the official annex."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.web.clues import lists
from ecoredline.web.clues.models import ListVersion
from ecoredline.web.core import clock
from ecoredline.web.core.actions import note_request
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import BadForm, NotFound
from ecoredline.web.core.taking_out import purpose_of
from ecoredline.web.patches.views import TYPES

PAGE_ROWS, SHOWN_ROWS = 30, 100
FINALISED_HERE = (ListVersion.Kind.SUSPECTED, ListVersion.Kind.ACTIVITIES)


@require_http_methods(["GET", "POST"])
def list_versions(request):
    """The versions the person may see, as they stood on a day; a supervisor makes a new one."""
    person, faults, status = request.user, [], 200
    require(person, "clue.view")
    if request.method == "POST":
        try:
            version = finalised(request)
        except BadForm as problem:
            faults, status = problem.details, problem.status
        else:
            messages.success(
                request, _("清单第 %(number)d 版已确定。") % {"number": version.number}
            )
            return redirect("list_version", pk=version.pk)
    found = lists.versions_for(person)
    day = day_of(request.GET.get("day", ""), faults)
    kind = request.GET.get("kind", "")
    if kind in ListVersion.Kind.values:
        found = found.filter(kind=kind)
    if day:
        found = held_on(found, day)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page, "faults": faults, "kinds": ListVersion.Kind.choices, "kind": kind,
        "own_kinds": [(k.value, k.label) for k in FINALISED_HERE], "day": day,
        "may_finalise": may(person, "list.finalise"), "year": clock.today().year,
        "query": f"kind={kind}" if kind else "",
    }  # fmt: skip
    return render(request, "clues/lists.html", context, status=status)


def day_of(text: str, faults: list[str]) -> date | None:
    """A day of the address; blank is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(_("日期“%(got)s”应为 年-月-日") % {"got": text})
        return None


def held_on(versions, day: date):
    """Of each unit, kind and year the version that held on a day."""
    newest = (
        versions.filter(as_of__lte=day)
        .order_by("unit_id", "kind", "year", "-as_of", "-pk")
        .distinct("unit_id", "kind", "year")
    )
    return versions.filter(pk__in=newest.values("pk"))


def finalised(request) -> ListVersion:
    """The version of the form."""
    year = request.POST.get("year", "")
    if not (year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100):
        raise BadForm(_("年度“%(got)s”应为四位数字") % {"got": year})
    return lists.finalise_list(
        unit=request.user.unit, kind=request.POST.get("kind", ""), year=int(year),
        by=request.user, note=request.POST.get("note", "").strip(),
    )  # fmt: skip


@require_GET
def list_version(request, pk: int):
    """One version: its rows, its hash, the other versions to compare it with."""
    version = lists.version_for(request.user, pk)
    table = lists.table_of(request.user, version)
    page = Paginator(table.rows, SHOWN_ROWS).get_page(request.GET.get("page"))
    rows = lists.rows_for(request.user, version)
    keys = [row.get("clue") for row in rows][(page.number - 1) * SHOWN_ROWS :]
    others = lists.versions_for(request.user).filter(
        unit=version.unit, kind=version.kind, year=version.year
    ).exclude(pk=version.pk)  # fmt: skip
    context = {
        "version": version, "table": table, "page": page, "is_intact": lists.is_intact(version),
        "rows": list(zip(page.object_list, keys, strict=False)), "others": others, "query": "",
        "previous": others.filter(number__lt=version.number).order_by("-number").first(),
        "notes": [*table.layout.notes, table.summary],
    }  # fmt: skip
    return render(request, "clues/version.html", context)


@require_GET
def list_compare(request):
    """What came, went and changed between two versions, within the person's part."""
    keys = [request.GET.get(name, "") for name in ("old", "new")]
    if not all(k.isascii() and k.isdigit() and len(k) <= 18 for k in keys):
        raise NotFound()
    old, new = (lists.version_for(request.user, int(key)) for key in keys)
    if (old.unit_id, old.kind) != (new.unit_id, new.kind):
        raise NotFound()
    rows = [lists.rows_for(request.user, version) for version in (old, new)]
    found = lists.difference(*rows)
    labels = lists.table_of(request.user, new).layout.columns
    for change in found["changed"]:
        change["cells"] = [(labels[i], before, after) for i, before, after in change["cells"]]
    return render(request, "clues/difference.html", {"old": old, "new": new, "found": found})


@require_GET
def list_file(request, pk: int, suffix: str):
    """A version as XLSX or DOCX, from its frozen rows; recorded."""
    version = lists.version_for(request.user, pk)
    if suffix not in lists.MAKERS:
        raise NotFound()
    require(request.user, "clue.export")
    purpose = purpose_of(request, "cases" if version.kind == ListVersion.Kind.PROBLEMS else "clues")
    body = lists.document(request.user, version, suffix)
    extract = bool(lists.extract_of(request.user, version))
    note_request(request, "list.download", f"list {version.pk}", suffix=suffix, extract=extract,
                 **purpose)  # fmt: skip
    name = f"{version.kind}-{version.year}-{version.number}.{suffix}"
    response = FileResponse(body, as_attachment=True, filename=name)
    response.headers["Content-Type"] = TYPES[f".{suffix}"]
    return response
