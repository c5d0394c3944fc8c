"""An investigation, once recorded, never changes; a numbered photograph keeps its number.

Rows are guarded, not the whole table: emptying a test database is not a change of a record.
"""

from django.db import migrations

GUARD = """
create trigger {table}_no_change before update or delete on {table}
    for each row execute function core_refuse();
"""
FREE = "drop trigger {table}_no_change on {table};"
TABLES = ("cases_investigation", "cases_casephoto")


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_photo_index"), ("core", "0004_sealed")]
    operations = [
        migrations.RunSQL(GUARD.format(table=t), FREE.format(table=t)) for t in TABLES
    ]
