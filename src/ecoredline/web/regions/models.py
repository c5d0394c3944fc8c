"""Divisions, dated redline versions with their polygons, protected areas; all in EPSG:4490."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex

from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock

STORAGE_SRID = 4490


class Division(models.Model):
    """An administrative division and its boundary; GB/T 2260 code without trailing zeros."""

    code = models.CharField("代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=100)
    level = models.CharField("层级", max_length=10)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)
    source_sha256 = models.CharField("来源文件", max_length=64)
    is_demo = models.BooleanField("演示合成数据", default=False)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        indexes = [GinIndex(fields=["scope_codes"], name="regions_division_scope")]
        verbose_name = "行政区划"

    def __str__(self):
        return f"{self.code} {self.name}"


class DivisionList(models.Model):
    """A list of division codes as an operator loaded it; the newest one counts."""

    name = models.CharField("名称", max_length=200)
    source = models.CharField("来源", max_length=200, blank=True)
    sha256 = models.CharField("散列值", max_length=64, unique=True)
    count = models.PositiveIntegerField("行数", default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    loaded_at = models.DateTimeField("载入时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "行政区划代码表"

    def __str__(self):
        return self.name


class DivisionCode(models.Model):
    """A code of GB/T 2260 as it stood for a time, with what it became and what else it is called."""

    table = models.ForeignKey(DivisionList, models.CASCADE, related_name="codes")
    code = models.CharField("代码", max_length=6, db_index=True)
    name = models.CharField("名称", max_length=60)
    valid_from = models.DateField("启用", null=True)
    valid_to = models.DateField("废止", null=True)
    successors = ArrayField(models.CharField(max_length=6), verbose_name="后继代码", default=list)
    aliases = ArrayField(models.CharField(max_length=60), verbose_name="别名", default=list)

    class Meta:
        ordering = ["code", "valid_from", "pk"]
        verbose_name = "行政区划代码"


class LayerVersion(models.Model):
    """One file of polygons as it was on the day it was loaded, known by its hash.

    In force from `valid_from` to the day before `valid_to`; both blank for one that only a run used.
    `covers` are the divisions it was declared to speak for, by their codes without trailing zeros.
    """

    name = models.CharField("名称", max_length=200)
    sha256 = models.CharField("来源文件", max_length=64, unique=True)
    is_demo = models.BooleanField("演示合成数据")
    loaded_at = models.DateTimeField("载入时间", auto_now_add=True)
    notes = models.JSONField("说明", default=list)
    valid_from = models.DateField("生效日期", null=True, db_index=True)
    valid_to = models.DateField("失效日期", null=True)
    covers = ArrayField(models.CharField(max_length=6), verbose_name="覆盖区划", default=list)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name


class RedlineVersion(LayerVersion):
    """A dated version of the redline. The database refuses demo and real ones side by side."""

    class Meta:
        verbose_name = "红线版本"


class ProtectedAreaVersion(LayerVersion):
    """A dated version of the protected areas."""

    class Meta:
        verbose_name = "自然保护地版本"


class LayerPolygon(models.Model):
    """One polygon of a dated version, with the divisions it touches."""

    code = models.CharField("编码", max_length=60, blank=True)
    name = models.CharField("名称", max_length=200, blank=True)
    area_ha = models.DecimalField("面积（公顷）", max_digits=16, decimal_places=4)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["code", "pk"]

    def __str__(self):
        return self.name or self.code


class RedlinePolygon(LayerPolygon):
    """One polygon of a redline version (红线斑块)."""

    version = models.ForeignKey(RedlineVersion, models.CASCADE, related_name="polygons")
    control_zone = models.CharField("管控区", max_length=20, blank=True)
    function = models.CharField("主导生态功能", max_length=200, blank=True)
    sensitivity = models.CharField("敏感性类型", max_length=100, blank=True)
    zone_word = models.CharField("管控区（原写法）", max_length=60, blank=True)

    class Meta(LayerPolygon.Meta):
        indexes = [GinIndex(fields=["scope_codes"], name="regions_redline_scope")]
        verbose_name = "红线斑块"


class ProtectedArea(LayerPolygon):
    """One protected area (自然保护地)."""

    version = models.ForeignKey(ProtectedAreaVersion, models.CASCADE, related_name="areas")
    level = models.CharField("级别", max_length=60, blank=True)
    kind = models.CharField("类型", max_length=60, blank=True)

    class Meta(LayerPolygon.Meta):
        indexes = [GinIndex(fields=["scope_codes"], name="regions_protected_scope")]
        verbose_name = "自然保护地"
