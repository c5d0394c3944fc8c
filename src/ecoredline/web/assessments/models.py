"""Rule sets, ledger numbers, yearly assessments, ecology layers, drawings, impact descriptions."""

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import gettext_lazy as _

from ecoredline.effectiveness import RuleSet
from ecoredline.effectiveness.store import rules_of
from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet
from ecoredline.web.cases.models import Case
from ecoredline.web.core import clock
from ecoredline.web.jobs.models import BackgroundJob
from ecoredline.web.regions.models import STORAGE_SRID


def person_field(**options):
    """Who did it."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", **options)


def scope_field():
    """Divisions it touches, with their parents."""
    return ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)


def in_order(data: dict) -> dict[str, str]:
    """Blocks in the order of the indicators: the database does not keep the order of an object's keys."""
    blocks = data["blocks"]
    codes = dict.fromkeys([i["block"] for i in data["indicators"] if i["block"] in blocks])
    return {c: blocks[c] for c in [*codes, *(b for b in blocks if b not in codes)]}


class RuleBook(models.Model):
    """One version of a rule set. `data` is what `effectiveness.faults_of` checks.

    Once used or signed it never changes; `unit` None came with the program.
    """

    code = models.CharField("规则集", max_length=60)
    number = models.PositiveSmallIntegerField("版次", default=1)
    data = models.JSONField("内容")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    by = person_field(null=True)
    created_at = models.DateTimeField("建立时间", default=clock.now)
    saves = models.PositiveIntegerField("保存次数", default=0)
    signed_by = person_field(null=True)
    signed_at = models.DateTimeField("核定时间", null=True)
    document_name = models.CharField("依据文件", max_length=200, blank=True)
    document_sha256 = models.CharField("依据文件散列值", max_length=64, blank=True)

    class Meta:
        ordering = ["code", "-number"]
        verbose_name = "评价规则"
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="assessments_rules_version")
        ]

    def __str__(self):
        return f"{self.data.get('zh', self.code)} v{self.number}"

    @property
    def rules(self) -> RuleSet:
        """As the computing half knows it."""
        return rules_of(self.data | {"blocks": in_order(self.data)})

    @property
    def mark(self) -> str:
        """What every page must bear; blank once signed."""
        return self.rules.mark

    @property
    def is_used(self) -> bool:
        """Has an assessment been made with it?"""
        return self.pk is not None and self.assessments.exists()

    @property
    def is_locked(self) -> bool:
        """May it not be changed any more?"""
        return self.signed_by_id is not None or self.unit_id is None or self.is_used


class NumbersUpload(models.Model):
    """A CSV of measured numbers that was taken, whole."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField("文件", max_length=200)
    sha256 = models.CharField("散列值", max_length=64)
    count = models.PositiveIntegerField("行数")
    by = person_field()
    created_at = models.DateTimeField("载入时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "实测数据"


class LedgerNumber(models.Model):
    """One measured number; of two for the same place, year and name the newer upload counts."""

    upload = models.ForeignKey(NumbersUpload, models.CASCADE, related_name="numbers")
    place = models.CharField("单位或斑块编码", max_length=60)
    place_name = models.CharField("名称", max_length=200)
    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("数据项", max_length=40)
    value = models.FloatField("数值")
    source = models.CharField("来源", max_length=300, blank=True)
    refs = models.JSONField("依据", default=list)

    class Meta:
        ordering = ["place", "year", "name"]
        indexes = [models.Index(fields=["place", "year", "name"], name="assessments_number_place")]
        verbose_name = "台账数"


class Assessment(models.Model):
    """One yearly run: what went in (frozen), what came out. Never changed."""

    class Kind(models.TextChoices):
        """What is assessed."""

        COUNTY = "county", _("按县（区）")
        POLYGON = "polygon", _("按红线斑块")

    rules = models.ForeignKey(RuleBook, models.PROTECT, related_name="assessments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField("对象", max_length=10, choices=Kind)
    year = models.PositiveSmallIntegerField("年度")
    compare_year = models.PositiveSmallIntegerField("对比年", null=True)
    folder = models.CharField("文件夹", max_length=1000)
    record = models.JSONField("运行记录")
    result = models.JSONField("结果")
    places = models.JSONField("单位所在区划", default=dict)  # unit code → county codes
    parts = models.JSONField("数字构成", default=dict)  # unit → year → name → [[ref, amount]]
    effort = models.JSONField("观测比例", default=dict)  # unit → year → per cent
    notes = models.JSONField("提示", default=list)
    job = models.OneToOneField(BackgroundJob, models.SET_NULL, null=True, related_name="assessment")
    scope_codes = scope_field()
    by = person_field()
    created_at = models.DateTimeField("时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "成效评估"
        indexes = [GinIndex(fields=["scope_codes"], name="assessments_run_scope")]

    def __str__(self):
        return f"{self.year} {self.rules} {self.get_kind_display()}"

    @property
    def mark(self) -> str:
        """示例，非官方权重 unless the rules were signed when it was made."""
        return self.result.get("mark", "")


class EcologyLayer(models.Model):
    """A map of numbers or classes, made by `ecoredline terrain`, `formula` or `zonal`, with its legend."""

    class Feeds(models.TextChoices):
        """Which ledger number it gives."""

        NONE = "", _("不计入评估")
        NATURAL = "natural", _("自然生态用地（类型图）")
        FVC = "fvc", _("植被覆盖度")
        FUNCTION = "function", _("主导功能量")

    name = models.CharField("名称", max_length=200)
    kind = models.CharField("类型", max_length=10, default="number")  # number or class
    unit = models.CharField("单位", max_length=60, blank=True)
    year = models.PositiveSmallIntegerField("年度", null=True)
    feeds = models.CharField("计入", max_length=10, choices=Feeds, blank=True)
    path = models.CharField("文件", max_length=1000)
    sha256 = models.CharField("散列值", max_length=64)
    tags = models.JSONField("说明", default=dict)
    legend = models.JSONField("图例", default=list)  # [value or upper edge, colour, words]
    low = models.FloatField("色带下限", default=0)
    high = models.FloatField("色带上限", default=1)
    footprint = models.PolygonField("范围", srid=STORAGE_SRID)
    max_zoom = models.PositiveSmallIntegerField("最大缩放级别")
    record = models.JSONField("运行记录", default=dict)
    scope_codes = scope_field()
    by = person_field()
    created_at = models.DateTimeField("登记时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-year", "-pk"]
        verbose_name = "生态图层"
        constraints = [
            models.UniqueConstraint(fields=["sha256", "path"], name="assessments_layer_file")
        ]
        indexes = [GinIndex(fields=["scope_codes"], name="assessments_layer_scope")]

    def __str__(self):
        return f"{self.name} {self.year or ''}".strip()

    @property
    def licence(self) -> str:
        """The licence of the data it was made from, where they have one to be named."""
        return self.tags.get("ECOREDLINE_LICENCE", "")


class Drawing(models.Model):
    """A delineation run: its package of steps, and how an adjustment would change the functions."""

    name = models.CharField("名称", max_length=200)
    folder = models.CharField("文件夹", max_length=1000)
    sha256 = models.CharField("散列值", max_length=64)
    record = models.JSONField("运行记录", default=dict)
    steps = models.JSONField("步骤", default=list)  # [layer, count, hectares]
    compared = models.JSONField("与现行红线比较", default=list)
    adjustment = models.JSONField("调整评价", default=dict)
    extent = models.JSONField("范围", default=list)
    job = models.OneToOneField(BackgroundJob, models.SET_NULL, null=True, related_name="drawing")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    scope_codes = scope_field()
    by = person_field()
    created_at = models.DateTimeField("时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = SpreadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "划定方案"
        indexes = [GinIndex(fields=["scope_codes"], name="assessments_drawing_scope")]

    def __str__(self):
        return self.name


class ImpactNote(models.Model):
    """What a case took, lost and threatens, described after HJ 1175 by reference; never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="impacts")
    before = models.ForeignKey(EcologyLayer, models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(EcologyLayer, models.PROTECT, null=True, related_name="+")
    land_class = models.CharField("核实地类", max_length=60, blank=True)
    outline_sha256 = models.CharField("范围散列值", max_length=64)
    found = models.JSONField("内容")
    by = person_field()
    created_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "生态影响描述"
