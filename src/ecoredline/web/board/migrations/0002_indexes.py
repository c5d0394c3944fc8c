"""Indexes for the board: a county's stages, and what stands longest where it is."""

from django.db import migrations, models

OPEN_STAYS = """
create index board_stay_oldest on core_stay (entered_at) where left_at is null;
create index board_stay_place on core_stay (division_code varchar_pattern_ops, entered_at)
    where left_at is null;
"""


class Migration(migrations.Migration):
    dependencies = [("board", "0001_figures"), ("core", "0004_sealed")]
    operations = [
        migrations.AddIndex(
            "reached",
            models.Index(
                fields=["county", "month", "stage"], name="board_reached_county",
                include=["subject_id"], opclasses=["varchar_pattern_ops", "", ""],
            ),
        ),
        migrations.RunSQL(
            OPEN_STAYS, "drop index board_stay_oldest; drop index board_stay_place"
        ),
    ]
