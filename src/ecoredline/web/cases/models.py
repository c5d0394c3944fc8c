"""Cases with what was done about them: hand-over, investigation."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.cases.lifecycle import CASE_LIFECYCLE
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.files.models import Attachment
from ecoredline.web.letters.models import Letter
from ecoredline.web.patches.models import area_field
from ecoredline.web.patches.placed import PlacedSubject


class Case(PlacedSubject):
    """An ecological damage problem 生态破坏问题: one or more clues, followed to its closing.

    Its fields and records give the 13 columns of annex 4 at any moment.
    """

    class Outcome(models.TextChoices):
        """How it was closed."""

        RECTIFIED = "rectified", _("整改完成")
        LAWFUL = "lawful", _("合法合规")
        NOT_OURS = "not_ours", _("不属本辖区或红线外")
        MERGED = "merged", _("并入其他问题")

    LIFECYCLE = CASE_LIFECYCLE

    state = models.CharField(
        "状态", max_length=20, default=CASE_LIFECYCLE.first, choices=CASE_LIFECYCLE.choices,
        db_index=True,
    )  # fmt: skip
    number = models.CharField("问题编号", max_length=40, unique=True)
    clues = models.ManyToManyField(Clue, related_name="cases")
    area_ha = area_field("破坏面积")
    problem_type = models.CharField("问题类型", max_length=20, blank=True)
    description = models.TextField("问题描述", blank=True)  # area, degree and way of the damage
    responsible = models.CharField("责任单位/个人", max_length=200, blank=True)
    damage_type = models.CharField("损害类型", max_length=20, blank=True)  # codes/damage_types
    is_serious = models.BooleanField("情形严重", default=False)
    opened_on = models.DateField("立案日期", default=clock.today)
    closed_on = models.DateField("销号日期", null=True)
    outcome = models.CharField("销号方式", max_length=10, choices=Outcome, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    reopened_count = models.PositiveSmallIntegerField("重新立案次数", default=0)
    risk = models.FloatField("反弹风险", default=0)  # 0–100, from the proof after closing
    list_number = models.CharField(
        "原问题编号", max_length=80, blank=True
    )  # of another office's annex 4
    list_patches = ArrayField(
        models.CharField(max_length=80), verbose_name="原图斑编号", default=list
    )
    list_photos = models.CharField("原照片索引号", max_length=200, blank=True)
    list_handling = models.TextField("来文所载整改查处情况", blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = SpreadQuerySet.as_manager()

    class Meta(PlacedSubject.Meta):
        ordering = ["-pk"]
        verbose_name = "生态破坏问题"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "year", "list_number"], condition=~models.Q(list_number=""),
                name="cases_list_number_once",
            )
        ]  # fmt: skip


class Handover(models.Model):
    """移交: to which unit or department, by which letter, asked for what by when, and its reply."""

    class Kind(models.TextChoices):
        """To whom."""

        UNIT = "unit", _("移交责任单位")
        DEPARTMENT = "department", _("移交部门")
        PUSH = "push", _("推送执法督察")

    case = models.ForeignKey(Case, models.PROTECT, related_name="handovers")
    kind = models.CharField("类型", max_length=12, choices=Kind, default=Kind.UNIT)
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="handovers")
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    department = models.CharField("部门", max_length=30, blank=True)  # codes/departments
    asked = models.TextField("要求", blank=True)
    sent_on = models.DateField("移交日期", default=clock.today)
    due_on = models.DateField("反馈期限", null=True)
    replied_on = models.DateField("反馈日期", null=True)
    reply = models.TextField("反馈结果", blank=True)
    reply_number = models.CharField("反馈文号", max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = "移交"


class Investigation(models.Model):
    """查处: which department found what, with the penalty."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="investigations")
    department = models.CharField("部门", max_length=30)
    file_number = models.CharField("案号", max_length=100, blank=True)
    started_on = models.DateField("立案日期", null=True)
    findings = models.TextField("查处情况")
    penalty_kind = models.CharField("处罚类型", max_length=20, blank=True)  # codes/penalty_kinds
    fine_yuan = models.DecimalField("罚款（元）", max_digits=14, decimal_places=2, null=True)
    decided_on = models.DateField("决定日期", null=True)
    decision_number = models.CharField("决定书文号", max_length=100, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "查处"


class CasePhoto(models.Model):
    """照片索引: a photograph of the case or of its clues, with a number that never changes."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="photos")
    number = models.PositiveIntegerField("照片索引号")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        verbose_name = "照片索引"
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="cases_photo_number"),
            models.UniqueConstraint(fields=["case", "attachment"], name="cases_photo_once"),
        ]

    def __str__(self):
        return f"P{self.number:03d}"
