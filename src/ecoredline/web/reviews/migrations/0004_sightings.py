"""One place that two sources found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ecoredline.web.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("patches", "0006_sources"),
        ("reviews", "0003_records_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Sighting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iou", models.FloatField(verbose_name="交并比")),
                ("days", models.PositiveIntegerField(verbose_name="后时相相差天数")),
                ("raises", models.BooleanField(verbose_name="计入置信度")),
                ("words", models.CharField(max_length=400, verbose_name="来源说明")),
                ("confidence_before", models.FloatField(null=True, verbose_name="此前置信度")),
                ("made_at", models.DateTimeField(default=ecoredline.web.core.clock.now, verbose_name="时间")),
                ("separated_at", models.DateTimeField(null=True, verbose_name="拆分时间")),
                ("kept", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="sightings", to="patches.patch")),
                ("other", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="seen_as", to="patches.patch")),
                ("separated_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "他源旁证",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(condition=models.Q(("separated_at", None)), fields=("other",), name="reviews_sighting_one")],
            },
        ),
    ]  # fmt: skip
