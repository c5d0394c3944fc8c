"""What people said about patches: claims, decisions, refined outlines, blind shares."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ecoredline.web.core import clock
from ecoredline.web.patches.models import Patch, Run, area_field
from ecoredline.web.regions.models import STORAGE_SRID


class Claim(models.Model):
    """One person works on one patch until `expires_at`; the database allows one open claim."""

    patch = models.ForeignKey(Patch, models.CASCADE, related_name="claims")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    purpose = models.CharField("用途", max_length=10, default="review")  # review, check, blind
    claimed_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "领取"
        constraints = [
            models.UniqueConstraint(
                fields=["patch"], condition=Q(ended_at=None) & ~Q(purpose="blind"),
                name="reviews_claim_one_open",
            )
        ]  # fmt: skip


class Review(models.Model):
    """One person's judgement of one patch; never changed, a later one stands beside it."""

    class Verdict(models.TextChoices):
        """What it is."""

        ACCEPT = "accept", _("疑似问题")
        DISMISS = "dismiss", _("排除")
        RETURN = "return", _("退回重审")
        RELEASE = "release", _("质检通过")

    patch = models.ForeignKey(Patch, models.CASCADE, related_name="reviews")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_blind = models.BooleanField("盲审", default=False)
    verdict = models.CharField("结论", max_length=10, choices=Verdict)
    reason = models.CharField("排除原因", max_length=40, blank=True)  # codes/dismissal_reasons
    activity_type = models.CharField("活动类型", max_length=20, blank=True)
    problem_type = models.CharField("问题类型", max_length=20, blank=True)
    remark = models.TextField("说明", blank=True)
    seconds = models.PositiveIntegerField("用时（秒）", null=True)
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["verdict", "created_at"], name="reviews_review_verdict")]
        verbose_name = "审核"


class Refinement(models.Model):
    """An outline drawn by a person; the detector's raw and refined ones stay on the patch.

    `geom_simple` is the simplified shape that maps and letters' sketches use. The newest counts.
    """

    patch = models.ForeignKey(Patch, models.CASCADE, related_name="refinements")
    geom = models.MultiPolygonField("修订范围", srid=STORAGE_SRID)
    geom_simple = models.MultiPolygonField("简化范围", srid=STORAGE_SRID)
    area_ha = area_field("面积")
    redline_area_ha = area_field("涉及红线面积")
    reason = models.CharField("说明", max_length=300, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "范围修订"


class BlindShare(models.Model):
    """A seeded random share of a run's patches that two people judge without seeing each other."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="blind_shares")
    share = models.FloatField("比例")
    seed = models.PositiveIntegerField("随机种子")
    patches = models.ManyToManyField(Patch, related_name="blind_shares")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("时间", default=clock.now)
    ended_at = models.DateTimeField("结束时间", null=True)  # all judged, or closed by hand

    class Meta:
        ordering = ["-pk"]
        verbose_name = "盲审抽样"


class Sighting(models.Model):
    """One place that two sources found: `other` waits for nobody, its say stands on `kept`.

    Until somebody separates the two; then both are patches of their own again.
    """

    kept = models.ForeignKey(Patch, models.CASCADE, related_name="sightings")
    other = models.ForeignKey(Patch, models.CASCADE, related_name="seen_as")
    iou = models.FloatField("交并比")
    days = models.PositiveIntegerField("后时相相差天数")
    raises = models.BooleanField("计入置信度")
    words = models.CharField("来源说明", max_length=400)
    confidence_before = models.FloatField("此前置信度", null=True)
    made_at = models.DateTimeField("时间", default=clock.now)
    separated_at = models.DateTimeField("拆分时间", null=True)
    separated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "他源旁证"
        constraints = [
            models.UniqueConstraint(
                fields=["other"], condition=Q(separated_at=None), name="reviews_sighting_one"
            )
        ]


class AuditPlan(models.Model):
    """A seeded sample of places of a run, listed or not, that people judge without knowing which."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="audits")
    seed = models.PositiveIntegerField("随机种子")
    looks = models.PositiveSmallIntegerField("判读人数", default=1)
    areas_ha = models.JSONField("各层面积（公顷）")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("时间", default=clock.now)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "漏检抽查"


class AuditPlace(models.Model):
    """One place; `stratum` is what the run made of it (patch, dropped, nothing), hidden from judges."""

    plan = models.ForeignKey(AuditPlan, models.CASCADE, related_name="places")
    number = models.PositiveIntegerField("序号")
    stratum = models.CharField("层", max_length=10)
    point = models.PointField("位置", srid=STORAGE_SRID)

    class Meta:
        ordering = ["number"]
        verbose_name = "抽查点"
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="reviews_audit_number")
        ]


class AuditWord(models.Model):
    """What one person saw at a place; said again, the newest counts and the older stays."""

    class Verdict(models.TextChoices):
        """What is there."""

        NOTHING = "nothing", _("没有变化")
        CHANGE = "change", _("有变化")
        UNCLEAR = "unclear", _("看不清")

    place = models.ForeignKey(AuditPlace, models.CASCADE, related_name="words")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField("结论", max_length=10, choices=Verdict)
    remark = models.CharField("说明", max_length=300, blank=True)
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "抽查结论"
