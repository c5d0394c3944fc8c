"""The person's own tokens."""

from django import forms
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ecoredline.web.api import tokens
from ecoredline.web.api.models import Token
from ecoredline.web.core.problems import BadForm

DAYS = 90


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label=_("名称（哪个程序用）"), max_length=100)
    days = forms.IntegerField(
        label=_("有效天数"), initial=DAYS, min_value=1, max_value=tokens.LONGEST_DAYS
    )
    may_write = forms.BooleanField(label=_("可以办理（不勾则只读）"), required=False)


@never_cache
@require_http_methods(["GET", "POST"])
def token_list(request):
    """The person's tokens, and a new one; its secret is shown this once."""
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = tokens.make_token(by=request.user, **form.cleaned_data)
            form = TokenForm()
        except BadForm as fault:
            for words in fault.details:
                form.add_error(None, words)
    found = Token.objects.filter(person=request.user)
    return render(request, "api/tokens.html", {"form": form, "tokens": found, "secret": secret})


@require_POST
def token_revoke(request, pk: int):
    """End a token."""
    tokens.revoke_token(pk, by=request.user)
    return redirect("token_list")
