"""Starting a run from a page, following it and stopping it."""

from django import forms
from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.codes import in_force
from ecoredline.errors import InputError
from ecoredline.web.core import clock
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.problems import NotFound
from ecoredline.web.jobs.actions import cancel_job, resume_job
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.jobs.permissions import job_rights
from ecoredline.web.patches import queries
from ecoredline.web.patches.jobs import ROLES, files_for, start_run

LABELS = {
    "before": _("前时相影像"),
    "after": _("后时相影像"),
    "redline": _("生态保护红线"),
    "protected_areas": _("自然保护地"),
    "divisions": _("行政区划"),
    "places": _("地名"),
    "confirm": _("第三时相影像（确认变化仍在）"),
}
LARGEST_MINIMUM_M2 = 1e8


class StartForm(forms.Form):
    """The files of a new run, chosen from the server's imagery folder."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for role, (_suffixes, needed) in ROLES.items():
            choices = [("", "—"), *((name, name) for name in files_for(role))]
            self.fields[role] = forms.ChoiceField(
                label=LABELS[role], choices=choices, required=needed
            )
        self.fields["confirm"].help_text = _(
            "晚于后时相、与前时相同季的影像：到那时已复原的变化被剔除并注明，季节差的限制也由它满足。"
        )
        self.fields["minimum_area_m2"] = forms.FloatField(
            label=_("最小上图面积（平方米）"),
            required=False,
            min_value=0,
            max_value=LARGEST_MINIMUM_M2,
        )
        self.fields["season_gap_accepted"] = forms.BooleanField(
            label=_("季节差超过限值、未经第三时相确认时仍继续"),
            help_text=_(
                "两期影像的季节差超过限值（现为%(days)s天）又没有第三时相影像时，不勾选则任务被拒绝；"
                "勾选后，清单和报告注明“季节差…天，未经第三时相确认”。"
            )
            % {"days": in_force("pair_limits", clock.today())["season_refuse"]["value"]},
            required=False,
        )
        self.order_fields([*ROLES, "season_gap_accepted", "minimum_area_m2"])


@never_cache
@require_http_methods(["GET", "POST"])
def run_start(request):
    """The form that starts a run in the background."""
    require(request.user, "run.start")
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        files = {role: form.cleaned_data[role] for role in ROLES}
        try:
            choices = {k: form.cleaned_data[k] for k in ("minimum_area_m2", "season_gap_accepted")}
            start_run(files=files, **choices, by=request.user)
        except InputError as fault:
            form.add_error(None, str(fault))
        else:
            return redirect("run_list")
    context = {"form": form, "folder": settings.IMAGERY_FOLDER, "empty": not files_for("before")}
    return render(request, "jobs/start.html", context)


def job_for(person, pk: int) -> BackgroundJob:
    """A job the person may see; raises `NotFound` (404.1) otherwise."""
    row = BackgroundJob.objects.select_related("created_by__unit").filter(pk=pk).first()
    if row is None or not may(person, "job.view", row):
        raise NotFound()
    return row


def fragment(request, row: BackgroundJob):
    """A job's progress as a piece of a page."""
    run = queries.runs_for(request.user).filter(job=row).first()
    context = {"job": row, "run": run} | job_rights(request.user, row)
    return render(request, "jobs/progress.html", context)


@never_cache
@require_GET
def job_progress(request, pk: int):
    """How far a job is."""
    return fragment(request, job_for(request.user, pk))


@require_POST
def job_cancel(request, pk: int):
    """Ask a job to stop."""
    row = cancel_job(job=job_for(request.user, pk), by=request.user)
    return fragment(request, row)


@require_POST
def job_resume(request, pk: int):
    """Let a stopped job go on."""
    row = resume_job(job=job_for(request.user, pk), by=request.user)
    return fragment(request, row)
