"""Addresses of this room."""

from django.urls import path, re_path

from ecoredline.web.cases import step_views as steps
from ecoredline.web.cases import views
from ecoredline.web.cases.import_views import case_import

urlpatterns = [
    path("cases/", views.case_list, name="case_list"),
    re_path(r"^cases/annex-4\.(?P<suffix>xlsx|docx)$", views.problem_list, name="problem_list"),
    path("cases/freeze/", views.problem_freeze, name="problem_freeze"),
    path("cases/import/", case_import, name="case_import"),
    path("cases/open/", steps.case_open, name="case_open"),
    path("cases/department/", steps.case_department, name="case_department"),
    path("cases/push/", steps.case_push, name="case_push"),
    path("cases/<int:pk>/", views.case_page, name="case"),
    path("cases/<int:pk>.geojson", views.case_geojson, name="case_geojson"),
    path("cases/<int:pk>/describe/", steps.case_describe, name="case_describe"),
    path("cases/<int:pk>/add-clue/", steps.case_add_clue, name="case_add_clue"),
    path("cases/<int:pk>/hand-over/", steps.case_hand_over, name="case_hand_over"),
    path("cases/<int:pk>/investigate/", steps.case_investigate, name="case_investigate"),
    path("cases/<int:pk>/extend/", steps.case_extend, name="case_extend"),
    path("cases/<int:pk>/remind/", steps.case_remind, name="case_remind"),
    path("handovers/<int:pk>/reply/", steps.case_reply, name="case_reply"),
]
