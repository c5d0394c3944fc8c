"""Rectification plans with their items, rechecks, and the satellite proof after closing."""

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.imagery.models import Scene
from ecoredline.web.patches.models import Run


class RectificationPlan(models.Model):
    """整改方案: one in force a case; a revision is a new row with the next number."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField("版次", default=1)
    cycle = models.PositiveSmallIntegerField("第几次立案", default=0)  # the case's reopened_count
    reason = models.TextField("修订理由", blank=True)
    goal = models.TextField("整改目标")
    responsible = models.CharField("责任单位", max_length=200)
    due_on = models.DateField("完成期限")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("制定时间", default=clock.now)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="rectification_plan_number")
        ]


class RectificationItem(models.Model):
    """One measure of the plan: owner, due date, acceptance condition, evidence.

    Closing is blocked while any is open.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("进行中")
        DONE = "done", _("已完成")
        ACCEPTED = "accepted", _("已验收")
        CANCELLED = "cancelled", _("已取消")

    plan = models.ForeignKey(RectificationPlan, models.PROTECT, related_name="items")
    kind = models.CharField("措施类型", max_length=20)  # codes/rectification_kinds
    title = models.CharField("措施", max_length=300)
    owner_name = models.CharField("责任人/单位", max_length=200)
    due_on = models.DateField("期限")
    condition = models.TextField("验收条件")
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    done_on = models.DateField("完成日期", null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    note = models.TextField("说明", blank=True)

    class Meta:
        ordering = ["pk"]


class Progress(models.Model):
    """Dated progress, of one item or of the whole case; never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="progress")
    item = models.ForeignKey(RectificationItem, models.PROTECT, null=True, related_name="progress")
    on = models.DateField("日期", default=clock.today)
    percent = models.PositiveSmallIntegerField("进度（%）", null=True)
    said = models.TextField("进展")
    client_key = models.CharField(max_length=64, blank=True)  # a resend is the same
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "by", "client_key"], condition=~models.Q(client_key=""),
                name="rectification_progress_once",
            )
        ]  # fmt: skip


class Recheck(models.Model):
    """实地复核: one round on site; photographs hang on `recheck:<pk>`."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rechecks")
    round = models.PositiveSmallIntegerField("轮次")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    checked_on = models.DateField("复核日期")
    checkers = models.CharField("复核人员", max_length=200)
    passed = models.BooleanField("合格")
    found = models.TextField("复核情况")
    no_photo = models.CharField("未拍照的原因", max_length=300, blank=True)
    conditions = models.JSONField("验收条件核对", default=dict)  # item id → met, note
    client_key = models.CharField(max_length=64, blank=True)  # a resend is the same
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "round"], name="rectification_recheck_round"),
            models.UniqueConstraint(
                fields=["case", "by", "client_key"], condition=~models.Q(client_key=""),
                name="rectification_recheck_once",
            ),
        ]  # fmt: skip


class WatchDate(models.Model):
    """A satellite recheck that is due for a closed case, and what came of it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="watch_dates")
    due_on = models.DateField("应复查日期", db_index=True)
    rule = models.CharField("规则", max_length=40)  # codes/watch_intervals
    done_at = models.DateTimeField("完成时间", null=True)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]


class Observation(models.Model):
    """What a later image shows inside a closed case's polygon, beside before the damage and around it.

    Vegetation indices are means over valid pixels; `ring` is the land around, `before` the image
    before the damage. `risk` is 0–100 with its reasons.
    """

    class Finding(models.TextChoices):
        """What it means."""

        RECOVERING = "recovering", _("恢复中")
        STABLE = "stable", _("无明显变化")
        FALLING = "falling", _("植被下降")
        NEW_CHANGE = "new_change", _("新增扰动")
        UNSEEN = "unseen", _("未能观测")

    case = models.ForeignKey(Case, models.PROTECT, related_name="observations")
    watch = models.ForeignKey(WatchDate, models.PROTECT, null=True, related_name="observations")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="observations")
    scene = models.ForeignKey(Scene, models.PROTECT, null=True, related_name="+")
    index = models.CharField("指数", max_length=12, default="ndvi")  # or brightness
    observed_on = models.DateField("影像日期", null=True)
    ndvi_inside = models.FloatField(null=True)
    ndvi_ring = models.FloatField(null=True)
    ndvi_before = models.FloatField(null=True)
    ndvi_at_closing = models.FloatField(null=True)
    changed_share = models.FloatField("变化占比", null=True)
    valid_share = models.FloatField("有效占比", null=True)
    finding = models.CharField("结果", max_length=12, choices=Finding)
    risk = models.FloatField("风险", default=0)
    reasons = models.JSONField("理由", default=list)
    looks = models.JSONField(
        "各期影像", default=dict
    )  # before, damaged, closing, now: what each shows
    proposes_reopening = models.BooleanField("建议重新立案", default=False)
    decided = models.CharField("处理", max_length=12, blank=True)  # reopened, kept
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.TextField("处理说明", blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["observed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "run"], condition=models.Q(run__isnull=False),
                name="rectification_observation_once",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["case"], condition=models.Q(proposes_reopening=True, decided=""),
                name="rectification_proposed",
            )
        ]  # fmt: skip
