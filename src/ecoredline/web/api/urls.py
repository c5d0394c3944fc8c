"""Addresses of the API; its own authentication answers 401, so the log-in page does not."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.urls.resolvers import URLPattern

from ecoredline.web.api import (
    admissions,
    case_steps,
    deliveries,
    office_steps,
    resources,
    steps,
    views,
)
from ecoredline.web.api.service import api

assert admissions.check
assert deliveries.hand_in
assert resources.RESOURCES
assert steps.step
assert case_steps.step
assert office_steps.step


def without_log_in(patterns: list) -> list:
    """The API's addresses with the log-in redirect taken off."""
    for found in patterns:
        if isinstance(found, URLPattern):
            found.callback = login_not_required(found.callback)
    return patterns


api_patterns, api_app, api_name = api.urls
urlpatterns = [
    path("account/tokens/", views.token_list, name="token_list"),
    path("account/tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("api/v1/", (without_log_in(api_patterns), api_app, api_name)),
]
