"""Verification 核实: verdict, checklist, approvals; and spot checks by the level above."""

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock


class Verification(models.Model):
    """What one unit found about a clue, in one round. A draft until submitted, then never changed.

    The database refuses to change a submitted one. Photographs hang on record `verification:<pk>`.
    """

    class Kind(models.TextChoices):
        """At the desk or in the field."""

        DESK = "desk", _("内业核实")
        FIELD = "field", _("现场核查")

    class Verdict(models.TextChoices):
        """What it is."""

        TRUE = "true", _("属实")
        PARTLY = "partly", _("部分属实")
        FALSE = "false", _("不属实")
        LAWFUL = "lawful", _("合法合规（手续齐全）")

    clue = models.ForeignKey(Clue, models.PROTECT, related_name="verifications")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    kind = models.CharField("方式", max_length=10, choices=Kind, default=Kind.FIELD)
    verdict = models.CharField("结论", max_length=10, choices=Verdict, blank=True)
    checked_on = models.DateField("核查日期", null=True)
    checkers = models.CharField("核查人员", max_length=200, blank=True)
    found = models.TextField("现场情况", blank=True)
    activity_type = models.CharField("实际活动类型", max_length=20, blank=True)
    problem_type = models.CharField("问题类型", max_length=20, blank=True)
    area_ha = models.DecimalField("实际面积", max_digits=14, decimal_places=4, null=True)
    redline_area_ha = models.DecimalField("其中红线内", max_digits=14, decimal_places=4, null=True)
    land_class = models.CharField("现状地类", max_length=60, blank=True)
    permitted_category = models.CharField("允许活动类别", max_length=10, blank=True)  # codes
    builder = models.CharField("建设/责任单位", max_length=200, blank=True)
    started_on = models.DateField("开始时间", null=True)
    handling = models.TextField("已采取措施", blank=True)
    checklist = models.JSONField("检查单", default=dict)  # item code → answer
    saves = models.PositiveIntegerField("保存次数", default=0)  # who saved meanwhile is told by it
    client_key = models.CharField(max_length=64, blank=True)  # a second click or resend is the same
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("填报时间", default=clock.now)
    submitted_at = models.DateTimeField("上报时间", null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "核实"
        constraints = [
            models.UniqueConstraint(
                fields=["clue", "unit", "round"], name="verifications_one_a_round"
            )
        ]


class Approval(models.Model):
    """An approval that is claimed: 环评, 用地, 林草, 水利 … with number and date."""

    verification = models.ForeignKey(Verification, models.CASCADE, related_name="approvals")
    kind = models.CharField("类型", max_length=20)  # codes/approval_kinds
    has = models.BooleanField("是否取得")
    number = models.CharField("文号", max_length=100, blank=True)
    issuer = models.CharField("批准机关", max_length=200, blank=True)
    dated = models.DateField("批准日期", null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "审批手续"


class Judgement(models.Model):
    """What a level above said about a submitted verification: endorsed, sent back, spot-checked."""

    verification = models.ForeignKey(Verification, models.PROTECT, related_name="judgements")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    spot_check = models.ForeignKey(
        "SpotCheck", models.PROTECT, null=True, related_name="judgements", verbose_name="抽查"
    )
    kind = models.CharField("类型", max_length=12)  # endorse, send_back, clear, reopen, spot_check
    agrees = models.BooleanField("一致")
    said = models.TextField("意见", blank=True)
    missing = models.JSONField("缺项", default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "审核意见"


class SpotCheck(models.Model):
    """A documented random sample of submitted verifications: seed, frame, method, what was drawn."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField("名称", max_length=200)
    frame = models.JSONField("抽样框")  # clue ids in order, and the filter they came from
    method = models.CharField("方法", max_length=200)
    seed = models.PositiveIntegerField("随机种子")
    size = models.PositiveIntegerField("样本量")
    clues = models.ManyToManyField(Clue, related_name="spot_checks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "抽查"
