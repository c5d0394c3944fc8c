"""Every address of the platform."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.i18n import set_language

from ecoredline.web.accounts import views as accounts
from ecoredline.web.core import taking_out_views
from ecoredline.web.core import views as core
from ecoredline.web.maps import views as maps
from ecoredline.web.patches import import_views, job_views, views

ROOMS = (
    "files", "letters", "reviews", "clues", "verifications", "cases", "rectification", "measures",
    "plans", "regions", "redlines", "ledgers", "admissions", "deliveries", "board", "assessments", "publications", "api", "ogc",
)  # fmt: skip
TILE = "<int:z>/<int:x>/<int:y>"

urlpatterns = [
    path("", maps.home, name="home"),
    path("health/", core.health, name="health"),
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/records.csv", accounts.access_records, name="access_records"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("export/purpose/", taking_out_views.export_purpose, name="export_purpose"),
    path("map/", maps.map_page, name="map"),
    path(f"map/tiles/<slug:layer>/{TILE}.pbf", maps.map_tile, name="map_tile"),
    path(f"map/ground/{TILE}.png", maps.ground_tile, name="ground_tile"),
    path(f"tiles/<int:scene>/{TILE}.png", maps.scene_tile, name="tile"),
    path("runs/", views.run_list, name="run_list"),
    path("runs/start/", job_views.run_start, name="run_start"),
    path("runs/import/", import_views.run_import, name="run_import"),
    path("runs/<int:pk>/", views.run, name="run"),
    path("runs/<int:pk>/files/<path:name>", views.run_file, name="run_file"),
    path("runs/<int:run>/patches/", views.patch_table, name="patch_table"),
    path("runs/<int:run>/patches.geojson", views.patches_geojson, name="patches_geojson"),
    re_path(r"^runs/(?P<run>[0-9]{1,18})/annex-(?P<number>[12])\.xlsx$", views.annex, name="annex"),
    path("patches/<int:pk>/", maps.patch_page, name="patch"),
    path("patches/<int:pk>.geojson", views.patch_geojson, name="patch_geojson"),
    path("patches/<int:pk>/evidence/<str:kind>", views.patch_evidence, name="patch_evidence"),
    path("jobs/<int:pk>/progress/", job_views.job_progress, name="job_progress"),
    path("jobs/<int:pk>/cancel/", job_views.job_cancel, name="job_cancel"),
    path("jobs/<int:pk>/resume/", job_views.job_resume, name="job_resume"),
    *(path("", include(f"ecoredline.web.{room}.urls")) for room in ROOMS),
]
handler404 = core.not_found
handler500 = core.server_fault
