"""What offices say of layers: rows that only grow."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ecoredline.web.core import clock

REFUSE = """
create trigger admissions_layerstatement_no_change before update or delete on admissions_layerstatement
    for each row execute function admissions_refuse();
"""
ALLOW = "drop trigger admissions_layerstatement_no_change on admissions_layerstatement;"
KINDS = [("none", "本区没有"), ("current", "核实仍为现行"), ("withdrawn", "撤销声明")]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_checker"),
        ("admissions", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            "LayerStatement",
            [
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField("图层", max_length=20)),
                ("division_code", models.CharField("行政区划代码", max_length=6, blank=True)),
                ("kind", models.CharField("声明", max_length=10, choices=KINDS)),
                ("day", models.DateField("核实日期")),
                ("reason", models.TextField("理由")),
                ("made_at", models.DateTimeField("登记时间", default=clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        "accounts.unit",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                    ),
                ),
            ],
            options={"ordering": ["-pk"], "verbose_name": "图层声明"},
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
