"""Attachments: photographs, documents, sketches, hung on any subject's record."""

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from ecoredline.web.core import clock

STORAGE_SRID = 4490


class Attachment(models.Model):
    """One original as it came: its bytes lie under `var/files/` by their hash and are never changed.

    It belongs to a subject (`clue`, `case`, `letter` …) and, within it, to a record such as
    `verification:12`; who sees the subject sees it. Opening a sensitive one is recorded.
    """

    class Kind(models.TextChoices):
        """What it shows."""

        PHOTO = "photo", _("照片")
        DOCUMENT = "document", _("文件")
        SKETCH = "sketch", _("范围图")

    subject_kind = models.CharField("对象类型", max_length=20)
    subject_id = models.BigIntegerField("对象")
    record = models.CharField("所属记录", max_length=60, blank=True)
    kind = models.CharField("类型", max_length=10, choices=Kind)
    purpose = models.CharField("用途", max_length=40, blank=True)  # a checklist item, an approval …
    name = models.CharField("文件名", max_length=200)
    media_type = models.CharField("格式", max_length=100)
    size = models.PositiveBigIntegerField("字节")
    sha256 = models.CharField("散列值", max_length=64, db_index=True)
    is_sensitive = models.BooleanField("敏感", default=False)
    taken_at = models.DateTimeField("拍摄时间", null=True)  # EXIF; None when the picture has none
    position = models.PointField("拍摄位置", srid=STORAGE_SRID, null=True)
    bearing = models.FloatField("拍摄方位角（度）", null=True)
    position_note = models.CharField("位置说明", max_length=200, blank=True)
    caption = models.CharField("说明", max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField("上传时间", default=clock.now)
    is_demo = models.BooleanField("演示合成数据", default=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="files_subject")]
        verbose_name = "附件"

    def __str__(self):
        return self.name
