"""Versions of the protected areas have their days, as those of the redline."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("regions", "0003_division_list")]
    operations = [
        migrations.AddField(
            "protectedareaversion", "valid_from", models.DateField("生效日期", null=True, db_index=True)
        ),
        migrations.AddField(
            "protectedareaversion", "valid_to", models.DateField("失效日期", null=True)
        ),
    ]
