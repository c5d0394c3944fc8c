"""Addresses of this room."""

from django.urls import path

from ecoredline.web.redlines import marker_views, views

urlpatterns = [
    path("redlines/", views.redline_list, name="redline_list"),
    path("redlines/new/", views.redline_new, name="redline_new"),
    path("redlines/reading/<int:pk>/", views.redline_reading, name="redline_reading"),
    path("redlines/protected/new/", views.protected_new, name="protected_new"),
    path("redlines/recompute/", views.redline_recompute, name="redline_recompute"),
    path("redlines/floors/new/", views.floor_new, name="floor_new"),
    path("redlines/<int:pk>/", views.redline, name="redline"),
    path("redlines/<int:pk>/file", views.redline_file, name="redline_file"),
    path("redlines/<int:pk>/check/", views.redline_check, name="redline_check"),
    path("redlines/<int:pk>/approval/", views.redline_approval, name="redline_approval"),
    path("redlines/<int:pk>/accept/", views.redline_accept, name="redline_accept"),
    path("redlines/<int:pk>/refuse/", views.redline_refuse, name="redline_refuse"),
    path("markers/", marker_views.marker_list, name="marker_list"),
    path("markers/import/", marker_views.marker_import, name="marker_import"),
    path("markers/<int:pk>/", marker_views.marker, name="marker"),
    path("markers/<int:pk>/patrol/", marker_views.marker_patrol, name="marker_patrol"),
]
