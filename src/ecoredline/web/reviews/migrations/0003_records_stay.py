"""What was said about a patch stays."""

from django.db import migrations

TABLES = {
    "reviews_review": (),
    "reviews_refinement": (),
}


def on(table: str, columns: tuple) -> str:
    names = ", ".join(f"'{name}'" for name in columns)
    return (
        f"create trigger {table}_once before update or delete on {table} "
        f"for each row execute function core_write_once({names})"
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("reviews", "0002_blind_share_end")]
    operations = [
        migrations.RunSQL(on(table, columns), f"drop trigger {table}_once on {table}")
        for table, columns in TABLES.items()
    ]
