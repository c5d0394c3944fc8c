"""Addresses of this room."""

from django.urls import path

from ecoredline.web.deliveries import views

urlpatterns = [
    path("deliveries/", views.delivery_list, name="delivery_list"),
    path("deliveries/new/", views.delivery_new, name="delivery_new"),
    path("deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("deliveries/<int:pk>/repair/", views.delivery_repair, name="delivery_repair"),
    path("deliveries/<int:pk>/<str:name>", views.delivery_report, name="delivery_report"),
]
