"""Addresses of this room."""

from django.urls import path

from ecoredline.web.verifications import spot_views, views

urlpatterns = [
    path("clues/<int:pk>/verify/", views.verify, name="verify"),
    path("clues/<int:pk>/verify/files/", views.verify_file, name="verify_file"),
    path(
        "clues/<int:pk>/verify/files/<int:file>/remove/",
        views.verify_file_remove,
        name="verify_file_remove",
    ),
    path("clues/<int:pk>/judge/<slug:act>/", views.verify_judge, name="verify_judge"),
    path("spot-checks/", spot_views.spot_check_list, name="spot_check_list"),
    path("spot-checks/<int:pk>/", spot_views.spot_check, name="spot_check"),
    path(
        "spot-checks/<int:pk>/clues/<int:clue>/",
        spot_views.spot_check_record,
        name="spot_check_record",
    ),
]
