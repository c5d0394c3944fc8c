"""What was done by whom: access record, transitions and their seals, which nobody can alter."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from ecoredline.web.core import clock


class AccessRecord(models.Model):
    """One line of the access log. The database refuses to change or delete it.

    `action` is a code such as `file.download`; `thing` names what it was done to.
    """

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="人员"
    )
    person_name = models.CharField("账号", max_length=150, blank=True)
    unit_name = models.CharField("单位", max_length=200, blank=True)
    unit_code = models.CharField("单位区划代码", max_length=12, blank=True)
    action = models.CharField("操作", max_length=40)
    thing = models.CharField("对象", max_length=300, blank=True)
    detail = models.JSONField("详情", default=dict)
    address = models.CharField("地址", max_length=45, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["action", "thing", "at"], name="core_access_action_thing")]
        verbose_name = "访问记录"

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.person_name} {self.action} {self.thing}"


class Transition(models.Model):
    """One step of a subject's lifecycle, and all that was said with it: audit trail and timeline.

    The database refuses to change or delete it, and seals it at the end of its transaction.
    """

    at = models.DateTimeField("时间", default=clock.now)
    written_at = models.DateTimeField("写入时间", auto_now_add=True)
    subject_kind = models.CharField("对象类型", max_length=20)
    subject_id = models.BigIntegerField("对象")
    subject_name = models.CharField("对象编号", max_length=100, blank=True)
    step = models.CharField("步骤", max_length=40)
    start = models.CharField("原状态", max_length=20, blank=True)
    end = models.CharField("新状态", max_length=20)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="人员"
    )
    person_name = models.CharField("账号", max_length=150, blank=True)
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, null=True, related_name="+")
    unit_name = models.CharField("单位", max_length=200, blank=True)
    role = models.CharField("角色", max_length=15, blank=True)
    reason = models.TextField("说明", blank=True)
    details = models.JSONField("内容", default=dict)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["subject_kind", "subject_id", "id"], name="core_transition_subject"
            ),
            models.Index(fields=["at"], name="core_transition_at"),
        ]
        verbose_name = "流转记录"

    def __str__(self):
        return f"{self.subject_name} {self.step}"


class Seal(models.Model):
    """A link of the hash chain over access record and transitions; written by the database itself.

    `hash` is SHA-256 over the previous link's hash, the kind and the row. Numbers have no gaps.
    """

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=12)  # access or transition
    row_id = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["kind", "row_id"], name="core_seal_row")]
        verbose_name = "封印"


class Stay(models.Model):
    """How long a subject stood in one state with one unit: where it sticks. Kept by `move`."""

    subject_kind = models.CharField("对象类型", max_length=20)
    subject_id = models.BigIntegerField("对象")
    state = models.CharField("状态", max_length=20)
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, null=True, related_name="+")
    level = models.CharField("层级", max_length=10, blank=True)
    division_code = models.CharField("县级区划", max_length=6, blank=True)
    entered_at = models.DateTimeField("进入时间", default=clock.now)
    left_at = models.DateTimeField("离开时间", null=True)

    class Meta:
        ordering = ["entered_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=models.Q(left_at=None),
                name="core_stay_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["subject_kind", "division_code", "state"], name="core_stay_place"),
        ]
        verbose_name = "停留"


class Subject(models.Model):
    """Something with a lifecycle: patch, clue, case. Only `move` changes its state.

    A model that inherits sets `LIFECYCLE`, and `number` (text) or `__str__` names it.
    """

    state = models.CharField("状态", max_length=20, db_index=True)
    version = models.PositiveIntegerField("版次", default=0)  # grows with every step
    entered_at = models.DateTimeField("进入本状态时间", default=clock.now)

    class Meta:
        abstract = True


class ScopedSubject(Subject):
    """A subject that stands with a unit: `owner` raised it and decides, `holder` is whose turn it is.

    `scope_codes` holds every division it touches with their parents: who sees it.
    """

    owner = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="+")
    holder = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="+")
    due_on = models.DateField("期限", null=True, blank=True, db_index=True)
    division_code = models.CharField("县级区划", max_length=6, blank=True, db_index=True)
    scope_codes = ArrayField(models.CharField(max_length=6), verbose_name="所在区划", default=list)
    is_demo = models.BooleanField("演示合成数据", default=False)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["holder", "state"], name="%(app_label)s_%(class)s_turn"),
            GinIndex(fields=["scope_codes"], name="%(app_label)s_%(class)s_scope"),
        ]
