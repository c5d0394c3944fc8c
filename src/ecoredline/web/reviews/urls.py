"""Addresses of this room."""

from django.urls import path

from ecoredline.web.reviews import audit_views, office_views, pair_views, sighting_views, views

urlpatterns = [
    path("reviews/", views.review_queue, name="review_queue"),
    path("reviews/next/", views.review_next, name="review_next"),
    path("reviews/undo/", views.review_undo, name="review_undo"),
    path("reviews/<int:pk>/", views.review, name="review"),
    path("reviews/<int:pk>.geojson", views.review_geojson, name="review_geojson"),
    path("reviews/<int:pk>/pair/", pair_views.review_pair, name="review_pair"),
    path("reviews/<int:pk>/images/<int:scene>.png", pair_views.review_image, name="review_image"),
    path("reviews/<int:pk>/decide/", views.review_decide, name="review_decide"),
    path("reviews/<int:pk>/outline/", views.review_outline, name="review_outline"),
    path("reviews/<int:pk>/renew/", views.review_renew, name="review_renew"),
    path("reviews/<int:pk>/give-back/", views.review_give_back, name="review_give_back"),
    path("reviews/<int:pk>/restore/", views.review_restore, name="review_restore"),
    path("reviews/also-seen/", sighting_views.sightings, name="sightings"),
    path("reviews/also-seen/<int:pk>/separate/", sighting_views.separate, name="sighting_separate"),
    path("reviews/bulk/", office_views.review_bulk, name="review_bulk"),
    path("reviews/reasons/", office_views.review_counts, name="review_counts"),
    path("reviews/reasons.csv", office_views.review_counts_csv, name="review_counts_csv"),
    path("reviews/verdicts.<str:kind>", office_views.verdicts_file, name="review_verdicts"),
    path("reviews/audits/", audit_views.audits, name="audits"),
    path("reviews/audits/<int:pk>/", audit_views.audit, name="audit"),
    path("reviews/audits/<int:pk>/close/", audit_views.audit_close, name="audit_close"),
    path("reviews/audits/<int:pk>.zip", audit_views.audit_file, name="audit_file"),
    path(
        "reviews/audits/places/<int:pk>/<str:side>.png", audit_views.audit_chip, name="audit_chip"
    ),
    path("reviews/blind/", office_views.blind_shares, name="blind_shares"),
    path("reviews/blind/<int:pk>/close/", office_views.blind_close, name="blind_close"),
]
