"""Who found a patch, with which sensor, and who else did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patches", "0005_loaded_at")]
    operations = [
        migrations.AddField(
            model_name="patch", name="found_by",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="发现来源"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="patch", name="sensor",
            field=models.CharField(blank=True, default="", max_length=100, verbose_name="传感器"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="patch", name="also_seen_by",
            field=models.JSONField(default=list, verbose_name="其他来源"),
        ),
    ]  # fmt: skip
