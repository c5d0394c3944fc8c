"""A delivery that was handed in, and what its check found."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.jobs.models import BackgroundJob


class Delivery(models.Model):
    """One file, checked once by one job; the original lies in the file store under its hash."""

    name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("散列值", max_length=64)
    options = models.JSONField("检查选项", default=dict)
    job = models.OneToOneField(BackgroundJob, models.PROTECT, null=True, related_name="delivery")
    status = models.CharField("总评", max_length=10, blank=True)  # pass, warn, fail
    counts = models.JSONField("各类项数", default=dict)
    report = models.JSONField("检查结果", default=dict)
    repair_job = models.OneToOneField(
        BackgroundJob, models.PROTECT, null=True, related_name="repaired_delivery"
    )
    repair = models.JSONField("修复结果", default=dict)
    is_demo = models.BooleanField("演示合成数据", default=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField("提交时间", default=clock.now)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "数据质检"

    def __str__(self):
        return self.name
