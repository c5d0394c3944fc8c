import django.contrib.gis.db.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_checker"),
        ("clues", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="clue",
            name="list_number",
            field=models.CharField(blank=True, max_length=80, verbose_name="原清单编号"),
        ),
        migrations.AddField(
            model_name="clue",
            name="point",
            field=django.contrib.gis.db.models.fields.PointField(
                null=True, srid=4490, verbose_name="中心点"
            ),
        ),
        migrations.AddIndex(
            model_name="clue",
            index=models.Index(fields=["owner", "state"], name="clues_clue_owner"),
        ),
        migrations.AddIndex(
            model_name="clue",
            index=models.Index(fields=["state", "due_on"], name="clues_clue_due"),
        ),
        migrations.AddConstraint(
            model_name="clue",
            constraint=models.UniqueConstraint(
                condition=models.Q(("list_number", ""), _negated=True),
                fields=("owner", "year", "list_number"),
                name="clues_list_number_once",
            ),
        ),
    ]
