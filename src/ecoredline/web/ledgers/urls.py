"""Addresses of this room."""

from django.urls import path

from ecoredline.web.ledgers import export_views, row_views, views

BOOK = "ledgers/<slug:name>"

urlpatterns = [
    path("ledgers/", views.ledger_list, name="ledger_list"),
    path("ledgers.xlsx", export_views.workbook, name="ledger_workbook"),
    path("ledgers.gpkg", export_views.geopackage, name="ledger_geopackage"),
    path("ledgers/import/", export_views.ledger_import, name="ledger_import"),
    path("ledgers/baseline/", views.ledger_baseline, name="ledger_baseline"),
    path("ledgers/mappings/", views.ledger_mappings, name="ledger_mappings"),
    path("ledgers/mappings/new/", views.ledger_mapping_new, name="ledger_mapping_new"),
    path("ledgers/rows/<int:pk>/", row_views.row_by_pk, name="ledger_row_by_pk"),
    path(f"{BOOK}/", views.ledger, name="ledger"),
    path(f"{BOOK}/import/", export_views.ledger_import, name="ledger_import_book"),
    path(f"{BOOK}/new/", row_views.row_new, name="ledger_row_new"),
    path(f"{BOOK}/<uuid:key>/", row_views.row, name="ledger_row"),
    path(f"{BOOK}/<uuid:key>/change/", row_views.row_change, name="ledger_row_change"),
    path(f"{BOOK}/<uuid:key>/end/", row_views.row_end, name="ledger_row_end"),
]
