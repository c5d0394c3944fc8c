"""Deliveries, their difference in place, the ledger of boundary changes, floors, markers and boards."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import Q

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.core.models import Subject
from ecoredline.web.redlines.lifecycle import REDLINE_LIFECYCLE, REFUSED
from ecoredline.web.regions.models import STORAGE_SRID, RedlineVersion


def scope_field():
    """Every division a row touches, with their parents."""
    return ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)


class RedlineDelivery(Subject):
    """One file of the redline as it was delivered, and what became of it.

    Its polygons are those of `version`, which the database refuses to change. `difference` is the
    summary of the comparison with `against`; `areas` are hectares by county.
    """

    LIFECYCLE = REDLINE_LIFECYCLE

    state = models.CharField(
        "状态", max_length=20, default=REDLINE_LIFECYCLE.first, choices=REDLINE_LIFECYCLE.choices,
        db_index=True,
    )  # fmt: skip
    number = models.CharField("编号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=200)
    version_of = models.ForeignKey(
        RedlineVersion, models.CASCADE, related_name="deliveries", verbose_name="红线版本"
    )
    against = models.ForeignKey(
        RedlineVersion, models.SET_NULL, null=True, related_name="+", verbose_name="比对版本"
    )
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    delivered_at = models.DateTimeField("交付时间", default=clock.now)
    provider = models.CharField("提供单位", max_length=200, blank=True)
    file_name = models.CharField("文件名", max_length=200)
    size = models.PositiveBigIntegerField("字节")
    sha256 = models.CharField("散列值", max_length=64)
    note = models.TextField("变更说明", blank=True)
    notes = models.JSONField("读取说明", default=list)
    valid_from = models.DateField("生效日期")
    approval_number = models.CharField("批准文号", max_length=100, blank=True)
    approval_issuer = models.CharField("批准机关", max_length=200, blank=True)
    approval_dated = models.DateField("批准日期", null=True)
    approval_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approval_covers = models.JSONField("批准范围", default=dict)  # hectares: area, nature, function
    approval_seen = models.JSONField("登记时的比对", default=list)  # the reasons it was seen with
    difference = models.JSONField("差异", default=dict)
    areas = models.JSONField("面积", default=dict)
    scope_codes = scope_field()
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-delivered_at", "-pk"]
        verbose_name = "红线交付"
        indexes = [GinIndex(fields=["scope_codes"], name="redlines_delivery_scope")]
        constraints = [
            models.UniqueConstraint(
                fields=["version_of"], condition=~Q(state=REFUSED), name="redlines_delivered_once"
            )
        ]

    def __str__(self):
        return self.number


class DifferencePart(models.Model):
    """Ground lost, gained or lowered in place: of which polygon, in which county; for the map."""

    delivery = models.ForeignKey(RedlineDelivery, models.CASCADE, related_name="parts")
    kind = models.CharField("类型", max_length=10)  # lost, gained, nature, function
    polygon_code = models.CharField("斑块编码", max_length=60)
    division_code = models.CharField("县级区划", max_length=6, blank=True)
    area_ha = models.DecimalField("面积", max_digits=16, decimal_places=4)
    is_sliver = models.BooleanField("细缝", default=False)
    fields = models.JSONField("属性变化", default=list)  # column, before, after of what fell
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)

    class Meta:
        ordering = ["-area_ha", "pk"]


class BoundaryChange(models.Model):
    """红线边界变化台账: one row a polygon, county and kind; written on acceptance, never changed."""

    delivery = models.ForeignKey(RedlineDelivery, models.CASCADE, related_name="changes")
    polygon_code = models.CharField("斑块编码", max_length=60)
    kind = models.CharField("变化类型", max_length=10)  # codes/boundary_changes
    division_code = models.CharField("县级区划", max_length=6, blank=True)
    delta_ha = models.DecimalField("变化面积", max_digits=16, decimal_places=4)
    in_place_ha = models.DecimalField("原地降低面积", max_digits=16, decimal_places=4, default=0)
    approval_number = models.CharField("批准文号", max_length=100, blank=True)
    approval_issuer = models.CharField("批准机关", max_length=200, blank=True)
    approval_dated = models.DateField("批准日期", null=True)
    effective_on = models.DateField("生效日期", db_index=True)
    before = models.MultiPolygonField("变化前", srid=STORAGE_SRID, null=True)
    after = models.MultiPolygonField("变化后", srid=STORAGE_SRID, null=True)
    scope_codes = scope_field()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("记入时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "polygon_code", "pk"]
        verbose_name = "红线边界变化"
        indexes = [GinIndex(fields=["scope_codes"], name="redlines_change_scope")]


class AreaFloor(models.Model):
    """面积下限: what a division's redline may not fall below, from a day on; entered by an office."""

    division_code = models.CharField("行政区划代码", max_length=6)
    area_km2 = models.DecimalField("下限（平方公里）", max_digits=12, decimal_places=4)
    valid_from = models.DateField("生效日期")
    document = models.CharField("依据文件", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["division_code", "-valid_from", "-pk"]
        verbose_name = "面积下限"


class Marker(models.Model):
    """A boundary marker 界桩 or sign board 标识牌; photographs hang on it, patrols renew its state."""

    number = models.CharField("编号", max_length=60)
    kind = models.CharField("类型", max_length=10)  # codes/marker_kinds
    lon = models.FloatField("经度")
    lat = models.FloatField("纬度")
    point = models.PointField("位置", srid=STORAGE_SRID)
    redline_code = models.CharField("红线斑块编码", max_length=60, blank=True)
    text = models.CharField("牌面文字", max_length=300, blank=True)
    erected_on = models.DateField("设立日期", null=True)
    state = models.CharField("状态", max_length=10, default="good")  # codes/marker_states
    distance_m = models.FloatField("距红线（米）", null=True)
    measured_to = models.ForeignKey(
        RedlineVersion, models.SET_NULL, null=True, related_name="+", verbose_name="量至版本"
    )
    division_code = models.CharField("县级区划", max_length=6, blank=True)
    scope_codes = scope_field()
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["number", "pk"]
        verbose_name = "界桩与标识牌"
        indexes = [GinIndex(fields=["scope_codes"], name="redlines_marker_scope")]
        constraints = [
            models.UniqueConstraint(
                fields=["division_code", "number"], name="redlines_marker_number"
            )
        ]

    def __str__(self):
        return self.number


class MarkerPatrol(models.Model):
    """One look at a marker: its state on a day; photographs hang on record `patrol:<pk>`."""

    marker = models.ForeignKey(Marker, models.CASCADE, related_name="patrols")
    on = models.DateField("日期", default=clock.today)
    state = models.CharField("状态", max_length=10)
    said = models.TextField("说明", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["on", "pk"]
        verbose_name = "界桩巡护"
