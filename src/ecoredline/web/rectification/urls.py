"""Addresses of this room."""

from django.urls import path

from ecoredline.web.rectification import views

urlpatterns = [
    path("cases/<int:pk>/plan/", views.case_plan, name="case_plan"),
    path("cases/<int:pk>/progress/", views.case_progress, name="case_progress"),
    path(
        "cases/<int:pk>/request-closing/", views.case_request_closing, name="case_request_closing"
    ),
    path("cases/<int:pk>/recheck/", views.case_recheck, name="case_recheck"),
    path("cases/<int:pk>/send-back/", views.case_send_back, name="case_send_back"),
    path("cases/<int:pk>/close/", views.case_close, name="case_close"),
    path("cases/<int:pk>/strike-off/", views.case_strike_off, name="case_strike_off"),
    path("cases/<int:pk>/reopen/", views.case_reopen, name="case_reopen"),
    path("cases/<int:pk>/keep-closed/", views.case_keep_closed, name="case_keep_closed"),
    path("cases/<int:pk>/observe/", views.case_observe, name="case_observe"),
    path("items/<int:pk>/finish/", views.item_finish, name="item_finish"),
    path("items/<int:pk>/cancel/", views.item_cancel, name="item_cancel"),
    path("items/<int:pk>/extend/", views.item_extend, name="item_extend"),
]
