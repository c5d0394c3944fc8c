"""Addresses of this room."""

from django.urls import path

from ecoredline.web.clues import bulk_views, list_views, pair_views, raise_views, step_views, views

urlpatterns = [
    path("clues/", views.clue_list, name="clue_list"),
    path("clues/export.xlsx", views.clue_export, name="clue_export"),
    path("clues/bulk/", bulk_views.clue_bulk, name="clue_bulk"),
    path("clues/consult/", bulk_views.clue_consult, name="clue_consult"),
    path("clues/consultations/", bulk_views.consultation_list, name="consultation_list"),
    path("clues/raise/", raise_views.clue_raise, name="clue_raise"),
    path("clues/raise/patches/", raise_views.clue_raise_patches, name="clue_raise_patches"),
    path("clues/import/", raise_views.clue_import, name="clue_import"),
    path("clues/duplicates/", pair_views.duplicate_list, name="duplicate_list"),
    path("clues/duplicates/<int:pk>/", pair_views.duplicate_decide, name="duplicate_decide"),
    path("clues/<int:pk>/", views.clue_page, name="clue"),
    path("clues/<int:pk>.geojson", views.clue_geojson, name="clue_geojson"),
    path("clues/<int:pk>/receive/", step_views.clue_receive, name="clue_receive"),
    path("clues/<int:pk>/files/", step_views.clue_attach, name="clue_attach"),
    path("clues/<int:pk>/do/<slug:step>/", step_views.clue_step, name="clue_step"),
    path("lists/", list_views.list_versions, name="list_versions"),
    path("lists/compare/", list_views.list_compare, name="list_compare"),
    path("lists/<int:pk>/", list_views.list_version, name="list_version"),
    path("lists/<int:pk>/annex.<str:suffix>", list_views.list_file, name="list_file"),
]
