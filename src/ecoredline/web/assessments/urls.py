"""Addresses of this room."""

from django.urls import path

from ecoredline.web.assessments import (
    drawing_views,
    ecology_views,
    polygon_views,
    rule_views,
    views,
)

TILE = "<int:z>/<int:x>/<int:y>"
HERE = "assessments/<int:pk>/"
urlpatterns = [
    path("assessments/", views.assessment_list, name="assessment_list"),
    path("assessments/start/", views.assessment_start, name="assessment_start"),
    path("assessments/numbers/", views.number_list, name="number_list"),
    path("assessments/numbers/upload/", views.number_upload, name="number_upload"),
    path("assessments/numbers/template.csv", views.number_template, name="number_template"),
    path("assessments/rules/", rule_views.rule_list, name="rule_list"),
    path("assessments/rules/<int:pk>/", rule_views.rule, name="rule"),
    path("assessments/rules/<int:pk>/copy/", rule_views.rule_copy, name="rule_copy"),
    path("assessments/rules/<int:pk>/preview/", rule_views.rule_preview, name="rule_preview"),
    path("assessments/rules/<int:pk>/sign/", rule_views.rule_sign, name="rule_sign"),
    path("assessments/rules/<int:pk>/rules.json", rule_views.rule_json, name="rule_json"),
    path(HERE, views.assessment, name="assessment"),
    path(f"{HERE}places.geojson", views.assessment_geojson, name="assessment_geojson"),
    path(f"{HERE}files/<str:name>", views.assessment_file, name="assessment_file"),
    path(f"{HERE}rerun/", views.assessment_rerun, name="assessment_rerun"),
    path(f"{HERE}places/<str:place>/", views.assessment_unit, name="assessment_unit"),
    path(
        f"{HERE}places/<str:place>/<int:year>/<slug:name>/",
        views.assessment_drill,
        name="assessment_drill",
    ),
    path(
        f"{HERE}places/<str:place>/<int:year>/<slug:name>/shapes.geojson",
        views.assessment_drill_geojson,
        name="assessment_drill_geojson",
    ),
    path("ecology/", ecology_views.ecology, name="ecology"),
    path("ecology/add/", ecology_views.ecology_add, name="ecology_add"),
    path("ecology/polygons/", polygon_views.ecology_polygons, name="ecology_polygons"),
    path(
        "ecology/polygons.geojson", polygon_views.polygons_geojson, name="ecology_polygons_geojson"
    ),
    path("ecology/chain/", ecology_views.ecology_chain, name="ecology_chain"),
    path("ecology/counties/<slug:code>/", ecology_views.ecology_county, name="ecology_county"),
    path("ecology/layers/<int:pk>/", ecology_views.ecology_layer, name="ecology_layer"),
    path(
        "ecology/layers/<int:pk>/picture.png", ecology_views.ecology_picture, name="ecology_picture"
    ),
    path(f"ecology/tiles/<int:pk>/{TILE}.png", ecology_views.ecology_tile, name="ecology_tile"),
    path("ecology/drawings/", drawing_views.drawing_list, name="drawing_list"),
    path("ecology/drawings/new/", drawing_views.drawing_new, name="drawing_new"),
    path("ecology/drawings/adjust/", drawing_views.drawing_adjust, name="drawing_adjust"),
    path("ecology/drawings/<int:pk>/", drawing_views.drawing_page, name="drawing"),
    path(
        "ecology/drawings/<int:pk>/<str:name>.geojson",
        drawing_views.drawing_step,
        name="drawing_step",
    ),
    path("cases/<int:pk>/impact/", ecology_views.case_impact, name="case_impact"),
]
