"""Clues, the patches behind them, consultation, list versions, dispatch."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.clues.lifecycle import CLUE_LIFECYCLE
from ecoredline.web.core import clock
from ecoredline.web.letters.models import Letter
from ecoredline.web.patches.models import Patch, area_field
from ecoredline.web.patches.placed import PlacedSubject
from ecoredline.web.regions.models import STORAGE_SRID

WAITS_FOR_HOLDER = ("raised", "listed", "dispatched", "submitted")


class Clue(PlacedSubject):
    """A suspected ecological damage problem 疑似问题, with or without patches behind it.

    Its outline is the union of its patches' newest outlines, or what was drawn or told.
    """

    LIFECYCLE = CLUE_LIFECYCLE

    state = models.CharField(
        "状态", max_length=20, default=CLUE_LIFECYCLE.first, choices=CLUE_LIFECYCLE.choices,
        db_index=True,
    )  # fmt: skip
    number = models.CharField("线索编号", max_length=40, unique=True)
    source = models.CharField("线索来源", max_length=20)  # codes/clue_sources
    source_detail = models.CharField("来源说明", max_length=300, blank=True)
    list_number = models.CharField("原清单编号", max_length=80, blank=True)  # of a list handed down
    place = models.TextField("位置描述", blank=True)
    point = models.PointField("中心点", srid=STORAGE_SRID, null=True)  # of lon, lat, for its index
    area_ha = area_field("面积")
    problem_type = models.CharField("疑似生态破坏问题", max_length=20, blank=True)
    description = models.TextField("情况描述", blank=True)
    is_major = models.BooleanField("疑似重大", default=False)
    priority = models.CharField("核查要求", max_length=10, default="must")  # codes/check_priorities
    found_on = models.DateField("发现日期", default=clock.today)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    state_before_merge = models.CharField(max_length=20, blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField("立线索时间", default=clock.now)

    objects = SpreadQuerySet.as_manager()

    class Meta(PlacedSubject.Meta):
        ordering = ["-pk"]
        verbose_name = "疑似问题线索"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "year", "list_number"], condition=~Q(list_number=""),
                name="clues_list_number_once",
            )
        ]  # fmt: skip
        indexes = [
            *PlacedSubject.Meta.indexes,
            models.Index(fields=["owner", "state"], name="clues_clue_owner"),
            models.Index(fields=["state", "due_on"], name="clues_clue_due"),
            models.Index(
                fields=["holder", "due_on", "id"],
                condition=Q(state__in=WAITS_FOR_HOLDER),
                name="clues_clue_inbox",
            ),
            models.Index(fields=["redline_area_ha"], name="clues_clue_area"),
            models.Index(fields=["entered_at"], name="clues_clue_entered"),
        ]


class CluePatch(models.Model):
    """A patch behind a clue; a patch stands behind one clue at a time."""

    clue = models.ForeignKey(Clue, models.CASCADE, related_name="links")
    patch = models.OneToOneField(Patch, models.PROTECT, related_name="clue_link")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]


class DuplicateProposal(models.Model):
    """Two clues that may be one, found by place and time; a person decides."""

    class Decision(models.TextChoices):
        """What was decided."""

        OPEN = "open", _("待判断")
        SAME = "same", _("同一问题")
        DIFFERENT = "different", _("不同问题")

    first = models.ForeignKey(Clue, models.CASCADE, related_name="+")
    second = models.ForeignKey(Clue, models.CASCADE, related_name="+")
    distance_m = models.FloatField("距离（米）")
    overlap = models.FloatField("重叠度")
    days = models.IntegerField("相隔天数")
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-overlap", "distance_m"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="clues_duplicate_once"),
            models.CheckConstraint(
                condition=Q(first__lt=models.F("second")), name="clues_duplicate_order"
            ),
        ]


class Consultation(models.Model):
    """会商: who met, what was agreed for each clue; before the list is final."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    held_on = models.DateField("会商日期")
    participants = models.TextField("参加单位和人员")
    summary = models.TextField("会商意见")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    class Meta:
        ordering = ["-held_on", "-pk"]
        verbose_name = "会商"


class ConsultationItem(models.Model):
    """What was agreed about one clue."""

    class Outcome(models.TextChoices):
        """List it, leave it out, or look again."""

        KEEP = "keep", _("列入清单")
        REMOVE = "remove", _("不列入")
        AGAIN = "again", _("再次研判")

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="items")
    clue = models.ForeignKey(Clue, models.PROTECT, related_name="consulted")
    outcome = models.CharField("意见", max_length=10, choices=Outcome)
    opinion = models.TextField("说明", blank=True)


class ListVersion(models.Model):
    """A list (annex 1, 2 or 4) as it stood on a day: its rows frozen, with their hash."""

    class Kind(models.TextChoices):
        """Which annex of 环办生态函〔2020〕703号."""

        SUSPECTED = "suspected", _("疑似生态破坏问题清单（附件1）")
        ACTIVITIES = "activities", _("人类活动清单（附件2）")
        PROBLEMS = "problems", _("生态破坏问题清单（附件4）")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField("清单", max_length=12, choices=Kind)
    year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveSmallIntegerField("版次")
    as_of = models.DateField("截止日期")
    rows = models.JSONField("清单")
    count = models.PositiveIntegerField("数量")
    area_ha = area_field("涉及红线面积")
    sha256 = models.CharField("散列值", max_length=64)
    note = models.TextField("说明", blank=True)
    scope_codes = ArrayField(models.CharField(max_length=6), default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "kind", "-number"]
        verbose_name = "清单版本"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "year", "number"], name="clues_list_version"
            )
        ]
        indexes = [GinIndex(fields=["scope_codes"], name="clues_list_scope")]


class Dispatch(models.Model):
    """One hand of the chain: a clue given from one unit to the next, by letter, with a reply date."""

    clue = models.ForeignKey(Clue, models.PROTECT, related_name="dispatches")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="dispatches")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField("方式", max_length=12)  # dispatch, pass_down, reassign
    sent_at = models.DateTimeField("下发时间", default=clock.now)
    due_on = models.DateField("反馈期限")
    received_at = models.DateTimeField("签收时间", null=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField("结束时间", null=True)
    ended_how = models.CharField("结束方式", max_length=12, blank=True)  # submitted, declined …
    reason = models.TextField("说明", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = "下发"
