"""A hand-over is answered once."""

from django.db import migrations

TABLES = {
    "cases_handover": ('replied_on', 'reply', 'reply_number'),
}


def on(table: str, columns: tuple) -> str:
    names = ", ".join(f"'{name}'" for name in columns)
    return (
        f"create trigger {table}_once before update or delete on {table} "
        f"for each row execute function core_write_once({names})"
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("cases", "0006_case_of_a_list")]
    operations = [
        migrations.RunSQL(on(table, columns), f"drop trigger {table}_once on {table}")
        for table, columns in TABLES.items()
    ]
