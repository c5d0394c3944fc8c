"""Addresses of the interfaces."""

from django.urls import path, re_path

from ecoredline.web.ogc import dataset_views, export_views
from ecoredline.web.ogc import feature_views as features
from ecoredline.web.ogc import stac_views as stac
from ecoredline.web.ogc import tile_views as tiles

COLLECTION = "ogc/collections/<slug:name>"
TILES = f"{COLLECTION}/tiles"
SCENES = "ogc/stac/collections/scenes/items"

urlpatterns = [
    re_path(r"^ogc/?$", features.landing, name="ogc_landing"),
    path("ogc/conformance", features.conformance, name="ogc_conformance"),
    path("ogc/api", features.api, name="ogc_api"),
    path("ogc/collections", features.collections, name="ogc_collections"),
    path(COLLECTION, features.collection, name="ogc_collection"),
    path(f"{COLLECTION}/queryables", features.queryables, name="ogc_queryables"),
    path(f"{COLLECTION}/items", features.items, name="ogc_items"),
    path(f"{COLLECTION}/items/<str:key>", features.item, name="ogc_item"),
    path(f"{COLLECTION}/files/<slug:kind>", export_views.collection_file, name="ogc_file"),
    path("ogc/datasets", export_views.catalogue, name="ogc_datasets"),
    path("ogc/qgis/live.qgs", export_views.project_online, name="ogc_project_online"),
    path("ogc/qgis/field.zip", export_views.project_offline, name="ogc_project_offline"),
    path("data/", dataset_views.dataset_list, name="dataset_list"),
    path("data/<slug:name>/", dataset_views.dataset_edit, name="dataset_edit"),
    path("ogc/tileMatrixSets", tiles.tms_list, name="ogc_tms_list"),
    path("ogc/tileMatrixSets/<str:scheme>", tiles.tms, name="ogc_tms"),
    path(TILES, tiles.tilesets, name="ogc_tilesets"),
    path(f"{TILES}/<str:scheme>", tiles.tileset_page, name="ogc_tileset"),
    path(f"{TILES}/<str:scheme>/<int:z>/<int:row>/<int:col>", tiles.vector_tile, name="ogc_tile"),
    path("ogc/wmts", tiles.wmts, name="wmts"),
    path("ogc/wmts/<int:scene>/<int:z>/<int:row>/<int:col>.png", tiles.wmts_tile, name="wmts_tile"),
    re_path(r"^ogc/stac/?$", stac.landing, name="stac_landing"),
    path("ogc/stac/conformance", stac.conformance, name="stac_conformance"),
    path("ogc/stac/collections", stac.collections, name="stac_collections"),
    path("ogc/stac/collections/scenes", stac.collection, name="stac_collection"),
    path(SCENES, stac.items, name="stac_items"),
    path(f"{SCENES}/scene-<int:pk>", stac.item, name="stac_item"),
    path(f"{SCENES}/scene-<int:pk>/data.tif", stac.data, name="stac_data"),
    path("ogc/stac/search", stac.search, name="stac_search"),
]
