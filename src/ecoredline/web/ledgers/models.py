"""Rows of the own ledgers as they held from day to day, and mappings of fields to other systems."""

import uuid

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import Q

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.regions.models import STORAGE_SRID


class LedgerRow(models.Model):
    """One state of one row of an own ledger; all states of a row share its `key`.

    True from `valid_from` to the day before `valid_to`. A state that was wrong from its first day
    has `retired_at`. The database lets nothing else of it change.
    """

    book = models.CharField("台账", max_length=40)
    key = models.UUIDField("行标识", default=uuid.uuid4, db_index=True)
    values = models.JSONField("内容", default=dict)
    geom = models.GeometryField("范围", srid=STORAGE_SRID, null=True)
    division_code = models.CharField("县级区划", max_length=6)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True)
    source_doc = models.CharField("来源文件", max_length=300, blank=True)
    reason = models.CharField("变更原因", max_length=300, blank=True)
    sha256 = models.CharField("散列值", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("登记时间", default=clock.now)
    retired_at = models.DateTimeField("更正时间", null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["division_code", "pk"]
        verbose_name = "台账"
        indexes = [
            GinIndex(fields=["scope_codes"], name="ledgers_row_scope"),
            models.Index(fields=["book", "valid_from"], name="ledgers_row_book"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(valid_to=None, retired_at=None), name="ledgers_one_open"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="ledgers_days_in_order",
            ),
        ]

    def __str__(self):
        return f"{self.book} {self.key}"


class Baseline(models.Model):
    """本底: the day a division's ledgers are compared with, and why; the newest row counts."""

    division_code = models.CharField("行政区划代码", max_length=6, blank=True)
    day = models.DateField("本底日期")
    document = models.CharField("依据", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "本底"


class FieldMapping(models.Model):
    """A column's field in another system, from a person; goes before the shipped list. Blank: not mapped."""

    system = models.CharField("系统", max_length=40)  # codes/ledger_systems
    book = models.CharField("台账", max_length=40)
    column = models.CharField("列", max_length=40)
    field = models.CharField("对方字段", max_length=60, blank=True)
    confidence = models.CharField("可信度", max_length=20, default="unofficial")
    source = models.CharField("依据", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "字段对照"


class Mapped(models.Model):
    """What the one map reads of a thing: a database view's row."""

    id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    kind = models.TextField()
    state = models.TextField()
    county = models.CharField(max_length=6)
    scope_codes = ArrayField(models.CharField(max_length=6), default=list)
    geom = models.GeometryField(srid=STORAGE_SRID, null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        abstract = True


class MappedRow(Mapped):
    """A state of a ledger row that was not corrected."""

    book = models.CharField(max_length=40)
    key = models.UUIDField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "ledgers_mapped"


class MappedMarker(Mapped):
    """A boundary marker or sign board."""

    distance_m = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "ledgers_mapped_markers"
