"""What was done by whom: the access record, which nobody can alter."""

from django.conf import settings
from django.db import models


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
