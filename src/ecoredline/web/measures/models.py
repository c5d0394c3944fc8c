"""Supervisory measures 督办, referrals 移送, reports upward 上报: proposed by rule, decided by a person."""

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.cases.models import Case
from ecoredline.web.clues.models import Clue
from ecoredline.web.core import clock
from ecoredline.web.letters.models import Letter


class Proposal(models.Model):
    """A measure that a rule proposes about a case, a clue or a unit; a person takes it up or sets it aside."""

    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="proposals")
    clue = models.ForeignKey(Clue, models.PROTECT, null=True, related_name="proposals")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # whose measure it would be
    towards = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    rule = models.CharField("规则", max_length=40)  # codes/measure_rules
    kind = models.CharField("建议", max_length=30)
    because = models.TextField("理由")
    proposed_on = models.DateField("提出日期", default=clock.today)
    decided = models.CharField("处理", max_length=10, blank=True)  # taken, set_aside
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField("说明", blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "case", "clue", "unit", "towards"],
                condition=models.Q(decided=""),
                nulls_distinct=False,
                name="measures_proposal_one_open",
            )
        ]


class SupervisoryMeasure(models.Model):
    """函告 → 通报 → 约谈 → 专项督察 → lead for central inspection, with basis, document and result."""

    class Kind(models.TextChoices):
        """The ladder."""

        LETTER = "letter", _("函告")
        CIRCULAR = "circular", _("通报")
        TALK = "talk", _("约谈")
        SPECIAL = "special_inspection", _("专项督察")
        CENTRAL = "central_lead", _("纳入中央生态环境保护督察线索")

    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="measures")
    clue = models.ForeignKey(Clue, models.PROTECT, null=True, related_name="measures")
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="+")
    kind = models.CharField("措施", max_length=20, choices=Kind)
    by_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    towards = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    basis = models.TextField("依据")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="+")
    taken_on = models.DateField("日期", default=clock.today)
    due_on = models.DateField("要求完成日期", null=True)
    result = models.TextField("结果", blank=True)
    result_on = models.DateField("结果日期", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]


class Referral(models.Model):
    """移送: compensation, discipline, organisation, criminal, credit, publication; with its clocks."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="referrals")
    kind = models.CharField("类型", max_length=20)  # codes/referral_kinds
    to_body = models.CharField("接收机关", max_length=200)
    facts = models.TextField("事实与依据")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="+")
    sent_on = models.DateField("移送日期", default=clock.today)
    clocks = models.JSONField("时限", default=list)  # {code, due_on, done_on}
    received_on = models.DateField("接收日期", null=True)
    result = models.TextField("结果", blank=True)
    result_on = models.DateField("结果日期", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]


class UpwardReport(models.Model):
    """上报: a specially serious case told to the level above, level by level."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="upward_reports")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    to_body = models.CharField("上报对象", max_length=200)
    said = models.TextField("内容")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="+")
    sent_on = models.DateField("上报日期", default=clock.today)
    answer = models.TextField("批示", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
