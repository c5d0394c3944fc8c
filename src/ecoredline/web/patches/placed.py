"""What clue and case have in common: the place, its divisions and areas, and what happens there."""

from django.contrib.gis.db import models

from ecoredline.web.core.models import ScopedSubject
from ecoredline.web.patches.models import area_field
from ecoredline.web.regions.models import STORAGE_SRID


class PlacedSubject(ScopedSubject):
    """A subject at a place, in the words of the annexes' first columns."""

    year = models.PositiveSmallIntegerField("年度", db_index=True)
    province = models.CharField("省级行政区", max_length=60, blank=True)
    city = models.CharField("市级行政区", max_length=60, blank=True)
    county = models.CharField("县级行政区", max_length=60, blank=True)
    township = models.CharField("乡镇/街道", max_length=60, blank=True)
    lon = models.FloatField("经度", null=True)
    lat = models.FloatField("纬度", null=True)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID, null=True)
    redline_area_ha = area_field("涉及红线面积")
    activity_type = models.CharField("人类活动类型", max_length=20, blank=True)
    control_zone = models.CharField("管控区", max_length=20, blank=True)
    redline_version = models.CharField("红线版本", max_length=200, blank=True)
    remark = models.TextField("备注", blank=True)

    class Meta(ScopedSubject.Meta):
        abstract = True

    def __str__(self):
        return self.number
