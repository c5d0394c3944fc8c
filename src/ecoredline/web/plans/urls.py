"""Addresses of this room."""

from django.urls import path

from ecoredline.web.plans import views

urlpatterns = [
    path("year/", views.year, name="year"),
    path("year/<int:year>/make/", views.year_make, name="year_make"),
    path("year/pilot/", views.pilot_make, name="pilot_make"),
    path("year/tasks/<int:pk>/", views.task_done, name="task_done"),
    path("year/plans/new/", views.plan_new, name="plan_new"),
    path("year/rounds/<int:pk>/", views.round_done, name="round_done"),
    path("sites/", views.site_list, name="site_list"),
    path("sites/<int:pk>/", views.site, name="site"),
]
