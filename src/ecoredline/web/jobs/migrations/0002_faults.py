"""What is wrong with an upload, fault by fault."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Jobs list every fault of the file they read."""

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="backgroundjob",
            name="faults",
            field=models.JSONField(default=list, verbose_name="问题"),
        ),
    ]
