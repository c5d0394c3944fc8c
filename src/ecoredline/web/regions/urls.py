"""Addresses of this room."""

from django.urls import path

from ecoredline.web.regions import views

urlpatterns = [
    path("divisions/", views.division_list, name="division_list"),
    path("divisions/load/", views.division_load, name="division_load"),
]
