"""What the board counts with: derived rows that can always be made again from the records."""

from django.db import models
from django.db.models import Q

from ecoredline.web.core import clock
from ecoredline.web.patches.models import Run, area_field


class Reached(models.Model):
    """A clue or case came to a stage for the first time. Written with the step that took it there."""

    subject_kind = models.CharField("对象类型", max_length=20)
    subject_id = models.BigIntegerField("对象")
    stage = models.CharField("环节", max_length=12)
    county = models.CharField("县级区划", max_length=6, blank=True)
    month = models.DateField("月份")  # its first day, in the platform's time zone
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "stage"], name="board_reached_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["month", "county", "stage"], name="board_reached_month",
                include=["subject_id"],
            ),
            models.Index(
                fields=["county", "month", "stage"], name="board_reached_county",
                include=["subject_id"], opclasses=["varchar_pattern_ops", "", ""],
            ),
        ]  # fmt: skip
        verbose_name = "环节记录"


class RunCounty(models.Model):
    """What a run found in one county, and how much of its redline it could see.

    Made once from the run, whose patches never come or go one by one.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="counties_found")
    county = models.CharField("县级区划", max_length=6, blank=True)
    name = models.CharField("名称", max_length=60, blank=True)
    month = models.DateField("月份")
    patches = models.PositiveIntegerField("图斑数", default=0)
    redline_area_ha = area_field("涉及红线面积")
    redline_ha = models.FloatField("红线面积", null=True)
    observed_ha = models.FloatField("观测到的红线面积", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "county"], name="board_run_county")]
        indexes = [models.Index(fields=["month", "county"], name="board_run_month")]
        verbose_name = "批次分县"


class DayFigures(models.Model):
    """Figures of everything that was over before a day began: they cannot change any more."""

    prefix = models.CharField("区划", max_length=6, blank=True)
    year = models.PositiveSmallIntegerField("年度")
    day = models.DateField("截至（不含）")
    figures = models.JSONField("数字")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year", "day"], name="board_day_once"),
            models.CheckConstraint(condition=Q(year__gte=2000), name="board_day_year"),
        ]
        verbose_name = "每日数字"
