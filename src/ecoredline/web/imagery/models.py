"""Scenes: images whose pixels are shown as tiles."""

from django.contrib.gis.db import models

from ecoredline.web.regions.models import STORAGE_SRID


class Scene(models.Model):
    """One image file on the server's disk, with the fixed stretch its tiles are drawn with."""

    path = models.CharField("文件", max_length=1000)
    sha256 = models.CharField("散列值", max_length=64)
    image_id = models.CharField("影像标识", max_length=200)
    acquired_on = models.DateField("成像日期", null=True)
    sensor = models.CharField("传感器", max_length=100, blank=True)
    bands = models.JSONField(
        "波段", help_text="pairs of name and band number from 1, in drawing order"
    )
    stretch = models.JSONField("拉伸", help_text="per shown band: value at 2 % and at 98 %")
    nodata = models.FloatField("无效值", null=True)
    footprint = models.PolygonField("范围", srid=STORAGE_SRID)
    max_zoom = models.PositiveSmallIntegerField("最大缩放级别")
    is_demo = models.BooleanField("演示合成数据")

    class Meta:
        verbose_name = "影像"
        constraints = [
            models.UniqueConstraint(fields=["sha256", "path"], name="imagery_scene_file")
        ]

    def __str__(self):
        return self.image_id
