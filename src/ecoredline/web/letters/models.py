"""Letter templates as dated rows, and the register of letters with their receipts and replies."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from ecoredline.web.accounts.models import Unit
from ecoredline.web.accounts.scoping import SpreadQuerySet, scope
from ecoredline.web.core import clock


class LetterTemplate(models.Model):
    """The words of one kind of letter from a day on; an office changes them on a page.

    `body` is what `ecoredline.documents` reads as a letter template. A unit's own template goes
    before the shipped one (`unit` None).
    """

    kind = models.CharField("公文类型", max_length=40)  # verification_request, handover, notice …
    name = models.CharField("名称", max_length=100)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField("生效日期")
    body = models.JSONField("内容")
    source = models.CharField("依据", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("建立时间", default=clock.now)

    class Meta:
        ordering = ["kind", "-valid_from", "-pk"]
        verbose_name = "公文模板"

    def __str__(self):
        return self.name


class NumberWord(models.Model):
    """发文字号's words of a unit (川环函 …), from a day on; without any its name is used."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    word = models.CharField("机关代字", max_length=20)
    valid_from = models.DateField("生效日期")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["unit", "-valid_from", "-pk"]
        verbose_name = "机关代字"


class LetterQuerySet(SpreadQuerySet):
    """Letters: a list may name many counties, so that touching one of them is not enough to see it."""

    def visible_to(self, person) -> "LetterQuerySet":
        """One's unit's own letters, and those sent from or to a unit at or below one's own."""
        seen = scope(person)
        if seen is None:
            return self.none()
        inside = models.Q(unit__division_code__startswith=seen.prefix) | models.Q(
            to_unit__division_code__startswith=seen.prefix
        )
        sent = inside & ~models.Q(state=Letter.State.DRAFT) & ~models.Q(number="")
        return self.filter(models.Q(unit=person.unit_id) | sent)


class Letter(models.Model):
    """A letter in the register: number 〔year〕serial, addressee, reply date, its frozen list.

    `rows` are the list's rows as they stood on the day; `count` and `area_ha` are theirs, so that
    letter and list never differ. A sent letter's words never change.
    """

    class State(models.TextChoices):
        """Where the letter is."""

        DRAFT = "draft", _("草稿")
        SENT = "sent", _("已发出")
        RECEIVED = "received", _("已签收")
        REPLIED = "replied", _("已回复")
        VOID = "void", _("作废")

    kind = models.CharField("公文类型", max_length=40, db_index=True)
    template = models.ForeignKey(LetterTemplate, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="letters", verbose_name="发文单位")
    year = models.PositiveSmallIntegerField("年份", null=True)
    serial = models.PositiveIntegerField("序号", null=True)
    number = models.CharField("文号", max_length=60, blank=True)
    title = models.CharField("标题", max_length=300)
    addressee = models.CharField("主送", max_length=200)
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="letters_in")
    department = models.CharField("部门", max_length=30, blank=True)  # codes/departments
    contact = models.CharField("联系人", max_length=100, blank=True)
    dated = models.DateField("成文日期", null=True)
    reply_by = models.DateField("反馈期限", null=True, db_index=True)
    values = models.JSONField("填充内容", default=dict)
    rows = models.JSONField("清单", default=list)
    count = models.PositiveIntegerField("数量", default=0)
    area_ha = models.DecimalField("涉及红线面积", max_digits=14, decimal_places=4, default=0)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    redline_version = models.CharField(
        "红线版本", max_length=200, blank=True
    )  # in use when written
    subject_kind = models.CharField("对象类型", max_length=20, blank=True)  # clue, case or blank
    subject_ids = ArrayField(models.BigIntegerField(), verbose_name="对象", default=list)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("拟稿时间", default=clock.now)
    sent_at = models.DateTimeField("发出时间", null=True)
    received_at = models.DateTimeField("签收时间", null=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    is_demo = models.BooleanField("演示合成数据", default=False)

    words = models.JSONField("定稿文字", default=dict)  # LetterText, frozen when it is sent
    void_reason = models.TextField("作废原因", blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "公文"
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "serial"], name="letters_letter_number")
        ]
        indexes = [
            GinIndex(fields=["scope_codes"], name="letters_letter_scope"),
            GinIndex(fields=["subject_ids"], name="letters_letter_subjects"),
        ]

    def __str__(self):
        return self.number or self.title

    @property
    def is_overdue(self) -> bool:
        """Its reply was due and has not come."""
        return self.waits and self.reply_by is not None and self.reply_by < clock.today()

    @property
    def waits(self) -> bool:
        """It was sent and no reply has come."""
        return self.state in (Letter.State.SENT, Letter.State.RECEIVED)


class LetterReply(models.Model):
    """A reply to a letter, by log-in or entered from paper; attachments hang on `letter`."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="replies")
    number = models.CharField("来文文号", max_length=60, blank=True)
    dated = models.DateField("来文日期")
    said = models.TextField("回复内容")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = "回复"


class IncomingQuerySet(models.QuerySet):
    """Letters from outside: of one's own unit and of those below it."""

    def visible_to(self, person) -> "IncomingQuerySet":
        """What this person may see."""
        seen = scope(person)
        if seen is None:
            return self.none()
        return self.filter(unit__division_code__startswith=seen.prefix)


class IncomingLetter(models.Model):
    """来文: a letter from outside the platform; its scan hangs on it. Entered once, then answered."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="收文单位")
    kind = models.CharField("公文类型", max_length=40, blank=True)  # codes/letter_kinds
    number = models.CharField("来文文号", max_length=60)
    title = models.CharField("标题", max_length=300)
    sender = models.CharField("来文单位", max_length=200)
    addressee = models.CharField("主送", max_length=200)
    dated = models.DateField("成文日期")
    received_on = models.DateField("收文日期", default=clock.today)
    reply_by = models.DateField("反馈期限", null=True, db_index=True)
    count = models.PositiveIntegerField("清单数量", null=True)
    area_ha = models.DecimalField("涉及红线面积", max_digits=14, decimal_places=4, null=True)
    remark = models.TextField("备注", blank=True)
    replied_on = models.DateField("回复日期", null=True)
    reply_number = models.CharField("复函文号", max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    objects = IncomingQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-pk"]
        verbose_name = "来文"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "sender", "number"], name="letters_incoming_once"
            )
        ]

    def __str__(self):
        return self.number

    @property
    def is_overdue(self) -> bool:
        """An answer was due and has not been given."""
        return bool(self.reply_by and not self.replied_on and self.reply_by < clock.today())


class Reminder(models.Model):
    """A reminder that was given, before or after a date; given once per thing, kind and day."""

    subject_kind = models.CharField("对象类型", max_length=20)  # clue, case, letter, measure
    subject_id = models.BigIntegerField("对象")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminders")
    kind = models.CharField("类型", max_length=20)  # codes/reminders: before, on_day, overdue …
    due_on = models.DateField("期限")
    on = models.DateField("提醒日期")
    text = models.CharField("内容", max_length=300)

    class Meta:
        ordering = ["-on", "-pk"]
        verbose_name = "提醒"
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "unit", "kind", "due_on"],
                name="letters_reminder_once",
            )
        ]
