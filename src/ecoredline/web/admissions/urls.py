"""Addresses of this room."""

from django.urls import path

from ecoredline.web.admissions import layer_views, match_views, rule_views, views

urlpatterns = [
    path("admissions/", views.admission_list, name="admission_list"),
    path("admissions/new/", views.admission_new, name="admission_new"),
    path("admissions/<int:pk>/", views.admission, name="admission"),
    path("admissions/<int:pk>/report.docx", views.admission_report, name="admission_report"),
    path("admissions/<int:pk>/report.pdf", views.admission_report_pdf, name="admission_report_pdf"),
    path("admissions/<int:pk>/approval/", views.admission_approve, name="admission_approve"),
    path("admissions/requests/<int:pk>/", views.admission_request, name="admission_request"),
    path("admissions/requests/<int:pk>.zip", views.admission_archive, name="admission_archive"),
    path("admissions/rules/", rule_views.admission_rules, name="admission_rules"),
    path("admissions/rules.csv", rule_views.rules_csv, name="admission_rules_csv"),
    path("admissions/rules/edit/", rule_views.rule_edit, name="admission_rule"),
    path("admissions/rules/table/", rule_views.table_edit, name="admission_table"),
    path("admissions/layers/", layer_views.admission_layers, name="admission_layers"),
    path("admissions/layers/state/", layer_views.layer_state, name="admission_layer_state"),
    path("admissions/matches/", match_views.admission_matches, name="admission_matches"),
]
