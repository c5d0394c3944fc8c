"""Addresses of this room."""

from django.urls import path

from ecoredline.web.measures import views

urlpatterns = [
    path("measures/", views.measure_list, name="measure_list"),
    path("measures/<int:pk>/result/", views.measure_result, name="measure_result"),
    path("proposals/<int:pk>/take/", views.proposal_take, name="proposal_take"),
    path("proposals/<int:pk>/set-aside/", views.proposal_set_aside, name="proposal_set_aside"),
    path("referrals/<int:pk>/", views.referral_tick, name="referral_tick"),
    path("cases/<int:case>/measure/", views.measure_new, name="measure_new"),
    path("cases/<int:case>/refer/", views.referral_new, name="referral_new"),
    path("cases/<int:case>/report-up/", views.report_new, name="report_new"),
]
