"""The divisions a version of redline or protected areas declares to speak for."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


def field():
    return ArrayField(models.CharField(max_length=6), verbose_name="覆盖区划", default=list)


class Migration(migrations.Migration):
    dependencies = [("regions", "0004_protected_dates")]
    operations = [
        migrations.AddField("redlineversion", "covers", field()),
        migrations.AddField("protectedareaversion", "covers", field()),
    ]
