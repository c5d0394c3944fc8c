"""A round that passes shows photographs, or says why there are none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0005_sent_once")]
    operations = [
        migrations.AddField("recheck", "no_photo", models.CharField("未拍照的原因", max_length=300, blank=True, default=""), preserve_default=False),
    ]
