"""Runs and what they found. The fields of `Patch` are `patches.columns.PATCH_COLUMNS`."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex

from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.core.models import Subject
from ecoredline.web.imagery.models import Scene
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.patches.lifecycle import PATCH_LIFECYCLE
from ecoredline.web.regions.models import STORAGE_SRID, ProtectedAreaVersion, RedlineVersion


def area_field(label: str, **options):
    """Hectares with the four decimals that map, ledger, letter and statistics share."""
    return models.DecimalField(label, max_digits=14, decimal_places=4, default=0, **options)


class Run(models.Model):
    """A run folder brought into the platform; `record` is its `run.json`."""

    name = models.CharField("名称", max_length=200)
    folder = models.CharField("文件夹", max_length=1000)
    record_sha256 = models.CharField("运行记录散列值", max_length=64, unique=True)
    record = models.JSONField("运行记录")
    is_demo = models.BooleanField("演示合成数据")
    before = models.ForeignKey(Scene, models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(Scene, models.PROTECT, null=True, related_name="+")
    before_on = models.DateField("前时相日期", null=True)
    after_on = models.DateField("后时相日期", null=True)
    redline_version = models.ForeignKey(
        RedlineVersion, models.PROTECT, null=True, related_name="runs"
    )
    protected_version = models.ForeignKey(
        ProtectedAreaVersion, models.PROTECT, null=True, related_name="runs"
    )
    extent = models.PolygonField("范围", srid=STORAGE_SRID, null=True)
    warnings = models.JSONField("提示", default=list)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    county_codes = ArrayField(
        models.CharField(max_length=6), verbose_name="涉及县级区划", default=list
    )
    unplaced = models.PositiveIntegerField("无区划图斑数", default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="runs"
    )
    job = models.OneToOneField(BackgroundJob, models.SET_NULL, null=True, related_name="run")
    loaded_at = models.DateTimeField("载入时间", default=clock.now)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-loaded_at", "-pk"]
        indexes = [GinIndex(fields=["scope_codes"], name="patches_run_scope")]
        verbose_name = "批次"

    def __str__(self):
        return self.name


class Patch(Subject):
    """A patch (图斑): every column of the patch table, its refined and its raw outline.

    It enters the platform `screened`; the review takes it on.

    `scope_codes` holds every county it reaches into, with their parents: all of them see it.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="patches")
    patch_id = models.CharField("图斑编号", max_length=60)
    channel = models.CharField("去向", max_length=20, blank=True, db_index=True)
    province = models.CharField("省级行政区", max_length=60, blank=True)
    city = models.CharField("市级行政区", max_length=60, blank=True)
    county = models.CharField("县级行政区", max_length=60, blank=True)
    township = models.CharField("乡镇/街道", max_length=60, blank=True)
    division_code = models.CharField("行政区划代码", max_length=12, blank=True, db_index=True)
    division_note = models.TextField("行政区说明", blank=True)
    lon = models.FloatField("中心经度", null=True)
    lat = models.FloatField("中心纬度", null=True)
    position = models.TextField("位置描述", blank=True)
    area_ha = area_field("图斑面积")
    redline_area_ha = area_field("涉及红线面积", db_index=True)
    protected_area_ha = area_field("涉及自然保护地面积")
    activity_type = models.CharField("遥感解译人类活动类型", max_length=20, blank=True)
    activity_confidence = models.FloatField("活动类型置信度", null=True)
    problem_type = models.CharField("疑似生态破坏问题", max_length=20, blank=True)
    problem_confidence = models.FloatField("问题类型置信度", null=True)
    reasons = models.JSONField("判定依据", default=list)
    score = models.FloatField("变化强度", null=True)
    confidence = models.FloatField("置信度", null=True)
    redline_ids = models.JSONField("红线斑块编码", default=list)
    redline_names = models.JSONField("红线斑块名称", default=list)
    control_zone = models.CharField("管控区", max_length=20, blank=True)
    redline_version = models.CharField("红线版本", max_length=200, blank=True)
    protected_names = models.JSONField("自然保护地", default=list)
    before_image = models.CharField("前时相影像", max_length=200, blank=True)
    after_image = models.CharField("后时相影像", max_length=200, blank=True)
    before_on = models.DateField("前时相日期", null=True)
    after_on = models.DateField("后时相日期", null=True)
    ndvi_before = models.FloatField("前时相 NDVI", null=True)
    ndvi_after = models.FloatField("后时相 NDVI", null=True)
    found_by = models.CharField("发现来源", max_length=100, blank=True)
    sensor = models.CharField("传感器", max_length=100, blank=True)
    also_seen_by = models.JSONField("其他来源", default=list)
    remark = models.TextField("备注", blank=True)
    is_demo = models.BooleanField("演示合成数据", default=False)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)
    geom_raw = models.MultiPolygonField("原始范围", srid=STORAGE_SRID, null=True)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)

    LIFECYCLE = PATCH_LIFECYCLE
    state = models.CharField(
        "审核状态", max_length=20, default=PATCH_LIFECYCLE.first, choices=PATCH_LIFECYCLE.choices,
        db_index=True,
    )  # fmt: skip
    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["patch_id"]
        verbose_name = "图斑"
        constraints = [models.UniqueConstraint(fields=["run", "patch_id"], name="patches_patch_id")]
        indexes = [GinIndex(fields=["scope_codes"], name="patches_patch_scope")]

    def __str__(self):
        return self.patch_id


class DroppedPatch(models.Model):
    """A patch the screening dropped, with its reason; its fields are `DROPPED_COLUMNS`."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="dropped")
    patch_id = models.CharField("图斑编号", max_length=60)
    reason = models.CharField("剔除原因", max_length=40)
    reason_detail = models.TextField("剔除说明", blank=True)
    area_ha = area_field("图斑面积")
    redline_area_ha = area_field("涉及红线面积")
    division_code = models.CharField("行政区划代码", max_length=12, blank=True, db_index=True)
    county = models.CharField("县级行政区", max_length=60, blank=True)
    lon = models.FloatField("中心经度", null=True)
    lat = models.FloatField("中心纬度", null=True)
    score = models.FloatField("变化强度", null=True)
    is_demo = models.BooleanField("演示合成数据", default=False)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["patch_id"]
        verbose_name = "剔除图斑"


class UnseenArea(models.Model):
    """What could not be seen in one of the images, and why; its fields are `UNSEEN_COLUMNS`."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="unseen")
    reason = models.CharField("不可见原因", max_length=40)
    date = models.CharField("时相", max_length=20)
    area_ha = area_field("面积")
    is_demo = models.BooleanField("演示合成数据", default=False)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "不可见区"
