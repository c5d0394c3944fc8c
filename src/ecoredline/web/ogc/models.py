"""The data catalogue's editions: what an office said of a dataset; the newest counts."""

from django.conf import settings
from django.db import models

from ecoredline.web.core import clock


class CatalogueEdition(models.Model):
    """What holds of one dataset from a moment on; never changed, only followed by another."""

    dataset = models.CharField("数据集", max_length=40, db_index=True)  # codes/datasets
    provider = models.CharField("提供单位", max_length=200)
    share = models.CharField("共享类型", max_length=20)  # codes/share_types
    cycle = models.CharField("更新周期", max_length=20)  # codes/update_cycles
    level = models.CharField("安全级别", max_length=20)  # codes/security_levels
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "数据目录"

    def __str__(self):
        return self.dataset
