"""Health, and the pages for what went wrong outside a view."""

import logging
import uuid

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import JsonResponse

from ecoredline.web.core.middleware import answer
from ecoredline.web.core.problems import ForgeryRefused, NotFound, Problem

log = logging.getLogger(__name__)


@login_not_required
def health(request):
    """Is the server up and does its database answer? For anybody; says nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return JsonResponse({"status": "ok"})


@login_not_required
def not_found(request, exception=None):
    """No such address."""
    return answer(request, NotFound())


@login_not_required
def forgery_refused(request, reason=""):
    """A form without our token."""
    log.warning("form refused at %s: %s", request.path, reason)
    return answer(request, ForgeryRefused())


@login_not_required
def server_fault(request):
    """Something nobody foresaw: a number to quote, the whole story in the log."""
    number = uuid.uuid4().hex[:12]
    log.error("fault %s at %s", number, request.path, exc_info=True)
    return answer(request, Problem(number))
