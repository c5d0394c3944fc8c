"""The interfaces desktop GIS and other programs already speak."""

from django.apps import AppConfig


class OgcConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.ogc"
    label = "ogc"
    verbose_name = "OGC 与 STAC 接口"
