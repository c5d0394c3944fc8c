"""Measures, referrals and reports are written once."""

from django.db import migrations

TABLES = {
    "measures_supervisorymeasure": ('letter_id', 'result', 'result_on'),
    "measures_referral": ('letter_id', 'received_on', 'result', 'result_on', '~clocks'),
    "measures_upwardreport": ('letter_id', 'answer'),
    "measures_proposal": ('decided', 'decided_by_id', 'decided_at', 'reason'),
}


def on(table: str, columns: tuple) -> str:
    names = ", ".join(f"'{name}'" for name in columns)
    return (
        f"create trigger {table}_once before update or delete on {table} "
        f"for each row execute function core_write_once({names})"
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0005_write_once"), ("measures", "0002_towards")]
    operations = [
        migrations.RunSQL(on(table, columns), f"drop trigger {table}_once on {table}")
        for table, columns in TABLES.items()
    ]
