"""Hands, consultations and frozen lists are written once."""

from django.db import migrations

TABLES = {
    "clues_dispatch": ('letter_id', '~due_on', 'received_at', 'received_by_id', 'ended_at', 'ended_how', 'reason'),
    "clues_consultation": (),
    "clues_consultationitem": (),
    "clues_listversion": (),
}


def on(table: str, columns: tuple) -> str:
    names = ", ".join(f"'{name}'" for name in columns)
    return (
        f"create trigger {table}_once before update or delete on {table} "
        f"for each row execute function core_write_once({names})"
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("clues", "0004_list_indexes")]
    operations = [
        migrations.RunSQL(on(table, columns), f"drop trigger {table}_once on {table}")
        for table, columns in TABLES.items()
    ]
