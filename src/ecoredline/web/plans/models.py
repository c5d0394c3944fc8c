"""The year of 703号 as dated tasks, monitoring plans with what is due, and sites over many cycles."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch, Run
from ecoredline.web.regions.models import STORAGE_SRID


class YearTask(models.Model):
    """One task of a unit's year, made from `codes/calendar`: what, by when, done with what."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    code = models.CharField("事项", max_length=40)
    due_on = models.DateField("期限")
    done_on = models.DateField("完成日期", null=True)
    done_with = models.CharField("成果", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "code"], name="plans_task_once")
        ]


class MonitoringPlan(models.Model):
    """How often an area is looked at: full coverage yearly, risk areas oftener, hot spots at once."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField("名称", max_length=200)
    kind = models.CharField("类型", max_length=20)  # codes/monitoring_kinds
    every_months = models.PositiveSmallIntegerField("间隔（月）", null=True)
    area = models.MultiPolygonField("范围", srid=STORAGE_SRID, null=True)  # None: all divisions
    basis = models.CharField("依据", max_length=200, blank=True)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True)
    scope_codes = ArrayField(models.CharField(max_length=6), default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]


class MonitoringRound(models.Model):
    """One look that is due, and the run that made it."""

    plan = models.ForeignKey(MonitoringPlan, models.CASCADE, related_name="rounds")
    due_on = models.DateField("期限")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    covered = models.FloatField("覆盖率", null=True)
    done_on = models.DateField("完成日期", null=True)

    class Meta:
        ordering = ["due_on"]
        constraints = [models.UniqueConstraint(fields=["plan", "due_on"], name="plans_round_once")]


class Site(models.Model):
    """The same place over many cycles: its patches, clues and cases, and the state it is in."""

    class State(models.TextChoices):
        """What the place does."""

        GROWING = "growing", _("扩大")
        ACTIVE = "active", _("活动中")
        IDLE = "idle", _("停止")
        REMOVED = "removed", _("已拆除")
        RECOVERING = "recovering", _("恢复中")

    number = models.CharField("点位编号", max_length=40, unique=True)
    state = models.CharField("状态", max_length=12, choices=State, default=State.ACTIVE)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)
    first_seen_on = models.DateField("首次发现", null=True)
    last_seen_on = models.DateField("最近发现", null=True)
    patches = models.ManyToManyField(Patch, related_name="sites")
    clues = models.ManyToManyField(Clue, related_name="sites")
    cases = models.ManyToManyField(Case, related_name="sites")
    scope_codes = ArrayField(models.CharField(max_length=6), default=list)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [GinIndex(fields=["scope_codes"], name="plans_site_scope")]


class SiteState(models.Model):
    """A change of a site's state: when, to what, because of what."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="states")
    on = models.DateField("日期", default=clock.today)
    state = models.CharField(max_length=12, choices=Site.State)
    area_ha = models.DecimalField("面积", max_digits=14, decimal_places=4, default=0)
    because = models.CharField("依据", max_length=300)

    class Meta:
        ordering = ["on", "pk"]
