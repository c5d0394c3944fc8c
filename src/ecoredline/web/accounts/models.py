"""Units in the chain ministry → province → city → county, and the people who work there."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_LENGTHS = {"ministry": 0, "province": 2, "city": 4, "county": 6}  # GB/T 2260 prefixes


class Unit(models.Model):
    """An office. It sees the divisions whose code begins with its own; the ministry's is empty."""

    class Level(models.TextChoices):
        """The four levels of the chain."""

        MINISTRY = "ministry", _("部级")
        PROVINCE = "province", _("省级")
        CITY = "city", _("市级")
        COUNTY = "county", _("县级")

    level = models.CharField("层级", max_length=10, choices=Level)
    name = models.CharField("名称", max_length=200, unique=True)
    division_code = models.CharField("行政区划代码", max_length=6, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    is_demo = models.BooleanField("演示", default=False)

    class Meta:
        ordering = ["division_code", "pk"]
        verbose_name = "单位"
        constraints = [
            models.CheckConstraint(
                name="accounts_unit_code_fits_level",
                violation_error_message="行政区划代码的位数与单位层级不符",
                condition=models.Q(level="ministry", division_code="")
                | models.Q(level="province", division_code__regex=r"^\d{2}$")
                | models.Q(level="city", division_code__regex=r"^\d{4}$")
                | models.Q(level="county", division_code__regex=r"^\d{6}$"),
            )
        ]

    def __str__(self):
        return self.name


class Person(AbstractUser):
    """Somebody with an account: a unit says what they see, a role says what they may do."""

    class Role(models.TextChoices):
        """What people do here."""

        ANALYST = "analyst", _("解译员")
        CHECKER = "checker", _("质检员")
        OFFICER = "officer", _("县级核查员")
        SUPERVISOR = "supervisor", _("监管人员")
        AUDITOR = "auditor", _("审计员")
        ADMINISTRATOR = "administrator", _("管理员")

    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="people", verbose_name="单位"
    )
    role = models.CharField("角色", max_length=15, choices=Role, default=Role.OFFICER)

    class Meta:
        verbose_name = "人员"

    @property
    def display_name(self) -> str:
        """The family name and given name, or the log-in."""
        return f"{self.last_name}{self.first_name}" or self.username
