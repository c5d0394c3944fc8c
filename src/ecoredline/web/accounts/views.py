"""Log-in, log-out, the person's own account page, and the access records."""

import csv
import json

from django import forms
from django.contrib.auth import login as begin_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ecoredline.web.accounts.actions import log_in
from ecoredline.web.accounts.queries import records_for
from ecoredline.web.core.actions import address_of, note_request
from ecoredline.web.core.csvs import harmless
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import LoginLocked


class LoginForm(forms.Form):
    """Log-in and password."""

    username = forms.CharField(label=_("账号"), max_length=150)
    password = forms.CharField(label=_("密码"), widget=forms.PasswordInput, strip=False)


def safe_next(request) -> str:
    """Where to go after logging in; only addresses of this very site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe else ""


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request):
    """The log-in page. Five wrong passwords lock the account for that address for a while."""
    form, status = LoginForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            person = log_in(request, **form.cleaned_data, address=address_of(request))
        except LoginLocked as locked:
            form.add_error(None, f"{locked.message} ({locked.details[0]})")
            status = 429
        else:
            if person is not None:
                begin_session(request, person)
                return redirect(safe_next(request) or "home")
            form.add_error(None, _("账号或密码不正确"))
    context = {"form": form, "next": safe_next(request)}
    return render(request, "accounts/login.html", context, status=status)


@require_POST
def logout(request):
    """End the session."""
    note_request(request, "logout", request.user.get_username())
    end_session(request)
    return redirect("login")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request):
    """The person's own page: who they are, and a new password."""
    form, saved = PasswordChangeForm(request.user, request.POST or None), False
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        note_request(request, "password.change", request.user.get_username())
        saved, form = True, PasswordChangeForm(request.user)
    return render(request, "accounts/account.html", {"form": form, "saved": saved})


RECORD_COLUMNS = ("时间", "账号", "单位", "操作", "对象", "详情", "地址")
BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets know UTF-8


class Echo:
    """A stream that gives back what is written to it."""

    def write(self, line: str) -> str:
        """Give the line back."""
        return line


@require_GET
def access_records(request):
    """The access records of the person's divisions as CSV, for auditors; itself recorded."""
    require(request.user, "audit.view")
    note_request(request, "audit.view")
    writer = csv.writer(Echo())

    def lines():
        yield BYTE_ORDER_MARK + writer.writerow(RECORD_COLUMNS)
        for r in records_for(request.user).iterator(chunk_size=500):
            at = timezone.localtime(r.at).isoformat(timespec="seconds")
            detail = json.dumps(r.detail, ensure_ascii=False)
            cells = (at, r.person_name, r.unit_name, r.action, r.thing, detail, r.address)
            yield writer.writerow([harmless(c) for c in cells])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="access-records.csv"'
    return response
