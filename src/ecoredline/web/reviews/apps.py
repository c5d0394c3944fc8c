"""Patches looked at by people: claim, refine, reject, second check, blind share."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Its place in Django."""

    name = "ecoredline.web.reviews"
    label = "reviews"
    verbose_name = "图斑审核"
