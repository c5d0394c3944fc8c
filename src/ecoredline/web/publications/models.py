"""What the public sees: editions, whose content is frozen when they are prepared."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.core.models import Subject
from ecoredline.web.publications.lifecycle import EDITION_LIFECYCLE, PUBLISHED
from ecoredline.web.regions.models import RedlineVersion

FINEST_DEG = 0.01


class PublicEdition(Subject):
    """Generalised redline and counts by county and year, as of a day; public pages read nothing else.

    `contents` is made by `generalise.contents_of`; the database refuses to change it. One edition of
    a unit is public at a time.
    """

    LIFECYCLE = EDITION_LIFECYCLE

    state = models.CharField(
        "状态", max_length=20, default=EDITION_LIFECYCLE.first, choices=EDITION_LIFECYCLE.choices,
        db_index=True,
    )  # fmt: skip
    number = models.CharField("编号", max_length=40, unique=True)
    title = models.CharField("标题", max_length=100)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("编制时间", default=clock.now)
    published_at = models.DateTimeField("公开时间", null=True)
    day = models.DateField("截至日期")
    step_deg = models.FloatField("网格（度）")
    area_step_km2 = models.PositiveIntegerField("面积取整（平方公里）")
    review_number = models.CharField("审图号", max_length=60, blank=True)
    note = models.TextField("说明", blank=True)
    redline_version = models.ForeignKey(
        RedlineVersion, models.PROTECT, related_name="+", verbose_name="红线版本"
    )
    contents = models.JSONField("内容")
    sha256 = models.CharField("散列值", max_length=64)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-prepared_at", "-pk"]
        verbose_name = "公开版本"
        indexes = [GinIndex(fields=["scope_codes"], name="publications_edition_scope")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state=PUBLISHED), name="publications_one_public"
            ),
            models.CheckConstraint(
                condition=Q(step_deg__gte=FINEST_DEG), name="publications_coarse_enough"
            ),
        ]

    def __str__(self):
        return self.number
