"""Background work as people see it: one row per job, whatever runs it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BackgroundJob(models.Model):
    """A job: its state, how far it is, when its worker last gave a sign of life."""

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting", _("等待")
        RUNNING = "running", _("运行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")
        CANCELLED = "cancelled", _("已取消")

    LIVE = (State.WAITING, State.RUNNING)

    kind = models.CharField("类型", max_length=40)
    title = models.CharField("名称", max_length=300)
    arguments = models.JSONField("参数", default=dict)
    state = models.CharField(
        "状态", max_length=10, choices=State, default=State.WAITING, db_index=True
    )
    stage = models.CharField("步骤", max_length=60, blank=True)
    done = models.FloatField("进度", default=0.0)
    message = models.TextField("说明", blank=True)
    faults = models.JSONField("问题", default=list)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    cancel_requested = models.BooleanField("要求取消", default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs", verbose_name="发起人"
    )
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    heartbeat = models.DateTimeField("最近心跳", default=timezone.now)
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "后台任务"

    def __str__(self):
        return f"{self.kind} {self.pk}"

    @property
    def is_live(self) -> bool:
        """Is it still waiting or running?"""
        return self.state in self.LIVE

    @property
    def percent(self) -> int:
        """How far the present stage is, in percent."""
        return round(100 * self.done)
