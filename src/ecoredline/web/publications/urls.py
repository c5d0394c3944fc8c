"""Addresses of this room; those under /public/ need no log-in."""

from django.urls import path

from ecoredline.web.publications import open_views, views

TILE = "<int:z>/<int:x>/<int:y>.png"

urlpatterns = [
    path("public/", open_views.public_page, name="public"),
    path(f"public/<int:pk>/tiles/{TILE}", open_views.public_tile, name="public_tile"),
    path("publications/", views.edition_list, name="edition_list"),
    path("publications/new/", views.edition_new, name="edition_new"),
    path("publications/<int:pk>/", views.edition, name="edition"),
    path(f"publications/<int:pk>/tiles/{TILE}", views.edition_tile, name="edition_tile"),
    path("publications/<int:pk>/publish/", views.edition_publish, name="edition_publish"),
    path("publications/<int:pk>/withdraw/", views.edition_withdraw, name="edition_withdraw"),
]
