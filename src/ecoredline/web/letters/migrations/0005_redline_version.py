"""A letter knows the redline version that was in use when it was written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0004_sent_letters_go_forward")]
    operations = [
        migrations.AddField(
            "letter", "redline_version",
            models.CharField("红线版本", max_length=200, blank=True, default=""), preserve_default=False,
        ),
    ]
