"""A proposal is towards a unit, and may be about a clue."""

import django.db.models.deletion
from django.db import migrations, models


def to(model: str) -> dict:
    return {"on_delete": django.db.models.deletion.PROTECT, "to": model}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_checker"),
        ("clues", "0001_initial"),
        ("measures", "0001_initial"),
    ]
    operations = [
        migrations.RemoveConstraint("proposal", "measures_proposal_one_open"),
        migrations.AddField(
            "proposal", "clue",
            models.ForeignKey(null=True, related_name="proposals", **to("clues.clue")),
        ),
        migrations.AddField(
            "proposal", "towards",
            models.ForeignKey(default=1, related_name="+", **to("accounts.unit")),
            preserve_default=False,
        ),
        migrations.AddField(
            "supervisorymeasure", "clue",
            models.ForeignKey(null=True, related_name="measures", **to("clues.clue")),
        ),
        migrations.AddConstraint(
            "proposal",
            models.UniqueConstraint(
                condition=models.Q(("decided", "")),
                fields=("rule", "case", "clue", "unit", "towards"),
                name="measures_proposal_one_open",
                nulls_distinct=False,
            ),
        ),
    ]
