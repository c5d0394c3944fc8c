"""Requests with their answers, approvals, and editions of the rule table: rows that only grow."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.core import clock
from ecoredline.web.patches.models import area_field
from ecoredline.web.regions.models import STORAGE_SRID, ProtectedAreaVersion, RedlineVersion

PERSON = settings.AUTH_USER_MODEL
CODE_DIGITS = 6


class RuleEdition(models.Model):
    """The rule table as it stood from a moment on; edition 0 is what ships with the software."""

    number = models.PositiveIntegerField("版次", unique=True)
    rows = models.JSONField("规则")
    sha256 = models.CharField("散列值", max_length=64)
    said = models.TextField("修改说明")
    changed = models.JSONField("修改的规则", default=list)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["-number"]
        verbose_name = "准入规则版次"

    @property
    def name(self) -> str:
        """What results cite before the hash."""
        return f"rules-{self.number}"

    def __str__(self):
        return f"{self.name}@{self.sha256[:12]}"


class LayerStatement(models.Model):
    """What an office says of a layer in a division, with its reason; the newest row counts.

    That there is none, that the layer was looked at and still holds, or that nothing is said any more.
    """

    class Kind(models.TextChoices):
        """None here, still holds, taken back."""

        NONE = "none", _("本区没有")
        CURRENT = "current", _("核实仍为现行")
        WITHDRAWN = "withdrawn", _("撤销声明")

    role = models.CharField("图层", max_length=20)  # codes/admission_needs
    division_code = models.CharField("行政区划代码", max_length=6, blank=True)
    kind = models.CharField("声明", max_length=10, choices=Kind)
    day = models.DateField("核实日期")
    reason = models.TextField("理由")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "图层声明"


class AdmissionRequest(models.Model):
    """What was asked: a drawing, typed vertices or a file, with what was said of it."""

    class Source(models.TextChoices):
        """How the outline came in."""

        DRAWN = "drawn", _("图上勾画")
        TYPED = "typed", _("输入拐点")
        FILE = "file", _("上传文件")

    source = models.CharField("来源", max_length=10, choices=Source)
    file_name = models.CharField("文件名", max_length=200, blank=True)
    sha256 = models.CharField("散列值", max_length=64)  # of the original in the file store
    facts = models.JSONField("申请内容", default=dict)
    count = models.PositiveIntegerField("项目数", default=0)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("核查时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "准入核查申请"


class Admission(models.Model):
    """One project's answer, as it was given; `answer` is the whole of it, `sha256` its hash."""

    request = models.ForeignKey(AdmissionRequest, models.PROTECT, related_name="answers")
    number = models.CharField("核查编号", max_length=40, unique=True)
    code = models.CharField("项目编号", max_length=200)
    name = models.CharField("项目名称", max_length=200)
    activity = models.CharField("人为活动类型", max_length=60, blank=True)
    outcome = models.CharField("结论", max_length=20, db_index=True)  # codes/admission_outcomes
    admitted = models.BooleanField("准入")
    area_ha = area_field("项目面积")
    redline_ha = area_field("占用红线", null=True)
    as_of = models.DateField("判定日期")
    redline_version = models.ForeignKey(
        RedlineVersion, models.PROTECT, null=True, related_name="admissions"
    )
    protected_version = models.ForeignKey(
        ProtectedAreaVersion, models.PROTECT, null=True, related_name="admissions"
    )
    rules = models.ForeignKey(RuleEdition, models.PROTECT, null=True, related_name="+")
    answer = models.JSONField("核查结果")
    sha256 = models.CharField("结果散列值", max_length=64)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("核查时间", default=clock.now, db_index=True)
    is_demo = models.BooleanField("演示合成数据", default=False)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    geom = models.MultiPolygonField("范围", srid=STORAGE_SRID)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "准入核查结果"
        indexes = [GinIndex(fields=["scope_codes"], name="admissions_scope")]

    def __str__(self):
        return self.number


def counties_in(row: Admission) -> list[str]:
    """Codes of the counties a kept answer's project lies in."""
    return [c for c in row.scope_codes if len(c) == CODE_DIGITS]


class Approval(models.Model):
    """What was decided later elsewhere about a checked project: approved, or the approval taken back.

    The newest row of a project stands.
    """

    class Kind(models.TextChoices):
        """Given or taken back."""

        GRANTED = "granted", _("已批准")
        WITHDRAWN = "withdrawn", _("批准已撤销")

    admission = models.ForeignKey(Admission, models.PROTECT, related_name="approvals")
    kind = models.CharField("类型", max_length=10, choices=Kind)
    document = models.CharField("批准文号", max_length=200)
    authority = models.CharField("批准机关", max_length=200)
    on = models.DateField("批准（撤销）日期")
    valid_to = models.DateField("有效期至", null=True)
    remark = models.TextField("说明", blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "项目批准"
