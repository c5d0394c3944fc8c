"""The layers a check needs: how old they may be, and what offices stated of them."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from ecoredline.codes import code_list
from ecoredline.web.admissions import statements
from ecoredline.web.admissions.forms import StatementForm
from ecoredline.web.admissions.models import LayerStatement
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import form_page
from ecoredline.web.core.permissions import may, require
from ecoredline.web.core.templatetags.ecoredline import language

SHOWN = 100


@require_GET
def admission_layers(request):
    """Which layers must be there, their greatest age, and the statements of one's own divisions."""
    require(request.user, "admission.view")
    names = {code: row[language()] for code, row in code_list("admission_layers").items()}
    rows = LayerStatement.objects.filter(division_code__startswith=request.user.unit.division_code)
    context = {
        "needs": [
            (names[r], statements.limit_of(r), code_list("admission_layers")[r]["dataset"])
            for r in statements.roles()
        ],
        "rows": [(names[s.role], s) for s in rows.select_related("by__unit")[:SHOWN]],
        "may_edit": may(request.user, "admission.rules"),
        "may_catalogue": may(request.user, "data.catalogue"),
    }  # fmt: skip
    return render(request, "admissions/layers.html", context)


@require_http_methods(["GET", "POST"])
def layer_state(request):
    """Sign a statement."""
    require(request.user, "admission.rules")
    first = {"day": clock.today(), "division_code": request.user.unit.division_code.ljust(6, "0")}
    return form_page(
        request, StatementForm(request.POST or None, initial=first),
        lambda **told: statements.state_layer(by=request.user, **told),
        title=_("声明图层情况"), back=reverse("admission_layers"), about=_("准入图层"),
        intro=_("声明连同单位、姓名和日期留存，不能删改；最新一条有效，超过时效须重新核实。"),
    )  # fmt: skip
