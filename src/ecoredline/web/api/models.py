"""Tokens: a program acts as the person who made its token, and never as more."""

from django.conf import settings
from django.db import models

from ecoredline.web.core import clock


class Token(models.Model):
    """A secret a program sends; only its SHA-256 is kept. It ends by date, by hand, or with its person."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField("名称", max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField("开头", max_length=12)  # shown, so that a person knows which it is
    password_mark = models.CharField(
        max_length=128, default=""
    )  # ends with the password it was made under
    may_write = models.BooleanField("可写", default=False)
    created_at = models.DateTimeField("建立时间", default=clock.now)
    expires_at = models.DateTimeField("到期时间")
    last_used_at = models.DateTimeField("最近使用", null=True)
    revoked_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "接口令牌"

    def __str__(self):
        return self.name

    @property
    def is_live(self) -> bool:
        """Can it still be used?"""
        return self.revoked_at is None and self.expires_at > clock.now()
