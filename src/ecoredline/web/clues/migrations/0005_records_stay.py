"""Hands, consultations and frozen lists are written once."""

from django.db import migrations

from ecoredline.web.core.write_once import guard

TABLES = {
    "clues_dispatch": ('letter_id', '~due_on', 'received_at', 'received_by_id', 'ended_at', 'ended_how', 'reason'),
    "clues_consultation": (),
    "clues_consultationitem": (),
    "clues_listversion": (),
}


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("clues", "0004_list_indexes")]
    operations = guard(TABLES)
