from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0003_records_only_grow")]
    operations = [
        migrations.AddField(
            model_name="observation",
            name="looks",
            field=models.JSONField(default=dict, verbose_name="各期影像"),
        ),
    ]
